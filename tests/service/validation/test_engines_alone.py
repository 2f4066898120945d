"""With the guard out of the way, the engines alone let no attack have an effect."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from candor.validation.v1 import validation_service_pb2 as pb

from services.kit.errors import CandorError
from services.storage.embedded import EmbeddedPostgres
from services.validation.adapters.engines.duckdb import DuckdbEngine
from services.validation.adapters.engines.postgres import PostgresEngine
from services.validation.adapters.engines.sqlite import SqliteEngine
from services.validation.core.model import Limits, PostgresConnection, TlsMode
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
