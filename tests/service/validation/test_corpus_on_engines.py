"""With the guard switched off, every attack that we know meets the engines alone: nothing comes of any."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from candor.validation.v1 import validation_service_pb2 as pb
from servers_mariadb import MariadbServer
from service.validation.test_engines_alone import mysql_state
from unit.validation.statements import REFUSED

from services.kit.errors import CandorError
from services.storage.embedded import EmbeddedPostgres
from services.validation.adapters.engines.open import OpenEngines
from services.validation.core.model import (
    Connection,
    DuckdbConnection,
    Limits,
    MysqlConnection,
    PostgresConnection,
    SqliteConnection,
    TlsMode,
)
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach

AT_ONCE = 4
LIMITS = Limits(100, 100_000, timedelta(seconds=1))

POSTGRES_STATE = """
SELECT (SELECT md5(string_agg(o::text, ',' ORDER BY o.id)) FROM orders o),
       (SELECT md5(string_agg(c::text, ',' ORDER BY c.id)) FROM customers c),
       (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT string_agg(rolname || rolsuper::text, ',' ORDER BY rolname) FROM pg_roles),
       (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_replication_slots),
       (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_database), (SELECT count(*) FROM pg_extension),
       (SELECT md5(string_agg(sourcefile || name || coalesce(setting, ''), ',' ORDER BY seqno)) FROM pg_file_settings),
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
"""


def attacks(dialect: str) -> list[str]:
    """Our own, and where it is at hand the shared corpus's."""
    shared = Path(os.environ.get("CANDOR_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
    corpus = shared / "sql-guard" / "cases.jsonl"
    cases = map(json.loads, corpus.read_text().splitlines()) if corpus.exists() else ()
    others = [case["sql"] for case in cases if case["dialect"] == dialect and case["verdict"] == "refuse"]
    return [*(sql for _, sql in REFUSED.get(dialect, ())), *others]


async def attempt(engine: Engine, sql: str) -> None:
    with suppress(CandorError):
        async for _ in engine.run(sql, LIMITS):
            pass


async def effects(engine: Engine, dialect: str, state: Callable[[], Any]) -> list[str]:
    """The attacks after which something is different, some at a time."""
    before, found, known = state(), list[str](), attacks(dialect)
    for group in (known[start : start + AT_ONCE] for start in range(0, len(known), AT_ONCE)):
        await asyncio.gather(*(attempt(engine, sql) for sql in group))
        after = state()
        if after != before:
            found.extend(group)
            before = after
    return found


@pytest.fixture
def open_engine() -> Iterator[Callable[[Connection], Engine]]:
    with closing(OpenEngines(Reach(private_hosts=True, file_roots=(), closed_folders=()))) as engines:
        yield lambda connection: engines.open(connection, own=True)


async def test_nothing_comes_of_an_attack_on_sqlite(
    open_engine: Callable[[Connection], Engine], sqlite_file: pb.Connection
) -> None:
    path = Path(sqlite_file.sqlite.path)
    engine = open_engine(SqliteConnection(str(path)))
    assert await effects(engine, "sqlite", lambda: (path.read_bytes(), sorted(path.parent.iterdir()))) == []


async def test_nothing_comes_of_an_attack_on_duckdb(
    open_engine: Callable[[Connection], Engine], duckdb_file: pb.Connection
) -> None:
    path = Path(duckdb_file.duckdb.path)
    engine = open_engine(DuckdbConnection(str(path)))
    assert await effects(engine, "duckdb", lambda: (path.read_bytes(), sorted(path.parent.iterdir()))) == []


async def test_nothing_comes_of_an_attack_on_postgres(
    open_engine: Callable[[Connection], Engine], shop_server: EmbeddedPostgres
) -> None:
    host = str(shop_server.url("shop").query["host"])
    engine = open_engine(PostgresConnection(host, "shop", "shop_reader", tls_mode=TlsMode.DISABLE))
    with psycopg.connect(dbname="shop", user="postgres", host=host, autocommit=True) as watcher:
        found = await effects(engine, "postgres", lambda: watcher.execute(POSTGRES_STATE).fetchone())
    assert found == []


async def test_nothing_comes_of_an_attack_on_mariadb(
    open_engine: Callable[[Connection], Engine], mysql_server: MariadbServer
) -> None:
    engine = open_engine(MysqlConnection("127.0.0.1", "shop", "shop_reader", mysql_server.port, "secret"))
    assert await effects(engine, "mysql", lambda: mysql_state(mysql_server)) == []
