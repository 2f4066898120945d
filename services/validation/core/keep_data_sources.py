"""Data sources come in by a connection that works, and their private columns are never sampled."""

from collections.abc import Sequence
from datetime import timedelta

from services.validation.core.model import ColumnRef, ColumnValues, DataSource
from services.validation.core.ports import DataSources, Engines
from services.validation.core.read_catalogs import ReadCatalogs


class KeepDataSources:
    """Creates data sources, and samples them.

    Args:
        sources: Where they are kept.
        engines: Reach the databases.
        catalogs: Know what they hold.
        sampling: How long the samples of one call may take.
    """

    def __init__(self, sources: DataSources, engines: Engines, catalogs: ReadCatalogs, sampling: timedelta) -> None:
        self._sources = sources
        self._engines = engines
        self._catalogs = catalogs
        self._sampling = sampling

    async def create(self, source: DataSource) -> DataSource:
        """Keeps a new data source after connecting to it once.

        Raises:
            AlreadyExists: The organization has one of that id.
            PermissionDenied: It leads to where users may not go.
            FailedPrecondition: It is no database, or the login fails.
            Unavailable: It cannot be reached.
        """
        await self._engines.open(source.connection).test()
        return await self._sources.create(source)

    async def sample(self, source: DataSource, columns: Sequence[ColumnRef], limit: int) -> tuple[ColumnValues, ...]:
        """Distinct values of columns that exist and are not sensitive; others are left out."""
        catalog = await self._catalogs.get(source)
        open_to_all = {
            ColumnRef(table.qualified_name, column.name)
            for table in catalog.tables
            for column in table.columns
            if not column.is_sensitive
        }
        wanted = [column for column in columns if column in open_to_all]
        engine = self._engines.open(source.connection, own=source.own)
        return await engine.sample_values(wanted, limit, self._sampling) if wanted else ()
