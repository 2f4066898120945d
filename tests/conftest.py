"""What every test may ask for: shared data, a PostgreSQL server, tokens."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers_mariadb
import sqlalchemy as sa
from hypothesis import settings

from services.storage.embedded import EmbeddedPostgres

ROOT = Path(__file__).parent.parent

# The inner loop tries fewer examples; `make test` tries them all.
settings.register_profile("quick", max_examples=15)
# Tests that know this profile take minutes with it.
settings.register_profile("nightly", max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of measuring data beside the checkout, where there is one."""
    folder = Path(os.environ.get("CANDOR_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the measuring data is not at {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A real PostgreSQL server, empty, for the whole run.

    Not under pytest's own folder: another run closes that one to the user that the server runs as.
    """
    with tempfile.TemporaryDirectory(prefix="candor-pg-") as folder:
        server = EmbeddedPostgres(Path(folder)).start()
        # What a test wrote need not survive the machine.
        engine = sa.create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text("ALTER SYSTEM SET fsync = off"))
            connection.execute(sa.text("SELECT pg_reload_conf()"))
        engine.dispose()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[servers_mariadb.MariadbServer]:
    """A real MariaDB server, empty, for the whole run."""
    if reason := servers_mariadb.missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="candor-my-") as folder:
        server = servers_mariadb.MariadbServer(Path(folder)).start()
        yield server
        server.stop()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names a dict by its keys: what it holds may print an address, and workers would not agree on the test's name."""
    return "-".join(map(str, val)) if isinstance(val, dict) else None
