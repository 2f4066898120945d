"""Databases by URL, reached by the engines of validation."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from services.validation.adapters.engines.sqlite import SqliteEngine
from services.validation.core.model import Connection, DuckdbConnection, PostgresConnection, SqliteConnection, TlsMode
from services.validation.core.ports import Engine

_FORMS = "sqlite:///file.db, duckdb:///file.duckdb or postgresql://user:password@host/database"


class UrlError(ValueError):
    """A URL that names no database Candor can read; the message says what it should look like."""


def connection_from_url(text: str) -> Connection:
    """The connection that a URL describes: SQLAlchemy's form, `sqlite:////file` for an absolute path.

    Raises:
        UrlError: It is no URL, of another kind of database, or says more than a connection may.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        # The text may hold a password, so it is not repeated.
        raise UrlError(f"The database is not a URL. Write {_FORMS}.") from error
    match url.drivername.partition("+")[0]:
        case "sqlite":
            return SqliteConnection(_file(url))
        case "duckdb":
            return DuckdbConnection(_file(url))
        case "postgresql" | "postgres":
            return _postgres(url)
        case other:
            raise UrlError(f"Candor does not read {other!r} databases yet. Write {_FORMS}.")


@asynccontextmanager
async def open_engine(connection: Connection) -> AsyncIterator[Engine]:
    """The engine for a connection, for as long as the context lasts."""
    with ThreadPoolExecutor(2, thread_name_prefix="database") as threads:
        assert isinstance(connection, SqliteConnection)
        yield SqliteEngine(Path(connection.path), threads)


def _file(url: URL) -> str:
    if not url.database or url.database == ":memory:" or url.host or url.query:
        kind = url.drivername.partition("+")[0]
        raise UrlError(f"Name a file, and nothing else: {kind}:///relative/path or {kind}:////absolute/path.")
    return str(Path(url.database).absolute())


def _postgres(url: URL) -> PostgresConnection:
    unknown = url.query.keys() - {"sslmode"}
    if unknown or not url.host or not url.database or not url.username:
        raise UrlError(
            "Write postgresql://user:password@host:port/database, with ?sslmode=… and no other parameter where needed."
        )
    mode = url.query.get("sslmode", TlsMode.PREFER.value)
    if mode not in set(TlsMode):
        raise UrlError(f"sslmode must be one of {', '.join(TlsMode)}.")
    return PostgresConnection(
        host=url.host,
        database=url.database,
        user=url.username,
        port=url.port or 5432,
        password=url.password or "",
        tls_mode=TlsMode(str(mode)),
    )
