"""The edge told to stop: open calls end by themselves, and only those are cut that outlast its patience."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from edge_stand import ROOMS, Loop, Services, free_port, gateway_server, grpc_server
from waiting import wait_for

WATCH = "/candor.generation.v1.GenerationService/WatchGeneration"
STREAMS = 20


@dataclass
class Edge:
    """An edge of a test's own, which it may stop."""

    address: str
    process: subprocess.Popen[bytes]
    services: Services
    loop: Loop

    def answers(self) -> bool:
        """Whether new connections are welcome."""
        try:
            answer = httpx.get(f"http://{self.address}/healthz", trust_env=False)
        except httpx.TransportError:
            return False
        return answer.is_success and answer.headers.get("connection") != "close"

    def watch(self, channel: grpc.Channel) -> Any:
        token = [("authorization", f"Bearer {self.services.keys.token()}")]
        request = pb.WatchGenerationRequest(name="organizations/local/generations/1")
        return rpc.GenerationServiceStub(channel).WatchGeneration(request, timeout=30, metadata=token)


@contextlib.contextmanager
def edge(folder: Path, grace: str) -> Iterator[Edge]:
    loop, services, address = Loop(), Services(), f"127.0.0.1:{free_port()}"
    with contextlib.ExitStack() as stack:
        stack.callback(loop.close)
        direct = stack.enter_context(grpc_server(loop, services))
        gateway = stack.enter_context(
            gateway_server(loop, accounts_address=direct, generation_address=direct, jwks_cache="PT0S")
        )
        values = {f"{room.upper()}_ADDRESS": direct for room in ROOMS}
        values |= {"ADDRESS": address, "GATEWAY_ADDRESS": gateway, "GRACE": grace}
        environment = os.environ | {f"CANDOR_EDGE_{name}": value for name, value in values.items()}
        line = [sys.executable, "-m", "mesh.edge", "--config", str(folder / "envoy.json")]
        log = stack.enter_context((folder / "edge.log").open("wb"))
        process = subprocess.Popen(line, env=environment, stdout=log, stderr=subprocess.STDOUT)
        running = Edge(address, process, services, loop)
        try:
            wait_for(running.answers, "the edge serves")
            yield running
        finally:
            process.kill()
            process.wait(timeout=10)


def test_open_streams_end_by_themselves_when_the_edge_is_told_to_stop(tmp_path: Path) -> None:
    told = asyncio.Event()

    async def long_answer(_request: Any, _context: Any) -> AsyncIterator[pb.WatchGenerationResponse]:
        yield pb.WatchGenerationResponse()
        await told.wait()
        for _ in range(5):
            yield pb.WatchGenerationResponse()

    with edge(tmp_path, "PT20S") as running, grpc.insecure_channel(running.address) as channel:
        running.services.answers[WATCH] = long_answer
        streams = [running.watch(channel) for _ in range(STREAMS)]
        for stream in streams:
            next(stream)
        running.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not running.answers(), "the edge sends callers elsewhere")
        running.loop.loop.call_soon_threadsafe(told.set)
        assert [len(list(stream)) for stream in streams] == [5] * STREAMS
        assert running.process.wait(timeout=10) == 0


def test_an_edge_without_calls_stops_at_once(tmp_path: Path) -> None:
    with edge(tmp_path, "PT20S") as running:
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=15) == 0
        assert time.monotonic() - started < 10


def test_a_call_that_outlasts_the_edges_patience_is_cut(tmp_path: Path) -> None:
    async def endless(_request: Any, _context: Any) -> AsyncIterator[pb.WatchGenerationResponse]:
        yield pb.WatchGenerationResponse()
        await asyncio.Event().wait()

    with edge(tmp_path, "PT1S") as running, grpc.insecure_channel(running.address) as channel:
        running.services.answers[WATCH] = endless
        stream = running.watch(channel)
        next(stream)
        running.process.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as cut:
            list(stream)
        assert cut.value.code() == grpc.StatusCode.UNAVAILABLE
        assert running.process.wait(timeout=10) == 0
