"""Between validation's protobuf messages and its model."""

from typing import Any

from candor.catalog.v1 import catalog_pb2
from candor.validation.v1 import validation_service_pb2 as pb

from services.validation.core.model import (
    Batch,
    Cell,
    Check,
    Column,
    ColumnRef,
    ColumnType,
    ColumnValues,
    Connection,
    DataSource,
    DuckdbConnection,
    Finding,
    ForeignKey,
    Limits,
    Part,
    PostgresConnection,
    ResultColumn,
    Severity,
    Span,
    SqliteConnection,
    Summary,
    Table,
    TlsMode,
)

_TYPE_TO_PROTO: dict[ColumnType | None, Any] = {
    None: catalog_pb2.COLUMN_TYPE_UNSPECIFIED,
    **{kind: catalog_pb2.ColumnType.Value(f"COLUMN_TYPE_{kind.name}") for kind in ColumnType},
}
_TYPE_FROM_PROTO = {number: kind for kind, number in _TYPE_TO_PROTO.items()}
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


def tables_from_proto(catalog: catalog_pb2.Catalog) -> tuple[Table, ...]:
    """The tables of a catalogue."""
    return tuple(
        Table(
            schema=table.schema,
            name=table.name,
            columns=tuple(
                Column(
                    name=column.name,
                    type=_TYPE_FROM_PROTO.get(column.type),
                    native_type=column.native_type,
                    nullable=column.nullable,
                    primary_key=column.primary_key,
                    unique=column.unique,
                    sensitive=column.sensitive,
                )
                for column in table.columns
            ),
            is_view=table.kind == catalog_pb2.Table.KIND_VIEW,
            row_estimate=table.row_estimate,
        )
        for table in catalog.tables
    )


def catalog_to_proto(
    dialect: str, tables: tuple[Table, ...], foreign_keys: tuple[ForeignKey, ...]
) -> catalog_pb2.Catalog:
    """A catalogue."""
    return catalog_pb2.Catalog(
        dialect=dialect,
        tables=[_table_to_proto(table) for table in tables],
        foreign_keys=[
            catalog_pb2.ForeignKey(
                table=key.table,
                columns=key.columns,
                referred_table=key.referred_table,
                referred_columns=key.referred_columns,
            )
            for key in foreign_keys
        ],
    )


def _table_to_proto(table: Table) -> catalog_pb2.Table:
    return catalog_pb2.Table(
        schema=table.schema,
        name=table.name,
        kind=catalog_pb2.Table.KIND_VIEW if table.is_view else catalog_pb2.Table.KIND_TABLE,
        comment=table.comment,
        columns=[
            catalog_pb2.Column(
                name=column.name,
                type=_TYPE_TO_PROTO[column.type],
                native_type=column.native_type,
                nullable=column.nullable,
                primary_key=column.primary_key,
                unique=column.unique,
                comment=column.comment,
                sensitive=column.sensitive,
                samples=column.samples,
            )
            for column in table.columns
        ],
        row_estimate=table.row_estimate,
    )


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
    return pb.ResultColumn(name=column.name, type=_TYPE_TO_PROTO[column.type], native_type=column.native_type)


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
