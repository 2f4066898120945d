"""What a laptop runs: which programs, where they listen, the databases and secrets they share."""

import asyncio
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mesh.callers import Callers
from mesh.local.settings import Place
from services.kit.settings import state_folder
from services.storage.embedded import EmbeddedPostgres
from services.supervisor import Program

SERVICES = ("accounts", "documents", "generation", "validation", "modelhub")
# The services that have a key to show to accounts, beside the platform itself.
KEY_HOLDERS = ("platform", "generation")
SAMPLE_READER = "sample_reader"


class LaptopSettings(BaseSettings):
    """Settings of the platform on one machine, from `CANDOR_…`; a service's own are passed on to it."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_", extra="ignore", frozen=True)

    # Where everything is kept.
    state: Path = Field(default_factory=state_folder)
    # Where people reach the platform: an IP address and a port.
    address: str = "127.0.0.1:8080"
    # The first of the ports that the services listen on, on loopback.
    first_port: int = Field(default=8101, gt=0, lt=65000)
    # The first of the ports on loopback that serve metrics: the services' in their order, the gateway's, the edge's.
    # 0 serves none.
    metrics_first_port: int = Field(default=0, ge=0, lt=65000)
    # Where the traces of all programs go (OTLP over gRPC, host:port); empty for nowhere.
    otlp_endpoint: str = ""
    # Whether every program speaks through an Envoy beside it, by mutual TLS: the local mesh.
    mesh: bool = False

    @property
    def host(self) -> str:
        """The host people type: localhost where the platform listens on this machine alone."""
        host = self.address.rpartition(":")[0]
        return "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host  # noqa: S104

    @property
    def url(self) -> str:
        """The address people open."""
        return f"http://{self.host}:{self.address.rpartition(':')[2]}"

    @property
    def edge_address(self) -> str:
        """Where programs of this machine reach the edge."""
        return self.address.replace("0.0.0.0", "127.0.0.1")  # noqa: S104

    def service_address(self, name: str) -> str:
        """Where a service, or the gateway behind the edge, is called on this machine's network; by TLS in the mesh."""
        return f"127.0.0.1:{self.first_port + (*SERVICES, 'gateway').index(name)}"

    def place(self, name: str) -> Place:
        """A program's folder in the mesh."""
        return Place(self.state / "mesh" / name)

    def listens_at(self, name: str) -> str:
        """Where a program itself listens: in the mesh at a Unix socket, so that nothing goes around its Envoy."""
        return f"unix:{self.place(name).service}" if self.mesh else self.service_address(name)

    def finds(self, caller: str, callee: str) -> str:
        """Where a program finds another: in the mesh at a socket of the Envoy beside it."""
        return f"unix:{self.place(caller).to(callee)}" if self.mesh else self.service_address(callee)

    def metrics_address(self, name: str) -> str:
        """Where a program serves its metrics; empty for nowhere."""
        index = (*SERVICES, "gateway", "edge").index(name)
        return f"127.0.0.1:{self.metrics_first_port + index}" if self.metrics_first_port else ""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the programs share: a database URL for each service, the sample's, and keys."""

    databases: dict[str, str]
    socket_folder: str
    keys: dict[str, str]


def prepare(settings: LaptopSettings, server: EmbeddedPostgres) -> Shared:
    """Makes databases, the sample and keys where they do not exist; the server runs."""
    for name in SERVICES:
        server.make_database(name)
    _ensure_sample(server)
    host = quote(server.socket_folder, safe="")
    databases = {name: f"postgresql://{name}@/{name}?host={host}" for name in SERVICES}
    keys = {name: secret_file(settings.state / "secrets" / f"{name}.key") for name in KEY_HOLDERS}
    return Shared(databases, server.socket_folder, keys)


def secret_file(path: Path) -> str:
    """The secret kept in a file that its owner alone may read; made when there is none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


def programs(settings: LaptopSettings, shared: Shared, callers: Callers) -> list[Program]:
    """The services, to be started side by side."""
    service_keys = ",".join(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}" for name, key in shared.keys.items())
    own: dict[str, dict[str, str]] = {
        "accounts": {"SERVICE_KEYS": service_keys},
        "generation": {"SERVICE_KEY": shared.keys["generation"]},
        "validation": {
            "SAMPLE_HOST": shared.socket_folder,
            "SAMPLE_DATABASE": "sample",
            "SAMPLE_USER": SAMPLE_READER,
            "CLOSED_ADDRESSES": json.dumps(
                [*(settings.service_address(name) for name in (*SERVICES, "gateway")), settings.address]
            ),
        },
    }
    found = []
    for name in SERVICES:
        values = {
            "ADDRESS": settings.listens_at(name),
            "DATABASE_URL": shared.databases[name],
            **_called(settings, callers, name),
            **_observed(settings, name),
            **own.get(name, {}),
        }
        environment = {f"CANDOR_{name.upper()}_{key}": value for key, value in values.items()}
        command = [sys.executable, "-m", f"services.{name}"]
        found.append(Program(name, command, environment, _grpc_ready(settings.listens_at(name))))
    return found


def gateway(settings: LaptopSettings, callers: Callers) -> Program:
    """The browser's companion."""
    own = {
        "ADDRESS": settings.listens_at("gateway"),
        **_called(settings, callers, "gateway"),
        **_observed(settings, "gateway"),
    }
    environment = {f"CANDOR_GATEWAY_{name}": value for name, value in own.items()}
    ready = _http_ready(settings.listens_at("gateway"), "/healthz")
    return Program("gateway", [sys.executable, "-m", "gateway"], environment, ready)


