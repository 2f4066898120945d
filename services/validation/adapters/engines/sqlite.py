"""SQLite files: opened read-only, with an authorizer that lets nothing but reads through, in threads of their own."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from services.kit.catalog import Column, ForeignKey, Table
from services.kit.errors import CandorError
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.sampling import SAMPLE_ROWS, samples_of
from services.validation.core.describe import column_type, is_sensitive
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import ColumnRef, ColumnValues, Limits, Part, ResultColumn
from services.validation.core.plans import sqlite_rows
from services.validation.core.plans.model import Index, Plan, indexes_of
from services.validation.core.results import Collector, cell, type_of

T = TypeVar("T")

_HEADER = b"SQLite format 3\x00"
# Rows are counted up to here; a larger table is estimated by its highest row id.
_COUNTED_ROWS = 100_000
# How many of SQLite's own instructions run between two looks at the clock: about a millisecond.
_INSTRUCTIONS = 20_000
_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_INTROSPECTION = timedelta(seconds=30)
_INDEXES = """
SELECT t.name, i.name, i."unique", i.partial, coalesce(c.name, '')
FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
WHERE t.type = 'table' ORDER BY t.name, i.name, c.seqno
"""


class SqliteEngine:
    """`core.ports.Engine` over one file.

    Args:
        path: The file.
        threads: Runs what SQLite does, so that the event loop never waits for it.
    """

    dialect = "sqlite"

    def __init__(self, path: Path, threads: Executor) -> None:
        self._path = path
        self._threads = threads

    async def test(self) -> str:
        """See `core.ports.Engine`."""
        async with self._session(_INTROSPECTION) as session:
            await session.do(lambda database: database.execute("SELECT count(*) FROM sqlite_schema").fetchone())
            return f"SQLite {sqlite3.sqlite_version}"

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """See `core.ports.Engine`."""
        async with self._session(_INTROSPECTION) as session:
            return await session.do(_introspect)

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """See `core.ports.Engine`."""
        found: list[ColumnValues] = []
        deadline = time.monotonic() + within.total_seconds()
        async with self._session(within) as session:
            for column in columns:
                if time.monotonic() > deadline:
                    break
                query = (
                    f"SELECT DISTINCT {_name(column.column)} FROM {_name(column.table)}"
                    f" WHERE {_name(column.column)} IS NOT NULL LIMIT {limit + 1}"
                )
                # A column that cannot be read is left out, as the contract says.
                with suppress(CandorError):
                    rows = await session.do(partial(_fetch_all, query))
                    values = tuple(str(cell(row[0])) for row in rows[:limit])
                    found.append(ColumnValues(column, values, len(rows) > limit))
        return tuple(found)

    async def explain(self, sql: str, analyze: timedelta | None = None) -> Plan:
        """See `core.ports.Engine`."""
        if analyze is not None:
            raise failures.not_measured("SQLite")
        asked_for = sql.startswith("EXPLAIN")
        async with self._session(_INTROSPECTION, authorized=True) as session:
            rows = await session.do(partial(_fetch_all, sql if asked_for else f"EXPLAIN QUERY PLAN {sql}"))
        if asked_for:
            return Plan("\n".join(str(row[-1]) for row in rows))
        return sqlite_rows.read([(row[0], row[1], str(row[-1])) for row in rows])

    async def indexes(self) -> tuple[Index, ...]:
        """See `core.ports.Engine`."""
        async with self._session(_INTROSPECTION) as session:
            return indexes_of(await session.do(partial(_fetch_all, _INDEXES)))

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        collector = Collector(limits)
        async with self._session(limits.timeout, authorized=True) as session:
            cursor = await session.do(lambda database: database.execute(sql))
            rows = await session.do(lambda _: cursor.fetchmany(collector.wanted))
            names = [each[0] for each in cursor.description or ()]
            yield tuple(
                ResultColumn(name, type_of(row[position] for row in rows)) for position, name in enumerate(names)
            )
            while rows:
                for batch in collector.take(rows):
                    yield batch
                if collector.full:
                    break
                rows = await session.do(lambda _: cursor.fetchmany(collector.wanted))
            yield collector.summary

    @asynccontextmanager
    async def _session(self, within: timedelta, *, authorized: bool = False) -> AsyncIterator["_Session"]:
        deadline = time.monotonic() + within.total_seconds()
        loop = asyncio.get_running_loop()
        database = await loop.run_in_executor(self._threads, lambda: _open(self._path, deadline, authorized))
        session = _Session(database, self._threads, deadline)
        try:
            yield session
        finally:
            await asyncio.shield(loop.run_in_executor(self._threads, database.close))


class _Session:
    """A connection, used from one thread at a time and interrupted when who waits for it is cancelled."""

    def __init__(self, database: sqlite3.Connection, threads: Executor, deadline: float) -> None:
        self._database = database
        self._threads = threads
        self._deadline = deadline

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(self._database))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self._database.interrupt()
            # The thread has to be out of SQLite before the connection is closed.
            await asyncio.wait([future])
            future.exception()
            raise
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> CandorError:
        if "interrupted" in str(error) and time.monotonic() >= self._deadline:
            return failures.timed_out()
        if getattr(error, "sqlite_errorname", "") in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
            return failures.not_a_database("The file", "an SQLite database")
        return failures.refused(str(error))


def _open(path: Path, deadline: float, authorized: bool) -> sqlite3.Connection:  # noqa: FBT001  One caller.
    try:
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except OSError as error:
        raise failures.missing_file(str(path)) from error
    if header and header != _HEADER:
        raise failures.not_a_database(str(path), "an SQLite database")
    try:
        database = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False, isolation_level=None, timeout=2.0
        )
    except sqlite3.Error as error:
        raise failures.missing_file(str(path)) from error
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    for pragma in ("query_only = on", "trusted_schema = off", "cell_size_check = on", "mmap_size = 0"):
        database.execute(f"PRAGMA {pragma}")
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024)
    if sys.version_info >= (3, 12):
        database.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)  # noqa: FBT003  sqlite3's own signature.
    if authorized:
        database.set_authorizer(_authorize)
    database.set_progress_handler(lambda: time.monotonic() >= deadline, _INSTRUCTIONS)
    return database


def _authorize(action: int, first: str | None, second: str | None, _schema: str | None, _view: str | None) -> int:
    if action not in _READS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in DIALECTS["sqlite"].functions:
        # Operators are functions too: || and -> have names that no allow-list of words holds.
        return sqlite3.SQLITE_OK if not (second or "").isidentifier() else sqlite3.SQLITE_DENY
    system = action == sqlite3.SQLITE_READ and (first or "").lower().startswith("sqlite_")
    return sqlite3.SQLITE_DENY if system else sqlite3.SQLITE_OK


def _introspect(database: sqlite3.Connection) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    tables, keys = [], []
    listed = database.execute(
        "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    for name, kind in listed.fetchall():
        # A view over what no longer exists cannot be described; what can be read is.
        with suppress(sqlite3.OperationalError):
            tables.append(_table(database, name, is_view=kind == "view"))
            keys.extend(_foreign_keys(database, name))
    return tuple(tables), tuple(keys)


def _table(database: sqlite3.Connection, name: str, *, is_view: bool) -> Table:
    rows = database.execute(f"PRAGMA table_xinfo({_name(name)})").fetchall()
    shown = [row for row in rows if row[6] != 1]
    unique = _unique_columns(database, name)
    primary = [row[1] for row in shown if row[5]]
    data = [] if is_view else database.execute(f"SELECT * FROM {_name(name)} LIMIT {SAMPLE_ROWS}").fetchall()
    columns = tuple(
        Column(
            name=row[1],
            type=column_type(row[2]) if row[2] else type_of(values[position] for values in data),
            native_type=row[2],
            nullable=not row[3] and not row[5],
            is_primary_key=bool(row[5]),
            is_unique=row[1] in unique or primary == [row[1]],
            is_sensitive=is_sensitive(row[1]),
        )
        for position, row in enumerate(shown)
    )
    samples = samples_of(columns, data)
    sampled = tuple(replace(column, samples=values) for column, values in zip(columns, samples, strict=True))
    if is_view:
        return Table("", name, "view", columns=sampled)
    return Table("", name, columns=sampled, row_estimate=_rows(database, name))


def _unique_columns(database: sqlite3.Connection, table: str) -> set[str]:
    found = set()
    for _, index, unique, _, filtered in database.execute(f"PRAGMA index_list({_name(table)})").fetchall():
        parts = database.execute(f"PRAGMA index_info({_name(index)})").fetchall()
        if unique and not filtered and len(parts) == 1 and parts[0][2] is not None:
            found.add(parts[0][2])
    return found


def _rows(database: sqlite3.Connection, table: str) -> int:
    (counted,) = database.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {_name(table)} LIMIT {_COUNTED_ROWS})"
    ).fetchone()
    if counted < _COUNTED_ROWS:
        return int(counted)
    with suppress(sqlite3.OperationalError):
        return int(database.execute(f"SELECT max(rowid) FROM {_name(table)}").fetchone()[0])
    return -1


def _foreign_keys(database: sqlite3.Connection, table: str) -> list[ForeignKey]:
    grouped: dict[int, list[Any]] = {}
    for row in database.execute(f"PRAGMA foreign_key_list({_name(table)})").fetchall():
        grouped.setdefault(row[0], []).append(row)
    found = []
    for rows in grouped.values():
        ordered = sorted(rows, key=lambda row: int(row[1]))
        referred = str(ordered[0][2])
        columns = [row[4] for row in ordered]
        if None in columns:
            info = database.execute(f"PRAGMA table_info({_name(referred)})").fetchall()
            columns = [row[1] for row in sorted(info, key=lambda row: int(row[5])) if row[5]]
        if len(columns) == len(ordered):
            found.append(ForeignKey(table, tuple(row[3] for row in ordered), referred, tuple(columns)))
    return found


def _fetch_all(query: str, database: sqlite3.Connection) -> list[Any]:
    return database.execute(query).fetchall()


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
