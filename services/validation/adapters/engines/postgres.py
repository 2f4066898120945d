"""PostgreSQL servers: read-only sessions, server-side cursors by the extended protocol, cancelled in the server."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from services.kit.catalog import ForeignKey, Table
from services.kit.finish import finish
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.idle import IdleSessions
from services.validation.adapters.engines.postgres_catalog import index_rows, introspect, sizes_of
from services.validation.adapters.engines.postgres_sessions import PostgresSessions, Resolve, Session, no_address
from services.validation.core.describe import column_type
from services.validation.core.model import ColumnRef, ColumnValues, Limits, Part, PostgresConnection, ResultColumn
from services.validation.core.plans import postgres_json
from services.validation.core.plans.model import Index, Plan, indexes_of
from services.validation.core.results import Collector

_QUICK = timedelta(seconds=30)
_SAMPLE_TIMEOUT_MS = 2000
_CLOSE_TIMEOUT_S = 2.0


class PostgresEngine:
    """`core.ports.Engine` over one server.

    Args:
        connection: How to reach it.
        resolve: Gives the address to connect to, resolved and allowed anew for each connection.
        idle: Where sessions wait to be used again; None closes each after its use.
    """

    dialect = "postgres"

    def __init__(
        self, connection: PostgresConnection, resolve: Resolve = no_address, idle: IdleSessions[Session] | None = None
    ) -> None:
        self._schemas = connection.schemas
        self._sessions = PostgresSessions(connection, resolve, idle)

    async def test(self) -> str:
        """See `core.ports.Engine`."""
        async with self._sessions.session(_QUICK, fresh=True) as session:
            return f"PostgreSQL {session.info.parameter_status('server_version')}"

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """See `core.ports.Engine`."""
        async with self._sessions.session(_QUICK) as session:
            return await introspect(session, self._schemas)

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """See `core.ports.Engine`."""
        found: list[ColumnValues] = []
        deadline = time.monotonic() + within.total_seconds()
        async with self._sessions.session(timedelta(milliseconds=_SAMPLE_TIMEOUT_MS)) as session:
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

    async def explain(self, sql: str, analyze: timedelta | None = None) -> Plan:
        """See `core.ports.Engine`."""
        asked_for = sql.startswith("EXPLAIN")
        measured = "ANALYZE, BUFFERS, " if analyze is not None else ""
        async with self._sessions.session(analyze or _QUICK) as session:
            # Never committed: a plan that is measured may make a table, and a read-only transaction lets it.
            await session.execute("BEGIN READ ONLY")
            cursor = await _execute_one(session, sql if asked_for else f"EXPLAIN {sql}")
            lines = [str(row[0]) for row in await cursor.fetchall()]
            if asked_for:
                return Plan("\n".join(lines))
            cursor = await _execute_one(session, f"EXPLAIN ({measured}FORMAT JSON, VERBOSE) {sql}")
            row = await cursor.fetchone()
            assert row is not None
            document = json.loads(row[0])
            sizes = await sizes_of(session, postgres_json.tables(document))
            return postgres_json.read("\n".join(lines), document, sizes)

    async def indexes(self) -> tuple[Index, ...]:
        """See `core.ports.Engine`."""
        async with self._sessions.session(_QUICK) as session:
            return indexes_of(await index_rows(session, self._schemas))

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        collector = Collector(limits)
        deadline = asyncio.get_running_loop().time() + limits.timeout.total_seconds()
        async with self._sessions.session(limits.timeout) as session, self._cursor(session, sql) as cursor:
            yield tuple(
                ResultColumn(each.name, column_type(each.type_display), each.type_display)
                for each in cursor.description or ()
            )
            async with aclosing(_chunks(cursor, collector, deadline)) as chunks:
                async for rows in chunks:
                    for batch in collector.take(rows):
                        yield batch
                    if collector.full:
                        break
            yield collector.summary

    @asynccontextmanager
    async def _cursor(self, session: Session, sql: str) -> AsyncIterator[psycopg.AsyncCursor[TupleRow]]:
        """A statement's rows. The extended protocol declares its cursor, so that no second statement rides along."""
        # Never committed: see `explain`.
        await session.execute("BEGIN READ ONLY")
        if sql.startswith("EXPLAIN"):
            yield await _execute_one(session, sql)
            return
        cursor = session.cursor("statement")
        try:
            await cursor.execute(_bytes(sql))
            yield cursor
        finally:
            # Half closed, it would stay open; the end of the session closes one whose server answers no more.
            await finish(cursor.close(), within_s=_CLOSE_TIMEOUT_S)


async def _execute_one(session: Session, sql: str) -> psycopg.AsyncCursor[TupleRow]:
    """Executes one statement: results in binary have psycopg use the extended protocol, which refuses a second."""
    return await session.cursor(binary=True).execute(_bytes(sql))


async def _chunks(
    cursor: psycopg.AsyncCursor[TupleRow], collector: Collector, deadline: float
) -> AsyncGenerator[list[TupleRow], None]:
    """Rows until there are no more, each chunk read from the server while the one before it is on its way out."""
    asked = collector.wanted
    coming = asyncio.ensure_future(cursor.fetchmany(asked))
    try:
        while asked:
            try:
                async with asyncio.timeout_at(deadline):
                    rows = await coming
            except TimeoutError as error:
                raise failures.timed_out() from error
            asked = collector.wanted_after(len(rows)) if len(rows) == asked else 0
            if asked:
                coming = asyncio.ensure_future(cursor.fetchmany(asked))
            if rows:
                yield rows
    finally:
        # Cancelling what is being fetched cancels it in the server.
        coming.cancel()
        await asyncio.wait([coming])


def _bytes(statement: str) -> bytes:
    """A statement as it is: psycopg reads no placeholders where it is given no parameters."""
    return statement.encode()
