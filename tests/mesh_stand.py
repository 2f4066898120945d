"""The local mesh on a test stand, in two sizes.

`Mesh` is sidecars alone: real Envoys around gRPC servers that note what they see. `MeshedPlatform` is everything, as
`python -m services --mesh` starts it, whose programs a test may stop, pause, or give faults.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import psutil
from edge_stand import Loop, Services, free_port
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from waiting import wait_for

from mesh.admin import ask, counts
from mesh.callers import Callers, read_callers
from mesh.contract import Contract, load_descriptors, read_contract
from mesh.envoy import envoy_command
from mesh.local.authority import Authority
from mesh.local.identities import Identities
from mesh.local.settings import MeshSettings, Place
from mesh.local.sidecar import write_sidecar
from services.cli.demo import free_ports

CONTRACT: Contract = read_contract(load_descriptors())
CALLERS: Callers = read_callers(CONTRACT)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
# How TLS says no to plain text.
TLS_ALERT = b"\x15"
SIDECARS = tuple(name for name in CALLERS.workloads if name != "edge")


@dataclass
class Mesh:
    """Sidecars on this machine, each with its admin interface, and an authority whose clock a test may hold."""

    settings: MeshSettings
    authority: Authority
    identities: Identities
    callers: Callers = CALLERS
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def place(self, workload: str) -> Place:
        return self.settings.place(workload)

    def address(self, workload: str) -> str:
        return self.settings.addresses[workload][0]

    def admin(self, workload: str) -> str:
        return f"unix:{self.place(workload).admin}"

    def counts(self, workload: str, pattern: str) -> dict[str, int]:
        return dict(counts(self.admin(workload), pattern))

    def log(self, workload: str) -> list[dict[str, Any]]:
        """The lines of a sidecar's access log so far; Envoy writes within a second."""
        lines = (self.place(workload).folder / "log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def start(self, *workloads: str) -> None:
        """Starts sidecars, and waits until they serve."""
        for workload in workloads:
            config = write_sidecar(workload, self.settings, self.callers)
            command = envoy_command(config, workers=1, log_level="warning")
            with (config.parent / "log").open("wb") as log:
                self.processes[workload] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        for workload in workloads:
            wait_for(lambda name=workload: is_ready(self.admin(name)), f"{workload}'s sidecar serves")

    def stop(self, *workloads: str) -> None:
        """Stops sidecars, also those that are paused."""
        for workload in workloads or tuple(self.processes):
            process = self.processes.pop(workload)
            process.kill()
            process.wait(timeout=10)

    def pause(self, workload: str) -> None:
        self.processes[workload].send_signal(signal.SIGSTOP)


def greet(address: str, context: ssl.SSLContext | None) -> tuple[bytes, bytes | None]:
    """Says hello in HTTP/2: what comes back (nothing, from one who refuses), and the certificate shown."""
    host, _, port = address.rpartition(":")
    shown = None
    try:
        with contextlib.ExitStack() as stack:
            line: socket.socket = stack.enter_context(socket.create_connection((host, int(port)), timeout=5))
            if context is not None:
                line = secure = stack.enter_context(context.wrap_socket(line))
                shown = secure.getpeercert(binary_form=True)
            line.sendall(PREFACE)
            return line.recv(9), shown
    except (ssl.SSLError, ConnectionError):
        return b"", None


def is_ready(admin: str) -> bool:
    try:
        return ask(admin, "/ready").strip() == "LIVE"
    except OSError:
        return False


@contextlib.contextmanager
def mesh(authority: Authority | None = None, **settings: Any) -> Iterator[Mesh]:
    """A mesh with identities for everybody, and no sidecar started."""
    with tempfile.TemporaryDirectory(prefix="candor-mesh-") as folder:
        addresses = {name: (f"127.0.0.1:{free_port()}",) for name in SIDECARS}
        known = replace(MeshSettings(Path(folder), addresses), **settings)
        authority = authority or Authority()
        folders = {name: known.place(name).identity for name in CALLERS.workloads}
        built = Mesh(known, authority, Identities(authority, folders))
        built.identities.write()
        try:
            yield built
        finally:
            built.stop()


@contextlib.contextmanager
def grpc_servers(loop: Loop, services: Services, paths: Sequence[Path]) -> Iterator[None]:
    """The services' doubles at Unix sockets, as if each were a workload."""

    async def start() -> grpc.aio.Server:
        server = grpc.aio.server()
        services.add_to(server)
        health = HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(health, server)
        await health.set("", health_pb2.HealthCheckResponse.SERVING)
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            server.add_insecure_port(f"unix:{path}")
        await server.start()
        return server

    server = loop.run(start())
    try:
        yield
    finally:
        loop.run(server.stop(0))


@dataclass
class Clock:
    """The authority's clock, which a test may hold."""

    held: datetime | None = None

    def __call__(self) -> datetime:
        return self.held or datetime.now(UTC)


@dataclass
class Stand:
    """Sidecars of all workloads, in front of services that note what reaches them."""

    mesh: Mesh
    services: Services
    clock: Clock
    loop: Loop = field(repr=False)


class Failing:
    """An answer that fails with a status a number of times, and then comes."""

    def __init__(self, times: int, response: object, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        self.times, self.response, self.code = times, response, code
        self.calls = 0

    async def __call__(self, _request: object, context: grpc.aio.ServicerContext) -> object:
        self.calls += 1
        if self.calls <= self.times:
            await context.abort(self.code, "not now")
        return self.response


@dataclass
class MeshedPlatform:
    """The whole platform as a mesh, in a process of its own."""

    process: subprocess.Popen[str]
    state: Path
    port: int
    sign_in_link: str
    log: Path
    door: str = ""
    """Where the edge is reached, for a platform whose network is its own."""

    @property
    def address(self) -> str:
        return self.door or f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def place(self, workload: str) -> Place:
        return Place(self.state / "mesh" / workload)

    def admin(self, workload: str) -> str:
        """Where a sidecar's admin interface is, or the edge's."""
        path = self.state / "edge" / "admin.sock" if workload == "edge" else self.place(workload).admin
        return f"unix:{path}"

    def counts(self, workload: str, pattern: str) -> dict[str, int]:
        return dict(counts(self.admin(workload), pattern))

    def programs(self) -> dict[str, psutil.Process]:
        """What runs now by name: "accounts", "accounts-mesh", "gateway", "edge" (its Envoy is "edge-envoy")."""
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if name := self._name(child):
                    found[name] = child
        return found

    def signal(self, name: str, number: signal.Signals) -> None:
        """Sends a program a signal: SIGKILL, SIGTERM, SIGSTOP, SIGCONT. One that ends is started again."""
        self.programs()[name].send_signal(number)

    def restart(self, name: str, seconds: float = 60) -> None:
        """Has a service stop in good order, and waits until the next one is there and answers."""
        old = self.programs()[name]
        old.terminate()
        wait_for(lambda: self._is_another(name, old.pid) and self._answers(name), f"{name} serves again", seconds)

    def fault(self, workload: str, **faults: int) -> None:
        """Gives calls to a workload faults, or takes them away: abort_percent, delay_percent, delay_ms."""
        query = "&".join(f"fault.{name}={value}" for name, value in faults.items())
        ask(self.admin(workload), f"/runtime_modify?{query}", "POST")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def _name(self, child: psutil.Process) -> str | None:
        line = child.cmdline()
        if "-m" in line[:3]:
            return line[line.index("-m") + 1].removeprefix("services.").replace("mesh.edge", "edge")
        if "--config-path" not in line:
            return None
        config = Path(line[line.index("--config-path") + 1])
        return "edge-envoy" if config.parent.name == "edge" else f"{config.parent.name}-mesh"

    def _is_another(self, name: str, pid: int) -> bool:
        now = self.programs().get(name)
        return now is not None and now.pid != pid

    def _answers(self, name: str) -> bool:
        with grpc.insecure_channel(f"unix:{self.place(name).service}") as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@contextlib.contextmanager
def meshed_platform(within: Sequence[str] = (), **environment: str) -> Iterator[MeshedPlatform]:
    """The whole platform, meshed, with an empty state; `within` is a command that runs the one behind it."""
    with tempfile.TemporaryDirectory(prefix="candor-mesh-") as name:
        # The embedded server may run as a user of its own, who must be able to enter.
        Path(name).chmod(0o755)
        with platform_process(Path(name), "--mesh", within=within, **environment) as running:
            yield running


@contextlib.contextmanager
def platform_process(
    folder: Path, *arguments: str, within: Sequence[str] = (), **environment: str
) -> Iterator[MeshedPlatform]:
    """`python -m services` with its state in a folder, which may hold one already; its log is beside the state."""
    state, port, log = folder / "state", free_ports(8), folder / "log"
    settings = {
        "CANDOR_STATE": str(state),
        "CANDOR_ADDRESS": f"127.0.0.1:{port}",
        "CANDOR_FIRST_PORT": str(port + 1),
        "CANDOR_VALIDATION_FILE_ROOTS": f'["{folder}"]',
        **environment,
    }
    with log.open("wb") as output:
        command = [*within, sys.executable, "-m", "services", *arguments]
        process = subprocess.Popen(
            command, env=os.environ | settings, stdout=output, stderr=subprocess.STDOUT, text=True
        )
    running = MeshedPlatform(process, state, port, "", log)
    try:
        wait_for(lambda: process.poll() is not None or _link(log) is not None, "the platform serves", 120)
        assert process.poll() is None, log.read_text()[-4000:]
        running.sign_in_link = _link(log) or ""
        yield running
    finally:
        if process.poll() is None:
            running.stop()


def _link(log: Path) -> str | None:
    _, found, rest = log.read_text().partition("Sign in, once: ")
    return rest.split()[0] if found and "\n" in rest else None


async def collected(stream: AsyncIterator[Any]) -> list[Any]:
    """All of a stream."""
    return [each async for each in stream]


def channel_to(path: Path) -> grpc.aio.Channel:
    """A bare channel to a Unix socket: no retries, nothing added."""
    return grpc.aio.insecure_channel(f"unix:{path}", options=[("grpc.enable_retries", 0)])


async def code_of(call: Any) -> tuple[grpc.StatusCode, str]:
    """The status that a call ends with, and its message."""
    try:
        await asyncio.wait_for(_ended(call), 30)
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


async def _ended(call: Any) -> None:
    if hasattr(call, "__aiter__"):
        await collected(call)
    else:
        await call
