"""What may go wrong with a platform, each as a context: while it lasts the fault is there, and then it is healed."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import psutil
from chaos.person import Answered, Person
from mesh_stand import MeshedPlatform
from own_network import OwnNetwork
from waiting import until

from services.kit.rpc import open_channel
from services.laptop import SERVICES

# Listens, and never answers.
_SILENT = "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); print(flush=True); input()"


@dataclass
class Scene:
    """A platform, a person before it, and its network where that is its own."""

    platform: MeshedPlatform
    person: Person
    network: OwnNetwork | None
    provider_port: int
    """Where the platform looks for a model provider; nobody is there."""

    def port(self, workload: str) -> int:
        """Where a workload's sidecar listens."""
        return self.platform.port + 1 + (*SERVICES, "gateway").index(workload)

    def database(self) -> list[psutil.Process]:
        """The database's processes, the first of which started the others."""
        pid = int((self.platform.state / "postgres" / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]


Fault = Callable[[Scene], AbstractAsyncContextManager[None]]


def killed(name: str) -> Fault:
    """A program ends at once (SIGKILL); the platform starts it again."""

    @asynccontextmanager
    async def fault(scene: Scene) -> AsyncIterator[None]:
        scene.platform.signal(name, signal.SIGKILL)
        yield

    return fault


def hung(name: str) -> Fault:
    """A program is there and does nothing (SIGSTOP)."""

    @asynccontextmanager
    async def fault(scene: Scene) -> AsyncIterator[None]:
        program = scene.platform.programs()[name]
        program.suspend()
        try:
            yield
        finally:
            program.resume()

    return fault


@asynccontextmanager
async def database_killed(scene: Scene) -> AsyncIterator[None]:
    """PostgreSQL ends at once, as when the machine has no memory left."""
    scene.database()[0].kill()
    yield


@asynccontextmanager
async def database_crashed(scene: Scene) -> AsyncIterator[None]:
    """One of PostgreSQL's processes ends at once: the others are ended by it, and it recovers."""
    next(each for each in scene.database() if "generation" in " ".join(each.cmdline())).kill()
    yield


@asynccontextmanager
async def database_hung(scene: Scene) -> AsyncIterator[None]:
    """PostgreSQL is there and does nothing."""
    processes = scene.database()
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def disturbed(name: str, **faults: int) -> Fault:
    """Calls to a workload come late, or fail, as often as is said (Envoy's fault filter)."""

    @asynccontextmanager
    async def fault(scene: Scene) -> AsyncIterator[None]:
        def hurt() -> int:
            return sum(scene.platform.counts(name, "^http.inbound.fault.(delays|aborts)_injected$").values())

        before = hurt()
        scene.platform.fault(name, **faults)
        try:
            yield
            while hurt() == before:
                await scene.person.ask(20)
        finally:
            scene.platform.fault(name, **dict.fromkeys(faults, 0))

    return fault


def cut_off(name: str, *, until_ill: bool = False) -> Fault:
    """Packets to and from a workload vanish, and neither side is told; at least until the edge has found it ill."""

    @asynccontextmanager
    async def fault(scene: Scene) -> AsyncIterator[None]:
        assert scene.network is not None
        healthy = f"cluster.{name}.health_check.healthy"
        scene.network.lose(scene.port(name))
        try:
            async with asyncio.timeout(90):
                while until_ill and scene.platform.counts("edge", f"^{healthy}$")[healthy]:
                    await scene.person.ask(4)
            yield
        finally:
            scene.network.find(scene.port(name))

    return fault


@asynccontextmanager
async def watch_reset(scene: Scene) -> AsyncIterator[None]:
    """The connections to generation are reset (RST) while somebody watches a question."""
    network, port = scene.network, scene.port("generation")
    assert network is not None
    async with _answering(scene) as (answered, watching):
        network.reset(port)
        # The watchers' connection is reset when somebody sends something on it.
        asking = asyncio.create_task(scene.person.ask(2))
        try:
            await until(lambda: answered.breaks > 0 or watching.done())
        finally:
            network.accept(port)
            await asking
        yield
        await watching
    answered.raise_or_compare(scene.person.right)


@asynccontextmanager
async def worker_killed(scene: Scene) -> AsyncIterator[None]:
    """generation ends at once while it answers a question."""
    async with _answering(scene) as (answered, watching):
        scene.platform.signal("generation", signal.SIGKILL)
        yield
        await watching
    answered.raise_or_compare(scene.person.right)
    begun = [each.step for each in answered.events if each.WhichOneof("event") == "step" and each.step.id == "draft"]
    assert len(begun) > 1, "the question was not begun again"


@asynccontextmanager
async def provider_hung(scene: Scene) -> AsyncIterator[None]:
    """The model provider takes every connection and never answers."""
    command = (sys.executable, "-c", _SILENT, str(scene.provider_port))
    line = scene.network.command(*command) if scene.network else command
    pipe = asyncio.subprocess.PIPE
    provider = await asyncio.create_subprocess_exec(*line, stdin=pipe, stdout=pipe)
    assert provider.stdout is not None
    try:
        await provider.stdout.readline()
        yield
    finally:
        provider.kill()
        await provider.communicate()


@asynccontextmanager
async def _answering(scene: Scene) -> AsyncIterator[tuple[Answered, asyncio.Task[Answered]]]:
    """A question is being answered, watched by its person: its draft has been asked for, and takes its time."""
    person, answered = scene.person, Answered()
    async with disturbed("modelhub", delay_percent=100, delay_ms=3000)(scene), open_channel(person.address) as edge:
        name = await person.create(edge, 15)
        watching = asyncio.create_task(person.watch(edge, name, 60, answered))
        try:
            await until(lambda: any(each.step.id == "draft" for each in answered.events))
            yield answered, watching
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
