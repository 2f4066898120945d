"""Finds the part of a schema that a question is about.

Tables are ranked by the words they share with the question, in their names, columns, comments and values, each word
weighted by how few tables have it; then the tables that are needed to join them are added.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import snowballstemmer

from services.documents.core.find_values import ValueIndex
from services.documents.core.index_values import fold, name_words, words
from services.documents.core.join_tables import KeyGraph
from services.documents.core.model import Context, JoinPath, ValueMatch
from services.documents.core.value_words import COMMON_WORDS
from services.kit.catalog import Catalog, Table

MAX_TABLES = 20
# Wider tables keep their keys and the columns that fit best.
COLUMNS_PER_TABLE = 80
# Ways are shown between the tables that fit best, not between all that are kept.
JOINED_TABLES = 6
JOIN_PATHS = 24

_TABLE_NAME, _COLUMN_NAME, _TABLE_COMMENT, _COLUMN_COMMENT, _VALUE = 4.0, 2.0, 1.0, 0.7, 3.0
# A match by abbreviation (`qty` for quantity) counts less than one by stem.
_ABBREVIATION = 0.4


@dataclass(frozen=True, slots=True)
class _Mention:
    """A word that stands in a table's (column -1) or a column's name or comment."""

    table: int
    column: int
    weight: float


class Retriever:
    """One snapshot made ready for questions. Immutable; safe to share between threads."""

    def __init__(self, catalog: Catalog, values: ValueIndex) -> None:
        self._catalog = catalog
        self._values = values
        self._mentions: dict[str, list[_Mention]] = defaultdict(list)
        for at, table in enumerate(catalog.tables):
            self._add(table, at)
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        for word in self._mentions:
            if len(word) >= 2:
                self._by_initial[word[0]].append(word)
        self._keys = KeyGraph(catalog.foreign_keys)
        self._numbers = {table.qualified_name: at for at, table in enumerate(catalog.tables)}

    def retrieve(self, question: str, max_tables: int = 0) -> Context:
        """What matters for a question: at most `max_tables` tables (20 when 0), a small schema whole."""
        limit = max_tables or MAX_TABLES
        matches = self._values.find(question)
        tables, columns = self._scores(question, matches)
        ranked = sorted(tables, key=lambda at: (-tables[at], at))
        everything = range(len(self._catalog.tables))
        chosen = set(everything) if len(everything) <= limit else self._with_joins(ranked, limit)
        kept = [self._narrowed(at, columns) for at in sorted(chosen)]
        names = {table.qualified_name for table in kept}
        return Context(
            dialect=self._catalog.dialect,
            tables=tuple(kept),
            foreign_keys=tuple(
                key for key in self._catalog.foreign_keys if key.table in names and key.referred_table in names
            ),
            join_paths=self._join_paths(at for at in ranked if at in chosen),
            value_matches=tuple(match for match in matches if match.table in names),
        )

    def _add(self, table: Table, at: int) -> None:
        for word, share in _name_shares(table.name):
            self._mentions[_stem(word)].append(_Mention(at, -1, _TABLE_NAME * share))
        for word in _comment_words(table.comment):
            self._mentions[_stem(word)].append(_Mention(at, -1, _TABLE_COMMENT))
        for number, column in enumerate(table.columns):
            for word, share in _name_shares(column.name):
                self._mentions[_stem(word)].append(_Mention(at, number, _COLUMN_NAME * share))
            for word in _comment_words(column.comment):
                self._mentions[_stem(word)].append(_Mention(at, number, _COLUMN_COMMENT))

    def _scores(
        self, question: str, matches: Iterable[ValueMatch]
    ) -> tuple[dict[int, float], dict[tuple[int, int], float]]:
        """How well each table, and each column, fits the question; those that fit not at all are left out."""
        by_word: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        columns: dict[tuple[int, int], float] = defaultdict(float)
        for word, trust in self._question_words(question).items():
            mentions = self._mentions.get(word, ())
            rarity = math.log(1 + len(self._catalog.tables) / (1 + len({mention.table for mention in mentions})))
            for mention in mentions:
                weight = mention.weight * trust * max(rarity, 0.1)
                by_word[mention.table][word] = max(by_word[mention.table][word], weight)
                if mention.column >= 0:
                    columns[mention.table, mention.column] += weight
        for match in matches:
            at = self._numbers[match.table]
            by_word[at][match.phrase] = max(by_word[at][match.phrase], _VALUE * match.score)
            number = next(n for n, column in enumerate(self._catalog.tables[at].columns) if column.name == match.column)
            columns[at, number] += _VALUE * match.score
        return {at: sum(weights.values()) for at, weights in by_word.items()}, columns

    def _question_words(self, question: str) -> dict[str, float]:
        """The stems to look for, each with how far it is trusted; abbreviations of the question's words included."""
        found: dict[str, float] = {}
        for word, _, _ in words(question[:8_000]):
            if word in COMMON_WORDS or word in found:
                continue
            found[_stem(word)] = 1.0
            if len(word) < 5 or _stem(word) in self._mentions:
                continue
            for short in self._by_initial.get(word[0], ()):
                if _abbreviates(short, word):
                    found.setdefault(short, _ABBREVIATION)
        return found

    def _with_joins(self, ranked: Sequence[int], limit: int) -> set[int]:
        """The best tables and those between them, at most `limit`; a table too far to be joined still counts."""
        chosen: set[int] = set()
        for at in ranked or range(limit):
            if len(chosen) == limit:
                break
            name = self._catalog.tables[at].qualified_name
            start = {self._catalog.tables[other].qualified_name for other in chosen}
            between = self._keys.nearest(name, start) if chosen else ()
            needed = {self._numbers[table] for table in between if table in self._numbers} | {at}
            if len(chosen | needed) <= limit:
                chosen |= needed
            else:
                chosen.add(at)
        return chosen

    def _narrowed(self, at: int, scores: dict[tuple[int, int], float]) -> Table:
        """The table, with the columns that matter when it has very many."""
        table = self._catalog.tables[at]
        if len(table.columns) <= COLUMNS_PER_TABLE:
            return table
        joining = self._keys.columns(table.qualified_name)
        order = sorted(
            range(len(table.columns)),
            key=lambda number: (
                not (table.columns[number].is_primary_key or table.columns[number].name in joining),
                -scores.get((at, number), 0.0),
                number,
            ),
        )
        return replace(table, columns=tuple(table.columns[number] for number in sorted(order[:COLUMNS_PER_TABLE])))

    def _join_paths(self, ranked: Iterable[int]) -> tuple[JoinPath, ...]:
        names = [self._catalog.tables[at].qualified_name for at, _ in zip(ranked, range(JOINED_TABLES), strict=False)]
        paths = [path for one, other in combinations(names, 2) for path in self._keys.paths(one, other)]
        return tuple(paths[:JOIN_PATHS])


def _name_shares(name: str) -> list[tuple[str, float]]:
    """The words of a name, each with how far it stands for the whole: `authors` fits better than `author_notes`."""
    parts = set(name_words(name))
    return [(word, 0.5 + 0.5 / len(parts)) for word in parts]


def _comment_words(comment: str) -> set[str]:
    return {word for word, _, _ in words(comment[:1_000]) if word not in COMMON_WORDS}


def _abbreviates(short: str, word: str) -> bool:
    """Whether `short` is the beginning of `word`, or keeps its letters in order: dept, qty, cust, amt."""
    if not 2 < len(short) < len(word):
        return False
    if word.startswith(short):
        return True
    letters = iter(word)
    return len(short) <= 5 and all(letter in letters for letter in short) and not set(short[1:-1]) & set("aeiou")


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(fold(word)))


_STEMMER = snowballstemmer.stemmer("english")
