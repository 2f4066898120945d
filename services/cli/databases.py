"""Databases by URL, reached by the engines of validation."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

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
        url = urlsplit(text)
    except ValueError as error:
        # The text may hold a password, so it is not repeated.
        raise UrlError(f"The database is not a URL. Write {_FORMS}.") from error
    kind = url.scheme.partition("+")[0]
    if not kind or "://" not in text or url.fragment:
        raise UrlError(f"The database is not a URL. Write {_FORMS}.")
    match kind:
        case "sqlite":
            return SqliteConnection(_file(url))
        case "duckdb":
            return DuckdbConnection(_file(url))
        case "postgresql" | "postgres":
            return _postgres(url)
    raise UrlError(f"Candor does not read {kind!r} databases yet. Write {_FORMS}.")


@contextmanager
def open_engine(connection: Connection) -> Iterator[Engine]:
    """The engine for a connection, for as long as the context lasts.

    Whoever types a command may open what the machine lets them open: nothing is out of reach.
    """
    with closing(OpenEngines(Reach(private_hosts=True, file_roots=(), closed_folders=()))) as engines:
        yield engines.open(connection, own=True)


def _file(url: SplitResult) -> str:
    path = unquote(url.path.removeprefix("/"))
    if not path or path == ":memory:" or url.netloc or url.query or "\0" in path:
        raise UrlError(
            f"Name a file, and nothing else: {url.scheme}:///relative/path or {url.scheme}:////absolute/path."
        )
    return str(Path(path).absolute())


def _postgres(url: SplitResult) -> PostgresConnection:
    form = "postgresql://user:password@host:port/database"
    options = parse_qs(url.query)
    try:
        port = url.port
    except ValueError as error:
        raise UrlError(f"The port is a number. Write {form}.") from error
    host = url.hostname or options.get("host", [""])[-1]
    database, user = unquote(url.path.removeprefix("/")), unquote(url.username or "")
    if options.keys() - {"sslmode", "host"} or not (host and database and user):
        raise UrlError(f"Write {form}; ?sslmode=… and a socket's folder as ?host=… may follow.")
    mode = options.get("sslmode", [TlsMode.PREFER.value])[-1]
    if mode not in set(TlsMode):
        raise UrlError(f"sslmode must be one of {', '.join(TlsMode)}.")
    return PostgresConnection(
        host=host,
        database=database,
        user=user,
        port=port or 5432,
        password=unquote(url.password or ""),
        tls_mode=TlsMode(mode),
    )
