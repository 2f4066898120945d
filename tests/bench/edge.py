"""What the edge costs: processor time of one call as REST through Envoy, against the same call without Envoy.

The platform runs whole. The same RPC, a generation with its answer read from the database, is asked of the same
service in three ways, in turn, in one run:

- edge: REST, by Envoy, which checks the token, transcodes and calls the service;
- bare: native gRPC straight to the service; its caller does the work with JSON that Envoy does in the first;
- route: REST, by a FastAPI route that calls the service, which is what one would write without Envoy.

Counted is every process that serves: Envoy or the route, generation, and PostgreSQL. The callers' own time is
counted only where they turn messages into JSON, which is what is compared.
"""

import asyncio
import contextlib
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvicorn
from bench.table import Measure, median
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from edge_stand import free_port
from fastapi import FastAPI, Request
from fastapi.responses import Response
from google.protobuf import json_format
from waiting import wait_for

from services.__main__ import platform
from services.cli.demo import ask, free_settings, sign_in
from services.kit.rpc import open_channel
from services.laptop import LaptopSettings, create_sign_in_link

LIMIT = 1.5
ROUNDS, CALLS, WORKERS = 5, 400, 8
QUESTION = "How many customers are there?"

Calls = Callable[[], Coroutine[Any, Any, float]]


def measure() -> list[Measure]:
    """The rows of the table."""
    return asyncio.run(_measure())


async def _measure() -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        settings = free_settings(Path(folder) / "state")
        async with platform(settings, verbose=False):
            token = await sign_in(await create_sign_in_link(settings), settings.address)
            async for event in ask(settings.address, token, QUESTION):
                assert event.WhichOneof("event") != "error", event
            service = settings.service_address("generation")
            route = f"127.0.0.1:{free_port()}"
            with _process(_serve_route, route, service) as route_pid:
                return await _compare(settings, token, service, route, route_pid)


async def _compare(settings: LaptopSettings, token: str, service: str, route: str, route_pid: int) -> list[Measure]:
    async with open_channel(service) as channel:
        listed = await rpc.GenerationServiceStub(channel).ListGenerations(
            pb.ListGenerationsRequest(parent="organizations/local"), metadata=_metadata(token)
        )
    name = listed.generations[0].name
    served = _serving(settings)
    ways: dict[str, tuple[Calls, list[psutil.Process]]] = {
        "edge": (_rest(f"http://{settings.address}/v1/{name}", token), [*served, _envoy()]),
        "bare": (_grpc(service, name, token), served),
        "route": (_rest(f"http://{route}/v1/{name}", token), [*served, psutil.Process(route_pid)]),
    }
    spent: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, (calls, processes) in ways.items():
            before = _seconds(processes)
            own = await calls()
            spent[way].append((own + _seconds(processes) - before) * 1e6 / CALLS)
    return _rows({way: median(each) for way, each in spent.items()})


def _rows(spent: dict[str, float]) -> list[Measure]:
    how = (
        f"`make bench ONLY=edge`: median of {ROUNDS} rounds of {CALLS} calls, {WORKERS} at once, all serving processes"
    )
    ratio, route = spent["edge"] / spent["bare"], spent["edge"] / spent["route"]
    return [
        Measure(
            "CPU of a REST call through the edge, against the same call straight to the service with its JSON",
            f"{ratio:.2f} times ({spent['edge']:.0f} against {spent['bare']:.0f} µs)",
            how,
            f"{LIMIT} times",
            ratio <= LIMIT,
        ),
        Measure(
            "the same, against a FastAPI route in Envoy's place",
            f"{route:.2f} times ({spent['edge']:.0f} against {spent['route']:.0f} µs)",
            how,
        ),
    ]


def _metadata(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def _rest(url: str, token: str) -> Calls:
    async def calls() -> float:
        async with httpx.AsyncClient(headers=dict(_metadata(token)), trust_env=False, timeout=30) as client:

            async def worker() -> None:
                for _ in range(CALLS // WORKERS):
                    response = await client.get(url)
                    assert response.status_code == 200, response.text

            await asyncio.gather(*(worker() for _ in range(WORKERS)))
        return 0.0

    return calls


def _grpc(address: str, name: str, token: str) -> Calls:
    """Gives the seconds of the callers' work with JSON."""

    async def calls() -> float:
        spent = 0.0
        async with open_channel(address) as channel:
            stub = rpc.GenerationServiceStub(channel)

            async def worker() -> None:
                nonlocal spent
                for _ in range(CALLS // WORKERS):
                    response = await stub.GetGeneration(pb.GetGenerationRequest(name=name), metadata=_metadata(token))
                    started = time.thread_time()
                    json_format.MessageToJson(response, indent=None, always_print_fields_with_no_presence=True)
                    spent += time.thread_time() - started

            await asyncio.gather(*(worker() for _ in range(WORKERS)))
        return spent

    return calls


@contextlib.contextmanager
def _process(target: Callable[..., None], *arguments: Any) -> Iterator[int]:
    """A program that serves at its first argument."""
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        wait_for(lambda: _listens(arguments[0]), f"{arguments[0]} serves", 30)
        assert process.pid is not None
        yield process.pid
    finally:
        process.terminate()
        process.join(10)


def _serve_route(address: str, service: str) -> None:
    """What stands in Envoy's place: one route, written by hand."""
    app = FastAPI()
    channels: list[Any] = []

    @app.get("/v1/organizations/{organization}/generations/{generation}")
    async def get_generation(organization: str, generation: str, request: Request) -> Response:
        if not channels:
            channels.append(rpc.GenerationServiceStub(open_channel(service)))
        name = f"organizations/{organization}/generations/{generation}"
        metadata = (("authorization", request.headers["authorization"]),)
        response = await channels[0].GetGeneration(pb.GetGenerationRequest(name=name), metadata=metadata)
        text = json_format.MessageToJson(response, indent=None, always_print_fields_with_no_presence=True)
        return Response(text, media_type="application/json")

    host, _, port = address.rpartition(":")
    uvicorn.run(app, host=host, port=int(port), access_log=False, log_level="warning")


def _serving(settings: LaptopSettings) -> list[psutil.Process]:
    """The generation service and PostgreSQL with all its processes."""
    children = psutil.Process().children(recursive=True)
    service = [each for each in children if "services.generation" in each.cmdline()]
    postgres = [
        each
        for each in psutil.process_iter(["name", "cmdline"])
        if each.info["name"] == "postgres" and str(settings.state) in " ".join(each.info["cmdline"] or ())
    ]
    return [*service, *postgres, *(child for each in postgres for child in each.children(recursive=True))]


def _envoy() -> psutil.Process:
    return next(each for each in psutil.Process().children(recursive=True) if each.name() == "envoy")


def _seconds(processes: list[psutil.Process]) -> float:
    """Processor time so far; a process that has ended counts no more."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False
