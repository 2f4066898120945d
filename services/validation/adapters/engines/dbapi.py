"""Engines over Python's own database interface (PEP 249): a driver waits in a thread, nobody waits for the thread."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from services.kit.catalog import Column, ForeignKey, Table
from services.kit.errors import CandorError
from services.kit.finish import finish
from services.validation.adapters.engines import failures, information_schema
from services.validation.adapters.engines.driver import CONNECT_TIMEOUT_S, Driver, Opened
from services.validation.adapters.engines.reads import require_read
from services.validation.adapters.engines.sampling import MAX_CHARACTERS, SAMPLE_ROWS, samples_of
from services.validation.core.model import ColumnRef, ColumnValues, Limits, Part
from services.validation.core.plans.model import Index, Plan
from services.validation.core.results import Collector, cell

T = TypeVar("T")

_QUICK = timedelta(seconds=30)
_ONE_COLUMN = timedelta(seconds=2)
# The samples of all tables together; later tables are done without.
_SAMPLES_S = 10.0
# What the server gets beyond the limit to stop a statement itself before it is stopped from here.
_GRACE_S = 0.5
_STOP_S = 5.0
_FETCHED = 5000


class DbapiEngine:
    """`core.ports.Engine` over one driver.

    Args:
        driver: Reaches the database.
        threads: Where the driver waits.
        resolve: Gives the address to connect to, judged anew each time; None for products that have one place.
    """

    def __init__(self, driver: Driver, threads: Executor, resolve: Callable[[], Awaitable[str]] | None = None) -> None:
        self._driver = driver
        self._threads = threads
        self._resolve = resolve
        self.dialect = driver.dialect

    async def test(self) -> str:
        """See `core.ports.Engine`."""
        async with self._session(_QUICK) as session:
            return await session.do(self._driver.version)

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """See `core.ports.Engine`."""
        driver = self._driver
        async with self._session(_QUICK) as session:

            def read(opened: Opened) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
                return information_schema.read(driver.dialect, driver.place, lambda sql: _asked(driver, opened, sql))

            tables, keys = await session.do(read)
        return (await self._sampled(tables) if driver.samples else tables), keys

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """See `core.ports.Engine`."""
        found: list[ColumnValues] = []
        deadline = time.monotonic() + within.total_seconds()
        async with self._session(_ONE_COLUMN, within) as session:
            for column in columns:
                if time.monotonic() > deadline or session.broken:
                    break
                sql = information_schema.distinct_values(self._driver.dialect, column, limit + 1)
                # A column that cannot be read in time is left out, as the contract says.
                with suppress(CandorError):
                    rows = await session.rows(sql)
                    values = tuple(str(cell(row[0])) for row in rows[:limit])
                    found.append(ColumnValues(column, values, len(rows) > limit))
        return tuple(found)

    async def explain(self, sql: str, analyze: timedelta | None = None) -> Plan:
        """See `core.ports.Engine`."""
        require_read(sql, self._driver.dialect)
        measure = analyze is not None
        async with self._session(analyze or _QUICK) as session:
            return await session.do(lambda opened: self._driver.explain(opened, sql, measure=measure))

    async def indexes(self) -> tuple[Index, ...]:
        """See `core.ports.Engine`."""
        async with self._session(_QUICK) as session:
            return await session.do(self._driver.indexes)

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        require_read(sql, self._driver.dialect)
        collector = Collector(limits)
        async with self._session(limits.timeout) as session:
            yield await session.start(sql)
            while not collector.full and (rows := await session.fetch(collector.wanted)):
                for batch in collector.take(rows):
                    yield batch
            yield collector.summary

    async def _sampled(self, tables: Sequence[Table]) -> tuple[Table, ...]:
        found = list(tables)
        deadline = time.monotonic() + _SAMPLES_S
        async with self._session(_ONE_COLUMN, timedelta(seconds=_SAMPLES_S)) as session:
            for position, table in enumerate(tables):
                if time.monotonic() > deadline or session.broken:
                    break
                if table.kind != "table" or not table.columns:
                    continue
                sql = information_schema.first_rows(self._driver.dialect, table, SAMPLE_ROWS, MAX_CHARACTERS)
                # Samples help; a table that gives none in time is still a table.
                with suppress(CandorError):
                    found[position] = replace(table, columns=_with_samples(table.columns, await session.rows(sql)))
        return tuple(found)

    @asynccontextmanager
    async def _session(self, within: timedelta, altogether: timedelta | None = None) -> AsyncIterator["_Session"]:
        """A session whose statements run `within` a time each, and `altogether` no longer than that."""
        session = _Session(self._driver, self._threads, altogether or within)
        await session.open(await self._resolve() if self._resolve else "", within)
        try:
            yield session
        finally:
            await finish(session.close())


class _Session:
    """One connection: used from one thread at a time, stopped in the server when who waits for it no longer does."""

    def __init__(self, driver: Driver, threads: Executor, within: timedelta) -> None:
        self._driver = driver
        self._threads = threads
        self._within = within.total_seconds()
        self._limit = 0.0
        self._opened: Opened | None = None
        self._running = False
        self.broken = False

    async def open(self, address: str, within: timedelta) -> None:
        """Connects."""
        work = self._threads.submit(self._driver.connect, address, within)
        try:
            self._opened = await asyncio.wait_for(
                asyncio.shield(asyncio.wrap_future(work)), min(within.total_seconds(), CONNECT_TIMEOUT_S) * 2 + _GRACE_S
            )
        except (TimeoutError, asyncio.CancelledError) as error:
            # Whoever comes through the door later finds nobody there.
            work.add_done_callback(self._leave)
            if isinstance(error, TimeoutError):
                raise failures.unreachable("The data source") from None
            raise
        except Exception as error:  # noqa: BLE001  A driver raises what it likes; it is told or raised again.
            raise self._meaning(error) from None
        # Connecting has a time of its own.
        self._limit = time.monotonic() + self._within

    async def start(self, sql: str) -> Any:
        """Starts a statement; its columns."""
        self._running = True
        return await self.do(lambda opened: self._driver.execute(opened, sql))

    async def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        """The next rows, none at the end."""
        rows: Sequence[Sequence[Any]] = await self.do(lambda opened: opened.cursor.fetchmany(count))
        self._running = bool(rows)
        return rows

    async def rows(self, sql: str) -> list[Sequence[Any]]:
        """All rows of a statement that has few."""
        _, rows = await self.do(lambda opened: _asked(self._driver, opened, sql))
        return rows

    async def do(self, work: Callable[[Opened], T]) -> T:
        """What a thread makes of the connection.

        Raises:
            DeadlineExceeded: It was stopped, because it took longer than it may.
            CandorError: What the driver's exception means.
        """
        opened = self._opened
        assert opened is not None
        future = self._threads.submit(work, opened)
        waiting = asyncio.wrap_future(future)
        try:
            await asyncio.wait([waiting], timeout=max(0.0, self._limit + _GRACE_S - time.monotonic()))
        finally:
            if not waiting.done():
                self.broken = True
                # What no thread has begun with needs no stopping.
                if not future.cancel():
                    await finish(self._stop(waiting))
        # What a server stopped may come back as if it had ended well, with a part of its result.
        if self.broken or time.monotonic() > self._limit:
            raise failures.timed_out()
        try:
            return await waiting
        except Exception as error:  # noqa: BLE001  See above.
            raise self._meaning(error) from None

    async def close(self) -> None:
        """Stops what still runs and closes the connection."""
        opened = self._opened
        if opened is None:
            return
        if self._running and not self.broken:
            await self._in_time(self._driver.stop, opened)
        await self._in_time(self._driver.close, opened)

    async def _stop(self, waiting: "asyncio.Future[Any]") -> None:
        opened = self._opened
        assert opened is not None
        await self._in_time(self._driver.stop, opened)
        await asyncio.wait([waiting], timeout=_STOP_S)
        if not waiting.done():
            # A server that does not answer leaves the thread no other way out.
            await self._in_time(self._driver.close, opened)
        if waiting.done() and not waiting.cancelled():
            waiting.exception()

    async def _in_time(self, work: Callable[[Opened], None], opened: Opened) -> None:
        """Not in the threads that statements wait in: those may all be taken."""
        with suppress(Exception):
            await asyncio.wait_for(asyncio.to_thread(work, opened), _STOP_S)

    def _leave(self, work: Any) -> None:
        if not work.cancelled() and work.exception() is None:
            with suppress(Exception):
                self._driver.close(work.result())

    def _meaning(self, error: Exception) -> Exception:
        """Never the driver's own: its text may hold what nobody should read."""
        if isinstance(error, CandorError):
            return error
        return self._driver.failure(error) or error


def _asked(driver: Driver, opened: Opened, sql: str) -> tuple[list[str], list[Sequence[Any]]]:
    """The names of a result's columns and all of its rows."""
    columns = driver.execute(opened, sql)
    found: list[Sequence[Any]] = []
    while len(found) < information_schema.MAX_ROWS and (rows := opened.cursor.fetchmany(_FETCHED)):
        found.extend(rows)
    return [column.name for column in columns], found


def _with_samples(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> tuple[Column, ...]:
    samples = samples_of(columns, rows)
    return tuple(replace(column, samples=values) for column, values in zip(columns, samples, strict=True))
