"""Between documents' protobuf messages and its model."""

from typing import Any

from candor.catalog.v1 import catalog_pb2
from candor.documents.v1 import documents_service_pb2 as pb

from services.documents.core.model import (
    Catalog,
    Column,
    ColumnType,
    Context,
    DataSource,
    ForeignKey,
    JoinPath,
    Table,
    ValueMatch,
    Version,
)
from services.kit.ids import parse_name

_TYPE_TO_PROTO: dict[ColumnType, Any] = {
    kind: catalog_pb2.ColumnType.Value(f"COLUMN_TYPE_{kind.name}") for kind in ColumnType
}
_TYPE_FROM_PROTO = {number: kind for kind, number in _TYPE_TO_PROTO.items()}


def data_source_from_proto(name: str) -> DataSource:
    """The data source that a resource name means.

    Raises:
        InvalidArgument: The name is malformed.
    """
    return DataSource(*parse_name(name, "organizations", "dataSources"))


def catalog_from_proto(catalog: catalog_pb2.Catalog) -> Catalog:
    """A catalogue."""
    return Catalog(
        dialect=catalog.dialect,
        tables=tuple(_table_from_proto(table) for table in catalog.tables),
        foreign_keys=tuple(
            ForeignKey(key.table, tuple(key.columns), key.referred_table, tuple(key.referred_columns))
            for key in catalog.foreign_keys
        ),
    )


def catalog_to_proto(catalog: Catalog) -> catalog_pb2.Catalog:
    """A catalogue."""
    return catalog_pb2.Catalog(
        dialect=catalog.dialect,
        tables=[_table_to_proto(table) for table in catalog.tables],
        foreign_keys=[_key_to_proto(key) for key in catalog.foreign_keys],
    )


def context_to_proto(context: Context, version: Version) -> catalog_pb2.Context:
    """What matters for a question, with the version it was taken from."""
    return catalog_pb2.Context(
        catalog=catalog_to_proto(Catalog(context.dialect, context.tables, context.foreign_keys)),
        join_paths=[_join_path_to_proto(path) for path in context.join_paths],
        value_matches=[_match_to_proto(match) for match in context.value_matches],
        schema_version=version.id,
    )


def schema_to_proto(source: DataSource, version: Version, catalog: Catalog | None = None) -> pb.Schema:
    """A version, with its catalogue where there is one to send."""
    return pb.Schema(
        name=f"{source.name}/schema",
        version=version.id,
        catalog=catalog_to_proto(catalog) if catalog else None,
        create_time=version.create_time,
        sync_time=version.sync_time,
        indexed_values=version.indexed_values,
    )


def _table_from_proto(table: catalog_pb2.Table) -> Table:
    return Table(
        schema=table.schema,
        name=table.name,
        kind="view" if table.kind == catalog_pb2.Table.KIND_VIEW else "table",
        comment=table.comment,
        columns=tuple(
            Column(
                name=column.name,
                type=_TYPE_FROM_PROTO.get(column.type, ColumnType.OTHER),
                native_type=column.native_type,
                nullable=column.nullable,
                is_primary_key=column.primary_key,
                is_unique=column.unique,
                is_sensitive=column.sensitive,
                comment=column.comment,
                # No record can hold U+0000, and no statement could name such a value.
                samples=tuple(sample for sample in column.samples if "\0" not in sample),
            )
            for column in table.columns
        ),
        row_estimate=table.row_estimate,
    )


def _table_to_proto(table: Table) -> catalog_pb2.Table:
    return catalog_pb2.Table(
        schema=table.schema,
        name=table.name,
        kind=catalog_pb2.Table.KIND_VIEW if table.kind == "view" else catalog_pb2.Table.KIND_TABLE,
        comment=table.comment,
        columns=[_column_to_proto(column) for column in table.columns],
        row_estimate=table.row_estimate,
    )


def _column_to_proto(column: Column) -> catalog_pb2.Column:
    return catalog_pb2.Column(
        name=column.name,
        type=_TYPE_TO_PROTO[column.type],
        native_type=column.native_type,
        nullable=column.nullable,
        primary_key=column.is_primary_key,
        unique=column.is_unique,
        comment=column.comment,
        sensitive=column.is_sensitive,
        samples=column.samples,
    )


def _key_to_proto(key: ForeignKey) -> catalog_pb2.ForeignKey:
    return catalog_pb2.ForeignKey(
        table=key.table,
        columns=key.columns,
        referred_table=key.referred_table,
        referred_columns=key.referred_columns,
    )


def _join_path_to_proto(path: JoinPath) -> catalog_pb2.JoinPath:
    return catalog_pb2.JoinPath(tables=path.tables, keys=[_key_to_proto(key) for key in path.foreign_keys])


def _match_to_proto(match: ValueMatch) -> catalog_pb2.ValueMatch:
    return catalog_pb2.ValueMatch(
        table=match.table,
        column=match.column,
        value=match.value,
        phrase=match.phrase,
        start=match.start,
        end=match.end,
        score=match.score,
    )
