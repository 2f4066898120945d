"""A question and the SQL that was accepted for it, read together: what is asked for, and where each literal is said."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from services.modelhub.adapters.built_in.from_sql import NotRepresentable, from_sqlglot
from services.modelhub.adapters.built_in.ir import Condition, Literal, Measure, Operator, Query, changed
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.tokens import Token, tokenize
from services.modelhub.core.model import VerifiedPair

PATTERNS = frozenset({Operator.LIKE, Operator.NOT_LIKE})
# A statement longer than this is no example to follow, and reading it takes long.
MAX_SQL_CHARACTERS = 10_000
# Runs of tokens [start, end).
Spans = tuple[tuple[int, int], ...]
_PATTERN = re.compile(r"([%_]*)(.*?)([%_]*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Slot:
    """A literal of a query, beside what it stands and how it is compared; `left` is None for a number of rows."""

    literal: Literal
    left: Measure | None = None
    operator: Operator = Operator.EQ

    @property
    def text(self) -> str:
        """The literal as a question would say it: a pattern without its wildcards."""
        return _parts(self.literal)[1] if self.operator in PATTERNS else self.literal.text


@dataclass(frozen=True, slots=True)
class Said:
    """Words at tokens [start, end) of a question that say the literals of some slots, by their places in the query."""

    start: int
    end: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A verified pair that has been read; `said` leaves out literals that its question says nowhere, or twice."""

    pair: VerifiedPair
    tokens: tuple[Token, ...]
    query: Query
    slots: tuple[Slot, ...]
    said: tuple[Said, ...]

    @property
    def spans(self) -> Spans:
        """The words of the question that say literals."""
        return tuple((said.start, said.end) for said in self.said)

    @property
    def is_said(self) -> bool:
        """Whether the question says every literal of the query."""
        return sum(len(said.places) for said in self.said) == len(self.slots)


@lru_cache(maxsize=4_096)
def read_pair(pair: VerifiedPair, schema: Schema, dialect: str) -> Accepted | None:
    """The pair in the schema's own names; None where its statement has no representation there.

    Kept for the most recent ones: a data source is asked more than once, and reading SQL takes a millisecond.
    """
    if len(pair.sql) > MAX_SQL_CHARACTERS:
        return None
    try:
        tree = parse_one(pair.sql, dialect=dialect)
        query = from_sqlglot(tree, schema) if isinstance(tree, exp.Query) else None
    except (SqlglotError, NotRepresentable, RecursionError):
        # Accepted by a person, yet written by hand in words that only a database reads: nothing to learn from.
        return None
    if query is None:
        return None
    tokens = tokenize(pair.question)
    slots = tuple(slots_of(query))
    return Accepted(pair, tokens, query, slots, tuple(_said(tokens, slots)))


def without_literals(tokens: tuple[Token, ...], spans: Spans) -> tuple[tuple[Token, ...], dict[int, int]]:
    """A question with a number that nothing is named by in place of each span, and which span each of these was."""
    numbered = {start: (end, number) for number, (start, end) in enumerate(spans)}
    masked: list[Token] = []
    places: dict[int, int] = {}
    at = 0
    while at < len(tokens):
        end, number = numbered.get(at, (at + 1, None))
        if number is None:
            masked.append(tokens[at])
        else:
            places[len(masked)] = number
            masked.append(Token("0", "0", "\0", "number", tokens[at].start, tokens[end - 1].end))
        at = end
    return tuple(masked), places


def slots_of(query: Query) -> Iterator[Slot]:
    """Every literal of the query and of those nested in it, in the order in which `refilled` takes them."""
    found: list[Slot] = []

    def keep(slot: Slot) -> Literal:
        found.append(slot)
        return slot.literal

    _changed(query, keep)
    return iter(found)


def refilled(query: Query, literals: tuple[Literal, ...]) -> Query:
    """The query with other literals in its slots, in the order of `slots_of`."""
    waiting = iter(literals)
    filled = _changed(query, lambda _: next(waiting))
    assert next(waiting, None) is None, "as many literals as slots"
    return filled


def in_pattern(slot: Slot, text: str) -> Literal:
    """Another text between the wildcards of a slot's pattern."""
    before, _, after = _parts(slot.literal)
    return Literal(before + text + after)


def _parts(pattern: Literal) -> tuple[str, str, str]:
    """A pattern's first wildcards, its text, and its last wildcards."""
    parts = _PATTERN.fullmatch(pattern.text)
    assert parts is not None, "every text fits"
    return parts[1], parts[2], parts[3]


def _changed(query: Query, change: Callable[[Slot], Literal]) -> Query:
    def refill(test: Condition) -> Condition:
        return replace(test, right=tuple(_side(side, test, change) for side in test.right))

    where, having = changed(query.where, refill), changed(query.having, refill)
    limit = query.limit
    # That only the first row is kept is said by "most" or "oldest", not by a number.
    if limit is not None and limit > 1:
        limit = int(change(Slot(Literal(str(limit), is_number=True))).text)
    other = None if query.other is None else _changed(query.other, change)
    return replace(query, where=where, having=having, limit=limit, other=other)


def _side(
    side: Literal | Measure | Query, condition: Condition, change: Callable[[Slot], Literal]
) -> Literal | Measure | Query:
    if isinstance(side, Literal):
        return change(Slot(side, condition.left, condition.operator))
    return _changed(side, change) if isinstance(side, Query) else side


def _said(tokens: tuple[Token, ...], slots: tuple[Slot, ...]) -> Iterator[Said]:
    """Where the question says the slots' literals; equal ones share their words, words said twice say nothing."""
    places: dict[str, list[int]] = {}
    for place, slot in enumerate(slots):
        places.setdefault(slot.text.lower(), []).append(place)
    found = []
    for same in places.values():
        spans = list(spans_of(tokens, slots[same[0]].text))
        spans = [(start, end) for start, end in spans if tokens[start].kind == "quoted"] or spans
        if len(spans) == 1:
            found.append(Said(*spans[0], tuple(same)))
    for each in sorted(found, key=lambda said: said.start):
        if not any(other is not each and other.start < each.end and each.start < other.end for other in found):
            yield each


def spans_of(tokens: tuple[Token, ...], text: str) -> Iterator[tuple[int, int]]:
    """The runs of tokens [start, end) that say a literal: as a number, word for word, or by the word for its code."""
    wanted = tuple(token.stem for token in tokenize(text) if token.kind != "mark")
    for start, token in enumerate(tokens):
        if _is_number(token, text) or _is_code(token, text) or (token.kind == "quoted" and token.lower == text.lower()):
            yield start, start + 1
        elif wanted and token.stem == wanted[0] and token.kind != "mark":
            end = _end(tokens, start, wanted)
            if end is not None:
                yield start, end


def _end(tokens: tuple[Token, ...], start: int, wanted: tuple[str, ...]) -> int | None:
    """Where a run of words ends, marks between them left out; None where others stand there."""
    place = start
    for stem in wanted:
        while place < len(tokens) and tokens[place].kind == "mark" and place > start:
            place += 1
        if place == len(tokens) or tokens[place].stem != stem:
            return None
        place += 1
    return place


def _is_number(token: Token, text: str) -> bool:
    try:
        return token.number is not None and float(token.number) == float(text)
    except ValueError:
        return False


def _is_code(token: Token, text: str) -> bool:
    codes = LEXICON.coded_values.get(token.stem) or LEXICON.coded_values.get(token.lower, ())
    return text in codes