def edge(settings: LaptopSettings) -> Program:
    """Envoy, to be started when the gateway serves."""
    names = (*SERVICES, "gateway")
    environment = {f"CANDOR_EDGE_{name.upper()}_ADDRESS": settings.service_address(name) for name in names}
    environment |= {"CANDOR_EDGE_ADDRESS": settings.address}
    if settings.mesh:
        environment |= {"CANDOR_EDGE_MESH_IDENTITY": str(settings.place("edge").identity)}
    environment |= {f"CANDOR_EDGE_{key}": value for key, value in _observed(settings, "edge").items()}
    command = [sys.executable, "-m", "mesh.edge", "--config", str(settings.state / "edge" / "envoy.json")]
    return Program("edge", command, environment, _http_ready(settings.edge_address, "/v1/jwks"))


def _called(settings: LaptopSettings, callers: Callers, name: str) -> dict[str, str]:
    """Where a program finds those that it may call."""
    return {f"{callee.upper()}_ADDRESS": settings.finds(name, callee) for callee in callers.called_by(name)}


def _observed(settings: LaptopSettings, name: str) -> dict[str, str]:
    """What tells a program where its metrics and traces are wanted; nothing where its own settings decide."""
    traces = "OTLP_ADDRESS" if name == "edge" else "OTLP_ENDPOINT"
    found = {"METRICS_ADDRESS": settings.metrics_address(name), traces: settings.otlp_endpoint}
    return {key: value for key, value in found.items() if value}


async def create_sign_in_link(settings: LaptopSettings) -> str:
    """A link that signs the owner in, once.

    Raises:
        CandorError: The platform does not answer, or does not know this state's key.
    """
    from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc  # noqa: PLC0415  As below.

    from services.kit.rpc import open_channel  # noqa: PLC0415  As below.

    key = secret_file(settings.state / "secrets" / "platform.key")
    # By the edge: in the mesh nobody else reaches accounts.
    async with open_channel(settings.edge_address) as channel:
        stub = accounts_service_pb2_grpc.AccountsServiceStub(channel)
        grant = accounts_service_pb2.ServiceGrant(service="platform", key=key)
        token = (await stub.IssueToken(accounts_service_pb2.IssueTokenRequest(service=grant))).token
        created = await stub.CreateSignInCode(
            accounts_service_pb2.CreateSignInCodeRequest(), metadata=(("authorization", f"Bearer {token}"),)
        )
    return f"{settings.url}/signin?code={created.code}"


def _ensure_sample(server: EmbeddedPostgres) -> None:
    server.make_database("sample")
    server.ensure_reader(SAMPLE_READER)
    with psycopg.connect(dbname="sample", user="sample", host=server.socket_folder) as connection:
        loaded = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
        if loaded is None:
            from services.cli.sample.load import load_postgres  # noqa: PLC0415  Wanted at the first start alone.

            load_postgres(connection)
        reader = sql.Identifier(SAMPLE_READER)
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE sample TO {}").format(reader))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(reader))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(reader))


def _grpc_ready(address: str) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        # Imported while the programs start, not before: each second here is a second later for all of them.
        import grpc  # noqa: PLC0415
        from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

        async with grpc.aio.insecure_channel(address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            while True:
                try:
                    response = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.05)
                    continue
                if response.status == health_pb2.HealthCheckResponse.SERVING:
                    return
                await asyncio.sleep(0.05)

    return ready


def _http_ready(address: str, path: str) -> Callable[[], Awaitable[None]]:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()

    async def answers() -> bool:
        if address.startswith("unix:"):
            reader, writer = await asyncio.open_unix_connection(address.removeprefix("unix:"))
        else:
            host, _, port = address.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(request)
            return b" 200 " in await reader.readline()
        finally:
            writer.close()

    async def ready() -> None:
        while True:
            try:
                if await answers():
                    return
            except OSError:
                # Nobody listens yet.
                pass
            await asyncio.sleep(0.05)

    return ready
