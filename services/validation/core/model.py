"""The words of validation: places, findings, catalogues, data sources and results."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Severity(enum.StrEnum):
    """How bad a finding is; only an error keeps a statement from running."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text: lines and columns from 1, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has to say. `reason` is a value of `candor.errors.v1.ErrorReason` without its prefix."""

    reason: str
    message: str
    severity: Severity = Severity.ERROR
    span: Span | None = None
    suggestion: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


class ColumnType(enum.StrEnum):
    """A type reduced to what matters to a question."""

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
    """A column of a table or view. `type` is None where it is not known."""

    name: str
    type: ColumnType | None = None
    native_type: str = ""
    nullable: bool = True
    primary_key: bool = False
    unique: bool = False
    comment: str = ""
    sensitive: bool = False
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view. `schema` is empty where the engine has none; `row_estimate` is -1 where it is not known."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    is_view: bool = False
    comment: str = ""
    row_estimate: int = -1

    @property
    def full_name(self) -> str:
        """The name with its schema, where it has one."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of one table that refer to columns of another; tables by their full names."""

    table: str
    columns: tuple[str, ...]
    referred_table: str
    referred_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a table, the table by its full name."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on a statement. `sql` is the text that may run, empty when it may not."""

    findings: tuple[Finding, ...]
    sql: str = ""
    tables: tuple[str, ...] = ()
    columns: tuple[ColumnRef, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)
