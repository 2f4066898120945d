"""Where the local mesh keeps what, and its limits: one folder for each workload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

# What Linux and macOS both allow for a Unix socket's path (man 7 unix).
MAX_SOCKET_PATH = 103


@dataclass(frozen=True, slots=True)
class Place:
    """A workload's folder in the mesh, its owner's alone: who may enter may speak in its name."""

    folder: Path

    @property
    def service(self) -> Path:
        """The socket that the workload itself listens at."""
        return self.folder / "service.sock"

    @property
    def admin(self) -> Path:
        """The socket of its Envoy's admin interface."""
        return self.folder / "admin.sock"

    @property
    def config(self) -> Path:
        """Its Envoy's configuration."""
        return self.folder / "envoy.json"

    @property
    def identity(self) -> Path:
        """The folder of its identity."""
        return self.folder / "identity"

    def to(self, callee: str) -> Path:
        """The socket by which it calls another workload."""
        return self.folder / f"to-{callee}.sock"


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """What all sidecars have in common."""

    folder: Path
    """The mesh's folder, with one of each workload in it."""
    addresses: Mapping[str, Sequence[str]]
    """Where each workload's copies are called, by mutual TLS: host:port. A sidecar listens at the first."""
    max_calls: int = 4096
    """Calls of one workload to another at once; watchers hold one each."""
    connection_life: timedelta = timedelta(hours=1)
    """After how long new calls take a new connection, so that identities are looked at again."""
    log_level: str = "warning"
    """The least severe line of Envoy's own log."""

    def place(self, workload: str) -> Place:
        """A workload's folder."""
        return Place(self.folder / workload)
