"""Data sources come in by a connection that works, and their private columns are never sampled."""

import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from datetime import timedelta

from services.kit.errors import CandorError
from services.validation.core.check_statement import check_statement
from services.validation.core.model import Batch, ColumnRef, ColumnValues, DataSource, Limits, Summary
from services.validation.core.policies.check_policy import require_valid
from services.validation.core.policies.names import distinct_values
from services.validation.core.policies.restrict import RestrictedCatalog
from services.validation.core.policy import Policy
from services.validation.core.ports import DataSources, Engines
from services.validation.core.read_catalogs import ReadCatalogs


class KeepDataSources:
    """Creates data sources, samples them, and keeps their policies.

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

    async def test(self, source: DataSource) -> str:
        """Connects once; the server's name and version."""
        return await self._engines.of(source).test()

    async def delete(self, organization: str, source: str) -> None:
        """Removes a data source, its policy, and what is kept of its connections.

        Raises:
            NotFound: There is no such data source.
        """
        await self._sources.delete(organization, source)
        await self._engines.forget(organization, source)

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
        if not isinstance(catalog, RestrictedCatalog):
            return await self._engines.of(source).sample_values(wanted, limit, self._sampling) if wanted else ()
        filtered = [column for column in wanted if catalog.hides_rows(column.table)]
        whole = [column for column in wanted if column not in filtered]
        found = await self._engines.of(source).sample_values(whole, limit, self._sampling) if whole else ()
        return (*found, *await self._sample_shown(source, catalog, filtered, limit))

    async def put_policy(self, source: DataSource, policy: Policy) -> Policy:
        """Puts another policy in the place of a data source's, from the next check on.

        Raises:
            InvalidArgument: The policy is not understood, or names what is not there.
            NotFound: There is no such data source.
            Aborted: The policy was changed meanwhile.
        """
        require_valid(policy, await self._catalogs.read_all(source))
        return await self._sources.put_policy(source, policy)

    async def _sample_shown(
        self, source: DataSource, catalog: RestrictedCatalog, columns: Sequence[ColumnRef], limit: int
    ) -> tuple[ColumnValues, ...]:
        """Values of columns of tables whose rows are not all shown, by a statement that keeps to the policy."""
        found: list[ColumnValues] = []
        deadline = time.monotonic() + self._sampling.total_seconds()
        for column in columns:
            left = deadline - time.monotonic()
            table = catalog.table(column.table)
            if left <= 0 or table is None:
                break
            sql = check_statement(distinct_values(table, column.column, catalog.dialect), catalog).sql
            if not sql:
                continue
            # A column that cannot be read is left out, as the contract says.
            with suppress(CandorError):
                found.append(await self._values(source, sql, column, limit, timedelta(seconds=left)))
        return tuple(found)

    async def _values(
        self, source: DataSource, sql: str, column: ColumnRef, limit: int, within: timedelta
    ) -> ColumnValues:
        values: list[str] = []
        truncated = False
        async with aclosing(self._engines.of(source).run(sql, Limits(max_rows=limit, timeout=within))) as parts:
            async for part in parts:
                if isinstance(part, Batch):
                    values.extend(str(each) for each in part.columns[0])
                elif isinstance(part, Summary):
                    truncated = bool(part.limit)
        return ColumnValues(column, tuple(values), truncated)
