"""From tokens to items: the best cover of a question by cues, names of the schema, stored values and numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.modelhub.adapters.built_in.ir import ColumnRef
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import Name, Schema
from services.modelhub.adapters.built_in.tokens import Token, identifier_words, stem
from services.modelhub.core.model import ValueMatch

MAX_SPAN = 6
_LONGER_IS_BETTER = 1.15
_INSIDE_NAMES = frozenset({"of", "the", "a", "an", "for", "in", "to", "by", "'s"})
_SYNONYM_FACTOR = 0.8
_WEAK_CUES = frozenset(
    {"rank", "order", "sort", "total", "count", "over", "missing", "initial", "each", "counts", "overall", "unknown"}
)
_LEAST_NAME_SCORE = 0.5
_AUXILIARIES = frozenset({"been", "was", "were", "has", "have", "had", "ever", "never", "not", "who", "they", "most"})
_MEASURES = frozenset({"amount", "quantity"})
_STORED_SCORE = 0.9
_COSTS = frozenset({"cost", "costs"})
_BEFORE_AMOUNTS = frozenset({"more", "less", "over", "under", "between", "at", "exactly", "above", "below", "no", "up"})
_BEFORE_REQUESTS = frozenset({"please", "you", "to", "and", "then", "also", ".", "?", "!", ";", ":", ","})
_AFTER_VERBS = frozenset({"the", "all", "a", "an", "any", "each", "every", "me", "us", "and", "both", "its", "their"})


@dataclass(frozen=True, slots=True)
class Item:
    """A run of tokens with one meaning.

    `kind` is name, value, number, date, quoted, superlative, comparative, a kind of cue, small, request, word or mark;
    `cue` is the cue's value (an operator, a direction) or the word itself.
    """

    kind: str
    start: int
    end: int
    cue: str = ""
    names: tuple[Name, ...] = ()
    values: tuple[ValueMatch, ...] = ()

    @property
    def best(self) -> float:
        """The score of the best name."""
        return self.names[0].score if self.names else 0.0


def link(tokens: tuple[Token, ...], schema: Schema, matches: tuple[ValueMatch, ...]) -> tuple[Item, ...]:
    """Covers the tokens with items so that the sum of their weights is greatest; ties go to the longer item."""
    options: list[list[tuple[float, Item]]] = [[] for _ in tokens]
    for weight, item in (
        *_cues(tokens, schema),
        *_names(tokens, schema),
        *_values(tokens, schema, matches),
        *_coded(tokens, schema),
        *_plain(tokens),
    ):
        options[item.start].append((weight, item))
    best: list[tuple[float, Item | None]] = [(0.0, None)] * (len(tokens) + 1)
    for start in range(len(tokens) - 1, -1, -1):
        best[start] = max(
            ((weight + best[item.end][0], item) for weight, item in options[start]), key=lambda pair: pair[0]
        )
    items: list[Item] = []
    place = 0
    while place < len(tokens):
        chosen = best[place][1]
        assert chosen is not None
        items.append(chosen)
        place = chosen.end
    return tuple(items)


def candidate_names(tokens: tuple[Token, ...], schema: Schema) -> Iterator[Item]:
    """Every run of tokens that may name something, overlapping ones included."""
    return (item for _, item in _names(tokens, schema))


def value_items(tokens: tuple[Token, ...], schema: Schema, matches: tuple[ValueMatch, ...]) -> Iterator[Item]:
    """Every run of tokens that may mean a stored value, overlapping ones included."""
    return (item for _, item in (*_values(tokens, schema, matches), *_coded(tokens, schema)))


def _weight(score: float, length: int) -> float:
    return float(score * length**_LONGER_IS_BETTER)


def _plain(tokens: tuple[Token, ...]) -> Iterator[tuple[float, Item]]:
    for place, token in enumerate(tokens):
        if token.kind == "word" and token.number is None:
            small = token.lower in LEXICON.function_words
            request = token.lower in LEXICON.request_words
            kind = "small" if small else "request" if request else "word"
            yield 0.0, Item(kind, place, place + 1, token.lower)
        elif token.number is not None:
            yield 0.55 if token.lower == "one" else 0.9, Item("number", place, place + 1, token.number)
        elif token.kind == "quoted":
            yield 1.0, Item("quoted", place, place + 1, token.text)
        else:
            yield (0.9 if token.kind == "date" else 0.0), Item(token.kind, place, place + 1, token.text)
        if token.lower in LEXICON.superlatives:
            yield 0.9, Item("superlative", place, place + 1, token.lower)
        if token.lower in LEXICON.comparatives:
            yield 0.8, Item("comparative", place, place + 1, token.lower)


def _cues(tokens: tuple[Token, ...], schema: Schema) -> Iterator[tuple[float, Item]]:
    for start in range(len(tokens)):
        for length in range(1, min(MAX_SPAN, len(tokens) - start) + 1):
            cue = LEXICON.phrases.get(tuple(token.lower for token in tokens[start : start + length]))
            if cue is None:
                continue
            weak = length == 1 and tokens[start].lower in _WEAK_CUES
            named = tokens[start].lower in {"number", "numbers"} and _noun_before(tokens, start)
            if named or _is_past(tokens, start, cue[0]) or _is_measured(tokens[start : start + length], cue[0], schema):
                continue
            yield _weight(0.6 if weak else 0.97, length), Item(cue[0], start, start + length, cue[1])


def _is_past(tokens: tuple[Token, ...], place: int, kind: str) -> bool:
    """Whether "ordered" tells what was done ("has been ordered in May") rather than how to sort."""
    return (
        kind == "order" and place > 0 and tokens[place].lower == "ordered" and tokens[place - 1].lower in _AUXILIARIES
    )


def _is_measured(span: tuple[Token, ...], kind: str, schema: Schema) -> bool:
    """Whether "amount of" speaks of a stored amount rather than of how many rows there are."""
    if kind not in {"count", "most_number"}:
        return False
    names = (
        name for token in span if token.lower in _MEASURES for name in schema.names.get(frozenset({token.stem}), ())
    )
    return any(name.score > _STORED_SCORE and not name.is_table and schema.is_number(name.ref) for name in names)


def _noun_before(tokens: tuple[Token, ...], place: int) -> bool:
    """Whether "number" ends a name ("phone number of") rather than starts a count."""
    before = tokens[place - 1] if place > 0 else None
    known = LEXICON.function_words | LEXICON.request_words | LEXICON.superlatives.keys()
    return (
        before is not None
        and before.kind == "word"
        and before.lower not in known
        and (before.lower,) not in LEXICON.phrases
    )


def _names(tokens: tuple[Token, ...], schema: Schema) -> Iterator[tuple[float, Item]]:
    for start, first in enumerate(tokens):
        if first.kind != "word" or first.lower in _INSIDE_NAMES or first.lower in {"and", "or"}:
            continue
        for length in range(1, min(MAX_SPAN, len(tokens) - start) + 1):
            span = tokens[start : start + length]
            if span[-1].kind not in {"word", "number"} or span[-1].lower in {"and", "or", *_INSIDE_NAMES}:
                if span[-1].kind != "word" or span[-1].lower in {"and", "or"}:
                    break
                continue
            names = _lookup(span, schema)
            if length == 1 and first.lower in _COSTS and _compares(tokens, start + 1):
                names = _priced(names, schema)
            if names and not (_opens_request(tokens, start) and not _names_in_full(span, names, schema)):
                yield _weight(names[0].score, length), Item("name", start, start + length, "", names)


def _compares(tokens: tuple[Token, ...], place: int) -> bool:
    following = tokens[place] if place < len(tokens) else None
    return following is not None and (following.kind == "number" or following.lower in _BEFORE_AMOUNTS)


def _priced(names: tuple[Name, ...], schema: Schema) -> tuple[Name, ...]:
    """What something costs is its price, where both a price and a cost are stored."""
    best = max((name.score for name in names), default=_LEAST_NAME_SCORE)
    known = {name.ref for name in names}
    prices = [name for name in schema.names.get(frozenset({stem("price")}), ()) if name.ref not in known]
    return (*(replace(name, score=max(best, name.score) + 0.01) for name in prices if not name.is_table), *names)


def _opens_request(tokens: tuple[Token, ...], place: int) -> bool:
    """Whether the word is the verb of a request: "List the ...", "Could you find ...", "and show ..."."""
    token = tokens[place]
    if token.lower not in LEXICON.request_verbs:
        return False
    following = tokens[place + 1].lower if place + 1 < len(tokens) else ""
    if token.lower == "name":
        return place == 0 and following in _AFTER_VERBS - {"and"}
    return place == 0 or (tokens[place - 1].lower in _BEFORE_REQUESTS and following not in {"", "of", ",", "and", "?"})


def _names_in_full(span: tuple[Token, ...], names: tuple[Name, ...], schema: Schema) -> bool:
    """Whether a verb and what follows it are the whole name of a column ("list price")."""
    stems = {token.stem for token in span}
    plain = len(span) > 1 and span[1].lower not in _AFTER_VERBS
    return plain and any(stems == set(schema.words[name.ref]) for name in names if not name.is_table)


def _lookup(span: tuple[Token, ...], schema: Schema) -> tuple[Name, ...]:
    stems = [part for token in span if token.lower not in _INSIDE_NAMES for part in _parts(token)]
    if len(span) == 1 and (span[0].lower in LEXICON.function_words or span[0].lower in LEXICON.superlatives):
        return ()
    names = schema.names.get(frozenset(stems), ())
    if any(token.lower in _INSIDE_NAMES for token in span):
        names = tuple(name for name in names if name.score > 0.9 and not name.is_table)
        if span[0].stem == "number":
            names = tuple(name for name in names if schema.words[name.ref][0] == "number")
    else:
        names = tuple(
            replace(name, says_table=False) if name.says_table and set(schema.words[name.ref]) == set(stems) else name
            for name in names
        )
    found = {name.ref: name for name in names if name.score >= _LEAST_NAME_SCORE}
    for name in schema.names.get(_ALIASES.get(frozenset(stems), frozenset()), ()):
        if name.score > 0.8:
            found.setdefault(name.ref, Name(name.ref, name.score * 0.95, name.says_table))
    if not found or max(name.score for name in found.values()) < 0.8:
        for name in _synonyms(stems, schema):
            known = found.get(name.ref)
            if known is None or known.score < name.score:
                found[name.ref] = name
    return tuple(sorted(found.values(), key=lambda name: (-name.score, name.ref.table, name.ref.column)))


def _parts(token: Token) -> tuple[str, ...]:
    """The stems of a word, several where it is written as an identifier ("list_price")."""
    return tuple(map(stem, identifier_words(token.text))) if "_" in token.text else (token.stem,)


def _synonyms(stems: list[str], schema: Schema) -> Iterator[Name]:
    """Names reached by exchanging one word for a synonym."""
    for place, word in enumerate(stems):
        for other in _SYNONYMS.get(word, ()):
            for name in schema.names.get(frozenset([*stems[:place], other, *stems[place + 1 :]]), ()):
                score = name.score * _SYNONYM_FACTOR
                if name.score >= 0.7 and score >= _LEAST_NAME_SCORE:
                    yield Name(name.ref, score, name.says_table)


def ref_of(match: ValueMatch) -> ColumnRef:
    """The column that holds a matched value."""
    return ColumnRef(match.table, match.column)


def _is_whole(first: Token, last: Token, match: ValueMatch) -> bool:
    """Whether the match covers whole words: "pen" is not found in "expensive"."""
    starts = match.start <= first.start or first.kind == "quoted"
    return starts and (match.end >= last.end or last.kind == "quoted")


def _values(tokens: tuple[Token, ...], schema: Schema, matches: tuple[ValueMatch, ...]) -> Iterator[tuple[float, Item]]:
    spans: dict[tuple[int, int], list[ValueMatch]] = {}
    for match in matches:
        inside = [n for n, token in enumerate(tokens) if token.start < match.end and token.end > match.start]
        if inside and _is_whole(tokens[inside[0]], tokens[inside[-1]], match) and ref_of(match) in schema.columns:
            spans.setdefault((inside[0], inside[-1] + 1), []).append(match)
    for (start, end), in_span in spans.items():
        text = tokens[start]
        if end - start == 1 and text.kind == "number":
            continue
        plain = end - start == 1 and text.kind == "word" and not (text.text[:1].isupper() and start > 0)
        if plain and (text.lower in LEXICON.function_words or text.lower in LEXICON.request_words):
            continue
        found = [match for match in in_span if not (plain and match.value.isupper() and len(match.value) <= 4)]
        if not found:
            continue
        ranked = tuple(sorted(found, key=lambda match: (-match.score, match.table, match.column, match.value)))
        bonus = 1.5 if text.kind == "quoted" else 0.0 if plain else 0.15
        yield _weight(ranked[0].score * 0.98, end - start) + bonus, Item("value", start, end, text.text, (), ranked)


def _coded(tokens: tuple[Token, ...], schema: Schema) -> Iterator[tuple[float, Item]]:
    """Words that are often stored as codes ("female" as F), on columns that hold nothing but such codes."""
    for place, token in enumerate(tokens):
        codes = LEXICON.coded_values.get(token.stem if token.stem in LEXICON.coded_values else token.lower)
        if codes is None or token.kind != "word":
            continue
        found = [
            ValueMatch(ref.table, ref.column, code, token.text, token.start, token.end, 0.9)
            for ref, column in schema.columns.items()
            for code in codes
            if code in column.samples and set(column.samples) <= _ALL_CODES and _is_about(codes, schema.words[ref])
        ]
        if found:
            yield 0.9, Item("value", place, place + 1, token.text, (), tuple(found))


def _is_about(codes: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """M and F are of a gender; other codes may stand in any column."""
    return codes[0] not in {"M", "F"} or bool({"gender", "sex"} & set(words))


def _stem_synonyms() -> dict[str, tuple[str, ...]]:
    return {stem(word): tuple(stem(other) for other in others) for word, others in LEXICON.synonyms.items()}


_ALL_CODES = frozenset(code for codes in LEXICON.coded_values.values() for code in codes)
_SYNONYMS = _stem_synonyms()
_ALIASES = {
    frozenset(stem(word) for word in said): frozenset(stem(word) for word in named)
    for said, named in LEXICON.aliases.items()
}


def target_name(ref: ColumnRef) -> str:
    """How a link is shown: "customer" or "customer.city"."""
    return ref.table if ref.column == "*" else f"{ref.table}.{ref.column}"
