"""One platform for all rows, meshed, in a network of its own where that is permitted, and a person before it."""

import asyncio
from collections.abc import Iterator

import own_network
import pytest
from chaos.faults import Scene
from chaos.person import arrive
from edge_stand import free_port
from mesh_stand import meshed_platform


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    alone, provider_port = not own_network.missing(), free_port()
    settings = {
        # The same person signs in all the time.
        "CANDOR_ACCOUNTS_ATTEMPTS_PER_MINUTE": "100000",
        "CANDOR_MODELHUB_OPENAI_BASE_URL": f"http://127.0.0.1:{provider_port}/v1",
        "CANDOR_MODELHUB_OPENAI_MODEL": "nobody",
        "CANDOR_MODELHUB_OPENAI_TIMEOUT": "PT2S",
    }
    with meshed_platform(own_network.ENTER if alone else (), **settings) as platform:
        network = own_network.OwnNetwork(platform.process.pid) if alone else None
        with own_network.door(platform.state.parent / "door.sock", platform.port, network) as door:
            platform.door = door
            person = asyncio.run(arrive(door, platform.sign_in_link))
            yield Scene(platform, person, network, provider_port)
