"""Databases by URL, reached by the engines of validation."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from services.validation.adapters.engines.open import OpenEngines
from services.validation.core.model import Connection, DuckdbConnection, PostgresConnection, SqliteConnection, TlsMode
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach

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
    except (ArgumentError, ValueError) as error:
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


@contextmanager
def open_engine(connection: Connection) -> Iterator[Engine]:
    """The engine for a connection, for as long as the context lasts.

    Whoever types a command may open what the machine lets them open: nothing is out of reach.
    """
    with closing(OpenEngines(Reach(private_hosts=True, file_roots=(), closed_folders=()))) as engines:
        yield engines.open(connection, own=True)


def _file(url: URL) -> str:
    if not url.database or url.database == ":memory:" or url.host or url.query:
        kind = url.drivername.partition("+")[0]
        raise UrlError(f"Name a file, and nothing else: {kind}:///relative/path or {kind}:////absolute/path.")
    return str(Path(url.database).absolute())


def _postgres(url: URL) -> PostgresConnection:
    host = url.host or url.query.get("host")
    unknown = url.query.keys() - {"sslmode", "host"}
    if unknown or not isinstance(host, str) or not url.database or not url.username:
        form = "postgresql://user:password@host:port/database"
        raise UrlError(f"Write {form}; ?sslmode=… and a socket's folder as ?host=… may follow.")
    mode = url.query.get("sslmode", TlsMode.PREFER.value)
    if mode not in set(TlsMode):
        raise UrlError(f"sslmode must be one of {', '.join(TlsMode)}.")
    return PostgresConnection(
        host=host,
        database=url.database,
        user=url.username,
        port=url.port or 5432,
        password=url.password or "",
        tls_mode=TlsMode(str(mode)),
    )
