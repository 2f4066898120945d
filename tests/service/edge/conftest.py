"""One edge for all tests of this folder: starting Envoy takes longer than asking it."""

from collections.abc import Iterator

import pytest
from edge_stand import Stand, stand


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("edge")) as running:
        yield running


@pytest.fixture
def edge(running: Stand) -> Stand:
    """The edge, with nothing seen and nothing prepared."""
    running.services.seen.clear()
    running.services.answers.clear()
    running.services.cancelled.clear()
    running.client.cookies.clear()
    return running
