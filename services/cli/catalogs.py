"""What retrieval found, in the words that modelhub drafts from: between processes protobuf does this."""

from services.documents.core.model import Context
from services.kit.catalog import Column
from services.modelhub.core import model as modelhub


def context_for_modelhub(context: Context) -> modelhub.Context:
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


def _column_for_modelhub(column: Column) -> modelhub.Column:
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
