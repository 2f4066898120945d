"""The edge on a test stand: real Envoy and the real gateway, in front of real gRPC servers that note what they see."""

import asyncio
import contextlib
import importlib
import json
import pkgutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
import uvicorn
from candor.accounts.v1 import accounts_service_pb2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import message_factory
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from waiting import wait_for

from gateway.__main__ import build
from gateway.settings import GatewaySettings
from mesh.edge.__main__ import command, write_config
from mesh.edge.settings import EdgeSettings

ROOMS = ("accounts", "documents", "generation", "modelhub", "validation")
# Every contract of every room: its messages and its stubs.
CONTRACTS = [
    (
        importlib.import_module(f"{package.__name__}.{found.name}"),
        importlib.import_module(f"{package.__name__}.{found.name}_grpc"),
    )
    for package in (importlib.import_module(f"candor.{room}.v1") for room in ROOMS)
    for found in pkgutil.iter_modules(package.__path__)
    if found.name.endswith("_service_pb2")
]
JWKS_CACHE_S = 6


@dataclass
class Keys:
    """The keys that accounts would hold: the first one signs."""

    private: dict[str, Ed25519PrivateKey] = field(default_factory=lambda: {"first": Ed25519PrivateKey.generate()})

    def token(self, *, kid: str | None = None, key: Ed25519PrivateKey | None = None, **claims: Any) -> str:
        """A token of the local owner, good for ten minutes; claims replace its own, and None removes one."""
        kid = kid or next(iter(self.private))
        now = int(time.time())
        whole = {
            "iss": "candor",
            "aud": "candor",
            "sub": "members/owner",
            "org": "local",
            "roles": ["owner"],
            "iat": now,
            "exp": now + 600,
            "jti": "1",
        } | claims
        kept = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(kept, key or self.private[kid], "EdDSA", headers={"kid": kid})

    def jwks(self) -> accounts_service_pb2.GetJwksResponse:
        response = accounts_service_pb2.GetJwksResponse()
        for kid, private in self.private.items():
            public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(private.public_key()))
            response.keys.add(kty="OKP", crv="Ed25519", alg="EdDSA", use="sig", kid=kid, x=public["x"])
        return response


@dataclass(frozen=True)
class Seen:
    """A call that reached a service."""

    path: str
    request: Any
    metadata: dict[str, str]
    time_remaining_s: float | None


Answer = Callable[[Any, Any], Awaitable[Message]] | Callable[[Any, Any], AsyncIterator[Message]]


@dataclass
class Services:
    """All services on one port. Each call is noted, and answered by `answers` or with an empty response."""

    keys: Keys = field(default_factory=Keys)
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def note(self, path: str, request: Any, context: Any) -> None:
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        self.seen.append(Seen(path, request, metadata, context.time_remaining()))

    def add_to(self, server: grpc.aio.Server) -> None:
        for messages, stubs in CONTRACTS:
            for name, descriptor in messages.DESCRIPTOR.services_by_name.items():
                behavior = {method.name: self._behavior(method) for method in descriptor.methods}
                double = type(name, (getattr(stubs, f"{name}Servicer"),), behavior)
                getattr(stubs, f"add_{name}Servicer_to_server")(double(), server)

    def _behavior(self, method: Any) -> Any:
        path = f"/{method.containing_service.full_name}/{method.name}"
        response = message_factory.GetMessageClass(method.output_type)

        async def unary(_self: Any, request: Any, context: Any) -> Any:
            if path.endswith("/GetJwks") and "x-request-id" not in dict(context.invocation_metadata()):
                return self.keys.jwks()
            self.note(path, request, context)
            answer: Any = self.answers.get(path)
            return await answer(request, context) if answer else response()

        async def stream(_self: Any, request: Any, context: Any) -> AsyncIterator[Any]:
            self.note(path, request, context)
            answer: Any = self.answers.get(path)
            try:
                if answer is None:
                    yield response()
                    return
                async for message in answer(request, context):
                    yield message
            except asyncio.CancelledError:
                self.cancelled.set()
                raise

        return stream if method.server_streaming else unary


class Loop:
    """An event loop on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=20)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=5)
        self.loop.close()


@dataclass
class Stand:
    """What a test holds: the services, and where to reach them through the edge, the gateway or directly."""

    services: Services
    edge: str
    gateway: str
    direct: str
    envoy_pid: int
    log: Path
    client: httpx.Client
    loop: asyncio.AbstractEventLoop

    @property
    def keys(self) -> Keys:
        return self.services.keys

    def call(self, verb: str, path: str, *, token: str | None = "", **kwargs: Any) -> httpx.Response:
        """A REST call through the edge, by the local owner unless told otherwise (None: by nobody)."""
        headers = dict(kwargs.pop("headers", {}))
        if token is not None:
            headers["authorization"] = f"Bearer {token or self.keys.token()}"
        return self.client.request(verb, path, headers=headers, **kwargs)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def grpc_server(loop: Loop, services: Services) -> Iterator[str]:
    """The services' server; gives its address."""

    async def start() -> tuple[grpc.aio.Server, int]:
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        services.add_to(server)
        health = HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(health, server)
        await health.set("", health_pb2.HealthCheckResponse.SERVING)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    server, port = loop.run(start())
    try:
        yield f"127.0.0.1:{port}"
    finally:
        loop.run(server.stop(0))


@contextlib.contextmanager
def gateway_server(loop: Loop, **settings: Any) -> Iterator[str]:
    """The gateway; gives its address."""
    address = f"127.0.0.1:{free_port()}"
    server: uvicorn.Server = build(GatewaySettings(address=address, **settings))
    served = asyncio.run_coroutine_threadsafe(server.serve(), loop.loop)
    wait_for(lambda: server.started, "the gateway serves")
    try:
        yield address
    finally:
        server.should_exit = True
        served.result(timeout=20)


@contextlib.contextmanager
def envoy(folder: Path, **settings: Any) -> Iterator[tuple[str, int]]:
    """Envoy; gives its base URL and process id. Its log is `folder/edge.log`."""
    address = f"127.0.0.1:{free_port()}"
    edge = EdgeSettings(address=address, jwks_cache=f"PT{JWKS_CACHE_S}S", **settings)
    config = write_config(edge, folder / "envoy.json")
    with (folder / "edge.log").open("wb") as log:
        process = subprocess.Popen(command(edge, config), stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: process.poll() is None and _answers(f"http://{address}/healthz"), "the edge serves")
            yield f"http://{address}", process.pid
        finally:
            process.terminate()
            process.wait(timeout=10)


@contextlib.contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """Everything, wired."""
    loop, services = Loop(), Services()
    try:
        with contextlib.ExitStack() as stack:
            direct = stack.enter_context(grpc_server(loop, services))
            gateway = stack.enter_context(
                gateway_server(loop, accounts_address=direct, generation_address=direct, jwks_cache="PT0S")
            )
            addresses = {f"{room}_address": direct for room in ROOMS}
            origins = ("https://candor.example",)
            edge, pid = stack.enter_context(envoy(folder, gateway_address=gateway, origins=origins, **addresses))
            client = stack.enter_context(httpx.Client(base_url=edge, timeout=20, trust_env=False))
            yield Stand(services, edge, gateway, direct, pid, folder / "edge.log", client, loop.loop)
    finally:
        loop.close()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
