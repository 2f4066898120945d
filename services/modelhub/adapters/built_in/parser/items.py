"""What the parser reads and may point at: the question's words, the schema's tables and columns, and literals."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.modelhub.adapters.built_in.ir import STAR, ColumnRef, Literal, Operator
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.linking import candidate_names, ref_of, value_items
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.tokens import Token, identifier_words
from services.modelhub.core.model import ValueMatch

MAX_WORDS = 80
MAX_VALUES = 24
MAX_COLUMNS = 72
MAX_TABLES = 12
EXACT, GOOD, PARTIAL = 3, 2, 1
_EXACT_FROM, _GOOD_FROM = 0.93, 0.75
# Words after which a name or a text stands that nobody quoted ("named Smith", "contains tea").
_BEFORE_TEXT = frozenset(
    {"named", "called", "titled", "contains", "containing", "contain"}
    | {"like", "substring", "string", "letter", "word", "phrase"}
)
# Words after which a content word may be such a text too.
_BEFORE_CONTENT = frozenset(["with", "is", "are", "was", "of", "in", "by", "as", "for"])


@dataclass(frozen=True, slots=True)
class Value:
    """A literal that the question may mean, at tokens [start, end); `stored` are the values of columns it names."""

    text: str
    kind: str
    start: int
    end: int
    stored: tuple[ValueMatch, ...] = ()

    def literal(self, column: ColumnRef, operator: Operator) -> Literal:
        """How it is written beside a column: as stored there, else as the question says it."""
        if operator not in {Operator.LIKE, Operator.NOT_LIKE}:
            for match in self.stored:
                if ref_of(match) == column:
                    return Literal(match.value)
        return Literal(self.text, is_number=self.kind == "number")


@dataclass(frozen=True, slots=True)
class Items:
    """The parts of one question. `names` and `stored` link (token, column or table) with how well they fit."""

    tokens: tuple[Token, ...]
    schema: Schema
    tables: tuple[str, ...]
    columns: tuple[ColumnRef, ...]
    values: tuple[Value, ...]
    names: dict[tuple[int, ColumnRef], int]
    stored: frozenset[tuple[int, ColumnRef]]


def items_of(tokens: tuple[Token, ...], schema: Schema, matches: tuple[ValueMatch, ...]) -> Items:
    """Everything the parser reads of a question; a wide schema is cut to the tables and columns that fit best."""
    tokens = tokens[:MAX_WORDS]
    names: dict[tuple[int, ColumnRef], int] = defaultdict(int)
    for item in candidate_names(tokens, schema):
        for name in item.names:
            level = EXACT if name.score >= _EXACT_FROM else GOOD if name.score >= _GOOD_FROM else PARTIAL
            for place in range(item.start, item.end):
                names[place, name.ref] = max(names[place, name.ref], level)
    values = tuple(_values(tokens, schema, matches))[:MAX_VALUES]
    stored = frozenset(
        (place, ref_of(match)) for value in values for match in value.stored for place in range(value.start, value.end)
    )
    tables, columns = _in_focus(schema, names, stored)
    return Items(tokens, schema, tables, columns, values, dict(names), stored)


def _values(tokens: tuple[Token, ...], schema: Schema, matches: tuple[ValueMatch, ...]) -> Iterator[Value]:
    """Literals, each span once: stored values first, then numbers, dates, quoted text, names and lone words."""
    seen: set[tuple[int, int]] = set()
    for item in value_items(tokens, schema, matches):
        if item.end <= len(tokens) and (item.start, item.end) not in seen:
            seen.add((item.start, item.end))
            text = " ".join(token.text for token in tokens[item.start : item.end])
            number = tokens[item.start].number if item.end - item.start == 1 else None
            kind = "stored" if number is None else "number"
            yield Value(number or text, kind, item.start, item.end, item.values)
    for place, token in enumerate(tokens):
        if (place, place + 1) in seen:
            continue
        if token.number is not None:
            seen.add((place, place + 1))
            yield Value(token.number, "number", place, place + 1)
        elif token.kind in {"quoted", "date"}:
            seen.add((place, place + 1))
            yield Value(token.text, token.kind, place, place + 1)
    for start, end in _spoken(tokens):
        if (start, end) not in seen:
            seen.add((start, end))
            yield Value(" ".join(token.text for token in tokens[start:end]), "words", start, end)


def _spoken(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Runs of capitalised words, and single words after "named", "contains" and their like."""
    place = 1
    while place < len(tokens):
        end = place
        while end < len(tokens) and tokens[end].kind == "word" and tokens[end].text[:1].isupper():
            end += 1
        if end > place:
            yield place, end
        elif tokens[place].kind == "word" and _opens_text(tokens[place - 1].lower, tokens[place].lower):
            yield place, place + 1
        place = max(end, place + 1)


def _opens_text(before: str, word: str) -> bool:
    return before in _BEFORE_TEXT or (before in _BEFORE_CONTENT and word not in LEXICON.function_words)


def _in_focus(
    schema: Schema, names: dict[tuple[int, ColumnRef], int], stored: frozenset[tuple[int, ColumnRef]]
) -> tuple[tuple[str, ...], tuple[ColumnRef, ...]]:
    """All of a small schema; of a wide one the tables and columns that the question's words point at, and keys."""
    tables = tuple(schema.tables)
    columns = tuple(schema.columns)
    if len(columns) <= MAX_COLUMNS and len(tables) <= MAX_TABLES:
        return tables, columns
    fit: dict[ColumnRef, float] = defaultdict(float)
    for (_, ref), level in names.items():
        fit[ref] = max(fit[ref], float(level**2))
    for _, ref in stored:
        fit[ref] += 8.0
    table_fit: dict[str, float] = defaultdict(float)
    for ref, score in fit.items():
        table_fit[ref.table] += 2 * score if ref.column == STAR else score
    linked = sorted(tables, key=lambda table: -table_fit[table])
    kept = linked[:MAX_TABLES]
    ranked = sorted(
        (ref for ref in columns if ref.table in set(kept)),
        key=lambda ref: (-(fit[ref] + (3.0 if schema.is_key(ref) else 0.0)), kept.index(ref.table)),
    )[:MAX_COLUMNS]
    chosen = set(ranked)
    return (
        tuple(table for table in tables if table in set(kept)),
        tuple(ref for ref in columns if ref in chosen),
    )


def words_of(name: str) -> tuple[str, ...]:
    """The words by which an identifier is read to the parser."""
    return identifier_words(name.rpartition(".")[2]) or (name.lower(),)
