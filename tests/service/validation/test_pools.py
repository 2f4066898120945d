"""Sessions and processes kept for the next operation: few, clean, and of one data source alone."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import psycopg
import pytest
from service.validation.engine_stand import (
    LIMITS,
    SERIES,
    SLOW,
    Stand,
    duckdb_processes,
    rows,
    sessions,
)
from waiting import until

from services.kit.errors import FailedPrecondition, ResourceExhausted
from services.validation.core.model import (
    Batch,
    DuckdbConnection,
    PostgresConnection,
)


async def test_a_session_is_used_again_and_nothing_of_its_last_use_is_left(
    stand: Stand, shop: PostgresConnection
) -> None:
    # The owner, who may write: the session alone keeps it from doing so.
    engine = stand.of(PostgresConnection(shop.host, "shop", "shop"))
    first = await rows(engine, "SELECT pg_backend_pid()")
    # What the guard would refuse: the session alone has to forget it.
    await rows(engine, "SELECT set_config('default_transaction_read_only', 'off', false), pg_advisory_lock(4711)")
    await rows(
        engine, "SELECT set_config('search_path', 'pg_temp', false), set_config('statement_timeout', '0', false)"
    )
    found = await rows(
        engine,
        "SELECT current_setting('default_transaction_read_only'), current_setting('search_path'),"
        " current_setting('statement_timeout'), current_setting('lock_timeout'), pg_backend_pid(),"
        " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())",
    )
    assert found == [("on", "public", "1min", "2s", first[0][0], 0)]


async def test_a_plan_that_is_measured_writes_nothing(
    stand: Stand, shop: PostgresConnection, watcher: psycopg.Connection[Any]
) -> None:
    engine = stand.of(PostgresConnection(shop.host, "shop", "shop"))
    statement = "EXPLAIN ANALYZE CREATE TABLE written AS SELECT 1"
    for ask in (lambda: rows(engine, statement), lambda: engine.explain(statement)):
        # PostgreSQL runs this one in a read-only transaction.
        await ask()
        assert watcher.execute("SELECT to_regclass('written')").fetchone() == (None,)


async def test_plans_are_explained_again_and_again_in_one_session(stand: Stand, shop: PostgresConnection) -> None:
    engine = stand.of(shop)
    for _ in range(8):
        assert (await engine.explain("SELECT * FROM orders")).estimated_cost > 0
        assert await rows(engine, "EXPLAIN SELECT 1")
        with pytest.raises(FailedPrecondition):
            await engine.explain("SELECT 1; SELECT 2")


async def test_no_more_run_at_once_than_may(
    stand: Stand, shop: PostgresConnection, watcher: psycopg.Connection[Any]
) -> None:
    engine = stand.of(shop)
    held = [asyncio.ensure_future(rows(engine, SLOW)) for _ in range(2)]
    await until(lambda: sessions(watcher, "active") == 2)
    with pytest.raises(ResourceExhausted) as raised:
        await rows(engine, "SELECT 1")
    assert raised.value.reason == "DATA_SOURCE_BUSY"
    assert raised.value.retry_after_s
    # Another data source has a turn of its own, and the one after it none of those that all share.
    held.append(asyncio.ensure_future(rows(stand.of(shop, "other"), SLOW)))
    await until(lambda: sessions(watcher, "active") == 3)
    with pytest.raises(ResourceExhausted):
        await rows(stand.of(shop, "third"), "SELECT 1")
    for each in held:
        each.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    assert await rows(engine, "SELECT 1") == [(1,)]


async def test_idle_sessions_are_few_and_closed_with_their_data_source(
    stand: Stand, shop: PostgresConnection, watcher: psycopg.Connection[Any]
) -> None:
    await asyncio.gather(*[rows(stand.of(shop), "SELECT pg_sleep(0.1)") for _ in range(2)])
    await rows(stand.of(shop, "other"), "SELECT 1")
    assert sessions(watcher) == 3
    await stand.engines.forget("local", "source")
    await until(lambda: sessions(watcher) == 1)
    # A data source that leads elsewhere now has none of its old sessions.
    stand.of(PostgresConnection(shop.host, "shop", "shop_reader", schemas=("public",)), "other")
    await until(lambda: sessions(watcher) == 0)


async def test_who_leaves_in_mid_stream_frees_the_session_and_the_turn(
    stand: Stand, shop: PostgresConnection, watcher: psycopg.Connection[Any]
) -> None:
    for _ in range(4):
        async with aclosing(stand.of(shop).run(SERIES, LIMITS)) as parts:
            async for part in parts:
                if isinstance(part, Batch):
                    break
    reading = asyncio.ensure_future(rows(stand.of(shop), SERIES))
    await until(lambda: sessions(watcher, "%active%") == 1 or reading.done())
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await until(lambda: sessions(watcher) == sessions(watcher, "idle"))
    assert await rows(stand.of(shop), "SELECT 1") == [(1,)]


async def test_a_duckdb_process_serves_one_data_source_only(
    stand: Stand, duck: Callable[[str], DuckdbConnection]
) -> None:
    first, second = stand.of(duck("a"), "a"), stand.of(duck("b"), "b")
    assert await rows(first, "SELECT name FROM named") == [("a",)]
    (used,) = duckdb_processes()
    assert await rows(first, "SELECT name FROM named") == [("a",)]
    assert duckdb_processes() == [used]
    assert await rows(second, "SELECT name FROM named") == [("b",)]
    assert len(duckdb_processes()) == 2
    await stand.engines.forget("local", "a")
    assert used not in duckdb_processes()


async def test_a_duckdb_process_knows_no_secret(
    stand: Stand, duck: Callable[[str], DuckdbConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANDOR_VALIDATION_MASTER_KEY", "secret")
    await rows(stand.of(duck("a")), "SELECT name FROM named")
    (process,) = duckdb_processes()
    assert "secret" not in process.environ().values()


async def test_nothing_that_a_data_source_held_outlives_its_engines(
    stand: Stand, duck: Callable[[str], DuckdbConnection]
) -> None:
    await rows(stand.of(duck("a")), "SELECT name FROM named")
    # It leads elsewhere from now on, and what it held is being closed.
    stand.of(duck("b"))
    await stand.engines.aclose()
    assert duckdb_processes() == []
