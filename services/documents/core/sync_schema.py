"""Reads a data source's schema and values again and keeps them as a version."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from services.documents.core.index_values import (
    VALUES_PER_COLUMN,
    VALUES_PER_SOURCE,
    index_values,
    indexed_columns,
    without_secrets,
)
from services.documents.core.keep_snapshots import Snapshots, version_of
from services.documents.core.model import DataSource, Snapshot, Version
from services.documents.core.ports import ColumnValues, Databases, Values
from services.kit.catalog import Catalog, Column, Table
from services.kit.clock import Clock

# Columns asked for at once: the longest values of so many columns still fit one message.
COLUMNS_PER_CALL = 20


@dataclass(frozen=True, slots=True)
class SyncSchema:
    """The use case. `sampling` bounds the time spent on reading values; what is not reached is not indexed.

    Whoever asks for a data source that is being read waits for that reading and shares what it gives.
    """

    databases: Databases
    snapshots: Snapshots
    values: Values
    clock: Clock
    sampling: timedelta
    _running: "dict[DataSource, asyncio.Future[tuple[Snapshot, bool]]]" = field(default_factory=dict)

    async def __call__(self, source: DataSource) -> tuple[Snapshot, bool]:
        """The snapshot, and whether its version is new. An unchanged schema keeps its version.

        Raises:
            CandorError: The data source is unknown, or its database does not answer.
        """
        running = self._running.get(source)
        if running is None:
            running = self._running[source] = asyncio.ensure_future(self._read(source))
            running.add_done_callback(lambda _: self._running.pop(source))
        # One who leaves does not stop the reading for the others.
        return await asyncio.shield(running)

    async def _read(self, source: DataSource) -> tuple[Snapshot, bool]:
        catalog = without_secrets(await self.databases.introspect(source))
        now = self.clock.now()
        read = await self._read_values(source, catalog, until=now + self.sampling)
        kept: dict[tuple[str, str], list[str]] = {}
        for value in index_values(read):
            kept.setdefault((value.table, value.column), []).append(value.value)
        await self.values.replace(source, [(*column, values) for column, values in kept.items()])
        version_id = version_of(catalog)
        known = await self.snapshots.find(source, version_id)
        version = Version(version_id, known.create_time if known else now, now, sum(map(len, kept.values())))
        snapshot = Snapshot(version, catalog)
        await self.snapshots.put(source, snapshot)
        return snapshot, known is None

    async def _read_values(self, source: DataSource, catalog: Catalog, until: datetime) -> Sequence[ColumnValues]:
        columns = indexed_columns(catalog)
        read: list[ColumnValues] = []
        left = VALUES_PER_SOURCE
        while left > 0 and self.clock.now() < until and (some := _next(columns)):
            found = await self.databases.sample_values(source, some, VALUES_PER_COLUMN)
            left -= sum(len(values) for _, _, values in found)
            read += found
        return read


def _next(columns: Iterator[tuple[Table, Column]]) -> list[tuple[Table, Column]]:
    return list(islice(columns, COLUMNS_PER_CALL))
