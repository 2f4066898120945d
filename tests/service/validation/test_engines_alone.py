"""With the guard out of the way, the engines alone let no attack have an effect."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from candor.validation.v1 import validation_service_pb2 as pb
from servers_mariadb import MariadbServer
from waiting import until

from services.kit.errors import CandorError, DeadlineExceeded, Unavailable
from services.storage.embedded import EmbeddedPostgres
from services.validation.adapters.engines import dbapi
from services.validation.adapters.engines.dbapi import DbapiEngine
from services.validation.adapters.engines.duckdb import DuckdbEngine
from services.validation.adapters.engines.mysql import MysqlDriver
from services.validation.adapters.engines.postgres import PostgresEngine
from services.validation.adapters.engines.sqlite import SqliteEngine
from services.validation.core.model import Batch, Limits, MysqlConnection, PostgresConnection, TlsMode
from services.validation.core.ports import Engine

LIMITS = Limits(100, 100_000, timedelta(seconds=10))


async def attempt(engine: Engine, sql: str) -> str:
    """Why the engine refuses a statement; empty where it runs."""
    try:
        async for _ in engine.run(sql, LIMITS):
            pass
    except CandorError as error:
        return error.reason
    return ""


def contents(path: Path) -> bytes:
    return path.read_bytes()


@pytest.mark.parametrize(
    "sql",
    [
        "delete from orders",
        "select 1; delete from orders",
        "commit; delete from orders",
        "with gone as (delete from orders returning *) select * from gone",
        "select nextval('counter')",
        "create table copy_of as select * from orders",
        "copy orders to '/tmp/orders.csv'",
        "select pg_read_file('/etc/passwd')",
        "select lo_import('/etc/passwd')",
        "drop table orders",
    ],
)
async def test_postgres_reads_and_nothing_else(shop_server: EmbeddedPostgres, sql: str) -> None:
    host = str(shop_server.url("shop").query["host"])
    # The owner's login, which could write: the session alone has to keep it from doing so.
    connection = PostgresConnection(host, "shop", "shop", tls_mode=TlsMode.DISABLE)
    with psycopg.connect(dbname="shop", user="shop", host=host, autocommit=True) as owner:
        owner.execute("CREATE SEQUENCE IF NOT EXISTS counter")
        before = owner.execute("SELECT count(*), (SELECT last_value FROM counter) FROM orders").fetchone()
        assert await attempt(PostgresEngine(connection), sql) == "SQL_REFUSED_BY_DATABASE"
        assert owner.execute("SELECT count(*), (SELECT last_value FROM counter) FROM orders").fetchone() == before
        owner.execute("DROP SEQUENCE counter")


@pytest.mark.parametrize(
    "sql",
    [
        "delete from orders",
        "attach '/tmp/other.db' as other",
        "pragma writable_schema = on",
        "select load_extension('x')",
        "select * from sqlite_master",
        "create temp table t as select 1",
        "vacuum into '/tmp/copy.db'",
        "select 1; delete from orders",
    ],
)
async def test_sqlite_reads_and_nothing_else(sqlite_file: pb.Connection, sql: str) -> None:
    path = Path(sqlite_file.sqlite.path)
    before = contents(path)
    with ThreadPoolExecutor(1) as threads:
        assert await attempt(SqliteEngine(path, threads), sql) == "SQL_REFUSED_BY_DATABASE"
    assert contents(path) == before


@pytest.mark.parametrize(
    "sql",
    [
        "delete from orders",
        "copy orders to '/tmp/orders.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "attach '/tmp/other.db'",
        "install httpfs",
        "set enable_external_access = true",
        "select 1; delete from orders",
    ],
)
async def test_duckdb_reads_and_nothing_else(duckdb_file: pb.Connection, sql: str) -> None:
    path = Path(duckdb_file.duckdb.path)
    before = contents(path)
    assert await attempt(DuckdbEngine(path), sql) == "SQL_REFUSED_BY_DATABASE"
    assert contents(path) == before


@pytest.fixture
def drivers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that a server under any user could write to."""
    tmp_path.chmod(0o777)
    return tmp_path


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def mysql_as(user: str, server: MariadbServer, drivers: ThreadPoolExecutor) -> DbapiEngine:
    async def here() -> str:
        return "127.0.0.1"

    connection = MysqlConnection("localhost", "shop", user, server.port, "secret")
    return DbapiEngine(MysqlDriver(connection), drivers, here)


def mysql_state(server: MariadbServer) -> list[Any]:
    """What an attack might change: rows, tables, routines, users, settings of the server."""
    with server.connect("shop") as connection, connection.cursor() as cursor:
        found = []
        for question in (
            "CHECKSUM TABLE customers, orders",
            "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('shop', 'mysql')",
            "SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'shop'",
            "SELECT Host, User, Priv FROM mysql.global_priv ORDER BY 1, 2",
            "SELECT @@GLOBAL.sql_mode, @@GLOBAL.local_infile, @@GLOBAL.general_log, @@GLOBAL.max_connections",
        ):
            cursor.execute(question)
            found.append(sorted(map(str, cursor.fetchall())))
        return found


