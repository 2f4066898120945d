"""Between validation's protobuf messages and its model."""

from typing import Any

from candor.catalog.v1 import catalog_pb2
from candor.validation.v1 import validation_service_pb2 as pb

from services.kit import catalog, catalog_wire
from services.validation.core.catalog import Catalog
from services.validation.core.model import (
    Batch,
    Cell,
    Check,
    ColumnRef,
    ColumnValues,
    Connection,
    DataSource,
    DuckdbConnection,
    Finding,
    Limits,
    Part,
    PostgresConnection,
    ResultColumn,
    Severity,
    Span,
    SqliteConnection,
    Summary,
    TlsMode,
)

_SEVERITY_TO_PROTO: dict[Severity, Any] = {
    severity: pb.Finding.Severity.Value(f"SEVERITY_{severity.name}") for severity in Severity
}
_TLS_FROM_PROTO: dict[int, TlsMode] = {
    pb.PostgresConnection.TLS_MODE_UNSPECIFIED: TlsMode.PREFER,
    pb.PostgresConnection.TLS_MODE_DISABLE: TlsMode.DISABLE,
    pb.PostgresConnection.TLS_MODE_REQUIRE: TlsMode.REQUIRE,
    pb.PostgresConnection.TLS_MODE_VERIFY_FULL: TlsMode.VERIFY_FULL,
}
_TLS_TO_PROTO: dict[TlsMode, Any] = {mode: number for number, mode in _TLS_FROM_PROTO.items()}


def connection_from_proto(message: pb.Connection) -> Connection:
    """A connection as a user describes it."""
    match message.WhichOneof("engine"):
        case "sqlite":
            return SqliteConnection(message.sqlite.path)
        case "duckdb":
            return DuckdbConnection(message.duckdb.path)
    given = message.postgres
    return PostgresConnection(
        host=given.host,
        port=given.port or 5432,
        database=given.database,
        user=given.user,
        password=given.password,
        tls_mode=_TLS_FROM_PROTO[given.tls_mode],
        schemas=tuple(given.schemas),
    )


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
    match connection:
        case SqliteConnection(path):
            return pb.Connection(sqlite=pb.SqliteConnection(path="" if own else path))
        case DuckdbConnection(path):
            return pb.Connection(duckdb=pb.DuckdbConnection(path="" if own else path))
        case PostgresConnection():
            postgres = pb.PostgresConnection(
                host="" if own else connection.host,
                port=0 if own else connection.port,
                database=connection.database,
                user=connection.user,
                tls_mode=_TLS_TO_PROTO[connection.tls_mode],
                schemas=connection.schemas,
            )
            return pb.Connection(postgres=postgres)
    raise AssertionError(f"no message for {type(connection).__name__}")


def catalog_to_proto(known: Catalog) -> catalog_pb2.Catalog:
    """What a data source holds, without the ways to look it up."""
    return catalog_wire.catalog_to_proto(catalog.Catalog(known.dialect.name, known.tables, known.foreign_keys))


def check_to_proto(check: Check) -> pb.CheckStatementResponse:
    """A verdict."""
    return pb.CheckStatementResponse(
        allowed=check.allowed,
        findings=[_finding_to_proto(finding) for finding in check.findings],
        checked_sql=check.sql,
        tables=check.tables,
        columns=[column_ref_to_proto(column) for column in check.columns],
    )


def _finding_to_proto(finding: Finding) -> pb.Finding:
    return pb.Finding(
        reason=finding.reason,
        severity=_SEVERITY_TO_PROTO[finding.severity],
        message=finding.message,
        span=_span_to_proto(finding.span) if finding.span else None,
        suggestion=finding.suggestion,
        metadata=finding.metadata,
    )


def _span_to_proto(span: Span) -> pb.Span:
    return pb.Span(line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column)


def column_ref_to_proto(column: ColumnRef) -> pb.ColumnRef:
    """A column's name."""
    return pb.ColumnRef(table=column.table, column=column.column)


def column_refs_from_proto(messages: Any) -> list[ColumnRef]:
    """Columns' names."""
    return [ColumnRef(each.table, each.column) for each in messages]


def column_values_to_proto(found: ColumnValues) -> pb.SampleValuesResponse.ColumnValues:
    """The values of a column."""
    return pb.SampleValuesResponse.ColumnValues(
        column=column_ref_to_proto(found.column), values=found.values, truncated=found.truncated
    )


def limits_from_proto(message: pb.Limits) -> Limits:
    """The limits that are asked for; 0 asks for nothing."""
    return Limits(message.max_rows, message.max_bytes, message.timeout.ToTimedelta())


def part_to_proto(part: Part, checked_sql: str) -> pb.RunStatementResponse:
    """A part of a result."""
    match part:
        case Batch():
            return pb.RunStatementResponse(rows=_batch_to_proto(part))
        case Summary(row_count, limit):
            summary = pb.RunStatementResponse.Summary(row_count=row_count, truncated=bool(limit), limit=limit)
            return pb.RunStatementResponse(summary=summary)
    header = pb.RunStatementResponse.Header(
        columns=[_result_column_to_proto(column) for column in part], checked_sql=checked_sql
    )
    return pb.RunStatementResponse(header=header)


def _result_column_to_proto(column: ResultColumn) -> pb.ResultColumn:
    return pb.ResultColumn(
        name=column.name, type=catalog_wire.column_type_to_proto(column.type), native_type=column.native_type
    )


def _batch_to_proto(batch: Batch) -> pb.RowBatch:
    return pb.RowBatch(row_count=batch.row_count, columns=[_values_to_proto(cells) for cells in batch.columns])


def _values_to_proto(cells: tuple[Cell, ...]) -> pb.RowBatch.Values:
    kinds = {type(each) for each in cells if each is not None}
    nulls = [position for position, each in enumerate(cells) if each is None]
    if kinds == {bool}:
        return pb.RowBatch.Values(bools=pb.RowBatch.Bools(items=_filled(cells, default=False)), null_rows=nulls)
    if kinds == {int}:
        return pb.RowBatch.Values(integers=pb.RowBatch.Integers(items=_filled(cells, 0)), null_rows=nulls)
    if kinds and kinds <= {int, float}:
        return pb.RowBatch.Values(numbers=pb.RowBatch.Numbers(items=_filled(cells, 0.0)), null_rows=nulls)
    texts = ["" if each is None else each if isinstance(each, str) else str(each) for each in cells]
    return pb.RowBatch.Values(texts=pb.RowBatch.Texts(items=texts), null_rows=nulls)


def _filled(cells: tuple[Cell, ...], default: Any) -> list[Any]:
    return [default if each is None else each for each in cells]
