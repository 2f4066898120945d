"""What the local mesh costs, and what it keeps when parts of it go away.

- A call that does nothing, of the same server, in three ways, in turn, in one run: direct by a Unix socket; through one
  Envoy, plain; through two Envoys with mutual TLS, which is the mesh. Counted is the processor time of the server and
  the Envoys; the caller's is not.
- The whole platform's start, with and without the mesh.
- Calls that fail all at once, and how often they are made again.
- Every service restarted once while questions are asked.
"""

import asyncio
import contextlib
import json
import multiprocessing
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psutil
from bench.table import Measure, median, quantile
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc
from edge_stand import Loop, Services
from mesh_load import Load
from mesh_stand import (
    CALLERS,
    Mesh,
    channel_to,
    code_of,
    grpc_servers,
    is_ready,
    mesh,
    meshed_platform,
    platform_process,
)
from waiting import until, wait_for

from mesh.envoy import cluster, envoy_command
from mesh.local.sidecar import sidecar_config
from services.cli.demo import sign_in

HOW = "`make bench ONLY=mesh`"
ROUNDS, CALLS, STARTS = 5, 800, 3
FAILURES = 80
# Who asks while services are restarted, and how many questions are answered between two of them.
ASKERS, BETWEEN = 4, 10
RESTARTED = ("accounts", "documents", "modelhub", "validation", "generation")
GET = "/candor.validation.v1.ValidationService/GetDataSource"


@dataclass(frozen=True)
class Way:
    """A way to the server: the socket that is called, and the processes that serve."""

    socket: Path
    processes: list[psutil.Process]


def measure() -> list[Measure]:
    return [*_overhead(), *asyncio.run(_budget()), *_starts(), *asyncio.run(_restarts())]


def _overhead() -> list[Measure]:
    with mesh() as built, _server(built.place("validation").service) as server:
        built.start("validation", "generation")
        envoys = [psutil.Process(built.processes[name].pid) for name in ("generation", "validation")]
        with _plain_envoy(built) as (socket, plain):
            ways = {
                "direct": Way(built.place("validation").service, [server]),
                "one Envoy": Way(socket, [server, plain]),
                "the mesh": Way(built.place("generation").to("validation"), [server, *envoys]),
            }
            return _compared(asyncio.run(_call_each(ways)))


async def _call_each(ways: dict[str, Way]) -> dict[str, tuple[float, float, float]]:
    """The p50 and p95 in ms and the processor time in µs of a call, by way."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            async with channel_to(way.socket) as channel:
                stub, request = rpc.ValidationServiceStub(channel), pb.GetDataSourceRequest()
                await stub.GetDataSource(request, timeout=20)
                before = _cpu_s(way.processes)
                for _ in range(CALLS):
                    started = time.perf_counter()
                    await stub.GetDataSource(request, timeout=20)
                    took[name].append((time.perf_counter() - started) * 1e3)
                spent[name].append((_cpu_s(way.processes) - before) * 1e6 / CALLS)
    return {name: (median(took[name]), quantile(took[name], 0.95), median(spent[name])) for name in ways}


def _compared(found: dict[str, tuple[float, float, float]]) -> list[Measure]:
    how = f"{HOW}: {ROUNDS} rounds of {CALLS} calls one after the other, in turn"
    return [
        Measure(
            "a unary call, p50: " + ", ".join(found),
            ", ".join(f"{p50:.2f} ms" for p50, _, _ in found.values()),
            f"{how}; p95 {', '.join(f'{p95:.2f}' for _, p95, _ in found.values())} ms",
        ),
        Measure(
            "its processor time, server and Envoys: " + ", ".join(found),
            ", ".join(f"{cpu:.0f} µs" for _, _, cpu in found.values()),
            f"{how}; median of the rounds",
        ),
    ]


@contextlib.contextmanager
def _server(socket: Path) -> Iterator[psutil.Process]:
    """The server, in a process of its own, so that its processor time can be told from the caller's."""
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(socket,), daemon=True)
    process.start()
    try:
        wait_for(socket.exists, "the server serves", 30)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.join(10)


