"""Accepted answers as memory: a question that was answered before, with other literals, is answered the same way.

The literals of a question are masked, and what is left of it is compared with what is left of the remembered ones.
Where they ask the same, the remembered query is given with the new question's literals at the same places. A literal
that cannot be found there, or that could go to several places, makes the memory say nothing: it never guesses.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from rapidfuzz.distance import Indel

from services.modelhub.adapters.built_in.ir import ColumnRef, Query
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.linking import Item, link
from services.modelhub.adapters.built_in.parser.items import Items
from services.modelhub.adapters.built_in.refilling import Filling, fillings, left_over
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.tokens import Token
from services.modelhub.adapters.built_in.verified import Accepted, Spans, read_pair, refilled, without_literals
from services.modelhub.core.model import VerifiedPair

# The least similarity at which two questions are taken to ask the same. On Spider's training part 97 % of what is
# recalled from here on is right, where the question was asked before in other words; from 0.5 to here 80 %.
ALIKE = 0.7
# What questions in other words reach at most: only the same words are sure to ask the same.
_OTHER_WORDS = 0.99
# More ways to place literals than these are tried for no pair: such a question says too much to be sure of any.
_MAX_FILLINGS = 64
# Kinds of items that ask for nothing by themselves, and those that two ways of asking the same may differ in.
_SILENT = frozenset({"small", "mark", "request", "clause"})
_JOINING = frozenset({("join", "and"), ("join", "but")})
_OPTIONAL = frozenset({"word", "order", "also"})
_EXTREMES = frozenset({"most_number", "common"})
# First hints of superlatives of whatever is named beside them ("most", "highest"); of others the hint tells them apart.
_OF_ANYTHING = frozenset({"", "height", "size"})

# What a run of words means: the place of a masked literal, a table or column, or a kind of cue and which one.
_Symbol = int | ColumnRef | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Recalled:
    """The query of a remembered pair with the literals of the question; `similarity` is 1 for the same words."""

    query: Query
    similarity: float
    pair: VerifiedPair


@dataclass(frozen=True, slots=True)
class _Masked:
    """A question without its literals: its stems in order, what they mean, and the stem before each literal."""

    words: tuple[str | int, ...]
    symbols: tuple[_Symbol, ...]
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tried:
    """One way to place the question's literals in a pair, and how alike the two are then."""

    filling: Filling
    asked: _Masked
    similarity: float


def recall(
    tokens: tuple[Token, ...], schema: Schema, items: Items, pairs: Sequence[VerifiedPair], dialect: str
) -> list[Recalled]:
    """The queries that were accepted for such a question, each once, the most similar first.

    Args:
        tokens: The question.
        schema: What the queries are about; they are to be written as SQL with the same one.
        items: The question's parts, with the values it may mean.
        pairs: What is remembered, of the same data source.
        dialect: sqlglot's name for the dialect of the pairs.
    """
    masks: dict[Spans, _Masked] = {}
    found: dict[Query, Recalled] = {}
    for pair in pairs:
        accepted = read_pair(pair, schema, dialect)
        if accepted is None:
            continue
        known = _masked_pair(pair, schema, dialect)
        tried = list(_tries(tokens, items, accepted, known, masks))
        best = _surest(tried, accepted, known)
        if best is None:
            continue
        query = refilled(accepted.query, best.filling.literals)
        if query not in found or found[query].similarity < best.similarity:
            found[query] = Recalled(query, best.similarity, pair)
    return sorted(found.values(), key=lambda each: -each.similarity)


def _tries(
    tokens: tuple[Token, ...], items: Items, accepted: Accepted, known: _Masked, masks: dict[Spans, _Masked]
) -> Iterator[_Tried]:
    """The ways to place the question's literals under which it asks what the pair does.

    `masks` keeps the question as it reads without its literals at given places, for the next pair.
    """
    stems = frozenset(word for word in known.words if isinstance(word, str))
    for filling in islice(fillings(tokens, items, accepted), _MAX_FILLINGS):
        if filling.spans not in masks:
            masks[filling.spans] = _mask(tokens, filling.spans, items.schema)
        asked = masks[filling.spans]
        similarity = _similarity(asked, known)
        if similarity >= ALIKE and not left_over(tokens, items, filling, stems):
            yield _Tried(filling, asked, similarity)


