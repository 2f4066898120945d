"""Snowflake accounts over Snowflake's own connector: one statement a call, each with a time limit, aborted by its id.

Snowflake has no read-only session: the role should be able to SELECT and nothing else.
"""

import json
import math
import threading
from datetime import timedelta

from services.kit.catalog import ColumnType
from services.kit.errors import CandorError
from services.validation.adapters.engines import failures, information_schema
from services.validation.adapters.engines.driver import APPLICATION, CONNECT_TIMEOUT_S, Opened, load, without
from services.validation.core.model import ResultColumn, SnowflakeConnection
from services.validation.core.plans import snowflake_json
from services.validation.core.plans.model import Index, Plan

# https://docs.snowflake.com/en/sql-reference/parameters
_SESSION = {
    "QUERY_TAG": APPLICATION,
    "MULTI_STATEMENT_COUNT": 1,
    # What runs when the session ends is aborted.
    "ABORT_DETACHED_QUERY": True,
    "LOCK_TIMEOUT": 2,
    "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": 30,
}
# How long between two looks at a statement that runs: short at first.
_LOOKS_S = (0.05, 0.1, 0.2, 0.5)
_TIMEOUT = frozenset({604, 630, 631})
_LOGIN = frozenset({390100, 390101, 390102, 390144, 390189, 390201, 390303, 390422, 394304})
_LOGIN_WORDS = ("incorrect username or password", "password is invalid", "token is invalid", "user is locked")


class SnowflakeDriver:
    """`driver.Driver` of one account's database.

    Args:
        connection: How to reach it.
        host: The account's host.
    """

    dialect = "snowflake"
    # Reading rows would wake a warehouse up, which is paid for by the minute.
    samples = False

    def __init__(self, connection: SnowflakeConnection, host: str) -> None:
        self._target = connection
        self._host = host
        self.place = (connection.database, "")

    def connect(self, address: str, within: timedelta) -> Opened:
        """See `driver.Driver`."""
        target = self._target
        seconds = max(1, math.ceil(within.total_seconds()))
        connection = load("snowflake.connector").connect(
            account=target.account.partition(".")[0],
            host=self._host,
            port=443,
            protocol="https",
            user=target.user,
            password=target.password,
            database=target.database,
            schema=target.schema,
            warehouse=target.warehouse or None,
            role=target.role or None,
            application=APPLICATION,
            authenticator="snowflake",
            login_timeout=CONNECT_TIMEOUT_S,
            network_timeout=seconds + CONNECT_TIMEOUT_S,
            client_session_keep_alive=False,
            client_prefetch_threads=1,
            session_parameters={**_SESSION, "STATEMENT_TIMEOUT_IN_SECONDS": seconds},
        )
        return Opened(connection, address, marks={"stop": threading.Event(), "query": ""})

    def version(self, opened: Opened) -> str:
        """See `driver.Driver`."""
        self.execute(opened, "SELECT CURRENT_VERSION()")
        return f"Snowflake {opened.cursor.fetchone()[0]}"

    def execute(self, opened: Opened, sql: str) -> tuple[ResultColumn, ...]:
        """See `driver.Driver`. Started without waiting, so that there is an id to abort it by from the beginning."""
        connection = opened.connection
        cursor = opened.cursor = connection.cursor()
        cursor.execute_async(sql)
        query = opened.marks["query"] = cursor.sfqid
        looks = 0
        while connection.is_still_running(connection.get_query_status_throw_if_error(query)):
            if opened.marks["stop"].wait(_LOOKS_S[min(looks, len(_LOOKS_S) - 1)]):
                raise failures.timed_out()
            looks += 1
        cursor.query_result(query)
        kinds = load("snowflake.connector.constants").FIELD_TYPES
        return tuple(self._column(each, kinds[each.type_code].name) for each in cursor.description or ())

    def explain(self, opened: Opened, sql: str, *, measure: bool) -> Plan:
        """See `driver.Driver`."""
        if measure:
            raise failures.not_measured("Snowflake")
        statement = sql.removeprefix("EXPLAIN ")
        self.execute(opened, f"EXPLAIN USING TEXT {statement}")
        text = "\n".join(str(row[0]) for row in opened.cursor.fetchmany(1000))
        self.execute(opened, f"EXPLAIN USING JSON {statement}")
        (document,) = opened.cursor.fetchmany(1)
        return snowflake_json.read(text, json.loads(document[0]))

    def indexes(self, opened: Opened) -> tuple[Index, ...]:  # noqa: ARG002  There are none to ask for.
        """See `driver.Driver`."""
        return ()

    def stop(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        opened.marks["stop"].set()
        if opened.marks["query"]:
            opened.connection.cursor().abort_query(opened.marks["query"])

    def close(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        opened.connection.close(retry=False)

    def failure(self, error: Exception) -> CandorError | None:
        """See `driver.Driver`."""
        if not isinstance(error, load("snowflake.connector.errors").Error):
            return failures.unreachable(self._host) if isinstance(error, OSError) else None
        number, message = error.errno, str(error.raw_msg or error.msg)
        if number in _LOGIN or any(words in message.lower() for words in _LOGIN_WORDS):
            return failures.login_failed(self._target.user)
        if number in _TIMEOUT:
            return failures.timed_out()
        # 25…: the connector's own, 29…: an answer of HTTP's.
        if number // 10_000 in {25, 29}:
            return failures.unreachable(self._host)
        return failures.refused(without(self._target.password, message))

    def _column(self, described: object, kind: str) -> ResultColumn:
        name, scale = getattr(described, "name", ""), getattr(described, "scale", None)
        if kind == "FIXED" and not scale:
            return ResultColumn(name, ColumnType.INTEGER, kind)
        return ResultColumn(name, information_schema.type_of(self.dialect, kind), kind)
