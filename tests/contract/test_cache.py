"""What every cache promises, and what the one in memory promises besides."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from storage_adapters import CACHES

from services.kit.clock import ManualClock
from services.kit.errors import InvalidArgument
from services.kit.ids import new_id
from services.storage.adapters.memory import MemoryCache
from services.storage.embedded import EmbeddedPostgres
from services.storage.ports import MAX_CACHE_VALUE_BYTES, MAX_WAITING_MESSAGES, Cache

HOUR = timedelta(hours=1)


@pytest.fixture(params=CACHES)
async def cache(request: pytest.FixtureRequest, postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Cache]:
    async with CACHES[request.param](postgres, tmp_path) as adapter:
        yield adapter


@pytest.fixture
def organization() -> str:
    return new_id()


async def test_a_value_is_kept_replaced_and_forgotten(cache: Cache, organization: str) -> None:
    assert await cache.get(organization, "k") is None
    await cache.set(organization, "k", b"1", ttl=HOUR)
    await cache.set(organization, "k", b"", ttl=HOUR)
    assert await cache.get(organization, "k") == b""
    await cache.delete(organization, "k")
    await cache.delete(organization, "k")
    assert await cache.get(organization, "k") is None


async def test_a_value_above_the_limit_is_refused(cache: Cache, organization: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await cache.set(organization, "k", bytes(MAX_CACHE_VALUE_BYTES + 1), ttl=HOUR)
    assert raised.value.reason == "TOO_LARGE"


async def test_an_organization_sees_its_own_values_and_messages_alone(cache: Cache, organization: str) -> None:
    other = new_id()
    await cache.set(other, "k", b"theirs", ttl=HOUR)
    assert await cache.get(organization, "k") is None
    await cache.delete(organization, "k")
    assert await cache.get(other, "k") == b"theirs"
    async with cache.subscribe(organization, "jobs") as messages:
        await cache.publish(other, "jobs", b"theirs")
        await cache.publish(organization, "jobs", b"ours")
        assert await asyncio.wait_for(anext(messages), 5) == b"ours"


async def test_a_message_reaches_all_who_listen_in_order_and_nobody_else(cache: Cache, organization: str) -> None:
    await cache.publish(organization, "jobs", b"before")
    async with cache.subscribe(organization, "jobs") as one, cache.subscribe(organization, "jobs") as two:
        async with cache.subscribe(organization, "other") as elsewhere:
            for each in (b"1", b"2", b"3"):
                await cache.publish(organization, "jobs", each)
            await cache.publish(organization, "other", b"x")
            for messages in (one, two):
                assert [await asyncio.wait_for(anext(messages), 5) for _ in range(3)] == [b"1", b"2", b"3"]
            assert await asyncio.wait_for(anext(elsewhere), 5) == b"x"


async def test_a_listener_that_left_takes_nobody_with_it(cache: Cache, organization: str) -> None:
    async with cache.subscribe(organization, "jobs") as stays:
        async with cache.subscribe(organization, "jobs"):
            pass
        await cache.publish(organization, "jobs", b"1")
        assert await asyncio.wait_for(anext(stays), 5) == b"1"
    await cache.publish(organization, "jobs", b"2")


async def test_in_memory_a_value_expires() -> None:
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))
    cache = MemoryCache(clock=clock)
    await cache.set("local", "k", b"1", ttl=timedelta(seconds=10))
    clock.advance(timedelta(seconds=9))
    assert await cache.get("local", "k") == b"1"
    clock.advance(timedelta(seconds=1))
    assert await cache.get("local", "k") is None


async def test_in_memory_the_least_recently_used_makes_room() -> None:
    cache = MemoryCache(limit=3 * (len("local") + 1 + 100))
    for key in "abc":
        await cache.set("local", key, bytes(100), ttl=HOUR)
    await cache.get("local", "a")
    await cache.set("local", "d", bytes(100), ttl=HOUR)
    assert [key for key in "abcd" if await cache.get("local", key) is not None] == ["a", "c", "d"]


async def test_in_memory_a_slow_listener_loses_the_oldest() -> None:
    cache = MemoryCache()
    async with cache.subscribe("local", "jobs") as messages:
        for each in range(MAX_WAITING_MESSAGES + 5):
            await cache.publish("local", "jobs", str(each).encode())
        assert await anext(messages) == b"5"
