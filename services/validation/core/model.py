"""The words of validation beside those of a catalogue: places, findings, data sources and results."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.kit.catalog import ColumnType
from services.validation.core.policy import Policy


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


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a table, the table by its qualified name."""

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


class TlsMode(enum.StrEnum):
    """How a connection is encrypted, by libpq's words."""

    PREFER = "prefer"
    DISABLE = "disable"
    REQUIRE = "require"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class SqliteConnection:
    """An SQLite file."""

    path: str


@dataclass(frozen=True, slots=True)
class DuckdbConnection:
    """A DuckDB file."""

    path: str


@dataclass(frozen=True, slots=True)
class PostgresConnection:
    """A PostgreSQL server; `schemas` are those to look at, all but the system's when empty."""

    host: str
    database: str
    user: str
    port: int = 5432
    password: str = field(default="", repr=False)
    tls_mode: TlsMode = TlsMode.PREFER
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MysqlConnection:
    """A MySQL or MariaDB server, of which one database is looked at."""

    host: str
    database: str
    user: str
    port: int = 3306
    password: str = field(default="", repr=False)
    tls_mode: TlsMode = TlsMode.PREFER


@dataclass(frozen=True, slots=True)
class SnowflakeConnection:
    """A database of a Snowflake account; `schema` is where names without one are looked for."""

    account: str
    user: str
    database: str
    password: str = field(default="", repr=False)
    warehouse: str = ""
    schema: str = "PUBLIC"
    role: str = ""


@dataclass(frozen=True, slots=True)
class BigqueryConnection:
    """A data set of a BigQuery project; `credentials_json` is a service account's key."""

    project: str
    dataset: str
    location: str = ""
    credentials_json: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SqlServerConnection:
    """A database of a Microsoft SQL Server."""

    host: str
    database: str
    user: str
    port: int = 1433
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TrinoConnection:
    """A catalogue of a Trino cluster; with no `schema` every one of its schemas is looked at."""

    host: str
    catalog: str
    user: str
    port: int = 443
    password: str = field(default="", repr=False)
    schema: str = ""
    plain_text: bool = False


Connection = (
    SqliteConnection
    | DuckdbConnection
    | PostgresConnection
    | MysqlConnection
    | SnowflakeConnection
    | BigqueryConnection
    | SqlServerConnection
    | TrinoConnection
)
DIALECT_OF: Mapping[type[Connection], str] = {
    SqliteConnection: "sqlite",
    DuckdbConnection: "duckdb",
    PostgresConnection: "postgres",
    MysqlConnection: "mysql",
    SnowflakeConnection: "snowflake",
    BigqueryConnection: "bigquery",
    SqlServerConnection: "tsql",
    TrinoConnection: "trino",
}


def search_path_of(connection: Connection) -> tuple[str, ...]:
    """The schemas that a name without one is looked for in; the dialect's own when empty."""
    match connection:
        case PostgresConnection():
            return connection.schemas
        case MysqlConnection():
            return (connection.database,)
        case BigqueryConnection():
            return (connection.dataset,)
        case SnowflakeConnection() | TrinoConnection() if connection.schema:
            return (connection.schema,)
    return ()


def database_of(connection: Connection) -> str:
    """The name before a schema's that means what is connected to; empty where none may stand there."""
    match connection:
        case SnowflakeConnection() | SqlServerConnection():
            return connection.database
        case BigqueryConnection():
            return connection.project
        case TrinoConnection():
            return connection.catalog
    return ""


@dataclass(frozen=True, slots=True)
class DataSource:
    """A database that questions are asked of. `own` where the operator's settings made it, which users cannot."""

    organization: str
    id: str
    connection: Connection
    display_name: str = ""
    create_time: datetime | None = None
    own: bool = False
    policy: Policy = field(default_factory=Policy)

    @property
    def dialect(self) -> str:
        """The SQL dialect by sqlglot's name."""
        return DIALECT_OF[type(self.connection)]


Cell = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result."""

    name: str
    type: ColumnType
    native_type: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a result, column by column."""

    row_count: int
    columns: tuple[Sequence[Cell], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read in all; `limit` is "max_rows" or "max_bytes" where that cut the result, else empty."""

    row_count: int
    limit: str = ""


Part = tuple[ResultColumn, ...] | Batch | Summary


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take."""

    max_rows: int = 10_000
    max_bytes: int = 16 * 1024 * 1024
    timeout: timedelta = timedelta(seconds=30)

    def within(self, asked: "Limits") -> "Limits":
        """The smaller of each limit; a field of `asked` that is 0 asks for nothing."""
        return Limits(
            min(self.max_rows, asked.max_rows or self.max_rows),
            min(self.max_bytes, asked.max_bytes or self.max_bytes),
            min(self.timeout, asked.timeout or self.timeout),
        )


@dataclass(frozen=True, slots=True)
class ColumnValues:
    """Distinct values of a column, as text; `truncated` where it has more."""

    column: ColumnRef
    values: tuple[str, ...]
    truncated: bool
