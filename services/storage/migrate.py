"""Migrations: a database is brought to its newest version, or a program that finds an older one does not start."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from services.kit import telemetry
from services.kit.errors import Unavailable

_log = telemetry.log("migrations")
_REVISION = re.compile(r"""^(down_)?revision\s*=\s*(?:"([^"]+)"|None)""", re.MULTILINE)


def migrate(url: URL, migrations: Path, *, version_table: str = "alembic_version") -> None:
    """Brings a database to the newest version of a folder of Alembic migrations; a newer database stays as it is.

    Raises:
        OperationalError: The database does not answer.
    """
    with _begun(url) as connection:
        # Two copies of a service that start together must not migrate together.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('candor.migrate'))"))
        version = _version(connection, version_table)
        if _is_behind(version, migrations):
            _upgrade(connection, migrations, version_table)
            _log.info("schema_migrated", version=newest(migrations))


def require_migrated(url: URL, migrations: Path, *, version_table: str = "alembic_version") -> None:
    """Refuses a database that is older than a folder of Alembic migrations; a newer one is right.

    Migrations only add what the release before does not miss, so that one still serves while the next rolls out, and
    after it is rolled back.

    Raises:
        Unavailable: The database is older.
        OperationalError: The database does not answer.
    """
    with _begun(url) as connection:
        version = _version(connection, version_table)
    if _is_behind(version, migrations):
        raise Unavailable(
            "SERVICE_UNAVAILABLE",
            f"The database is at version {version or 'none'} of {version_table} and this program needs"
            f" {newest(migrations)}. Run it with --migrate first.",
            metadata={"service": "postgres"},
        )


def newest(migrations: Path) -> str:
    """The version that no other migration of the folder follows.

    Read from the files' text, for Alembic takes longer to import than a service to start.
    """
    versions, followed = _versions(migrations)
    (head,) = versions - followed
    return head


def _is_behind(version: str | None, migrations: Path) -> bool:
    """Whether a database lacks migrations of the folder; a version that the folder does not know is a later one's."""
    return version is None or version in _versions(migrations)[1]


def _versions(migrations: Path) -> tuple[set[str], set[str]]:
    """The versions of a folder, and those that others of them follow."""
    found = [match for path in migrations.glob("*.py") for match in _REVISION.finditer(path.read_text())]
    return {match[2] for match in found if not match[1]}, {match[2] for match in found if match[1]}


@contextmanager
def _begun(url: URL) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _version(connection: sa.Connection, version_table: str) -> str | None:
    if not sa.inspect(connection).has_table(version_table):
        return None
    table = sa.table(version_table, sa.column("version_num"))
    version: str | None = connection.scalar(sa.select(table.c.version_num))
    return version


def _upgrade(connection: sa.Connection, migrations: Path, version_table: str) -> None:
    from alembic import command  # noqa: PLC0415  Half a second, and most starts have nothing to migrate.
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(migrations))
    config.set_main_option("path_separator", "newline")
    config.attributes |= {"connection": connection, "version_table": version_table}
    command.upgrade(config, "head")
