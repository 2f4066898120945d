"""A schema prepared for linking: the words of every table and column, and an index from words to what they name."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.ir import STAR, ColumnRef
from services.modelhub.adapters.built_in.joins import JoinGraph
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.tokens import identifier_words, stem

NUMERIC = frozenset({ColumnType.INTEGER, ColumnType.NUMBER})
TEMPORAL = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.TIME})
_NAME_ORDER = ("name", "title", "full name", "last name")
_ORDERED_TEXT = re.compile(r"[-+$]?\d[\d.,:/ -]*")
_WHOLE, _REDUCED, _PART = 1.0, 0.93, 0.42
_SMALL_WORDS = frozenset({"of", "the", "a", "and", "in", "for", "to", "or", "by"})
MAX_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class Name:
    """What some words name: a table (`ref.column` is "*") or a column, how well, and whether the table was said too."""

    ref: ColumnRef
    score: float
    says_table: bool = False

    @property
    def is_table(self) -> bool:
        """Whether these words name a table."""
        return self.ref.column == STAR


@dataclass(frozen=True, eq=False)
class Schema:
    """Tables by key, columns by reference, the join graph, and names by their set of stems.

    Equal only to itself, so that what is worked out for a schema can be kept by it.
    """

    tables: dict[str, Table]
    columns: dict[ColumnRef, Column]
    words: dict[ColumnRef, tuple[str, ...]]
    names: dict[frozenset[str], tuple[Name, ...]]
    joins: JoinGraph

    def is_key(self, ref: ColumnRef) -> bool:
        """Whether the column identifies rows here or elsewhere: a primary key, a reference, or named an id."""
        words = self.words[ref]
        is_id = bool(words) and words[-1] == "id"
        return self.columns[ref].is_primary_key or is_id or (ref.table, ref.column) in self.joins.references

    def is_number(self, ref: ColumnRef) -> bool:
        """Whether the column measures something: a number that identifies no row."""
        return self.columns[ref].type in NUMERIC and not self.is_key(ref)

    def is_ordered(self, ref: ColumnRef) -> bool:
        """Whether more and less, or before and after, mean something on this column."""
        column = self.columns[ref]
        if self.is_number(ref) or column.type in TEMPORAL:
            return True
        textual = column.type in {ColumnType.TEXT, ColumnType.OTHER} and bool(column.samples) and not self.is_key(ref)
        return textual and all(_ORDERED_TEXT.match(sample) for sample in column.samples)

    def key_of(self, table: str) -> ColumnRef | None:
        """The table's single-column primary key, or a column that is unique, if it has one."""
        keys = [column for column in self.tables[table].columns if column.is_primary_key]
        if len(keys) == 1:
            return ColumnRef(table, keys[0].name)
        unique = [column for column in self.tables[table].columns if column.is_unique]
        if unique and not keys:
            return ColumnRef(table, unique[0].name)
        referred = [
            e.right_columns[0] for e in self.joins.edges_of(table) if e.right == table and len(e.right_columns) == 1
        ]
        return ColumnRef(table, referred[0]) if referred and not keys else None

    def name_of(self, table: str) -> tuple[ColumnRef, ...]:
        """The columns a person would call a row by: its name or title, first and last name, else nothing."""
        own = set(_stems(identifier_words(self.tables[table].name)))
        spoken: dict[str, ColumnRef] = {}
        for column in self.tables[table].columns:
            ref = ColumnRef(table, column.name)
            words = [word for word in self.words[ref] if word not in own] or list(self.words[ref])
            spoken.setdefault(" ".join(words), ref)
        if "first name" in spoken and "last name" in spoken:
            return (spoken["first name"], spoken["last name"])
        for wanted in map(_stem_all, _NAME_ORDER):
            if wanted in spoken:
                return (spoken[wanted],)
        for column in self.tables[table].columns:
            ref = ColumnRef(table, column.name)
            if set(self.words[ref]) == own and column.type == ColumnType.TEXT:
                return (ref,)
        for text, ref in spoken.items():
            if text.endswith("name") and self.columns[ref].type == ColumnType.TEXT:
                return (ref,)
        return ()


def _stem_all(text: str) -> str:
    return " ".join(stem(word) for word in text.split())


