"""Microsoft SQL Server over pymssql: every session is one transaction that is rolled back, whatever it did.

The product has no read-only session (`ApplicationIntent=ReadOnly` only chooses a replica), so that the login's
rights decide: a member of `db_datareader` and of nothing else. What stands behind that is `reads` and the rollback.
"""

import os
import select
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from services.kit.catalog import ColumnType
from services.kit.errors import CandorError
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.driver import APPLICATION, CONNECT_TIMEOUT_S, Opened, load, without
from services.validation.core.model import ResultColumn, SqlServerConnection
from services.validation.core.plans import showplan_xml
from services.validation.core.plans.model import Index, Plan, indexes_of

# Table, index, is unique, is filtered, column: of rowstore indexes, the columns that they are sorted by.
_INDEXES = """
SELECT s.name + '.' + t.name, i.name, i.is_unique, i.has_filter, c.name
FROM sys.indexes i JOIN sys.tables t ON t.object_id = i.object_id JOIN sys.schemas s ON s.schema_id = t.schema_id
JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.type IN (1, 2) AND i.is_disabled = 0 ORDER BY s.name, t.name, i.name, k.key_ordinal
"""
_MAX_INDEXED = 100_000

_SETTINGS = ("SET LOCK_TIMEOUT 2000", "SET XACT_ABORT ON", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
# FreeTDS keeps one time limit for the whole process: it is only for servers that no longer answer at all.
_SILENCE_S = 600
_LOOK_S = 0.05
_OUT_S = 1.0
# pymssql tells five kinds of columns apart (`pymssql.STRING` and so on), by these numbers.
_TYPES = {
    1: ColumnType.TEXT,
    2: ColumnType.BINARY,
    3: ColumnType.NUMBER,
    4: ColumnType.TIMESTAMP,
    5: ColumnType.NUMBER,
}
# https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors
_LOGIN = frozenset({4060, 4064, 18452, 18456, 18470, 18486, 18487, 18488, 916})
# FreeTDS's own numbers (sybdb.h): no connection, no answer, the connection's end.
_LOST = frozenset({20002, 20003, 20004, 20006, 20009, 20013, 20017, 20047})
_LOCKED = 1222

_waiting = threading.local()


class Stopped(Exception):
    """The statement was stopped while its first row was awaited."""


def wait_or_stop(fileno: int) -> None:
    """Pymssql's wait callback: waits for the server's answer, and looks whether this thread's statement was stopped.

    Raises:
        Stopped: It was.
    """
    opened: Opened | None = getattr(_waiting, "opened", None)
    if opened is None:
        return
    opened.marks["fileno"] = fileno
    poll = select.poll()
    poll.register(fileno, select.POLLIN)
    while not poll.poll(_LOOK_S * 1000):
        if opened.marks["stop"].is_set():
            raise Stopped


class SqlServerDriver:
    """`driver.Driver` of one server.

    Args:
        connection: How to reach it.
    """

    dialect = "tsql"
    samples = True

    def __init__(self, connection: SqlServerConnection) -> None:
        self._target = connection
        self.place = (connection.database, "")

    def connect(self, address: str, within: timedelta) -> Opened:  # noqa: ARG002  Who stops a statement keeps its time.
        """See `driver.Driver`."""
        pymssql = load("pymssql")
        target = self._target
        # An address, never a name: FreeTDS takes names from files of this machine too. It reads host:port, so that
        # an address of version 6 cannot be told to it.
        connection = pymssql.connect(
            server=address,
            port=str(target.port),
            user=target.user,
            password=target.password,
            database=target.database,
            timeout=_SILENCE_S,
            login_timeout=CONNECT_TIMEOUT_S,
            charset="UTF-8",
            appname=APPLICATION,
            encryption="request",
            tds_version="7.4",
            read_only=True,
            autocommit=False,
        )
        load("pymssql._mssql").set_wait_callback(wait_or_stop)
        opened = Opened(connection, address, marks={"stop": threading.Event(), "busy": False})
        for each in _SETTINGS:
            self.execute(opened, each)
        return opened

    def version(self, opened: Opened) -> str:
        """See `driver.Driver`."""
        self.execute(opened, "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128))")
        return f"SQL Server {opened.cursor.fetchone()[0]}"

    def execute(self, opened: Opened, sql: str) -> tuple[ResultColumn, ...]:
        """See `driver.Driver`."""
        opened.cursor = _Cursor(opened)
        described = opened.cursor.execute(sql) or ()
        return tuple(ResultColumn(each[0], _TYPES.get(each[1], ColumnType.OTHER)) for each in described)

    def explain(self, opened: Opened, sql: str, *, measure: bool) -> Plan:
        """See `driver.Driver`. The login needs the right SHOWPLAN."""
        if measure:
            raise failures.not_measured("SQL Server")
        self.execute(opened, "SET SHOWPLAN_XML ON")
        self.execute(opened, sql)
        (document,) = opened.cursor.fetchmany(1)
        return showplan_xml.read(str(document[0]))

    def indexes(self, opened: Opened) -> tuple[Index, ...]:
        """See `driver.Driver`."""
        self.execute(opened, _INDEXES)
        rows = opened.cursor.fetchmany(_MAX_INDEXED)
        return indexes_of((str(row[0]), str(row[1]), bool(row[2]), bool(row[3]), str(row[4])) for row in rows)

    def stop(self, opened: Opened) -> None:
        """See `driver.Driver`. The waiting thread sends the cancel; a thread that reads rows loses its socket."""
        opened.marks["stop"].set()
        deadline = time.monotonic() + _OUT_S
        while opened.marks["busy"]:
            if time.monotonic() > deadline:
                _hang_up(opened)
                return
            time.sleep(_LOOK_S)

    def close(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        if opened.marks["busy"]:
            # FreeTDS may not be called beside itself; without its socket it ends by itself.
            _hang_up(opened)
            return
        with suppress(load("pymssql").Error):
            opened.connection.close()

    def failure(self, error: Exception) -> CandorError | None:
        """See `driver.Driver`."""
        if isinstance(error, Stopped):
            return failures.timed_out()
        if not isinstance(error, load("pymssql").Error | load("pymssql._mssql").MSSQLException | OSError):
            return None
        number, message = _described(error)
        if number in _LOGIN:
            return failures.login_failed(self._target.user)
        if number in _LOST or isinstance(error, OSError):
            return failures.unreachable(f"{self._target.host}:{self._target.port}")
        return failures.refused(without(self._target.password, message))


class _Cursor:
    """A cursor whose waiting can be stopped from another thread."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._cursor = opened.connection.cursor()

    def execute(self, sql: str) -> Any:
        return self._busy(lambda: self._cursor.execute(sql)) or self._cursor.description

    def fetchone(self) -> Any:
        return self._busy(self._cursor.fetchone)

    def fetchmany(self, size: int) -> Any:
        return self._busy(lambda: self._cursor.fetchmany(size))

    def nextset(self) -> Any:
        return self._busy(self._cursor.nextset)

    def _busy(self, work: Any) -> Any:
        marks = self._opened.marks
        marks["busy"], _waiting.opened = True, self._opened
        try:
            return work()
        except Stopped:
            # In this thread, since it is the one that uses the connection.
            self._opened.connection._conn.cancel()  # noqa: SLF001  The public cursor cannot cancel.
            raise
        finally:
            marks["busy"], _waiting.opened = False, None


def _hang_up(opened: Opened) -> None:
    fileno = opened.marks.get("fileno")
    if fileno is not None:
        with suppress(OSError), socket.socket(fileno=os.dup(fileno)) as line:
            line.shutdown(socket.SHUT_RDWR)


def _described(error: Exception) -> tuple[int, str]:
    """The number and text of an error, as pymssql hands them on: (number, b"text") or as an argument of its own."""
    found = error.args[0] if error.args and isinstance(error.args[0], tuple) else error.args
    number = found[0] if found and isinstance(found[0], int) else 0
    text = found[1] if len(found) > 1 else found[0] if found else ""
    return number, text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
