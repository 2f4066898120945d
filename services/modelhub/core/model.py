"""What every way of drafting SQL takes and gives: a question with its schema context in, ranked candidates out.

Names of tables are written one way everywhere: `Table.qualified_name`.
"""

import re
from dataclasses import dataclass, replace

from services.kit.catalog import ForeignKey, Table


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A stored value found in the question: `value` as stored, `phrase` as written at characters [start, end)."""

    table: str
    column: str
    value: str
    phrase: str
    start: int
    end: int
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class VerifiedPair:
    """A question and the statement that a person accepted as its answer."""

    question: str
    sql: str


@dataclass(frozen=True, slots=True)
class Context:
    """The part of a data source a question is about; `dialect` is sqlglot's name for it.

    `verified` are accepted answers of earlier questions that read no other tables, in the same dialect.
    """

    dialect: str
    tables: tuple[Table, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    value_matches: tuple[ValueMatch, ...] = ()
    verified: tuple[VerifiedPair, ...] = ()


def without_private(context: Context) -> Context:
    """The same context without any value of a column that is marked sensitive, so that none can reach a model.

    A verified pair that mentions such a column may say one of its values: it is left out whole.
    """
    private = {
        (table.qualified_name, column.name)
        for table in context.tables
        for column in table.columns
        if column.is_sensitive
    }
    tables = tuple(
        replace(
            table, columns=tuple(replace(each, samples=()) if each.is_sensitive else each for each in table.columns)
        )
        for table in context.tables
    )
    matches = tuple(each for each in context.value_matches if (each.table, each.column) not in private)
    names = {form for _, name in private for form in (name.lower(), name.lower().replace('"', '""'))}
    verified = tuple(pair for pair in context.verified if not _mentions(pair.sql.lower(), names))
    return replace(context, tables=tables, value_matches=matches, verified=verified)


def _mentions(sql: str, names: set[str]) -> bool:
    """Whether a statement holds one of the names as a word, wherever it stands and however it is quoted."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql) for name in names)


@dataclass(frozen=True, slots=True)
class Rejection:
    """An earlier candidate that a check refused, with the check's reason and message."""

    sql: str
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """One question to draft SQL for; refused candidates are not offered again."""

    question: str
    context: Context
    max_candidates: int = 5
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One statement; `confidence` in [0, 1] estimates that it is right, `reading` says it in one English sentence."""

    sql: str
    confidence: float
    source: str
    reading: str = ""
    tables: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkedPhrase:
    """Words of the question at characters [start, end) and what they were taken to mean ("customer.city", "count")."""

    phrase: str
    start: int
    end: int
    target: str
    kind: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Draft:
    """Candidates, best first, with what was understood and the content words that meant nothing here."""

    candidates: tuple[Candidate, ...] = ()
    understood: tuple[LinkedPhrase, ...] = ()
    unlinked: tuple[str, ...] = ()
