"""Opens the engine for a connection, once it is known to lead where it may."""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from services.validation.adapters.engines.bigquery import BigqueryDriver
from services.validation.adapters.engines.dbapi import DbapiEngine
from services.validation.adapters.engines.driver import Driver
from services.validation.adapters.engines.duckdb import DuckdbEngine
from services.validation.adapters.engines.duckdb_workers import DuckdbWorkers
from services.validation.adapters.engines.idle import IdleSessions
from services.validation.adapters.engines.mysql import MysqlDriver
from services.validation.adapters.engines.names import Resolver, allowed_address, system_resolver
from services.validation.adapters.engines.postgres import PostgresEngine
from services.validation.adapters.engines.postgres_sessions import no_address
from services.validation.adapters.engines.snowflake import SnowflakeDriver
from services.validation.adapters.engines.sql_server import SqlServerDriver
from services.validation.adapters.engines.sqlite import SqliteEngine
from services.validation.adapters.engines.trino import TrinoDriver
from services.validation.core.model import (
    BigqueryConnection,
    Connection,
    DuckdbConnection,
    MysqlConnection,
    PostgresConnection,
    SnowflakeConnection,
    SqliteConnection,
    SqlServerConnection,
    TrinoConnection,
)
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach, service_account_key, snowflake_host

# The products whose drivers connect to an address; the other drivers know where they go.
_DRIVERS: Mapping[type[Connection], Callable[[Any], Driver]] = {
    MysqlConnection: MysqlDriver,
    SqlServerConnection: SqlServerDriver,
    TrinoConnection: TrinoDriver,
}


class OpenEngines:
    """Engines by their connection.

    Args:
        reach: Where users' connections may lead.
        threads: How many SQLite statements run at once, and as many of drivers that wait in threads.
        duckdb: Starts the processes that hold DuckDB files.
        resolver: Turns names into addresses.
    """

    def __init__(
        self,
        reach: Reach,
        threads: int = 16,
        duckdb: DuckdbWorkers | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._reach = reach
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="sqlite")
        self._drivers = ThreadPoolExecutor(threads, thread_name_prefix="driver")
        self._duckdb_workers = duckdb or DuckdbWorkers()
        self._resolver = resolver

    def open(self, connection: Connection, *, own: bool = False, idle: IdleSessions[Any] | None = None) -> Engine:
        """The engine for a connection.

        Args:
            connection: How to reach the database.
            own: Whether the operator made it, not a user.
            idle: Where its sessions wait to be used again; None closes each after its use.

        Raises:
            PermissionDenied: The connection is to somewhere that users may not reach.
        """
        match connection:
            case SqliteConnection(path):
                return SqliteEngine(self._file(path, own=own), self._threads)
            case DuckdbConnection(path):
                return DuckdbEngine(self._file(path, own=own), self._duckdb_workers, idle)
            case PostgresConnection():
                return PostgresEngine(connection, self._resolve(connection.host, connection.port, own=own), idle)
            case MysqlConnection() | SqlServerConnection() | TrinoConnection():
                driver = _DRIVERS[type(connection)](connection)
                resolve = self._resolve(connection.host, connection.port, own=False)
                return DbapiEngine(driver, self._drivers, resolve)
            case SnowflakeConnection(account):
                return DbapiEngine(SnowflakeDriver(connection, snowflake_host(account)), self._drivers)
            case BigqueryConnection():
                key = service_account_key(connection.credentials_json)
                return DbapiEngine(BigqueryDriver(connection, key), self._drivers)
        raise AssertionError(f"no engine for {type(connection).__name__}")

    def close(self) -> None:
        """Lets go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._drivers.shutdown(wait=False, cancel_futures=True)

    async def aclose(self) -> None:
        """Lets go of the threads, and of processes that wait."""
        self.close()
        await self._duckdb_workers.aclose()

    def _file(self, path: str, *, own: bool) -> Path:
        return Path(path) if own else self._reach.require_file(path)

    def _resolve(self, host: str, port: int, *, own: bool) -> Callable[[], Awaitable[str]]:
        """Gives the address to connect to, resolved and judged anew each time that it is called."""
        if own:
            return no_address
        self._reach.require_host_name(host)
        return lambda: allowed_address(self._reach, self._resolver, host, port)
