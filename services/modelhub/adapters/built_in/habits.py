"""What accepted answers teach about a schema: words that people use for a column or table, and how they join tables.

Each needs `LEAST_PAIRS` accepted pairs, and none that says otherwise.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from services.modelhub.adapters.built_in.from_clause import FromClause, from_clause
from services.modelhub.adapters.built_in.ir import STAR, ColumnRef, Operator, Query, queries
from services.modelhub.adapters.built_in.joins import Edge
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.linking import Item, candidate_names, link
from services.modelhub.adapters.built_in.schema import MAX_NAME_WORDS, Name, Schema
from services.modelhub.adapters.built_in.tokens import Token, stem
from services.modelhub.adapters.built_in.verified import Accepted, read_pair, without_literals
from services.modelhub.core.model import VerifiedPair

LEAST_PAIRS = 2
# How well a learned phrase names its column: as well as a name said without its table, less than the whole name.
ALIAS_SCORE = 0.9
_AMOUNTS = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE, Operator.BETWEEN})
# A year, or a date that starts with one.
_YEAR = re.compile(r"(1[89]|20)\d\d(?!\d)")
_GENERIC = frozenset(map(stem, LEXICON.generic_words))


@dataclass(frozen=True, slots=True)
class Alias:
    """Words, by their stems, that people say for a column or a table (column "*") beside its own name."""

    words: frozenset[str]
    ref: ColumnRef


@dataclass(frozen=True, slots=True)
class Habits:
    """What was learned of one schema: other names, and edges to join by where several are as short."""

    aliases: tuple[Alias, ...] = ()
    edges: frozenset[Edge] = frozenset()


@dataclass(frozen=True, slots=True)
class _Lesson:
    """One accepted question: its runs of words that link to nothing, what nothing names, and all that it is about."""

    unlinked: tuple[frozenset[str], ...]
    unnamed: tuple[ColumnRef, ...]
    about: frozenset[ColumnRef]


@lru_cache(maxsize=32)
def learn(pairs: tuple[VerifiedPair, ...], schema: Schema, dialect: str) -> Habits:
    """What the pairs teach. The same question counts once, however often its answer was accepted.

    Args:
        pairs: Accepted answers, all of one data source.
        schema: The data source's own schema, without habits.
        dialect: sqlglot's name for the dialect of the pairs.
    """
    read = (read_pair(pair, schema, dialect) for pair in pairs)
    distinct = {tuple(token.lower for token in each.tokens): each for each in read if each is not None}
    accepted = tuple(distinct.values())
    return Habits(tuple(_aliases(accepted, schema)), _joined(accepted, schema))


@lru_cache(maxsize=32)
def with_habits(schema: Schema, habits: Habits) -> Schema:
    """The schema with the learned names, and joined by the learned edges where the keys leave a choice."""
    if habits == Habits():
        return schema
    names = dict(schema.names)
    for alias in habits.aliases:
        known = {name.ref: name for name in names.get(alias.words, ())}
        if alias.ref not in known or known[alias.ref].score < ALIAS_SCORE:
            known[alias.ref] = Name(alias.ref, ALIAS_SCORE)
        names[alias.words] = tuple(
            sorted(known.values(), key=lambda name: (-name.score, name.ref.table, name.ref.column))
        )
    return replace(schema, names=names, joins=schema.joins.having_learned(habits.edges))


def _aliases(accepted: tuple[Accepted, ...], schema: Schema) -> Iterator[Alias]:
    """Words beside the one thing that no word names, in several questions, and in none that is not about it."""
    lessons = [_lesson(each, schema) for each in accepted if each.is_said]
    support: dict[Alias, int] = defaultdict(int)
    for lesson in lessons:
        # Two runs of words, or two things without a name, leave open which is which.
        if len(lesson.unlinked) == len(lesson.unnamed) == 1:
            support[Alias(lesson.unlinked[0], lesson.unnamed[0])] += 1
    for alias, count in support.items():
        if count >= LEAST_PAIRS and all(
            alias.ref in lesson.about for lesson in lessons if alias.words in lesson.unlinked
        ):
            yield alias


def _lesson(accepted: Accepted, schema: Schema) -> _Lesson:
    tokens, _ = without_literals(accepted.tokens, accepted.spans)
    items = link(tokens, schema, ())
    parts = list(queries(accepted.query))
    columns = {column.origin for part in parts for column in part.columns()}
    tables = {ColumnRef(table) for part in parts for table in part.tables}
    named = {name.ref for item in candidate_names(tokens, schema) for name in item.names}
    known = named | _told(accepted) | _implied(items, columns, schema)
    unnamed = sorted(columns - tables - known, key=str)
    # A table is the one that is meant only where none of its columns could be.
    unnamed = unnamed or sorted(tables - named, key=str)
    return _Lesson(tuple(_runs(items, tokens)), tuple(unnamed), frozenset(columns | tables))


def _told(accepted: Accepted) -> set[ColumnRef]:
    """Columns that their values name, as "Paris" does a city; an amount to be more than names nothing, a year does."""
    return {
        slot.left.column.origin
        for slot in accepted.slots
        if slot.left is not None and (slot.operator not in _AMOUNTS or _YEAR.match(slot.text))
    }


def _implied(items: tuple[Item, ...], columns: set[ColumnRef], schema: Schema) -> set[ColumnRef]:
    """Columns that need no name: keys, what rows are called by, and what a word such as "oldest" speaks of."""
    scales = [
        scale
        for item in items
        for scale in (LEXICON.superlatives.get(item.cue), LEXICON.comparatives.get(item.cue))
        if item.kind in {"superlative", "comparative"} and scale is not None
    ]
    hints = {stem(hint) for scale in scales for hint in (*scale.hints, *scale.inverse_hints)}
    return {
        column
        for column in columns
        if column.column == STAR
        or schema.is_key(column)
        or column in schema.name_of(column.table)
        or hints & set(schema.words[column])
    }


def _runs(items: tuple[Item, ...], tokens: tuple[Token, ...]) -> Iterator[frozenset[str]]:
    """Neighbouring words that link to nothing, by their stems; too many, or too general, are no name."""
    run: list[str] = []
    for kind, words in ((item.kind, tokens[item.start : item.end]) for item in (*items, Item("end", 0, 0))):
        if kind == "word":
            run.extend(token.stem for token in words)
            continue
        if 0 < len(run) <= MAX_NAME_WORDS and not set(run) <= _GENERIC:
            yield frozenset(run)
        run = []


def _joined(accepted: tuple[Accepted, ...], schema: Schema) -> frozenset[Edge]:
    """The edges by which most pairs join the same tables, where the keys alone leave a choice."""
    ways: dict[frozenset[str], dict[frozenset[Edge], int]] = defaultdict(lambda: defaultdict(int))
    for each in accepted:
        chosen = {choice for query in queries(each.query) if (choice := _choice(query, schema)) is not None}
        for tables, edges in chosen:
            ways[tables][edges] += 1
    found: set[Edge] = set()
    for counts in ways.values():
        most = max(counts.values())
        best = [edges for edges, count in counts.items() if count == most]
        if most >= LEAST_PAIRS and len(best) == 1:
            found |= best[0]
    return frozenset(found)


def _choice(query: Query, schema: Schema) -> tuple[frozenset[str], frozenset[Edge]] | None:
    """The tables that a SELECT is about and the edges it joins them by; None where no other way is as short."""
    tables = tuple(dict.fromkeys(column.table for column in query.columns()))
    if len(tables) < 2 or not all(table in schema.tables for table in tables):
        return None
    tree = schema.joins.tree(tables, frozenset((column.table, column.column) for column in query.columns()))
    clause = from_clause(query, schema)
    edges = _edges(clause, schema) if clause is not None else None
    return (frozenset(tables), edges) if tree is not None and tree.is_tied and edges is not None else None


def _edges(clause: FromClause, schema: Schema) -> frozenset[Edge] | None:
    """The keys that a FROM joins by; None where one of its joins is by no key, or of a table with itself."""
    found: set[Edge] = set()
    for joins in clause.joins:
        wanted = {frozenset((join.left, join.right)) for join in joins}
        between = schema.joins.edges_between(joins[0].left.table, joins[0].right.table)
        edge = next((edge for edge in between if set(_equations(edge)) == wanted), None)
        if edge is None:
            return None
        found.add(edge)
    return frozenset(found)


def _equations(edge: Edge) -> Iterator[frozenset[ColumnRef]]:
    for left, right in zip(edge.left_columns, edge.right_columns, strict=True):
        yield frozenset((ColumnRef(edge.left, left), ColumnRef(edge.right, right)))
