"""The literals of a question in the places of an accepted query: which of its words may stand for which literal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from services.modelhub.adapters.built_in.ir import Literal
from services.modelhub.adapters.built_in.linking import ref_of
from services.modelhub.adapters.built_in.parser.items import Items, Value
from services.modelhub.adapters.built_in.tokens import Token
from services.modelhub.adapters.built_in.verified import PATTERNS, Accepted, Said, Slot, Spans, in_pattern, spans_of

# A stored value that matches worse than this is another value than the one meant, or only a part of it.
_SURE_MATCH = 0.8
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}:\d{2}.*")
_UNMISTAKABLE = frozenset({"number", "quoted", "date"})


@dataclass(frozen=True, slots=True)
class Filling:
    """One literal for each slot of an accepted query; `spans` are the tokens that say them, as its `said` are."""

    spans: Spans
    literals: tuple[Literal, ...]


def fillings(tokens: tuple[Token, ...], items: Items, accepted: Accepted) -> Iterator[Filling]:
    """Every way to take the literals that the pair's question says from other words of the question.

    The pair's own literals come first where the question says them too. What the pair's question does not say stays.
    """
    choices = [tuple(_choices(tokens, items, accepted, said)) for said in accepted.said]
    for chosen in product(*choices):
        spans = tuple(span for span, _ in chosen)
        if any(one[1] > other[0] for one, other in pairwise(sorted(spans))):
            continue
        literals = [slot.literal for slot in accepted.slots]
        for said, (_, filled) in zip(accepted.said, chosen, strict=True):
            for place, literal in zip(said.places, filled, strict=True):
                literals[place] = literal
        yield Filling(spans, tuple(literals))


def left_over(tokens: tuple[Token, ...], items: Items, filling: Filling, known: frozenset[str]) -> bool:
    """Whether the question says a literal that nothing is filled with, in words that the pair (`known`) has not."""
    filled = {place for start, end in filling.spans for place in range(start, end)}
    for value in items.values:
        places = range(value.start, value.end)
        if _is_literal(value) and filled.isdisjoint(places) and not {tokens[at].stem for at in places} <= known:
            return True
    return False


def _choices(
    tokens: tuple[Token, ...], items: Items, accepted: Accepted, said: Said
) -> Iterator[tuple[tuple[int, int], tuple[Literal, ...]]]:
    slots = [accepted.slots[place] for place in said.places]
    same = list(spans_of(tokens, slots[0].text))
    for span in same:
        yield span, tuple(slot.literal for slot in slots)
    for value in items.values:
        if (value.start, value.end) not in same:
            filled = tuple(literal for slot in slots if (literal := _filled(slot, value)) is not None)
            if len(filled) == len(slots):
                yield (value.start, value.end), filled


def _filled(slot: Slot, value: Value) -> Literal | None:
    """The value as the slot's column holds it; None where it is no such value, or may be several."""
    if slot.left is None:
        return Literal(value.text, is_number=True) if value.text.isdecimal() and int(value.text) > 0 else None
    if slot.operator in PATTERNS:
        return in_pattern(slot, value.text) if not {"%", "_"} & set(value.text) else None
    column = slot.left.column.origin
    scores = sorted((match.score for match in value.stored if ref_of(match) == column), reverse=True)
    is_stored = bool(scores) and scores[0] >= _SURE_MATCH and scores[0] not in scores[1:]
    literal = value.literal(column, slot.operator)
    if _NUMBER.fullmatch(slot.literal.text):
        # Written as before: beside a text column a number may stand either way.
        return Literal(literal.text, slot.literal.is_number) if _NUMBER.fullmatch(literal.text) else None
    if is_stored:
        return literal
    wanted = "date" if _DATE.fullmatch(slot.literal.text) else "quoted"
    return Literal(value.text) if value.kind == wanted else None


def _is_literal(value: Value) -> bool:
    """Whether words can hardly be anything but a literal."""
    return value.kind in _UNMISTAKABLE or any(match.score > _SURE_MATCH for match in value.stored)
