"""Migrations: a service's database is brought to the newest version when the service starts."""

import re
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

_REVISION = re.compile(r"""^(down_)?revision\s*=\s*(?:"([^"]+)"|None)""", re.MULTILINE)


def migrate(url: URL, migrations: Path, *, version_table: str = "alembic_version") -> None:
    """Brings a database to the newest version of a folder of Alembic migrations.

    Raises:
        OperationalError: The database does not answer.
    """
    engine = sa.create_engine(url, connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            # Two copies of a service that start together must not migrate together.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('candor.migrate'))"))
            if _version(connection, version_table) != newest(migrations):
                _upgrade(connection, migrations, version_table)
    finally:
        engine.dispose()


def newest(migrations: Path) -> str:
    """The version that no other migration of the folder follows.

    Read from the files' text, for Alembic takes longer to import than a service to start.
    """
    found = [match for path in migrations.glob("*.py") for match in _REVISION.finditer(path.read_text())]
    followed = {match[2] for match in found if match[1]}
    (head,) = {match[2] for match in found if not match[1]} - followed
    return head


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