def _surest(tried: list[_Tried], accepted: Accepted, known: _Masked) -> _Tried | None:
    """The most similar way; None where another is as similar, or where other words leave a literal in doubt."""
    if not tried:
        return None

    def fit(each: _Tried) -> tuple[float, bool]:
        return each.similarity, each.asked.before == known.before

    best = max(tried, key=fit)
    if any(fit(each) == fit(best) and each.filling.literals != best.filling.literals for each in tried):
        return None
    if best.similarity == 1.0:
        return best
    if not accepted.is_said:
        # A literal that no word says may hang on any of the words in which the questions differ.
        return None
    own = tuple(slot.literal for slot in accepted.slots)
    if best.filling.literals != own and Counter(best.asked.symbols) != Counter(known.symbols):
        # With other literals it is another question anyhow: then it must say the same in all but small words.
        return None
    spans = sorted(best.filling.spans)
    is_open = any(sorted(each.filling.spans) == spans and each.filling != best.filling for each in tried)
    # "From Paris to Rome" and "to Rome from Paris": only the words before them tell which is which.
    return None if is_open and best.asked.before != known.before else best


@lru_cache(maxsize=4_096)
def _masked_pair(pair: VerifiedPair, schema: Schema, dialect: str) -> _Masked:
    accepted = read_pair(pair, schema, dialect)
    assert accepted is not None, "only what could be read is compared"
    return _mask(accepted.tokens, accepted.spans, schema)


def _mask(tokens: tuple[Token, ...], spans: Spans, schema: Schema) -> _Masked:
    masked, places = without_literals(tokens, spans)
    words = tuple(places.get(at, token.stem) for at, token in enumerate(masked) if token.kind != "mark")
    meant = [item for item in link(masked, schema, ()) if item.kind not in _SILENT]
    symbols = (places[item.start] if item.start in places else _symbol(item, masked) for item in meant)
    before = {number: masked[at - 1].stem if at else "" for at, number in places.items()}
    return _Masked(
        words,
        tuple(symbol for symbol in symbols if symbol not in _JOINING),
        tuple(before[number] for number in range(len(spans))),
    )


def _symbol(item: Item, tokens: tuple[Token, ...]) -> _Symbol:
    """What an item means, whichever words say it."""
    if item.kind == "name":
        return item.names[0].ref
    if item.kind == "superlative":
        scale = LEXICON.superlatives[item.cue]
        hint = scale.hints[0] if scale.hints else ""
        return "extreme", scale.direction if hint in _OF_ANYTHING else f"{scale.direction} {hint}"
    if item.kind in _EXTREMES:
        return "extreme", item.cue
    return item.kind, tokens[item.start].stem if item.kind == "word" else item.cue


def _similarity(asked: _Masked, known: _Masked) -> float:
    """1 for the same words, less where they are others or stand in another order, 0 where another thing is asked for.

    What counts, compares, negates or sorts must be the same. Either question may name something more, as "the names
    of people" does beside "the names", but where each names what the other does not they are about different things.
    """
    if asked.words == known.words:
        return 1.0 if known.words else 0.0
    mine, theirs = _names(asked), _names(known)
    if _cues(asked) != _cues(known) or (mine - theirs and theirs - mine):
        return 0.0
    shared = Counter(asked.symbols) & Counter(known.symbols)
    overlap = 2 * shared.total() / max(len(asked.symbols) + len(known.symbols), 1)
    order = Indel.normalized_similarity(asked.symbols, known.symbols)
    return min((overlap + order) / 2, _OTHER_WORDS)


def _names(question: _Masked) -> frozenset[_Symbol]:
    return frozenset(each for each in question.symbols if isinstance(each, ColumnRef))


def _cues(question: _Masked) -> frozenset[_Symbol]:
    return frozenset(each for each in question.symbols if isinstance(each, tuple) and each[0] not in _OPTIONAL)
