"""Between documents' protobuf messages and its model."""

from dataclasses import replace

from candor.catalog.v1 import catalog_pb2
from candor.documents.v1 import documents_service_pb2 as pb

from services.documents.core.model import Context, DataSource, JoinPath, ValueMatch, Version
from services.kit import catalog_wire
from services.kit.catalog import Catalog, Table
from services.kit.ids import parse_name


def data_source_from_proto(name: str) -> DataSource:
    """The data source that a resource name means.

    Raises:
        InvalidArgument: The name is malformed.
    """
    return DataSource(*parse_name(name, "organizations", "dataSources"))


def catalog_from_proto(message: catalog_pb2.Catalog) -> Catalog:
    """A catalogue, without samples that hold U+0000: no record can keep them, and no statement could name them."""
    catalog = catalog_wire.catalog_from_proto(message)
    return replace(catalog, tables=tuple(_without_null_samples(table) for table in catalog.tables))


def context_to_proto(context: Context, version: Version) -> catalog_pb2.Context:
    """What matters for a question, with the version it was taken from."""
    return catalog_pb2.Context(
        catalog=catalog_wire.catalog_to_proto(Catalog(context.dialect, context.tables, context.foreign_keys)),
        join_paths=[_join_path_to_proto(path) for path in context.join_paths],
        value_matches=[_match_to_proto(match) for match in context.value_matches],
        schema_version=version.id,
    )


def schema_to_proto(source: DataSource, version: Version, catalog: Catalog | None = None) -> pb.Schema:
    """A version, with its catalogue where there is one to send."""
    return pb.Schema(
        name=f"{source.name}/schema",
        version=version.id,
        catalog=catalog_wire.catalog_to_proto(catalog) if catalog else None,
        create_time=version.create_time,
        sync_time=version.sync_time,
        indexed_values=version.indexed_values,
    )


def _without_null_samples(table: Table) -> Table:
    columns = (
        replace(column, samples=tuple(sample for sample in column.samples if "\0" not in sample))
        for column in table.columns
    )
    return replace(table, columns=tuple(columns))


def _join_path_to_proto(path: JoinPath) -> catalog_pb2.JoinPath:
    return catalog_pb2.JoinPath(
        tables=path.tables, keys=[catalog_wire.foreign_key_to_proto(key) for key in path.foreign_keys]
    )


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
