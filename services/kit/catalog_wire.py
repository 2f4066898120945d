"""Between the messages of `candor.catalog.v1` and the words of `services.kit.catalog`."""

from typing import Any

from candor.catalog.v1 import catalog_pb2

from services.kit.catalog import Catalog, Column, ColumnType, ForeignKey, Table

_TYPE_TO_PROTO: dict[ColumnType, Any] = {
    kind: catalog_pb2.ColumnType.Value(f"COLUMN_TYPE_{kind.name}") for kind in ColumnType
}
_TYPE_FROM_PROTO = {number: kind for kind, number in _TYPE_TO_PROTO.items()}


def catalog_from_proto(message: catalog_pb2.Catalog) -> Catalog:
    """A catalogue."""
    return Catalog(
        dialect=message.dialect,
        tables=tuple(table_from_proto(table) for table in message.tables),
        foreign_keys=tuple(foreign_key_from_proto(key) for key in message.foreign_keys),
    )


def catalog_to_proto(catalog: Catalog) -> catalog_pb2.Catalog:
    """A catalogue."""
    return catalog_pb2.Catalog(
        dialect=catalog.dialect,
        tables=[table_to_proto(table) for table in catalog.tables],
        foreign_keys=[foreign_key_to_proto(key) for key in catalog.foreign_keys],
    )


def table_from_proto(message: catalog_pb2.Table) -> Table:
    """A table or view; what does not say that it is a view is a table."""
    return Table(
        schema=message.schema,
        name=message.name,
        kind="view" if message.kind == catalog_pb2.Table.KIND_VIEW else "table",
        comment=message.comment,
        columns=tuple(column_from_proto(column) for column in message.columns),
        row_estimate=message.row_estimate,
    )


def table_to_proto(table: Table) -> catalog_pb2.Table:
    """A table or view."""
    return catalog_pb2.Table(
        schema=table.schema,
        name=table.name,
        kind=catalog_pb2.Table.KIND_VIEW if table.kind == "view" else catalog_pb2.Table.KIND_TABLE,
        comment=table.comment,
        columns=[column_to_proto(column) for column in table.columns],
        row_estimate=table.row_estimate,
    )


def column_from_proto(message: catalog_pb2.Column) -> Column:
    """A column; a type that is not given, or newer than this code, is `OTHER`."""
    return Column(
        name=message.name,
        type=_TYPE_FROM_PROTO.get(message.type, ColumnType.OTHER),
        native_type=message.native_type,
        nullable=message.nullable,
        is_primary_key=message.primary_key,
        is_unique=message.unique,
        is_sensitive=message.sensitive,
        comment=message.comment,
        samples=tuple(message.samples),
    )


def column_to_proto(column: Column) -> catalog_pb2.Column:
    """A column."""
    return catalog_pb2.Column(
        name=column.name,
        type=column_type_to_proto(column.type),
        native_type=column.native_type,
        nullable=column.nullable,
        primary_key=column.is_primary_key,
        unique=column.is_unique,
        sensitive=column.is_sensitive,
        comment=column.comment,
        samples=column.samples,
    )


def column_type_to_proto(kind: ColumnType) -> Any:
    """The number of a type."""
    return _TYPE_TO_PROTO[kind]


def foreign_key_from_proto(message: catalog_pb2.ForeignKey) -> ForeignKey:
    """A foreign key."""
    return ForeignKey(message.table, tuple(message.columns), message.referred_table, tuple(message.referred_columns))


def foreign_key_to_proto(key: ForeignKey) -> catalog_pb2.ForeignKey:
    """A foreign key."""
    return catalog_pb2.ForeignKey(
        table=key.table,
        columns=key.columns,
        referred_table=key.referred_table,
        referred_columns=key.referred_columns,
    )
