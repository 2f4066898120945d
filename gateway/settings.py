"""Every setting of the gateway. The defaults are a laptop; each is read from `CANDOR_GATEWAY_…`."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_ROOT = Path(__file__).parent.parent


class GatewaySettings(BaseSettings):
    """Where the gateway listens, whom it calls, and its limits."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_GATEWAY_", extra="forbid", frozen=True)

    # Where the edge, or the mesh before the gateway, reaches it: host:port, or unix:/path. People reach the edge.
    address: str = "127.0.0.1:8106"
    # Where the services listen that the gateway calls.
    accounts_address: str = "127.0.0.1:8101"
    generation_address: str = "127.0.0.1:8103"
    # The built web app.
    web_folder: Path = _ROOT / "web" / "dist"
    # Whether browsers send the cookies over TLS alone; set it wherever people use https.
    secure_cookies: bool = False
    # Origins that count as ours besides the one in the Host header: ["https://candor.example"].
    origins: tuple[str, ...] = ()
    # How long the public keys are served before they are asked for again.
    jwks_cache: timedelta = timedelta(seconds=5)
    # Connections at once, WebSockets among them; one more is refused.
    max_connections: int = Field(default=4096, gt=0)
    # The largest WebSocket message that is read, in bytes; its content is ignored.
    max_message_bytes: int = Field(default=64 * 1024, gt=0)
    # How long open calls may take to end when the gateway stops.
    grace: timedelta = timedelta(seconds=5)
    # The least severe log line that is written.
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    # Where traces go (OTLP over gRPC, host:port); empty keeps them here.
    otlp_endpoint: str = ""
    # Which share of the traces is recorded, from 0 to 1; what a caller leaves out is left out here too.
    trace_ratio: float = Field(default=1.0, ge=0, le=1)
    # Where Prometheus finds the metrics: host:port, on loopback or a pod's network; empty serves none.
    metrics_address: str = ""
    # Whether that port gives profiles too, to callers of this machine alone.
    profiling: bool = False
