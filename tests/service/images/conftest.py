"""What the tests of images share: the built images, their databases and secrets."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import containers
import pytest
from containers import Image

from services.storage.embedded import EmbeddedPostgres

# One with a database, the one that answers, and the two that people meet: every kind of step of the Dockerfiles.
BUILT = ("accounts", "generation", "gateway", "edge")


@pytest.fixture(scope="session")
def images() -> Iterator[dict[str, Image]]:
    """Four images, built now."""
    if reason := containers.missing():
        pytest.skip(reason)
    containers.build(*BUILT)
    with ExitStack() as stack:
        yield {name: stack.enter_context(containers.mounted(name)) for name in BUILT}


@pytest.fixture(scope="session")
def sockets() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL with databases for two services, open to every user."""
    with tempfile.TemporaryDirectory(prefix="candor-pg-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "data").start()
        try:
            for name in ("accounts", "generation"):
                server.make_database(name)
            Path(server.socket_folder).chmod(0o755)
            yield Path(server.socket_folder)
        finally:
            server.stop()


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compose's own secrets, with the addresses of these databases."""
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run(["python3", "docker/make_secrets.py", str(folder)], cwd=containers.ROOT, check=True)
    # It is the folder that is mounted here, and not each file.
    folder.chmod(0o755)
    for name in ("accounts", "generation"):
        url = f"postgresql://{name}@/{name}?host=/run/postgres"
        (folder / f"CANDOR_{name.upper()}_DATABASE_URL").write_text(url)
    return folder
