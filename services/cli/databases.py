"""Databases by URL, reached by the engines of validation."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from services.validation.adapters.engines.open import OpenEngines
from services.validation.core.model import (
    BigqueryConnection,
    Connection,
    DuckdbConnection,
    MysqlConnection,
    PostgresConnection,
    SnowflakeConnection,
    SqliteConnection,
    SqlServerConnection,
    TlsMode,
    TrinoConnection,
)
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach

_FORMS = (
    "sqlite:///file.db, duckdb:///file.duckdb, postgresql://user:password@host/database, or the same with mysql, "
    "mssql, trino, snowflake or bigquery"
)
# Where Google's own programs are told a service account's key, which no URL should hold.
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"


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
    read = _READERS.get(kind)
    if read is None:
        raise UrlError(f"Candor does not read {kind!r} databases yet. Write {_FORMS}.")
    return read(url)


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


def _server(url: SplitResult, *path: str) -> dict[str, Any]:
    """The fields of a server's connection; `path` names what stands after the host, of which the first is needed."""
    form = f"{url.scheme}://user:password@host:port/{'/'.join(path)}"
    try:
        port = url.port
    except ValueError as error:
        raise UrlError(f"The port is a number. Write {form}.") from error
    named = dict(zip(path, map(unquote, filter(None, url.path.split("/"))), strict=False))
    if not (url.hostname and url.username and path[0] in named) or url.query or url.path.count("/") > len(path):
        raise UrlError(f"Write {form}.")
    login = {"host": url.hostname, "user": unquote(url.username), "password": unquote(url.password or "")}
    return {**login, **named, **({"port": port} if port else {})}


def _snowflake(url: SplitResult) -> SnowflakeConnection:
    form = "snowflake://user:password@account/database/schema?warehouse=…&role=…"
    options = {name: values[-1] for name, values in parse_qs(url.query).items()}
    if options.keys() - {"warehouse", "role"}:
        raise UrlError(f"Write {form}.")
    fields = _server(url._replace(query=""), "database", "schema")
    return SnowflakeConnection(account=fields.pop("host"), **fields, **options)


def _bigquery(url: SplitResult) -> BigqueryConnection:
    dataset, key = url.path.strip("/"), os.environ.get(_CREDENTIALS, "")
    if not (url.hostname and dataset) or "/" in dataset or url.username or url.query:
        raise UrlError(f"Write bigquery://project/dataset, and the key's file in {_CREDENTIALS}.")
    if not Path(key).is_file():
        raise UrlError(f"{_CREDENTIALS} names no file. Set it to the file of a service account's key.")
    return BigqueryConnection(url.hostname, dataset, credentials_json=Path(key).read_text(encoding="utf-8"))


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


_READERS: Mapping[str, Callable[[SplitResult], Connection]] = {
    "sqlite": lambda url: SqliteConnection(_file(url)),
    "duckdb": lambda url: DuckdbConnection(_file(url)),
    "postgresql": _postgres,
    "postgres": _postgres,
    "mysql": lambda url: MysqlConnection(**_server(url, "database")),
    "mariadb": lambda url: MysqlConnection(**_server(url, "database")),
    "mssql": lambda url: SqlServerConnection(**_server(url, "database")),
    "trino": lambda url: TrinoConnection(**_server(url, "catalog", "schema")),
    "snowflake": _snowflake,
    "bigquery": _bigquery,
}