def _stems(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(stem(word) for word in words if word not in _SMALL_WORDS) or tuple(map(stem, words))


@lru_cache(maxsize=32)
def prepare(tables: tuple[Table, ...], keys: tuple[ForeignKey, ...]) -> Schema:
    """Indexes a schema; kept for the most recent ones, since a data source is asked more than once."""
    columns: dict[ColumnRef, Column] = {}
    words: dict[ColumnRef, tuple[str, ...]] = {}
    found: dict[frozenset[str], dict[ColumnRef, Name]] = defaultdict(dict)
    for table in tables:
        own = _stems(identifier_words(table.name))
        for stems, score in _table_names(own):
            _keep(found[stems], Name(ColumnRef(table.qualified_name), score))
        for column in table.columns:
            ref = ColumnRef(table.qualified_name, column.name)
            columns[ref] = column
            words[ref] = _stems(identifier_words(column.name))
            is_text = column.type in {ColumnType.TEXT, ColumnType.OTHER}
            for stems, score, says_table in _column_names(words[ref], own, is_text=is_text):
                _keep(found[stems], Name(ref, score, says_table))
    schema = Schema({table.qualified_name: table for table in tables}, columns, words, {}, JoinGraph(tables, keys))
    for table in tables:
        pair = schema.name_of(table.qualified_name)
        if len(pair) == 2:
            for stems, name in _full_names(_stems(identifier_words(table.name)), pair[0]):
                _keep(found[stems], name)
    ranked = {
        stems: tuple(sorted(names.values(), key=lambda name: (-name.score, name.ref.table, name.ref.column)))[:40]
        for stems, names in found.items()
    }
    return replace(schema, names=ranked)


def _keep(names: dict[ColumnRef, Name], name: Name) -> None:
    known = names.get(name.ref)
    if known is None or (known.score, known.says_table) < (name.score, name.says_table):
        names[name.ref] = name


def _table_names(own: tuple[str, ...]) -> Iterator[tuple[frozenset[str], float]]:
    if not own:
        return
    yield frozenset(own), _WHOLE
    plain = tuple(
        word for word in own if word not in {"ref", "reference", "tbl", "dim", "fact", "detail", "table", "all"}
    )
    if plain and plain != own:
        yield frozenset(plain), _REDUCED
    for size in range(1, min(len(own), 4)):
        for part in combinations(own[:MAX_NAME_WORDS], size):
            yield frozenset(part), _PART + 0.4 * size / len(own) + (0.15 if part[-1] == own[-1] else 0.0)


def _full_names(own: tuple[str, ...], first: ColumnRef) -> Iterator[tuple[frozenset[str], Name]]:
    """Ways to say first and last name together, for a table that keeps them apart."""
    name, full = stem("name"), stem("full")
    yield frozenset({name}), Name(first, 0.85)
    yield frozenset({full, name}), Name(first, 0.95)
    yield frozenset({*own, name}), Name(first, 0.9, says_table=True)
    yield frozenset({*own, full, name}), Name(first, 0.95, says_table=True)


def _column_names(
    words: tuple[str, ...], own: tuple[str, ...], *, is_text: bool
) -> Iterator[tuple[frozenset[str], float, bool]]:
    """Ways to say a column: its name, with its table's name, without it, without a generic last word, in part."""
    if not words:
        return
    yield frozenset(words), _WHOLE, False
    if is_text and "name" not in words and words[-1] not in LEXICON.generic_words:
        yield frozenset((*words, "name")), 0.97 if words == own else 0.8, words == own
    rest = tuple(word for word in words if word not in own)
    if rest and len(rest) < len(words):
        yield frozenset(rest), _REDUCED, False
        yield frozenset((*own, *rest)), _WHOLE, True
    elif own:
        yield frozenset((*own, *words)), _WHOLE, True
        if len(own) > 1:
            yield frozenset((own[-1], *words)), _REDUCED, True
            yield frozenset((own[0], *words)), _REDUCED, True
    short = words[:MAX_NAME_WORDS]
    for size in range(1, len(short)):
        for part in combinations(short, size):
            yield frozenset(part), _part_score(part, short), False


def _part_score(part: tuple[str, ...], words: tuple[str, ...]) -> float:
    """How well some of a name's words stand for it; generic words ("id", "name") say little and cost little."""
    said = sum(0.35 if word in LEXICON.generic_words else 1.0 for word in part)
    whole = sum(0.35 if word in LEXICON.generic_words else 1.0 for word in words)
    score = _PART + 0.45 * said / whole - (0.1 if words[-1] == "id" and "id" not in part else 0.0)
    if all(word in LEXICON.generic_words for word in part):
        score -= 0.03 if part[-1] == words[-1] else 0.3
    return score
