"""Between validation's data sources and their messages."""

from dataclasses import fields
from typing import Any

from candor.validation.v1 import validation_service_pb2 as pb

from services.validation.core.model import (
    BigqueryConnection,
    Connection,
    DataSource,
    DuckdbConnection,
    MysqlConnection,
    PostgresConnection,
    SnowflakeConnection,
    SqliteConnection,
    SqlServerConnection,
    TlsMode,
    TrinoConnection,
)

# The field of `Connection` that describes each kind. Their own fields bear the same names on both sides.
_FIELD_OF: dict[type[Connection], str] = {
    SqliteConnection: "sqlite",
    DuckdbConnection: "duckdb",
    PostgresConnection: "postgres",
    MysqlConnection: "mysql",
    SnowflakeConnection: "snowflake",
    BigqueryConnection: "bigquery",
    SqlServerConnection: "sql_server",
    TrinoConnection: "trino",
}
_KIND_OF = {name: kind for kind, name in _FIELD_OF.items()}
_SECRETS = frozenset({"password", "credentials_json"})
# Where the operator's own data source is reached.
_PLACES = frozenset({"path", "host", "port"})
# The numbers are the same in every message that has a mode.
_TLS_FROM_PROTO: dict[int, TlsMode] = {
    pb.PostgresConnection.TLS_MODE_UNSPECIFIED: TlsMode.PREFER,
    pb.PostgresConnection.TLS_MODE_DISABLE: TlsMode.DISABLE,
    pb.PostgresConnection.TLS_MODE_REQUIRE: TlsMode.REQUIRE,
    pb.PostgresConnection.TLS_MODE_VERIFY_FULL: TlsMode.VERIFY_FULL,
}
_TLS_TO_PROTO: dict[TlsMode, int] = {mode: number for number, mode in _TLS_FROM_PROTO.items()}


def connection_from_proto(message: pb.Connection) -> Connection:
    """A connection as a user describes it; a field that is left empty has the value that the contract says."""
    name = str(message.WhichOneof("engine"))
    given = getattr(message, name)
    kind = _KIND_OF[name]
    written = {each.name: _from_proto(each.name, getattr(given, each.name)) for each in fields(kind)}
    return kind(**{name: value for name, value in written.items() if value not in ("", 0)})


def data_source_to_proto(source: DataSource) -> pb.DataSource:
    """A data source without its secrets; where the operator's own is reached is not told either."""
    message = pb.DataSource(
        name=f"organizations/{source.organization}/dataSources/{source.id}",
        display_name=source.display_name,
        connection=_connection_to_proto(source.connection, own=source.own),
        dialect=source.dialect,
    )
    if source.create_time is not None:
        message.create_time.FromDatetime(source.create_time)
    return message


def _connection_to_proto(connection: Connection, *, own: bool) -> pb.Connection:
    hidden = _SECRETS | _PLACES if own else _SECRETS
    name = _FIELD_OF[type(connection)]
    told = {
        each.name: _to_proto(getattr(connection, each.name)) for each in fields(connection) if each.name not in hidden
    }
    message = pb.Connection()
    # An empty message is set all the same: it is the kind.
    getattr(message, name).SetInParent()
    getattr(message, name).MergeFrom(type(getattr(message, name))(**told))
    return message


def _from_proto(name: str, value: Any) -> Any:
    if name == "tls_mode":
        return _TLS_FROM_PROTO[value]
    return tuple(value) if name == "schemas" else value


def _to_proto(value: Any) -> Any:
    return _TLS_TO_PROTO[value] if isinstance(value, TlsMode) else value
