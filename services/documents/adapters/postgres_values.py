"""The values of data sources in PostgreSQL: one row for each column, seen by its own organization alone."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.documents.core.model import DataSource
from services.storage.sql import Database

METADATA = sa.MetaData()
COLUMN_VALUES = sa.Table(
    "column_values",
    METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("data_source", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("column_name", sa.Text, nullable=False),
    sa.Column("stored_values", ARRAY(sa.Text), nullable=False),
)


class PostgresValues:
    """`documents.core.ports.Values` on a database whose row-level security keeps organizations apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, source: DataSource, columns: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        """Keeps the values of these columns and forgets all others of the data source, in one transaction."""
        rows = [
            {
                "organization": source.organization,
                "data_source": source.id,
                "position": position,
                "table_name": table,
                "column_name": column,
                # PostgreSQL's text holds no U+0000, and no query could name such a value.
                "stored_values": [value for value in values if "\0" not in value],
            }
            for position, (table, column, values) in enumerate(columns)
        ]
        async with self._database.transaction(source.organization) as connection:
            # Two processes that read the same source at once would both insert; the lock ends with the transaction.
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(source.name, 0))))
            await connection.execute(sa.delete(COLUMN_VALUES).where(_of(source)))
            if rows:
                await connection.execute(sa.insert(COLUMN_VALUES), rows)

    async def read(self, source: DataSource) -> Sequence[tuple[str, str, Sequence[str]]]:
        """The values that are kept, by column, in the catalogue's order."""
        query = (
            sa.select(COLUMN_VALUES.c.table_name, COLUMN_VALUES.c.column_name, COLUMN_VALUES.c.stored_values)
            .where(_of(source))
            .order_by(COLUMN_VALUES.c.position)
        )
        async with self._database.transaction(source.organization) as connection:
            found = await connection.execute(query)
            return [(row.table_name, row.column_name, row.stored_values) for row in found]


def _of(source: DataSource) -> sa.ColumnElement[bool]:
    return sa.and_(COLUMN_VALUES.c.organization == source.organization, COLUMN_VALUES.c.data_source == source.id)
