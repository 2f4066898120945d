"""One catalogue in the words of three services: as validation reads it, documents searches it, modelhub drafts from it.

Between processes protobuf does this; here they share one.
"""

from services.documents.core import model as documents
from services.modelhub.core import model as modelhub
from services.validation.core import model as validation


def catalog_for_documents(
    dialect: str, tables: tuple[validation.Table, ...], foreign_keys: tuple[validation.ForeignKey, ...]
) -> documents.Catalog:
    """What introspection found, for retrieval."""
    return documents.Catalog(
        dialect=dialect,
        tables=tuple(
            documents.Table(
                schema=table.schema,
                name=table.name,
                kind="view" if table.is_view else "table",
                comment=table.comment,
                columns=tuple(_column_for_documents(column) for column in table.columns),
                row_estimate=table.row_estimate,
            )
            for table in tables
        ),
        foreign_keys=tuple(
            documents.ForeignKey(key.table, key.columns, key.referred_table, key.referred_columns)
            for key in foreign_keys
        ),
    )


def context_for_modelhub(context: documents.Context) -> modelhub.Context:
    """What retrieval found, for drafting: without the values of columns that are marked sensitive."""
    private = {
        (table.qualified_name, column.name)
        for table in context.tables
        for column in table.columns
        if column.is_sensitive
    }
    return modelhub.Context(
        dialect=context.dialect,
        tables=tuple(
            modelhub.Table(
                schema=table.schema,
                name=table.name,
                kind=table.kind,
                comment=table.comment,
                columns=tuple(_column_for_modelhub(column) for column in table.columns),
                row_estimate=table.row_estimate,
            )
            for table in context.tables
        ),
        foreign_keys=tuple(
            modelhub.ForeignKey(key.table, key.columns, key.referred_table, key.referred_columns)
            for key in context.foreign_keys
        ),
        value_matches=tuple(
            modelhub.ValueMatch(
                match.table, match.column, match.value, match.phrase, match.start, match.end, match.score
            )
            for match in context.value_matches
            if (match.table, match.column) not in private
        ),
    )


def _column_for_documents(column: validation.Column) -> documents.Column:
    return documents.Column(
        name=column.name,
        type=documents.ColumnType(column.type or validation.ColumnType.OTHER),
        native_type=column.native_type,
        nullable=column.nullable,
        is_primary_key=column.primary_key,
        is_unique=column.unique,
        is_sensitive=column.sensitive,
        comment=column.comment,
        samples=() if column.sensitive else column.samples,
    )


def _column_for_modelhub(column: documents.Column) -> modelhub.Column:
    return modelhub.Column(
        name=column.name,
        type=modelhub.ColumnType(column.type),
        native_type=column.native_type,
        nullable=column.nullable,
        is_primary_key=column.is_primary_key,
        is_unique=column.is_unique,
        comment=column.comment,
        samples=() if column.is_sensitive else column.samples,
    )
