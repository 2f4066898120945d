"""Databases that are down, slow, restarted, changed or replaced under a statement: said clearly, survived, freed."""

import asyncio
import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from candor.validation.v1 import validation_service_pb2 as pb
from service.validation.conftest import Platform
from service.validation.engine_stand import (
    LIMITS,
    SLOW,
    Stand,
    duckdb_processes,
    rows,
    sessions,
    unused_port,
)
from waiting import until

from services.kit.errors import CandorError, FailedPrecondition, InvalidArgument, Unavailable
from services.storage.embedded import EmbeddedPostgres
from services.validation.adapters.engines import postgres_sessions
from services.validation.core.model import (
    Batch,
    DuckdbConnection,
    PostgresConnection,
    SqliteConnection,
    TlsMode,
)


@pytest.fixture
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server that a test may stop."""
    with tempfile.TemporaryDirectory(prefix="candor-own-pg-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "data").start()
        yield server
        server.stop()


# Down and slow


async def test_a_server_that_is_down_is_left_alone_and_then_tried_once(stand: Stand) -> None:
    engine = stand.of(PostgresConnection("127.0.0.1", "d", "u", port=unused_port()), own=False)
    for _ in range(5):
        with pytest.raises(Unavailable) as raised:
            await engine.test()
        assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"
    with pytest.raises(Unavailable) as raised:
        await rows(engine, "SELECT 1")
    assert raised.value.reason == "DATA_SOURCE_SUSPENDED"
    assert raised.value.retry_after_s == pytest.approx(30)
    assert "since 03:04:05" in raised.value.message
    assert "cannot be reached" in raised.value.message
    stand.clock.advance(timedelta(seconds=30))
    with pytest.raises(Unavailable) as raised:
        await engine.test()
    assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"
    with pytest.raises(Unavailable) as raised:
        await engine.test()
    assert raised.value.retry_after_s == pytest.approx(60)


async def test_a_suspended_data_source_is_nobody_elses_trouble(stand: Stand, shop: PostgresConnection) -> None:
    down = stand.of(PostgresConnection("127.0.0.1", "d", "u", port=unused_port()), "down", own=False)
    for _ in range(6):
        with pytest.raises(Unavailable):
            await down.test()
    assert await rows(stand.of(shop, "up"), "SELECT 1") == [(1,)]


async def test_what_a_server_answers_never_suspends_it(stand: Stand, shop: PostgresConnection) -> None:
    engine = stand.of(shop)
    for _ in range(7):
        with pytest.raises(FailedPrecondition):
            await rows(engine, "SELECT 1 / 0")
    nobody = stand.of(PostgresConnection(shop.host, "shop", "nobody"), "login")
    for _ in range(7):
        with pytest.raises(FailedPrecondition) as raised:
            await nobody.test()
        assert raised.value.reason == "DATA_SOURCE_LOGIN_FAILED"
    assert await rows(engine, "SELECT 1") == [(1,)]


async def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_sessions, "_CONNECT_TIMEOUT_S", 2)

    kept: list[asyncio.StreamWriter] = []

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(writer)

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        started = time.monotonic()
        with pytest.raises(Unavailable) as raised:
            await stand.of(PostgresConnection("127.0.0.1", "d", "u", port=port), own=False).test()
        assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"
        assert time.monotonic() - started < 10
        for writer in kept:
            writer.close()
            await writer.wait_closed()


# Restarted and cut


async def test_a_server_restarted_under_a_statement_is_said_and_the_next_call_works(
    stand: Stand, own_server: EmbeddedPostgres
) -> None:
    engine = stand.of(PostgresConnection(own_server.socket_folder, "postgres", "postgres", tls_mode=TlsMode.DISABLE))
    assert await rows(engine, "SELECT 1") == [(1,)]
    running = asyncio.ensure_future(rows(engine, SLOW))
    with psycopg.connect(dbname="postgres", user="postgres", host=own_server.socket_folder, autocommit=True) as admin:
        active = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'candor' AND state = 'active'"
        await until(lambda: admin.execute(active).fetchone() == (1,))
    await asyncio.to_thread(own_server.stop)
    with pytest.raises(Unavailable) as raised:
        await running
    assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"
    with pytest.raises(Unavailable):
        await rows(engine, "SELECT 1")
    await asyncio.to_thread(own_server.start)
    assert await rows(engine, "SELECT 2") == [(2,)]


async def test_a_session_cut_while_it_waits_is_replaced(
    stand: Stand, shop: PostgresConnection, watcher: psycopg.Connection[Any]
) -> None:
    engine = stand.of(shop)
    await rows(engine, "SELECT 1")
    cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'shop_reader'"
    assert watcher.execute(cut).fetchall() == [(True,)]
    assert await rows(engine, "SELECT 2") == [(2,)]


async def test_a_session_cut_under_a_statement_is_said(
    stand: Stand, shop: PostgresConnection, watcher: psycopg.Connection[Any]
) -> None:
    running = asyncio.ensure_future(rows(stand.of(shop), SLOW))
    await until(lambda: sessions(watcher, "active") == 1)
    watcher.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop_reader'")
    with pytest.raises(Unavailable):
        await running


# A schema that changes


async def test_a_table_is_not_changed_under_a_statement_that_reads_it(
    stand: Stand, shop: PostgresConnection, watcher: psycopg.Connection[Any]
) -> None:
    watcher.execute("CREATE TABLE changing AS SELECT n, n AS m FROM generate_series(1, 20000) AS g (n)")
    watcher.execute("GRANT SELECT ON changing TO shop_reader")
    try:
        count = 0
        async with aclosing(stand.of(shop).run("SELECT n, m FROM changing", LIMITS)) as parts:
            async for part in parts:
                if isinstance(part, Batch):
                    if not count:
                        watcher.execute("SET lock_timeout = '100ms'")
                        with pytest.raises(psycopg.errors.LockNotAvailable):
                            watcher.execute("ALTER TABLE changing DROP COLUMN m")
                    count += part.row_count
        assert count == 20_000
        watcher.execute("ALTER TABLE changing DROP COLUMN m")
        with pytest.raises(FailedPrecondition) as raised:
            await rows(stand.of(shop), "SELECT n, m FROM changing")
        assert raised.value.reason == "SQL_REFUSED_BY_DATABASE"
    finally:
        watcher.execute("DROP TABLE changing")


async def test_a_column_dropped_since_the_check_is_refused_and_then_unknown(
    platform: Platform, watcher: psycopg.Connection[Any]
) -> None:
    sample = "organizations/local/dataSources/sample"
    watcher.execute("CREATE TABLE shrinking (kept int, dropped int)")
    watcher.execute("GRANT SELECT ON shrinking TO shop_reader")
    try:
        assert (await platform.check(sample, "select dropped from shrinking")).allowed
        watcher.execute("ALTER TABLE shrinking DROP COLUMN dropped")
        with pytest.raises(FailedPrecondition) as raised:
            await platform.rows(sample, "select dropped from shrinking")
        assert raised.value.reason == "SQL_REFUSED_BY_DATABASE"
        schema = pb.IntrospectSchemaRequest(name=sample)
        await platform.stub.IntrospectSchema(schema, metadata=platform.as_member())
        with pytest.raises(InvalidArgument) as unknown:
            await platform.rows(sample, "select dropped from shrinking")
        assert unknown.value.reason == "SQL_COLUMN_UNKNOWN"
    finally:
        watcher.execute("DROP TABLE shrinking")


# Files


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE numbers (n INTEGER)")
        database.executemany("INSERT INTO numbers VALUES (?)", ((n,) for n in range(50_000)))
    return path


async def test_a_file_replaced_under_a_statement_is_read_to_its_end_and_the_new_one_next(
    stand: Stand, numbers: Path
) -> None:
    engine = stand.of(SqliteConnection(str(numbers)))
    other = numbers.with_suffix(".new")
    with closing(sqlite3.connect(other)) as database, database:
        database.execute("CREATE TABLE numbers (n INTEGER)")
        database.execute("INSERT INTO numbers VALUES (-1)")
    seen = 0
    async with aclosing(engine.run("SELECT n FROM numbers", LIMITS)) as parts:
        async for part in parts:
            if isinstance(part, Batch):
                if not seen:
                    other.replace(numbers)
                seen += part.row_count
    assert seen == 50_000
    assert await rows(engine, "SELECT n FROM numbers") == [(-1,)]
    await asyncio.to_thread(numbers.unlink)
    with pytest.raises(CandorError) as raised:
        await rows(engine, "SELECT n FROM numbers")
    assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"


async def test_a_file_that_a_writer_locks_is_said_to_be_locked_and_read_after(stand: Stand, numbers: Path) -> None:
    engine = stand.of(SqliteConnection(str(numbers)))
    with closing(sqlite3.connect(numbers, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("DELETE FROM numbers")
        with pytest.raises(FailedPrecondition) as raised:
            await rows(engine, "SELECT count(*) FROM numbers")
        assert raised.value.reason == "SQL_REFUSED_BY_DATABASE"
        assert "locked" in raised.value.message
        writer.execute("ROLLBACK")
    assert await rows(engine, "SELECT count(*) FROM numbers") == [(50_000,)]


async def test_a_duckdb_process_killed_under_a_statement_is_said_and_the_next_call_works(
    stand: Stand, duck: Callable[[str], DuckdbConnection]
) -> None:
    engine = stand.of(duck("a"))
    running = asyncio.ensure_future(rows(engine, SLOW))
    await until(lambda: any(each.cpu_times().user > 1 for each in duckdb_processes()))
    for each in duckdb_processes():
        os.kill(each.pid, signal.SIGKILL)
    with pytest.raises(FailedPrecondition) as raised:
        await running
    assert raised.value.reason == "SQL_REFUSED_BY_DATABASE"
    assert await rows(engine, "SELECT name FROM named") == [("a",)]
