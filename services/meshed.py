"""The local mesh on a laptop: an Envoy beside every program, and identities that are kept valid while it runs."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from mesh.admin import ask
from mesh.callers import Callers
from mesh.envoy import envoy_command
from mesh.local.authority import Authority
from mesh.local.identities import Identities
from mesh.local.settings import MeshSettings
from mesh.local.sidecar import sidecar_name, write_sidecar
from services.laptop import LaptopSettings
from services.supervisor import Program

# It is an Envoy itself.
_EDGE = "edge"
_LOOK_EVERY_S = 0.05


@asynccontextmanager
async def meshed(settings: LaptopSettings, callers: Callers) -> AsyncIterator[list[Program]]:
    """The sidecars, to be started with the programs; their identities are kept valid while the context lasts.

    Args:
        settings: Where everything is.
        callers: Who may call what.
    """
    # Of the last run: its sockets lead nowhere, and its identities are of another authority.
    await asyncio.to_thread(shutil.rmtree, settings.state / "mesh", ignore_errors=True)
    (settings.state / "mesh").mkdir(mode=0o700)
    folders = {name: settings.place(name).identity for name in callers.workloads}
    async with Identities(Authority(), folders).kept():
        yield await asyncio.to_thread(sidecars, settings, callers)


def sidecars(settings: LaptopSettings, callers: Callers) -> list[Program]:
    """The Envoys beside the programs, configured; they stop after the programs, whose calls they carry."""
    workloads = [name for name in callers.workloads if name != _EDGE]
    mesh = MeshSettings(settings.state / "mesh", {name: (settings.service_address(name),) for name in workloads})
    return [
        Program(
            sidecar_name(name),
            envoy_command(
                write_sidecar(name, mesh, callers), workers=1, log_level=mesh.log_level, program=sidecar_name(name)
            ),
            {},
            _ready(f"unix:{settings.place(name).admin}"),
            carries_others=True,
        )
        for name in workloads
    ]


def _ready(admin: str) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        while True:
            try:
                await asyncio.to_thread(ask, admin, "/ready")
            except OSError:
                # Not yet.
                await asyncio.sleep(_LOOK_EVERY_S)
            else:
                return

    return ready
