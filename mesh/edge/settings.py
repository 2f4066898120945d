"""Every setting of the edge. The defaults are a laptop; each is read from `CANDOR_EDGE_…`."""

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mesh.envoy import is_ip, split_address


class EdgeSettings(BaseSettings):
    """What the edge listens at, whom it calls, and its limits."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_EDGE_", extra="forbid", frozen=True)

    # Where people and programs reach the platform: an IP address and a port. 0.0.0.0 opens it to the network.
    address: str = "127.0.0.1:8080"
    # Where the services listen: an IP address, or a name that the cluster's DNS knows.
    accounts_address: str = "127.0.0.1:8101"
    documents_address: str = "127.0.0.1:8102"
    generation_address: str = "127.0.0.1:8103"
    validation_address: str = "127.0.0.1:8104"
    modelhub_address: str = "127.0.0.1:8105"
    gateway_address: str = "127.0.0.1:8106"
    # Envoy's admin interface: host:port on loopback, unix:/path, or empty for none. It can stop the edge.
    admin_address: str = ""
    # Where Prometheus finds Envoy's statistics at /stats/prometheus: an IP address and a port, on loopback or a pod's
    # network; empty serves none.
    metrics_address: str = ""
    # Where traces go (OTLP over gRPC, host:port); empty for nowhere.
    otlp_address: str = ""
    # Which share of the traces is recorded, from 0 to 1, by everybody whom the edge calls too.
    trace_ratio: float = Field(default=1.0, ge=0, le=1)
    # Certificate chain and private key (PEM files); both or neither. Without them the edge speaks plain HTTP.
    tls_certificate: Path | None = None
    tls_private_key: Path | None = None
    # The folder of the edge's identity where the edge itself is part of the mesh: it then calls every service by mutual
    # TLS, and repeats calls as the mesh does. Empty where a proxy beside it, or nothing, does that.
    mesh_identity: Path | None = None
    # Origins that count as ours besides the one in the Host header: ["https://candor.example"].
    origins: tuple[str, ...] = ()
    # Proxies in front of the edge whose X-Forwarded-For is believed.
    trusted_hops: int = Field(default=0, ge=0)
    # The largest REST request in bytes; native gRPC is bounded by the services.
    max_request_bytes: int = Field(default=4 * 1024 * 1024, gt=0)
    # The largest unary REST response in bytes.
    max_response_bytes: int = Field(default=16 * 1024 * 1024, gt=0)
    # How long a unary call may take; a caller's shorter deadline stands.
    request_timeout: timedelta = timedelta(seconds=60)
    # How long a stream may last; longer ones resume.
    stream_timeout: timedelta = timedelta(hours=1)
    # How long a stream may be silent; services send a heartbeat every 15 s.
    stream_idle_timeout: timedelta = timedelta(seconds=120)
    # How long public keys are trusted before they are fetched again; a removed key lives that long.
    jwks_cache: timedelta = timedelta(seconds=60)
    # How long open calls may take to end when the edge stops; it ends sooner when there are none.
    grace: timedelta = timedelta(seconds=5)
    # Connections from outside at once.
    max_connections: int = Field(default=10_000, gt=0)
    # Calls to one service at once; watchers hold one each.
    max_calls: int = Field(default=4096, gt=0)
    # Envoy's worker threads.
    workers: int = Field(default=1, gt=0)
    # The least severe line of Envoy's own log.
    log_level: str = Field(default="warning", pattern="^(trace|debug|info|warning|error|critical|off)$")

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if not is_ip(split_address(self.address)[0]):
            raise ValueError("address needs an IP address: 127.0.0.1:8080, or 0.0.0.0:8080 for the network.")
        if (self.tls_certificate is None) != (self.tls_private_key is None):
            raise ValueError("tls_certificate and tls_private_key go together: set both or neither.")
        if self.admin_address and not self.admin_address.startswith("unix:"):
            host = split_address(self.admin_address)[0]
            if not is_ip(host) or not ipaddress.ip_address(host).is_loopback:
                raise ValueError("admin_address can stop the edge: keep it on loopback or a Unix socket.")
        return self

    @property
    def tls(self) -> bool:
        """Whether the edge itself speaks TLS."""
        return self.tls_certificate is not None

    def service_address(self, room: str) -> str:
        """Where a service listens.

        Raises:
            KeyError: No address is set for the service.
        """
        addresses: dict[str, str] = self.model_dump(include={f"{room}_address"})
        return addresses[f"{room}_address"]
