"""What whoever runs a program may ask it, over HTTP on a port of its own: metrics, and profiles from this machine.

The port only reads. It is for loopback or a pod's network; people and browsers never reach it.
"""

import asyncio
import importlib.metadata
import ipaddress
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs

from prometheus_client import GCCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder

from services.kit import metrics, telemetry
from services.kit.profiling import MAX_SECONDS, AlreadyProfiling, profile_cpu, profile_memory

_MAX_CONNECTIONS = 8
_MAX_HEAD = 8 * 1024
# How long a client may take to say what it wants, and to take the answer.
_PATIENCE_S = 5.0
_LAG_EVERY_S = 0.5
_DEFAULT_SECONDS = "10"
_TEXT = "text/plain; charset=utf-8"

_log = telemetry.log("operator_port")


@dataclass(frozen=True, slots=True)
class _Request:
    path: str
    query: dict[str, list[str]]
    accept: str
    is_local: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    body: bytes
    content_type: str = _TEXT


@asynccontextmanager
async def operator_port(program: str, address: str, *, profiling: bool = False) -> AsyncIterator[str]:
    """Serves `/metrics` while the context lasts, and gives the address; with an empty one it serves nothing.

    Args:
        program: What runs, for `candor_build_info`.
        address: host:port.
        profiling: Whether `/debug/cpu` and `/debug/memory` answer too, to callers of this machine alone.

    Raises:
        OSError: The address is taken or cannot be listened at.
    """
    if not address:
        yield ""
        return
    _describe_process(program)
    port = _Port(profiling=profiling)
    host, _, number = address.rpartition(":")
    server = await asyncio.start_server(port.serve, host.strip("[]"), int(number), limit=_MAX_HEAD)
    watching = asyncio.create_task(_watch_loop())
    try:
        yield f"{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        watching.cancel()
        server.close()
        with suppress(asyncio.CancelledError):
            await watching


class _Port:
    def __init__(self, *, profiling: bool) -> None:
        self._open = 0
        self._answers: dict[str, Callable[[_Request], Awaitable[_Answer]]] = {"/metrics": _metrics}
        if profiling:
            self._answers |= {
                "/debug/cpu": lambda request: _profile(request, profile_cpu),
                "/debug/memory": lambda request: _profile(request, profile_memory),
            }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, one answer."""
        self._open += 1
        try:
            if self._open <= _MAX_CONNECTIONS:
                async with asyncio.timeout(_PATIENCE_S):
                    request = _read(await reader.readuntil(b"\r\n\r\n"), writer.get_extra_info("peername"))
                answer = await self._answer(request)
                async with asyncio.timeout(_PATIENCE_S):
                    writer.write(_written(answer))
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
            _log.info("operator_port_client_failed", error=type(error).__name__)
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, request: _Request | None) -> _Answer:
        if request is None:
            return _Answer("405 Method Not Allowed", b"Only GET is answered.\n")
        answer = self._answers.get(request.path)
        return await answer(request) if answer else _Answer("404 Not Found", b"There is /metrics.\n")


async def _metrics(request: _Request) -> _Answer:
    encode, content_type = choose_encoder(request.accept)
    return _Answer("200 OK", encode(metrics.REGISTRY), content_type)


async def _profile(request: _Request, take: Callable[[float], Awaitable[str]]) -> _Answer:
    if not request.is_local:
        return _Answer("403 Forbidden", b"Profiles are for callers on this machine: forward the port.\n")
    try:
        seconds = float(request.query.get("seconds", [_DEFAULT_SECONDS])[0])
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= MAX_SECONDS:
        return _Answer("400 Bad Request", f"seconds is a number above 0, and {MAX_SECONDS:g} at most.\n".encode())
    try:
        return _Answer("200 OK", (await take(seconds)).encode())
    except AlreadyProfiling:
        return _Answer("409 Conflict", b"A profile is being taken. Wait for it to end.\n")


async def _watch_loop() -> None:
    loop = asyncio.get_running_loop()
    while True:
        wanted = loop.time() + _LAG_EVERY_S
        await asyncio.sleep(_LAG_EVERY_S)
        metrics.LOOP_LAG_SECONDS.of().observe(max(0.0, loop.time() - wanted))


@cache
def _describe_process(program: str) -> None:
    ProcessCollector(registry=metrics.REGISTRY)
    GCCollector(registry=metrics.REGISTRY)
    metrics.BUILD_INFO.of(program, importlib.metadata.version("candor")).set(1)


def _read(head: bytes, peer: tuple[str, int]) -> _Request | None:
    """The request; None where it is no GET."""
    line, *fields = head.decode("latin-1").split("\r\n")
    method, _, rest = line.partition(" ")
    if method != "GET":
        return None
    path, _, query = rest.partition(" ")[0].partition("?")
    headers = {name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)}
    return _Request(path, parse_qs(query), headers.get("accept", ""), ipaddress.ip_address(peer[0]).is_loopback)


def _written(answer: _Answer) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status}\r\ncontent-type: {answer.content_type}\r\ncontent-length: {len(answer.body)}\r\n"
        "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + answer.body
