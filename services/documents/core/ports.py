"""What the use cases need from outside."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from services.documents.core.model import DataSource
from services.kit.catalog import Catalog, Column, Table

# A column of a data source with some of its distinct values as text.
ColumnValues = tuple[Table, Column, Sequence[str]]


class Databases(Protocol):
    """The users' databases, as validation lets them be seen."""

    async def introspect(self, source: DataSource) -> Catalog:
        """The catalogue as it is now, with a few sampled values a column.

        Raises:
            CandorError: The data source is unknown, or its database does not answer.
        """

    async def sample_values(
        self, source: DataSource, columns: Sequence[tuple[Table, Column]], limit: int
    ) -> Sequence[ColumnValues]:
        """At most `limit` distinct values of each column; columns that cannot be read in time are left out.

        Raises:
            CandorError: The data source is unknown, or its database does not answer.
        """


class Values(Protocol):
    """The values of each data source, as they were read last."""

    async def replace(self, source: DataSource, columns: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        """Keeps the values of these columns (table, column, values) and forgets all others of the data source."""

    async def read(self, source: DataSource) -> Sequence[tuple[str, str, Sequence[str]]]:
        """The values that are kept, by column; empty where there are none."""