def _serve(socket: Path) -> None:
    async def serve() -> None:
        server = grpc.aio.server()
        rpc.add_ValidationServiceServicer_to_server(_Empty(), server)
        socket.parent.mkdir(parents=True, exist_ok=True)
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        await server.wait_for_termination()

    asyncio.run(serve())


class _Empty(rpc.ValidationServiceServicer):
    async def GetDataSource(self, request: Any, context: Any) -> Any:
        return pb.GetDataSourceResponse()


@contextlib.contextmanager
def _plain_envoy(built: Mesh) -> Iterator[tuple[Path, psutil.Process]]:
    """The caller's sidecar, but straight to the server's socket and without TLS."""
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as name:
        folder = Path(name)
        config = json.loads(
            json.dumps(sidecar_config("generation", built.settings, CALLERS)).replace(
                str(built.place("generation").folder), str(folder)
            )
        )
        resources = config["static_resources"]
        resources["listeners"] = [each for each in resources["listeners"] if each["name"] == "to_validation"]
        plain = f"unix:{built.place('validation').service}"
        resources["clusters"] = [cluster("validation", [plain], {"http2_protocol_options": {}})]
        path = folder / "envoy.json"
        path.write_text(json.dumps(config))
        process = subprocess.Popen(envoy_command(path, workers=1, log_level="error"), stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: is_ready(f"unix:{folder / 'admin.sock'}"), "the plain Envoy serves")
            yield folder / "to-validation.sock", psutil.Process(process.pid)
        finally:
            process.kill()
            process.wait(10)


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (each.cpu_times() for each in processes))


async def _budget() -> list[Measure]:
    loop, services = Loop(), Services()
    executed: list[int] = []
    all_here = asyncio.Event()

    async def fail(_request: Any, context: Any) -> Any:
        executed.append(1)
        if len(executed) == FAILURES:
            all_here.set()
        await all_here.wait()
        await context.abort(grpc.StatusCode.UNAVAILABLE, "all at once")

    services.answers[GET] = fail
    with mesh() as built, grpc_servers(loop, services, [built.place("validation").service]):
        built.start("validation", "generation")
        async with channel_to(built.place("generation").to("validation")) as channel:
            stub = rpc.ValidationServiceStub(channel)
            await asyncio.gather(*(code_of(stub.GetDataSource(pb.GetDataSourceRequest())) for _ in range(FAILURES)))
    loop.close()
    share, limit = CALLERS.limits.retry_budget_percent / 100, CALLERS.limits.retries
    most = FAILURES * (share + share**2) + limit + 1
    return [
        Measure(
            f"{FAILURES} calls that fail at once: made again",
            f"{len(executed) - FAILURES} times, without a budget {FAILURES * limit}",
            HOW,
            f"{most:.0f} times",
            len(executed) - FAILURES <= most,
        )
    ]


def _starts() -> list[Measure]:
    took: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        # The first makes databases and loads the sample.
        for number, meshed in enumerate([False, *[False, True] * STARTS]):
            started = time.monotonic()
            with platform_process(folder, *(["--mesh"] if meshed else [])):
                if number:
                    took[meshed].append(time.monotonic() - started)
    return [
        Measure(
            "the platform's start until ready: without the mesh, with it",
            f"{median(took[False]):.1f} s, {median(took[True]):.1f} s",
            f"{HOW}: median of {STARTS} starts each, in turn, on a state that is there",
        )
    ]


async def _restarts() -> list[Measure]:
    with meshed_platform() as running:
        load = Load(running.address, await sign_in(running.sign_in_link, running.address))
        async with load.running(ASKERS):
            started = time.monotonic()
            for name in RESTARTED:
                await asyncio.to_thread(running.restart, name)
                # Before the next one goes, as a rollout does once a copy is ready.
                before = len(load.answered)
                await until(lambda wanted=before + BETWEEN: len(load.answered) >= wanted, 120)
            seconds = time.monotonic() - started
    return [
        Measure(
            f"accepted questions lost or failed while each of {len(RESTARTED)} services is restarted",
            f"{len(load.accepted - load.answered)} of {len(load.accepted)}",
            f"{HOW}: one after the other in {seconds:.0f} s; {load.refused} calls were made again by those who ask",
            "0",
            load.accepted == load.answered,
        )
    ]
