"""Trino, BigQuery and Snowflake through their own drivers, against stand-ins; SQL Server as far as its driver goes.

None of these products can be had in tests. What is held here is ours: how a session is begun, that a statement is
sent as it is and stopped, what an error means, and that a server cannot lead us elsewhere.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers_mariadb import certify
from warehouse_servers import Answer, Bigquery, Served, Snowflake, Trino, served

from services.kit.catalog import ColumnType
from services.kit.errors import CandorError, DeadlineExceeded, FailedPrecondition, InvalidArgument, Unavailable
from services.validation.adapters.engines import sql_server
from services.validation.adapters.engines.bigquery import BigqueryDriver
from services.validation.adapters.engines.dbapi import DbapiEngine
from services.validation.adapters.engines.driver import Opened, load
from services.validation.adapters.engines.mysql import MysqlDriver
from services.validation.adapters.engines.snowflake import SnowflakeDriver
from services.validation.adapters.engines.sql_server import SqlServerDriver, Stopped, wait_or_stop
from services.validation.adapters.engines.trino import TrinoDriver
from services.validation.core.model import (
    BigqueryConnection,
    Limits,
    MysqlConnection,
    ResultColumn,
    SnowflakeConnection,
    SqlServerConnection,
    Summary,
    TrinoConnection,
)

SQL = "SELECT id, price FROM orders WHERE note LIKE '100%' /* %s :x ? */"
LIMITS = Limits(100, 100_000, timedelta(seconds=20))
BRIEF = Limits(100, 100_000, timedelta(seconds=0.3))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


async def here() -> str:
    return "127.0.0.1"


async def parts_of(engine: DbapiEngine, sql: str, limits: Limits = LIMITS) -> list[Any]:
    async with aclosing(engine.run(sql, limits)) as parts:
        return [part async for part in parts]


def trino(server: Served, threads: ThreadPoolExecutor, host: str = "127.0.0.1") -> DbapiEngine:
    connection = TrinoConnection(host, "hive", "reader", server.port, schema="sales", plain_text=True)
    return DbapiEngine(TrinoDriver(connection), threads, here)


COLUMNS = [("id", "bigint"), ("price", "decimal(10,2)"), ("raw", "varbinary")]


async def test_trino_streams_pages_in_a_read_only_transaction(threads: ThreadPoolExecutor) -> None:
    cluster = Trino({SQL: [None, [[1, "12.50", "AP8="]], [[2, None, None], [2**63, "3.00", None]]]}, COLUMNS)
    with served(cluster) as server:
        header, *batches, summary = await parts_of(trino(server, threads), SQL)
    assert header == (
        ResultColumn("id", ColumnType.INTEGER, "bigint"),
        ResultColumn("price", ColumnType.NUMBER, "decimal(10,2)"),
        ResultColumn("raw", ColumnType.BINARY, "varbinary"),
    )
    rows = [row for batch in batches for row in zip(*batch.columns, strict=True)]
    assert rows == [(1, "12.50", "00ff"), (2, None, None), (str(2**63), "3.00", None)]
    assert summary == Summary(3)
    assert cluster.statements == ["START TRANSACTION READ ONLY", SQL, "ROLLBACK"]
    sent = next(each for each in server.asked if each.text == SQL).headers
    assert sent["X-Trino-Transaction-Id"] == "tx-1"
    assert "query_max_run_time=20000ms" in sent["X-Trino-Session"]
    assert (sent["X-Trino-Catalog"], sent["X-Trino-Schema"], sent["X-Trino-User"]) == ("hive", "sales", "reader")


async def test_trino_is_spoken_to_by_its_name_at_the_address_that_was_checked(threads: ThreadPoolExecutor) -> None:
    with served(Trino({"SELECT version()": [[["480"]]]}, [("v", "varchar(9)")])) as server:
        renamed = server.asked
        engine = trino(server, threads, host="trino.nowhere.invalid")
        with pytest.raises(Unavailable):
            # The stand-in's next pages are at another name: those are not fetched.
            await parts_of(engine, "SELECT endless")
        assert await engine.test() == "Trino 480"
    assert {each.headers["Host"] for each in renamed} == {f"trino.nowhere.invalid:{server.port}"}


@pytest.mark.parametrize(
    ("host", "is_trusted", "is_refused"),
    [("localhost", True, False), ("other.example", True, True), ("localhost", False, True)],
)
async def test_trinos_certificate_is_that_of_its_name_not_of_its_address(
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    host: str,
    is_trusted: bool,
    is_refused: bool,
) -> None:
    tls = (tmp_path / "certificate.pem", tmp_path / "key.pem")
    certify(*tls)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with served(Trino({"SELECT version()": [[["480"]]]}, [("v", "varchar(9)")]), tls) as server:
        connection = TrinoConnection(host, "hive", "reader", server.port, password="hush")
        engine = DbapiEngine(TrinoDriver(connection), threads, here)
        if is_refused:
            with pytest.raises(FailedPrecondition) as raised:
                await engine.test()
            assert "certificate" in raised.value.message
            assert server.asked == []
        else:
            assert await engine.test() == "Trino 480"
            assert server.asked[0].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("limits", [BRIEF, LIMITS])
async def test_trino_stops_what_takes_too_long_or_nobody_waits_for(threads: ThreadPoolExecutor, limits: Limits) -> None:
    cluster = Trino({}, COLUMNS)
    with served(cluster) as server:
        running = asyncio.create_task(parts_of(trino(server, threads), "SELECT endless", limits))
        if limits is LIMITS:
            await asyncio.wait([running], timeout=0.5)
            running.cancel()
        await asyncio.wait([running], timeout=10)
        assert running.done()
        if not running.cancelled():
            assert isinstance(running.exception(), DeadlineExceeded)
        assert [path.split("/")[3] for path in cluster.stopped] == ["1"]


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (
            Answer(
                {"id": "q", "error": {"errorType": "USER_ERROR", "errorName": "COLUMN_NOT_FOUND", "message": "nope"}}
            ),
            FailedPrecondition,
            "SQL_REFUSED_BY_DATABASE",
        ),
        (
            Answer({"id": "q", "error": {"errorType": "INSUFFICIENT_RESOURCES", "errorName": "EXCEEDED_TIME_LIMIT"}}),
            DeadlineExceeded,
            "STATEMENT_TIMEOUT",
        ),
        (Answer(status=401), FailedPrecondition, "DATA_SOURCE_LOGIN_FAILED"),
        (Answer({"hello": "world"}), FailedPrecondition, "DATA_SOURCE_NOT_A_DATABASE"),
        (Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}), Unavailable, "DATA_SOURCE_UNREACHABLE"),
    ],
)
async def test_what_trino_answers_is_told_in_our_words(
    threads: ThreadPoolExecutor, answer: Answer, error: type[CandorError], reason: str
) -> None:
    with served(Trino({SQL: [answer]}, COLUMNS)) as server, pytest.raises(error) as raised:
        await parts_of(trino(server, threads), SQL)
    assert raised.value.reason == reason


@pytest.mark.parametrize("way", ["next page", "spooled page"])
async def test_a_trino_server_leads_nowhere_else(threads: ThreadPoolExecutor, way: str) -> None:
    with served(lambda *_: Answer({"secret": 1})) as inner:
        elsewhere = f"{inner.url}/latest/meta-data"
        status: dict[str, Any] = {
            "id": "q",
            "infoUri": "",
            "stats": {},
            "columns": [
                {"name": "a", "type": "varchar", "typeSignature": {"rawType": "varchar", "arguments": [{"value": 1}]}}
            ],
        }
        segment = {"type": "spooled", "uri": elsewhere, "ackUri": elsewhere, "metadata": {}, "headers": {}}
        answer = {
            "next page": {**status, "nextUri": elsewhere},
            "spooled page": {**status, "data": {"encoding": "json", "segments": [segment]}},
        }[way]
        with served(Trino({SQL: [None, Answer(answer)]}, COLUMNS)) as server, pytest.raises(CandorError):
            await parts_of(trino(server, threads), SQL)
        assert inner.asked == []


def bigquery(server: Served, threads: ThreadPoolExecutor) -> DbapiEngine:
    def client() -> Any:
        credentials = load("google.auth.credentials").AnonymousCredentials()
        options = {"api_endpoint": server.url}
        return load("google.cloud.bigquery").Client("shop-1234", credentials, client_options=options)

    connection = BigqueryConnection("shop-1234", "sales", "EU")
    return DbapiEngine(BigqueryDriver(connection, {"client_email": "a@b"}, client), threads)


FIELDS = [("id", "INTEGER"), ("price", "NUMERIC"), ("raw", "BYTES"), ("day", "DATE")]


async def test_bigquery_tries_a_statement_dry_and_then_runs_it_within_its_limits(threads: ThreadPoolExecutor) -> None:
    warehouse = Bigquery("SELECT", [["1", "12.50", "AP8=", "2024-02-29"], ["2", None, None, None]], FIELDS)
    with served(warehouse) as server:
        header, batch, summary = await parts_of(bigquery(server, threads), SQL)
    assert [each.type for each in header] == [
        ColumnType.INTEGER,
        ColumnType.NUMBER,
        ColumnType.BINARY,
        ColumnType.DATE,
    ]
    assert list(zip(*batch.columns, strict=True)) == [(1, "12.50", "00ff", "2024-02-29"), (2, None, None, None)]
    assert summary == Summary(2)
    dry, real = (job["configuration"] for job in warehouse.jobs)
    assert (dry.get("dryRun"), real.get("dryRun", False)) == (True, False)
    assert real["query"]["query"] == SQL
    assert real["query"]["useLegacySql"] is False
    assert int(real["query"]["maximumBytesBilled"]) == 100 * 1024**3
    assert int(real["jobTimeoutMs"]) == 20_000
    assert real["query"]["defaultDataset"] == {"projectId": "shop-1234", "datasetId": "sales"}


@pytest.mark.parametrize("kind", ["INSERT", "SCRIPT", "CREATE_TABLE_AS_SELECT", "CALL", "EXPORT_DATA", None])
async def test_bigquery_runs_nothing_that_google_takes_for_no_select(threads: ThreadPoolExecutor, kind: Any) -> None:
    warehouse = Bigquery(kind, [], FIELDS)
    with served(warehouse) as server, pytest.raises(InvalidArgument) as raised:
        await parts_of(bigquery(server, threads), SQL)
    assert raised.value.reason == "SQL_NOT_A_READ"
    assert [job["configuration"]["dryRun"] for job in warehouse.jobs] == [True]


async def test_bigquery_stops_a_job_that_takes_too_long(threads: ThreadPoolExecutor) -> None:
    warehouse = Bigquery("SELECT", [], FIELDS, endless=True)
    with served(warehouse) as server:
        with pytest.raises(DeadlineExceeded):
            await parts_of(bigquery(server, threads), SQL, BRIEF)
        assert warehouse.stopped == [warehouse.jobs[-1]["jobReference"]["jobId"]]


async def test_bigquery_tells_what_a_statement_would_read(threads: ThreadPoolExecutor) -> None:
    warehouse = Bigquery("SELECT", [], FIELDS)
    with served(warehouse) as server:
        plan = await bigquery(server, threads).explain(SQL)
    assert "4,100 bytes" in plan.text
    assert len(warehouse.jobs) == 1


async def test_a_data_set_that_bigquery_does_not_know_is_told(threads: ThreadPoolExecutor) -> None:
    with served(Bigquery("SELECT", [], FIELDS)) as server, pytest.raises(FailedPrecondition) as raised:
        await bigquery(server, threads).test()
    assert "Not found" in raised.value.message


def snowflake(
    server: Served, threads: ThreadPoolExecutor, patch: pytest.MonkeyPatch, told: dict[str, Any]
) -> DbapiEngine:
    """The engine, its connector led to the stand-in; what it is told is kept."""
    connector = load("snowflake.connector")
    connect = connector.connect

    def led(**options: Any) -> Any:
        told.update(options)
        return connect(**{**options, "protocol": "http", "host": "127.0.0.1", "port": server.port})

    patch.setattr(connector, "connect", led)
    connection = SnowflakeConnection("org-acc.eu", "reader", "SHOP", "hush", "WH", "SALES", "READS")
    return DbapiEngine(SnowflakeDriver(connection, "org-acc.eu.snowflakecomputing.com"), threads)


def described(name: str, kind: str, scale: int | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "scale": scale,
        "precision": 38,
        "nullable": True,
        "length": 100,
        "byteLength": 1,
    }


async def test_snowflake_runs_one_statement_within_its_limits(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = [described("ID", "fixed", 0), described("PRICE", "fixed", 2), described("NOTE", "text")]
    account, told = Snowflake([["1", "12.50", "x"], ["2", None, None]], columns), dict[str, Any]()
    with served(account) as server:
        header, batch, summary = await parts_of(snowflake(server, threads, monkeypatch, told), SQL)
    assert [each.type for each in header] == [ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.TEXT]
    assert list(zip(*batch.columns, strict=True)) == [(1, "12.50", "x"), (2, None, None)]
    assert summary == Summary(2)
    assert account.statements == [SQL]
    assert account.session["MULTI_STATEMENT_COUNT"] == 1
    assert account.session["STATEMENT_TIMEOUT_IN_SECONDS"] == 20
    assert account.session["QUERY_TAG"] == "candor"
    expected = {"host": "org-acc.eu.snowflakecomputing.com", "account": "org-acc", "protocol": "https", "port": 443}
    expected |= {"user": "reader", "database": "SHOP", "schema": "SALES", "warehouse": "WH", "role": "READS"}
    assert {name: told[name] for name in expected} == expected


async def test_snowflake_aborts_what_takes_too_long(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Snowflake([], [], endless=True)
    with served(account) as server:
        engine = snowflake(server, threads, monkeypatch, {})
        with pytest.raises(DeadlineExceeded):
            await parts_of(engine, SQL, Limits(10, 10_000, timedelta(seconds=2)))
        assert account.stopped == [Snowflake.QUERY]


@pytest.mark.parametrize(
    ("account", "error", "reason"),
    [
        (Snowflake([], [], login=False), FailedPrecondition, "DATA_SOURCE_LOGIN_FAILED"),
        (
            Snowflake([], [], refusal=("002003", "Object 'T' does not exist.")),
            FailedPrecondition,
            "SQL_REFUSED_BY_DATABASE",
        ),
        (
            Snowflake([], [], refusal=("000630", "Statement reached its timeout.")),
            DeadlineExceeded,
            "STATEMENT_TIMEOUT",
        ),
    ],
)
async def test_what_snowflake_answers_is_told_in_our_words(
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    account: Snowflake,
    error: type[CandorError],
    reason: str,
) -> None:
    with served(account) as server, pytest.raises(error) as raised:
        await parts_of(snowflake(server, threads, monkeypatch, {}), SQL)
    assert raised.value.reason == reason
    assert "hush" not in str(raised.value)


def test_a_waiting_sql_server_statement_can_be_stopped_from_another_thread() -> None:
    ours, theirs = socket.socketpair()
    opened = Opened(None, marks={"stop": threading.Event(), "busy": False})
    with ours, theirs:
        theirs.send(b"x")
        sql_server._waiting.opened = opened
        try:
            wait_or_stop(ours.fileno())
            ours.recv(1)
            threading.Timer(0.1, opened.marks["stop"].set).start()
            with pytest.raises(Stopped):
                wait_or_stop(ours.fileno())
        finally:
            sql_server._waiting.opened = None


def test_a_sql_server_thread_that_reads_loses_its_socket_when_it_is_stopped() -> None:
    ours, theirs = socket.socketpair()
    marks = {"stop": threading.Event(), "busy": True, "fileno": ours.fileno()}
    with ours, theirs:
        SqlServerDriver(SqlServerConnection("h", "d", "u")).stop(Opened(None, marks=marks))
        assert ours.recv(1) == b""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (((18456, b"Login failed for user 'u'. hush"),), "DATA_SOURCE_LOGIN_FAILED"),
        (((4060, b"Cannot open database"),), "DATA_SOURCE_LOGIN_FAILED"),
        (((20009, b"Unable to connect: Adaptive Server is unavailable"),), "DATA_SOURCE_UNREACHABLE"),
        (((208, b"Invalid object name 'nowhere'. hush"),), "SQL_REFUSED_BY_DATABASE"),
    ],
)
def test_the_errors_of_sql_servers_driver_are_told_in_our_words(arguments: tuple[Any, ...], reason: str) -> None:
    target = SqlServerDriver(SqlServerConnection("h", "d", "u", password="hush"))
    found = target.failure(load("pymssql").OperationalError(*arguments))
    assert found is not None
    assert found.reason == reason
    assert "hush" not in found.message
    stopped = target.failure(Stopped())
    assert stopped is not None
    assert stopped.reason == "STATEMENT_TIMEOUT"


async def test_a_sql_server_that_is_not_there_is_told(threads: ThreadPoolExecutor) -> None:
    engine = DbapiEngine(SqlServerDriver(SqlServerConnection("localhost", "d", "u", 1, "hush")), threads, here)
    with pytest.raises(Unavailable) as raised:
        await engine.test()
    assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"


async def test_what_is_no_mysql_server_is_told(threads: ThreadPoolExecutor) -> None:
    def talk(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line:
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=talk, args=(listener,), daemon=True).start()
        product = MysqlDriver(MysqlConnection("localhost", "d", "u", listener.getsockname()[1], "hush"))
        with pytest.raises(CandorError) as raised:
            await DbapiEngine(product, threads, here).test()
    assert raised.value.reason in {"DATA_SOURCE_NOT_A_DATABASE", "DATA_SOURCE_UNREACHABLE"}


def test_a_driver_that_is_not_installed_is_told_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(FailedPrecondition) as raised:
        load("snowflake.connector")
    assert raised.value.reason == "DATA_SOURCE_DRIVER_MISSING"
    assert "candor[warehouses]" in raised.value.message
    assert raised.value.metadata == {"driver": "snowflake"}
