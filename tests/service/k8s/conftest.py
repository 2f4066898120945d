"""What the pods of these tests share."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pods import Databases, set_up_databases

from services.storage.embedded import EmbeddedPostgres


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Empty databases, which the tests of a run share."""
    with _server() as made:
        yield made


@pytest.fixture
def empty_databases() -> Iterator[Databases]:
    """Empty databases of the test's own."""
    with _server() as made:
        yield made


@contextmanager
def _server() -> Iterator[Databases]:
    with tempfile.TemporaryDirectory(prefix="candor-k8s-") as folder:
        # The server runs as a user of its own, who must be able to enter.
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "data").start()
        try:
            set_up_databases(server, Path(folder))
            yield Databases(server)
        finally:
            server.stop()
