"""One small mesh for all tests of a worker, and one whole platform: starting them takes longer than asking them."""

from collections.abc import Iterator

import pytest
from edge_stand import Loop, Services
from mesh_stand import SIDECARS, Clock, MeshedPlatform, Stand, grpc_servers, mesh, meshed_platform

from mesh.local.authority import Authority


@pytest.fixture(scope="session")
def running() -> Iterator[Stand]:
    loop, services, clock = Loop(), Services(), Clock()
    with mesh(Authority(now=clock)) as built:
        callees = [built.place(name).service for name in SIDECARS if name != "gateway"]
        with grpc_servers(loop, services, callees):
            built.start("generation", "validation", "accounts", "documents")
            yield Stand(built, services, clock, loop)
    loop.close()


@pytest.fixture
def stand(running: Stand) -> Stand:
    """The small mesh, with nothing seen and nothing prepared."""
    running.services.seen.clear()
    running.services.answers.clear()
    running.clock.held = None
    return running


@pytest.fixture(scope="session")
def platform() -> Iterator[MeshedPlatform]:
    with meshed_platform() as running:
        yield running
