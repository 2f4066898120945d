"""What every way of drafting SQL takes and gives: a question with its schema context in, ranked candidates out.

Names of tables are written one way everywhere: `Table.key`, that is "schema.name", or "name" where there is no schema.
"""

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """The family of a column's native type: what may be compared, summed or matched."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    BOOLEAN = "boolean"
    BINARY = "binary"
    JSON = "json"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `samples` are a few stored values as text, empty when none may be shown."""

    name: str
    type: ColumnType = ColumnType.OTHER
    native_type: str = ""
    nullable: bool = True
    is_primary_key: bool = False
    is_unique: bool = False
    comment: str = ""
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view; `row_estimate` is negative when unknown."""

    schema: str
    name: str
    kind: str = "table"
    comment: str = ""
    columns: tuple[Column, ...] = ()
    row_estimate: int = -1

    @property
    def key(self) -> str:
        """The one way this table is named in keys, matches and readings."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A declared key; both tables by `Table.key`, columns paired by position."""

    table: str
    columns: tuple[str, ...]
    referred_table: str
    referred_columns: tuple[str, ...]


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
class Context:
    """The part of a data source a question is about; `dialect` is sqlglot's name for it."""

    dialect: str
    tables: tuple[Table, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    value_matches: tuple[ValueMatch, ...] = ()


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
