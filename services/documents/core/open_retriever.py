"""Keeps the retrievers of the data sources that are asked about, so that a question need not wait for one."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.documents.core.find_values import ValueIndex
from services.documents.core.index_values import column_values
from services.documents.core.keep_snapshots import Snapshots
from services.documents.core.model import DataSource, IndexedValue, Version
from services.documents.core.ports import Values
from services.documents.core.retrieve_context import Retriever
from services.kit.catalog import Catalog

# A retriever weighs what its values weigh, and at least as much as this many: its schema takes room too.
LEAST_WEIGHT = 1_000


@dataclass(frozen=True, slots=True)
class _Key:
    """Everything that decides what a retriever finds."""

    source: DataSource
    version: str
    sync_time: datetime


class Retrievers:
    """Retrievers of the newest versions, the least recently used dropped first.

    The key holds organization, data source, version and time of sync: a new sync, here or in another process, is seen
    by the next question. Who may ask is checked before, on every call.

    Args:
        snapshots: Where the catalogues are.
        values: Where the values are.
        capacity: How many values may be held in memory in all; about 0.7 kB each.
    """

    def __init__(self, snapshots: Snapshots, values: Values, capacity: int) -> None:
        self._snapshots = snapshots
        self._values = values
        self._capacity = capacity
        self._held: OrderedDict[_Key, tuple[Retriever, int]] = OrderedDict()
        self._building: dict[_Key, asyncio.Task[tuple[Retriever, int]]] = {}

    async def open(self, source: DataSource) -> tuple[Version, Retriever]:
        """The retriever of the newest version.

        Raises:
            NotFound: The data source was never synced.
        """
        version = await self._snapshots.current(source)
        key = _Key(source, version.id, version.sync_time)
        if key in self._held:
            self._held.move_to_end(key)
            return version, self._held[key][0]
        if key not in self._building:
            self._building[key] = asyncio.create_task(self._build(source, version))
            self._building[key].add_done_callback(lambda task: self._hold(key, task))
        # Those who ask meanwhile wait for the same one; a caller that gives up does not stop it for the others.
        return version, (await asyncio.shield(self._building[key]))[0]

    async def _build(self, source: DataSource, version: Version) -> tuple[Retriever, int]:
        snapshot = await self._snapshots.get(source, version.id)
        read = await self._values.read(source)
        # Seconds for a large data source: the event loop goes on meanwhile.
        return await asyncio.to_thread(_prepare, snapshot.catalog, read)

    def _hold(self, key: _Key, task: asyncio.Task[tuple[Retriever, int]]) -> None:
        del self._building[key]
        if task.cancelled() or task.exception() is not None:
            return
        for other in [other for other in self._held if other.source == key.source]:
            del self._held[other]
        self._held[key] = task.result()
        while len(self._held) > 1 and sum(weight for _, weight in self._held.values()) > self._capacity:
            self._held.popitem(last=False)


def _prepare(catalog: Catalog, read: Sequence[tuple[str, str, Sequence[str]]]) -> tuple[Retriever, int]:
    """A retriever and its weight. Values of columns that the catalogue does not have, or not any more, are left out."""
    known = {
        (table.qualified_name, column.name): (table, column) for table in catalog.tables for column in table.columns
    }
    values: list[IndexedValue] = []
    for table, column, stored in read:
        if (table, column) in known:
            values += column_values(*known[table, column], stored)
    return Retriever(catalog, ValueIndex(values)), LEAST_WEIGHT + len(values)
