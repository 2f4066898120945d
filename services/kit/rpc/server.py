"""The server builder: one way to listen, be healthy, refuse overload and stop."""

import argparse
import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import grpc
import uvloop
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from services.kit import telemetry
from services.kit.errors import CandorError, Unavailable
from services.kit.identity import Principal
from services.kit.operator_port import operator_port
from services.kit.rpc.call import methods_of
from services.kit.rpc.interceptor import LayeredInterceptor, Replays
from services.kit.rpc.layers import Layer, authorized, errors_mapped, in_context, traced, validated
from services.kit.settings import ServiceSettings

_log = telemetry.log("server")

# What a cancelled call lets go of may take a moment: a process to end, a transaction to roll back.
_CLEANUP_S = 5.0

Configured = TypeVar("Configured", bound=ServiceSettings)

_OPTIONS = [
    # Two copies that share a port would split its traffic without a word.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # The mesh asks every ten seconds whether a program still lives, also one that nobody calls.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
]


@dataclass(frozen=True, slots=True)
class Servicer:
    """A gRPC service to serve: its descriptor, its generated `add_…_to_server`, and what implements it."""

    descriptor: ServiceDescriptor
    add: Callable[[Any, grpc.aio.Server], None]
    implementation: Any


@dataclass(slots=True)
class Server:
    """A server that listens at `address` from `start` to `stop`. Those who wait are told by `health`."""

    grpc_server: grpc.aio.Server
    calls: LayeredInterceptor
    health: HealthServicer
    settings: ServiceSettings
    names: Sequence[str]
    address: str

    async def start(self) -> None:
        """Starts to serve and says so to those who ask for its health."""
        await self.grpc_server.start()
        for name in ("", *self.names):
            await self.health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self) -> None:
        """Refuses new calls, lets running ones end within the grace period, and stops once they are over."""
        await self.health.enter_graceful_shutdown()
        await self.grpc_server.stop(self.settings.grace.total_seconds())
        await self.calls.ended(_CLEANUP_S)


def build_server(
    settings: ServiceSettings,
    servicers: Sequence[Servicer],
    *,
    verify: Callable[[str], Awaitable[Principal]],
    layers: Sequence[Layer] = (),
    replays: Replays | None = None,
) -> Server:
    """A server of these services, not yet started.

    Args:
        settings: Where to listen, and limits.
        servicers: What to serve. An RPC without a permission is an assertion error.
        verify: Reads a token.
        layers: What else happens around every call, inside the standard layers (a transaction, say).
        replays: Where answers to requests with a `request_id` are kept.

    Raises:
        RuntimeError: The address is taken or cannot be listened at.
    """
    descriptors = [each.descriptor for each in servicers]
    standard = [traced, in_context(settings.default_deadline), errors_mapped, authorized(verify), validated]
    interceptor = LayeredInterceptor(methods_of(descriptors), [*standard, *layers], replays)
    options = list(_OPTIONS)
    if settings.connection_age is not None:
        options.append(("grpc.max_connection_age_ms", int(settings.connection_age / timedelta(milliseconds=1))))
    server = grpc.aio.server(
        interceptors=[interceptor], options=options, maximum_concurrent_rpcs=settings.max_concurrent_rpcs
    )
    for each in servicers:
        each.add(each.implementation, server)
    names = [descriptor.full_name for descriptor in descriptors]
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    if settings.environment != "production":
        reflection.enable_server_reflection([*names, reflection.SERVICE_NAME, "grpc.health.v1.Health"], server)
    port = server.add_insecure_port(settings.address)
    host = settings.address.rpartition(":")[0]
    address = settings.address if settings.address.startswith("unix:") else f"{host}:{port}"
    return Server(server, interceptor, health, settings, names, address)


def run_service(
    name: str,
    settings: Configured,
    build: Callable[[Configured], AbstractAsyncContextManager[Server]],
    open_storage: Callable[[Configured], AbstractAsyncContextManager[object]] | None = None,
) -> None:
    """Runs a service as this process, on uvloop, until SIGINT or SIGTERM. What each service's `__main__` calls.

    `--migrate` brings its storage to the newest version and ends; `--await-storage` ends when the storage is there and
    at that version.

    Args:
        name: The service's name in its log.
        settings: What it reads from its environment.
        build: Makes the server.
        open_storage: Opens what it keeps, for a service that keeps something.
    """
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}")
    if open_storage is not None:
        tasks = parser.add_mutually_exclusive_group()
        tasks.add_argument("--migrate", action="store_true", help="migrate the storage and end")
        tasks.add_argument("--await-storage", type=float, metavar="SECONDS", help="end when the storage is migrated")
    options = parser.parse_args()
    telemetry.configure(
        name, level=settings.log_level, otlp_endpoint=settings.otlp_endpoint, trace_ratio=settings.trace_ratio
    )

    async def run() -> None:
        if open_storage is not None and (options.migrate or options.await_storage is not None):
            prepared = settings.model_copy(update={"migrate_at_start": options.migrate})
            await _enter(lambda: open_storage(prepared), options.await_storage or 0)
            return
        async with operator_port(name, settings.metrics_address, profiling=settings.profiling):
            await run_server(lambda: build(settings))

    try:
        uvloop.run(run())
    except CandorError as error:
        _log.critical("service_failed", reason=error.reason, message=error.message)
        raise SystemExit(1) from error


async def _enter(open_storage: Callable[[], AbstractAsyncContextManager[object]], patience_s: float) -> None:
    """Opens and closes, again where it is not there yet, until the patience ends."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    while True:
        try:
            async with open_storage():
                return
        except Unavailable as error:
            if loop.time() >= end:
                raise
            _log.info("storage_awaited", reason=error.reason, message=error.message)
            await asyncio.sleep(1)


async def run_server(build: Callable[[], AbstractAsyncContextManager[Server]]) -> None:
    """Serves until SIGINT or SIGTERM, then drains."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with build() as server, serving(server):
        _log.info("service_started", address=server.address)
        await stop.wait()
        _log.info("service_draining")


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    """Serves while the context lasts."""
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
