"""Retrievers are built once, seen anew after a sync, bounded in memory, and never mixed up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.documents.__main__ import MIGRATIONS
from services.documents.adapters.postgres_values import PostgresValues
from services.documents.core.keep_snapshots import Snapshots, version_of
from services.documents.core.model import DataSource, Snapshot, Version
from services.documents.core.open_retriever import LEAST_WEIGHT, Retrievers
from services.kit.catalog import Catalog, Column, ColumnType, Table
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.storage.open import open_records
from services.storage.sql import Database, open_database

START = datetime(2025, 1, 1, tzinfo=UTC)
CATALOG = Catalog("sqlite", (Table("", "items", columns=(Column("name", ColumnType.TEXT),)),))


class CountedValues(PostgresValues):
    """The real values, which count how often they are read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.reads = 0
        self.was_read = asyncio.Event()

    async def read(self, source: DataSource) -> Sequence[tuple[str, str, Sequence[str]]]:
        self.reads += 1
        self.was_read.set()
        return await super().read(source)


class Store:
    """Snapshots and values of a database of the tests' own."""

    def __init__(self, snapshots: Snapshots, values: CountedValues) -> None:
        self.snapshots = snapshots
        self.values = values

    async def keep(self, source: DataSource, *stored: str, at: datetime = START) -> None:
        await self.values.replace(source, [("items", "name", stored), ("gone", "name", ["Ghost"])])
        await self.snapshots.put(source, Snapshot(Version(version_of(CATALOG), START, at, len(stored)), CATALOG))


@pytest.fixture
async def store(documents_url: str) -> AsyncIterator[Store]:
    async with (
        open_database(documents_url, "documents", MIGRATIONS) as database,
        open_records(documents_url, "documents") as records,
    ):
        yield Store(Snapshots(records), CountedValues(database))


def source(organization: str = "local") -> DataSource:
    return DataSource(organization, f"d{new_id()}")


async def test_a_retriever_is_built_once_for_all_who_ask(store: Store) -> None:
    here, retrievers = source(), Retrievers(store.snapshots, store.values, 10_000)
    await store.keep(here, "Pen")
    opened = await asyncio.gather(*(retrievers.open(here) for _ in range(10)))
    assert store.values.reads == 1
    assert len({id(retriever) for _, retriever in opened}) == 1


async def test_one_who_gives_up_does_not_stop_it_for_the_others(store: Store) -> None:
    here, retrievers = source(), Retrievers(store.snapshots, store.values, 10_000)
    await store.keep(here, "Pen")
    impatient = asyncio.create_task(retrievers.open(here))
    patient = asyncio.create_task(retrievers.open(here))
    await asyncio.wait_for(store.values.was_read.wait(), 10)
    impatient.cancel()
    assert (await patient)[1].retrieve("a Pen").value_matches
    assert store.values.reads == 1


async def test_a_sync_is_seen_by_the_next_question(store: Store) -> None:
    here, retrievers = source(), Retrievers(store.snapshots, store.values, 10_000)
    await store.keep(here, "Pen")
    await retrievers.open(here)
    await store.keep(here, "Ink", at=START + timedelta(minutes=1))
    _, retriever = await retrievers.open(here)
    assert [match.value for match in retriever.retrieve("the Pen and the Ink").value_matches] == ["Ink"]


async def test_values_of_a_table_that_is_gone_are_not_found(store: Store) -> None:
    here, retrievers = source(), Retrievers(store.snapshots, store.values, 10_000)
    await store.keep(here, "Pen")
    _, retriever = await retrievers.open(here)
    assert retriever.retrieve("Where is the Ghost?").value_matches == ()


async def test_the_least_recently_used_makes_room(store: Store) -> None:
    first, second, third = source(), source(), source()
    retrievers = Retrievers(store.snapshots, store.values, 2 * LEAST_WEIGHT + 10)
    for each in (first, second, third):
        await store.keep(each, "Pen")
    for each in (first, second, first, third):
        await retrievers.open(each)
    assert store.values.reads == 3
    await retrievers.open(first)
    assert store.values.reads == 3
    await retrievers.open(second)
    assert store.values.reads == 4


async def test_the_same_id_in_two_organizations_is_two_data_sources(store: Store) -> None:
    ours = source()
    theirs = DataSource("other", ours.id)
    retrievers = Retrievers(store.snapshots, store.values, 10_000)
    await store.keep(ours, "Pen")
    with pytest.raises(NotFound):
        await retrievers.open(theirs)
    await store.keep(theirs, "Ink")
    for each, value in ((ours, "Pen"), (theirs, "Ink")):
        _, retriever = await retrievers.open(each)
        assert [match.value for match in retriever.retrieve("the Pen and the Ink").value_matches] == [value]


async def test_what_failed_once_is_tried_again(store: Store) -> None:
    here, retrievers = source(), Retrievers(store.snapshots, store.values, 10_000)
    await store.snapshots.put(here, Snapshot(Version("v", START, START), CATALOG))
    await store.snapshots._records.delete(here.organization, "catalogs", f"{here.id}.v")
    for _ in range(2):
        with pytest.raises(NotFound):
            await retrievers.open(here)
    await store.keep(here, "Pen")
    assert (await retrievers.open(here))[1].retrieve("a Pen").value_matches