MYSQL_WRITES = [
    "delete from orders",
    "update orders set amount = 0",
    "insert into orders values (9, 1, 1, NULL)",
    "replace into orders values (1, 1, 1, NULL)",
    "with o as (select id from orders) delete from orders where id in (select id from o)",
    "(delete from orders)",
    "truncate table orders",
    "drop table orders",
    "create table copy_of as select * from orders",
    "create or replace view big_orders as select 1",
    "alter table orders add column extra int",
    "rename table orders to gone",
    "create function f() returns int return 1",
    "create temporary table t as select 1",
    "lock tables orders write",
    "flush tables",
    "commit",
    "start transaction read write",
    "set transaction read write",
    "set statement max_statement_time = 0 for select 1",
    "set global max_connections = 1",
    "set session transaction_read_only = 0",
    "begin not atomic delete from orders; end",
    "execute immediate 'delete from orders'",
    "prepare s from 'delete from orders'",
    "select 1; delete from orders",
    "/*!50000 delete from orders */",
    "/*M! delete from orders */",
    "load data infile '/etc/passwd' into table customers",
    "load data local infile '/etc/passwd' into table customers",
    "call mysql.AddGeometryColumn('', 'shop', 'orders', 'x', 1)",
    "grant all on *.* to shop_reader",
    "set password = password('x')",
    "install soname 'ha_blackhole'",
    "shutdown",
]


@pytest.mark.parametrize("sql", MYSQL_WRITES)
@pytest.mark.parametrize("user", ["shop_reader", "shop_writer"])
async def test_mysql_reads_and_nothing_else(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor, user: str, sql: str
) -> None:
    before = mysql_state(mysql_server)
    assert await attempt(mysql_as(user, mysql_server, drivers), sql) in {"SQL_NOT_A_READ", "SQL_REFUSED_BY_DATABASE"}
    assert mysql_state(mysql_server) == before


@pytest.mark.parametrize("sql", MYSQL_WRITES)
async def test_a_mysql_login_that_may_only_read_needs_no_look_at_the_statement(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(dbapi, "require_read", lambda *_: None)
    before = mysql_state(mysql_server)
    await attempt(mysql_as("shop_reader", mysql_server, drivers), sql)
    assert mysql_state(mysql_server) == before


@pytest.mark.parametrize("word", ["outfile", "dumpfile"])
async def test_mysql_writes_no_file_of_its_server(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor, open_folder: Path, word: str
) -> None:
    for user in ("shop_reader", "shop_writer"):
        sql = f"select id from orders limit 1 into {word} '{open_folder / user}'"
        assert await attempt(mysql_as(user, mysql_server, drivers), sql) != ""
    assert files(open_folder) == []


async def test_a_mysql_session_leaves_no_lock_and_reads_no_file(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor
) -> None:
    engine = mysql_as("shop_reader", mysql_server, drivers)
    parts = [
        part async for part in engine.run("select get_lock('mine', 0) as g, load_file('/etc/passwd') as f", LIMITS)
    ]
    assert parts[1] == Batch(1, ((1,), (None,)))
    with mysql_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT IS_FREE_LOCK('mine')")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    "sql",
    [
        "select sleep(60)",
        "select benchmark(100000000000, sha2('x', 512))",
        "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
    ],
)
async def test_mysql_stops_in_the_server_what_takes_too_long(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor, sql: str
) -> None:
    engine = mysql_as("shop_reader", mysql_server, drivers)
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        async for _ in engine.run(sql, Limits(100, 100_000, timedelta(seconds=0.3))):
            pass
    assert time.monotonic() - begun < 5
    assert mysql_sessions(mysql_server, "shop_reader") == 0


async def test_cancelling_stops_the_statement_in_mysql(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor
) -> None:
    engine = mysql_as("shop_reader", mysql_server, drivers)
    reader = asyncio.create_task(anext(engine.run("select sleep(60)", LIMITS)))
    await until(lambda: mysql_sessions(mysql_server, "shop_reader") == 1)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await until(lambda: mysql_sessions(mysql_server, "shop_reader") == 0)


async def test_leaving_a_long_result_of_mysql_leaves_nothing_running(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor
) -> None:
    engine = mysql_as("shop_reader", mysql_server, drivers)
    sql = "select a.seq from seq_1_to_1000000 a, seq_1_to_1000000 b"
    async with aclosing(engine.run(sql, Limits(10**9, 10**12, timedelta(seconds=60)))) as parts:
        while not isinstance(await anext(parts), Batch):
            pass
    await until(lambda: mysql_sessions(mysql_server, "shop_reader") == 0)


async def test_a_mysql_session_that_the_server_ends_says_so(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor
) -> None:
    engine = mysql_as("shop_reader", mysql_server, drivers)
    reader = asyncio.create_task(anext(engine.run("select sleep(60)", LIMITS)))
    await until(lambda: mysql_sessions(mysql_server, "shop_reader") == 1)
    with mysql_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("KILL USER shop_reader")
    with pytest.raises(Unavailable) as raised:
        await reader
    assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"


def mysql_sessions(server: MariadbServer, user: str) -> int:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.processlist WHERE user = %s", (user,))
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("sql", [each for each in MYSQL_WRITES if each.split()[0] in {"delete", "update", "insert"}])
async def test_the_transaction_alone_keeps_a_mysql_login_that_may_write_from_changing_rows(
    mysql_server: MariadbServer, drivers: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(dbapi, "require_read", lambda *_: None)
    before = mysql_state(mysql_server)
    assert await attempt(mysql_as("shop_writer", mysql_server, drivers), sql) == "SQL_REFUSED_BY_DATABASE"
    assert mysql_state(mysql_server) == before
