"""PostgreSQL servers: read-only sessions, server-side cursors by the extended protocol, cancelled in the server."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import psycopg
from psycopg import sql
from psycopg.adapt import AdaptersMap
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.string import TextLoader

from services.kit.catalog import ForeignKey, Table
from services.kit.errors import CandorError
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.postgres_catalog import introspect
from services.validation.core.describe import column_type
from services.validation.core.model import ColumnRef, ColumnValues, Limits, Part, Plan, PostgresConnection, ResultColumn
from services.validation.core.results import Collector

_CONNECT_TIMEOUT_S = 5
_QUICK = timedelta(seconds=30)
_SAMPLE_TIMEOUT_MS = 2000
# Types that are taken as PostgreSQL writes them: exact, and without a range of Python's own.
_AS_TEXT = (
    *("date", "time", "timetz", "timestamp", "timestamptz", "interval", "numeric", "json", "jsonb", "uuid"),
    *("inet", "cidr"),
)
_LOGIN = (
    "authentication failed",
    "role ",
    "database ",
    "pg_hba.conf",
    "no password supplied",
    "permission denied for database",
)
_NOT_POSTGRES = (
    "expected authentication request",
    "invalid response to SSL",
    "invalid response to GSSAPI",
    "unsupported frontend protocol",
)

Connected = psycopg.AsyncConnection[TupleRow]


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    for name in _AS_TEXT:
        adapters.register_loader(name, TextLoader)
    return adapters


class PostgresEngine:
    """`core.ports.Engine` over one server.

    Args:
        connection: How to reach it.
        host_address: The address that its name was resolved to and that was allowed; empty for a socket.
    """

    dialect = "postgres"

    def __init__(self, connection: PostgresConnection, host_address: str = "") -> None:
        self._connection = connection
        self._host_address = host_address
        self._adapters = _adapters()

    async def test(self) -> str:
        """See `core.ports.Engine`."""
        async with self._session(_QUICK) as session:
            return f"PostgreSQL {session.info.parameter_status('server_version')}"

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """See `core.ports.Engine`."""
        async with self._session(_QUICK) as session:
            return await introspect(session, self._connection.schemas)

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """See `core.ports.Engine`."""
        found: list[ColumnValues] = []
        deadline = time.monotonic() + within.total_seconds()
        async with self._session(timedelta(milliseconds=_SAMPLE_TIMEOUT_MS)) as session:
            for column in columns:
                if time.monotonic() > deadline:
                    break
                name, table = sql.Identifier(column.column), sql.Identifier(*column.table.split(".", 1))
                query = sql.SQL("SELECT DISTINCT {}::text FROM {} WHERE {} IS NOT NULL LIMIT {}").format(
                    name, table, name, sql.Literal(limit + 1)
                )
                # A column that cannot be read in time is left out, as the contract says.
                with suppress(psycopg.errors.QueryCanceled, psycopg.ProgrammingError, psycopg.DataError):
                    rows = await (await session.execute(query)).fetchall()
                    values = tuple(str(row[0]) for row in rows[:limit])
                    found.append(ColumnValues(column, values, len(rows) > limit))
        return tuple(found)

    async def explain(self, sql: str) -> Plan:
        """See `core.ports.Engine`."""
        asked_for = sql.startswith("EXPLAIN")
        async with self._session(_QUICK) as session:
            cursor = await session.execute(_bytes(sql if asked_for else f"EXPLAIN {sql}"), prepare=True)
            lines = [str(row[0]) for row in await cursor.fetchall()]
            if asked_for:
                return Plan("\n".join(lines))
            cursor = await session.execute(_bytes(f"EXPLAIN (FORMAT JSON) {sql}"), prepare=True)
            row = await cursor.fetchone()
            assert row is not None
            top = json.loads(row[0])[0]["Plan"]
            return Plan("\n".join(lines), float(top["Plan Rows"]), float(top["Total Cost"]))

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        collector = Collector(limits)
        async with self._session(limits.timeout) as session, self._cursor(session, sql) as cursor:
            yield tuple(
                ResultColumn(each.name, column_type(each.type_display), each.type_display)
                for each in cursor.description or ()
            )
            while not collector.full:
                rows = await cursor.fetchmany(collector.wanted)
                if not rows:
                    break
                for batch in collector.take(rows):
                    yield batch
            yield collector.summary

    @asynccontextmanager
    async def _cursor(self, session: Connected, sql: str) -> AsyncIterator[psycopg.AsyncCursor[TupleRow]]:
        """A statement's rows. The extended protocol declares its cursor, so that no second statement rides along."""
        if sql.startswith("EXPLAIN"):
            yield await session.execute(_bytes(sql), prepare=True)
            return
        await session.execute("BEGIN READ ONLY")
        async with session.cursor("statement") as cursor:
            await cursor.execute(_bytes(sql))
            yield cursor

    @asynccontextmanager
    async def _session(self, within: timedelta) -> AsyncIterator[Connected]:
        """A read-only session. Leaving it early cancels what runs in it, in the server, and closes it."""
        session = await self._connect(within)
        try:
            yield session
        except psycopg.errors.QueryCanceled as error:
            raise failures.timed_out() from error
        except psycopg.OperationalError as error:
            raise self._lost(error) from error
        except psycopg.Error as error:
            raise failures.refused(error.diag.message_primary or str(error)) from error
        finally:
            if session.info.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                await asyncio.shield(session.cancel_safe(timeout=2))
            await session.close()

    async def _connect(self, within: timedelta) -> Connected:
        target = self._connection
        schemas = ",".join('"' + each.replace('"', '""') + '"' for each in target.schemas) or "public"
        settings = {
            "default_transaction_read_only": "on",
            "statement_timeout": str(max(1, int(within.total_seconds() * 1000))),
            "lock_timeout": "2000",
            "idle_in_transaction_session_timeout": "60000",
            "cursor_tuple_fraction": "1",
            "search_path": schemas,
        }
        options = " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())
        try:
            return await psycopg.AsyncConnection.connect(
                # Every parameter is written here: none comes from a text of the user's, and no password from a file.
                host=target.host,
                hostaddr=self._host_address,
                port=target.port,
                dbname=target.database,
                user=target.user,
                password=target.password,
                sslmode=target.tls_mode.value,
                passfile="/nonexistent",
                sslcert="/nonexistent",
                sslkey="/nonexistent",
                gssencmode="disable",
                connect_timeout=_CONNECT_TIMEOUT_S,
                application_name="candor",
                options=options,
                autocommit=True,
                context=_Context(self._adapters),
                row_factory=tuple_row,
            )
        except psycopg.Error as error:
            raise self._unconnected(str(error)) from error

    def _unconnected(self, message: str) -> CandorError:
        where = f"{self._connection.host}:{self._connection.port}"
        if "FATAL" in message and any(each in message for each in _LOGIN):
            return failures.login_failed(self._connection.user)
        if any(each in message for each in _NOT_POSTGRES):
            return failures.not_a_database(where, "a PostgreSQL server")
        return failures.unreachable(where)

    def _lost(self, error: psycopg.OperationalError) -> CandorError:
        if error.diag.message_primary:
            return failures.refused(error.diag.message_primary)
        return failures.unreachable(f"{self._connection.host}:{self._connection.port}")


class _Context:
    """What psycopg takes adapters from (`psycopg.abc.AdaptContext`)."""

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters
        self.connection = None


def _bytes(statement: str) -> bytes:
    """A statement as it is: psycopg reads no placeholders where it is given no parameters."""
    return statement.encode()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
