"""What an operator asks a running program, over a real socket."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from waiting import until

from services.kit import metrics, profiling
from services.kit import operator_port as module
from services.kit.operator_port import operator_port


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with operator_port("accounts", "127.0.0.1:0", profiling=True) as listening:
        yield listening


async def get(address: str, path: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.get(f"http://{address}{path}", **options)


async def raw(address: str, content: bytes) -> bytes:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(content)
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def burn(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


async def test_metrics_are_served_in_the_format_that_is_asked_for(address: str) -> None:
    plain = await get(address, "/metrics")
    assert plain.headers["content-type"].startswith("text/plain")
    assert re.search(r'candor_build_info\{program="accounts",version="\d+\.\d+\.\d+"\} 1\.0', plain.text)
    assert "process_resident_memory_bytes" in plain.text
    asked = await get(address, "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert asked.headers["content-type"].startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")


async def test_the_lag_of_the_event_loop_is_measured(address: str) -> None:
    def measured() -> float:
        return metrics.REGISTRY.get_sample_value("candor_event_loop_lag_seconds_count") or 0

    before = measured()
    await until(lambda: measured() > before)


async def test_nothing_else_is_served_and_nothing_is_taken(address: str) -> None:
    assert (await get(address, "/")).status_code == 404
    assert (await get(address, "/metrics/../x")).status_code == 404
    assert b" 405 " in await raw(address, b"POST /metrics HTTP/1.1\r\n\r\n")
    assert b" 405 " in await raw(address, b"\x16\x03\x01\r\n\r\n")


async def test_a_head_without_an_end_is_dropped(address: str) -> None:
    assert await raw(address, b"GET /metrics HTTP/1.1\r\nx: " + b"x" * 100_000) == b""


async def test_who_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.05)
    assert await raw(address, b"GET /met") == b""


async def test_as_many_connections_are_served_as_may_be_open(address: str) -> None:
    host, _, port = address.partition(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(module._MAX_CONNECTIONS)]

    async def is_refused() -> bool:
        return await raw(address, b"GET /metrics HTTP/1.1\r\n\r\n") == b""

    async with asyncio.timeout(20):
        while not await is_refused():
            pass
        for _, writer in idle:
            writer.close()
        while await is_refused():
            pass


async def test_a_profile_of_the_processor_names_the_hot_function(address: str) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=burn, args=(stop,), name="burning")
    thread.start()
    try:
        folded = (await get(address, "/debug/cpu?seconds=0.5")).text
    finally:
        stop.set()
        thread.join()
    stacks = dict(line.rpartition(" ")[::2] for line in folded.splitlines())
    hot = {stack: int(count) for stack, count in stacks.items() if stack.startswith("burning;")}
    assert sum(count for stack, count in hot.items() if "burn (" in stack.rpartition(";")[2]) >= 5
    assert any(stack.startswith("MainThread;") for stack in stacks)


async def test_a_profile_of_the_memory_names_who_allocated(address: str) -> None:
    taking = asyncio.create_task(get(address, "/debug/memory?seconds=1"))
    await until(profiling.tracemalloc.is_tracing)
    kept = [bytearray(100_000) for _ in range(20)]
    first = (await taking).text.split("\n\n")[0]
    assert len(kept) == 20
    assert int(first.partition(" ")[0]) >= 2_000_000
    assert "test_operator_port.py" in first
    assert not profiling.tracemalloc.is_tracing()


async def test_one_profile_is_taken_at_a_time(address: str) -> None:
    taking = asyncio.create_task(get(address, "/debug/memory?seconds=2"))
    await until(profiling.tracemalloc.is_tracing)
    assert (await get(address, "/debug/cpu?seconds=0.1")).status_code == 409
    assert (await taking).status_code == 200


@pytest.mark.parametrize("seconds", ["x", "nan", "-1", "0", "1e9", "inf"])
async def test_a_profile_takes_a_minute_at_most_and_never_forever(address: str, seconds: str) -> None:
    assert (await get(address, f"/debug/cpu?seconds={seconds}")).status_code == 400


async def test_profiles_are_for_callers_of_this_machine_alone() -> None:
    async def never(_seconds: float) -> str:
        raise AssertionError

    request = module._read(b"GET /debug/cpu HTTP/1.1\r\n\r\n", ("10.1.2.3", 5))
    assert request is not None
    assert (await module._profile(request, never)).status.startswith("403")


async def test_a_program_that_is_not_told_so_gives_no_profiles() -> None:
    async with operator_port("accounts", "127.0.0.1:0") as listening:
        assert (await get(listening, "/debug/cpu?seconds=0.1")).status_code == 404


async def test_without_an_address_nothing_listens() -> None:
    async with operator_port("accounts", "") as listening:
        assert listening == ""
