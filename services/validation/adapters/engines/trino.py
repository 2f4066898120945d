"""Trino clusters over Trino's own client: read-only transactions, cancelled in the cluster."""

import base64
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from services.kit.errors import CandorError
from services.validation.adapters.engines import failures, information_schema
from services.validation.adapters.engines.driver import APPLICATION, CONNECT_TIMEOUT_S, Opened, load, without
from services.validation.core.model import ResultColumn, TrinoConnection
from services.validation.core.plans import trino_json
from services.validation.core.plans.model import Index, Plan

_CLIENT = "services.validation.adapters.engines.trino_client"
# Each answer comes within seconds: a statement that runs longer is asked about again and again.
_REQUEST_TIMEOUT_S = 30
_UNTRUSTED = ("CERTIFICATE_VERIFY_FAILED", "doesn't match")
_TIMEOUTS = frozenset({"EXCEEDED_TIME_LIMIT", "USER_CANCELED", "ABANDONED_QUERY"})


class TrinoDriver:
    """`driver.Driver` of one cluster.

    Args:
        connection: How to reach it.
    """

    dialect = "trino"
    samples = False

    def __init__(self, connection: TrinoConnection) -> None:
        self._target = connection
        self.place = (connection.catalog, connection.schema)

    def connect(self, address: str, within: timedelta) -> Opened:
        """See `driver.Driver`."""
        load("trino")
        client, target = load(_CLIENT), self._target
        scheme = "http" if target.plain_text else "https"
        limit = f"{max(1, int(within.total_seconds() * 1000))}ms"
        connection = client.Connection(
            host=f"[{target.host}]" if ":" in target.host else target.host,
            port=target.port,
            user=target.user,
            catalog=target.catalog,
            schema=target.schema or None,
            source=APPLICATION,
            http_scheme=scheme,
            http_session=client.one_session(scheme, target.host, target.port, address),
            auth=load("trino.auth").BasicAuthentication(target.user, target.password) if target.password else None,
            session_properties={"query_max_run_time": limit, "query_max_execution_time": limit},
            request_timeout=(CONNECT_TIMEOUT_S, _REQUEST_TIMEOUT_S),
            max_attempts=2,
            # Values are taken as the server writes them: exact, and without a range of Python's own.
            legacy_primitive_types=True,
            legacy_prepared_statements=True,
            encoding=None,
        )
        return Opened(connection, address, marks={"reading": False})

    def version(self, opened: Opened) -> str:
        """See `driver.Driver`."""
        self.execute(opened, "SELECT version()")
        return f"Trino {opened.cursor.fetchmany(1)[0][0]}"

    def execute(self, opened: Opened, sql: str) -> tuple[ResultColumn, ...]:
        """See `driver.Driver`."""
        if not opened.marks["reading"]:
            opened.connection.begin_reading()
        # What fails ends the transaction; the next statement begins another.
        opened.marks["reading"] = False
        opened.cursor = _Cursor(opened.connection.cursor())
        opened.cursor.execute(sql)
        opened.marks["reading"] = True
        return tuple(
            ResultColumn(each.name, information_schema.type_of(self.dialect, each.type_code), each.type_code)
            for each in opened.cursor.description
        )

    def explain(self, opened: Opened, sql: str, *, measure: bool) -> Plan:
        """See `driver.Driver`."""
        if measure:
            raise failures.not_measured("Trino")
        asked_for = sql.startswith("EXPLAIN")
        self.execute(opened, sql if asked_for else f"EXPLAIN {sql}")
        text = "\n".join(str(row[0]) for row in opened.cursor.fetchmany(1000))
        if asked_for:
            return Plan(text)
        self.execute(opened, f"EXPLAIN (FORMAT JSON) {sql}")
        (document,) = opened.cursor.fetchmany(1)
        return trino_json.read(text, json.loads(document[0]))

    def indexes(self, opened: Opened) -> tuple[Index, ...]:  # noqa: ARG002  There are none to ask for.
        """See `driver.Driver`."""
        return ()

    def stop(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        if opened.cursor is not None:
            opened.cursor.cancel()

    def close(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        if opened.marks["reading"]:
            # One that is left alone ends by itself, minutes later; it has changed nothing.
            with suppress(Exception):
                opened.connection.rollback()
        opened.connection.close()

    def failure(self, error: Exception) -> CandorError | None:
        """See `driver.Driver`."""
        trino, requests = load("trino.exceptions"), load("requests.exceptions")
        where = f"{self._target.host}:{self._target.port}"
        if isinstance(error, trino.TrinoQueryError):
            if error.error_name in _TIMEOUTS:
                return failures.timed_out()
            return failures.refused(without(self._target.password, error.message))
        if isinstance(error, trino.HttpError | trino.OperationalError) and "error 401" in str(error):
            return failures.login_failed(self._target.user)
        if isinstance(error, trino.TrinoAuthError):
            return failures.login_failed(self._target.user)
        if any(words in str(error) for words in _UNTRUSTED):
            return failures.untrusted(where)
        if isinstance(error, trino.TrinoConnectionError | trino.Http503Error | requests.RequestException):
            return failures.unreachable(where)
        if isinstance(error, trino.HttpError | LookupError | ValueError | TypeError | AttributeError):
            return failures.not_a_database(where, "a Trino cluster")
        if isinstance(error, trino.Error):
            return failures.refused(without(self._target.password, str(error)))
        return None


class _Cursor:
    """Rows as the server writes them, but for bytes, which it writes in base64."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._bytes: list[int] = []
        self.description: list[Any] = []

    def execute(self, sql: str) -> None:
        self._cursor.execute(sql)
        self.description = self._cursor.description or []
        self._bytes = [at for at, each in enumerate(self.description) if each.type_code == "varbinary"]

    def fetchmany(self, size: int) -> list[Any]:
        rows: list[Any] = self._cursor.fetchmany(size)
        if not all(isinstance(row, list) and len(row) == len(self.description) for row in rows):
            raise ValueError("the server's rows are no rows")
        for row in rows:
            for at in self._bytes:
                row[at] = None if row[at] is None else base64.b64decode(row[at])
        return rows

    def cancel(self) -> None:
        self._cursor.cancel()
