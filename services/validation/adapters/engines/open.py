"""Opens the engine for a connection, once it is known to lead where it may."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

from services.kit.catalog import ForeignKey, Table
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.duckdb import DuckdbEngine
from services.validation.adapters.engines.postgres import PostgresEngine
from services.validation.adapters.engines.sqlite import SqliteEngine
from services.validation.core.model import (
    ColumnRef,
    ColumnValues,
    Connection,
    DuckdbConnection,
    Limits,
    Part,
    Plan,
    PostgresConnection,
    SqliteConnection,
)
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach


class OpenEngines:
    """`core.ports.Engines`.

    Args:
        reach: Where users' connections may lead.
        threads: How many SQLite statements run at once.
        duckdb_memory_mib: What a DuckDB statement may take in memory.
    """

    def __init__(self, reach: Reach, threads: int = 16, duckdb_memory_mib: int = 512) -> None:
        self._reach = reach
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="sqlite")
        self._duckdb_memory_mib = duckdb_memory_mib

    def open(self, connection: Connection, *, own: bool = False) -> Engine:
        """See `core.ports.Engines`."""
        match connection:
            case SqliteConnection(path):
                return SqliteEngine(self._file(path, own=own), self._threads)
            case DuckdbConnection(path):
                return DuckdbEngine(self._file(path, own=own), self._duckdb_memory_mib)
            case PostgresConnection():
                if own:
                    return PostgresEngine(connection)
                self._reach.require_host_name(connection.host)
                return _Resolved(lambda: self._postgres(connection))
        raise AssertionError(f"no engine for {type(connection).__name__}")

    def close(self) -> None:
        """Lets go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _file(self, path: str, *, own: bool) -> Path:
        return Path(path) if own else self._reach.require_file(path)

    async def _postgres(self, connection: PostgresConnection) -> Engine:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise failures.unreachable(f"{connection.host}:{connection.port}") from error
        address = self._reach.require_addresses(connection.host, [str(each[4][0]) for each in found])
        return PostgresEngine(connection, address)


class _Resolved:
    """An engine whose host's name is resolved, and checked, each time that it is used."""

    def __init__(self, resolve: Callable[[], Awaitable[Engine]]) -> None:
        self._resolve = resolve

    async def test(self) -> str:
        return await (await self._resolve()).test()

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        return await (await self._resolve()).introspect()

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        return await (await self._resolve()).sample_values(columns, limit, within)

    async def explain(self, sql: str) -> Plan:
        return await (await self._resolve()).explain(sql)

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        engine = await self._resolve()
        async with aclosing(engine.run(sql, limits)) as parts:
            async for part in parts:
                yield part
