"""Settings that every service reads. Each service adds its own and gives them its prefix."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal

from platformdirs import user_state_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def state_folder() -> Path:
    """Where the laptop's platform keeps everything: $CANDOR_STATE, else the user's state folder."""
    return _Platform().state


def _default_state() -> Path:
    # The embedded server runs as a user of its own when the platform runs as root, and could not enter root's home.
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "XDG_STATE_HOME" not in os.environ:
        return Path("/var/lib/candor")
    return user_state_path("candor")


class _Platform(BaseSettings):
    """Settings of the whole platform."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_")

    state: Path = Field(default_factory=_default_state)


class ServiceSettings(BaseSettings):
    """What every service reads, under its own prefix (`CANDOR_ACCOUNTS_ADDRESS`)."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    # Where the service listens: host:port, or unix:/path.
    address: str = "127.0.0.1:0"
    # The service's PostgreSQL database as a SQLAlchemy URL; "embedded:" uses the laptop's own server.
    database_url: str = "embedded:"
    # Whether the service brings its database to the newest version when it starts; else it refuses an older one, and
    # `--migrate` migrates.
    migrate_at_start: bool = True
    # Where accounts listens: tokens are checked with its public keys.
    accounts_address: str = "127.0.0.1:8101"
    # "production" switches reflection off.
    environment: Literal["laptop", "production"] = "laptop"
    # RPCs served at once; one more is refused.
    max_concurrent_rpcs: int = Field(default=400, gt=0)
    # How long a call may take that brings no deadline of its own.
    default_deadline: timedelta = timedelta(seconds=30)
    # After how long a caller is told to connect again, so that new copies get their share; none says never.
    connection_age: timedelta | None = None
    # How long running calls may take to end when the service stops.
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
