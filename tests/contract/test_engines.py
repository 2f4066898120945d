"""What every engine promises, asked of each engine that can be had here."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from servers_mariadb import MariadbServer

from services.kit.catalog import ColumnType, ForeignKey, Table
from services.kit.errors import CandorError, DeadlineExceeded, FailedPrecondition
from services.storage.embedded import EmbeddedPostgres
from services.validation.adapters.engines.open import OpenEngines
from services.validation.core.model import (
    Batch,
    ColumnRef,
    Connection,
    DuckdbConnection,
    Limits,
    MysqlConnection,
    PostgresConnection,
    SqliteConnection,
    Summary,
    TlsMode,
)
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach

COLUMNS = ("id", "exact", "big", "day", "moment", "note", "raw", "doc")
TYPES = {
    "postgres": "integer numeric(30,10) bigint date timestamp text bytea json",
    "duckdb": "integer decimal(30,10) bigint date timestamp varchar blob json",
    "mysql": "integer decimal(30,10) bigint date datetime text blob json",
    # SQLite has no exact decimals, no dates and no JSON of its own: people keep them as texts.
    "sqlite": "integer text integer text text text blob text",
}
RAW = {"postgres": r"'\x00ff'", "duckdb": r"'\x00\xFF'", "mysql": "x'00ff'", "sqlite": "x'00ff'"}
LINKS = """
CREATE TABLE links (id integer PRIMARY KEY, a integer, b integer, code varchar(20) UNIQUE,
  cell integer NOT NULL REFERENCES cells (id), FOREIGN KEY (a, b) REFERENCES pairs (a, b))
"""
EXACT = "12345678901234567890.0123456789"
SLOW = """
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2000000000) SELECT count(*) AS marker FROM r
"""
COUNTING = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5000) SELECT n FROM r"


def statements(engine: str) -> list[str]:
    """A small database with a value of each kind, in the engine's own words."""
    typed = zip(COLUMNS, TYPES[engine].split(), strict=True)
    described = ", ".join(f"{name} {kind}{' primary key' if name == 'id' else ''}" for name, kind in typed)
    values = f"'{EXACT}', 9223372036854775807, '2024-02-29', '2024-02-29 23:59:59', 'Zoë 😀', {RAW[engine]}"
    made = [
        f"CREATE TABLE cells ({described})",
        f"INSERT INTO cells VALUES (1, {values}, '{{\"a\": [1, 2]}}')",
        f"INSERT INTO cells VALUES (2{', NULL' * 7})",
        "CREATE TABLE pairs (a integer, b integer, password varchar(9) NOT NULL, name varchar(9), PRIMARY KEY (a, b))",
        LINKS,
        "INSERT INTO pairs VALUES (1, 1, 'hush', 'one'), (1, 2, 'hush', 'two'), (2, 1, 'hush', 'three')",
        "CREATE VIEW few AS SELECT id FROM cells",
    ]
    comments = {
        "mysql": ["ALTER TABLE cells COMMENT 'Of each kind'", "ALTER TABLE cells MODIFY note text COMMENT 'Said'"],
        "sqlite": [],
    }
    both = ["COMMENT ON TABLE cells IS 'Of each kind'", "COMMENT ON COLUMN cells.note IS 'Said'"]
    return made + comments.get(engine, both)


@dataclass(frozen=True)
class Subject:
    """An engine, and the name that it bears."""

    name: str
    engine: Engine

    async def rows(self, sql: str, limits: Limits | None = None) -> tuple[list[tuple[Any, ...]], Summary]:
        """A statement's rows and its summary."""
        found: list[tuple[Any, ...]] = []
        async with aclosing(self.engine.run(sql, limits or Limits())) as parts:
            async for part in parts:
                if isinstance(part, Batch):
                    found.extend(zip(*part.columns, strict=True))
                elif isinstance(part, Summary):
                    return found, part
        raise AssertionError("no summary came")


@pytest.fixture(scope="module")
def postgres_cells(postgres: EmbeddedPostgres) -> Connection:
    url = postgres.ensure_database("cells")
    host = str(url.query["host"])
    with psycopg.connect(dbname="cells", user="cells", host=host) as connection:
        for each in statements("postgres"):
            connection.execute(each)
    return PostgresConnection(host, "cells", "cells", tls_mode=TlsMode.DISABLE)


@pytest.fixture(scope="module")
def mysql_cells(mariadb: MariadbServer) -> MysqlConnection:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE cells CHARACTER SET utf8mb4")
        cursor.execute("USE cells")
        for each in statements("mysql"):
            cursor.execute(each)
        cursor.execute("CREATE USER cells_reader IDENTIFIED BY 'secret'")
        cursor.execute("GRANT SELECT, SHOW VIEW ON cells.* TO cells_reader")
    return MysqlConnection("127.0.0.1", "cells", "cells_reader", mariadb.port, "secret")


@pytest.fixture(scope="module")
def sqlite_cells(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    path = tmp_path_factory.mktemp("engines") / "cells.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        for each in statements("sqlite"):
            database.execute(each)
    return SqliteConnection(str(path))


@pytest.fixture(scope="module")
def duckdb_cells(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    path = tmp_path_factory.mktemp("engines") / "cells.duckdb"
    with duckdb.connect(str(path)) as database:
        for each in statements("duckdb"):
            database.execute(each)
    return DuckdbConnection(str(path))


@pytest.fixture
async def opener() -> AsyncIterator[OpenEngines]:
    engines = OpenEngines(Reach(private_hosts=True, file_roots=(Path("/"),), closed_folders=()))
    yield engines
    await engines.aclose()


@pytest.fixture(params=["postgres", "sqlite", "duckdb", "mysql"])
def subject(request: pytest.FixtureRequest, opener: OpenEngines) -> Subject:
    connection = request.getfixturevalue(f"{request.param}_cells")
    # The socket of the embedded PostgreSQL is no place for users.
    return Subject(request.param, opener.open(connection, own=request.param == "postgres"))


async def test_it_says_what_it_is(subject: Subject) -> None:
    name, _, version = (await subject.engine.test()).partition(" ")
    assert name.lower() in {"postgresql", "sqlite", "duckdb", "mariadb"}
    assert version[0].isdigit()


async def test_values_come_exact(subject: Subject) -> None:
    rows, summary = await subject.rows("SELECT * FROM cells ORDER BY id")
    assert rows == [
        (1, EXACT, 2**63 - 1, "2024-02-29", "2024-02-29 23:59:59", "Zoë 😀", "00ff", '{"a": [1, 2]}'),
        (2, *[None] * 7),
    ]
    assert summary == Summary(2)


async def test_columns_have_names_and_types(subject: Subject) -> None:
    async with aclosing(subject.engine.run("SELECT * FROM cells", Limits())) as parts:
        columns: Any = await anext(parts)
    assert [each.name for each in columns] == list(COLUMNS)
    found = {each.name: each.type for each in columns}
    expected = {"id": ColumnType.INTEGER, "big": ColumnType.INTEGER, "note": ColumnType.TEXT, "raw": ColumnType.BINARY}
    if subject.name != "sqlite":
        expected |= {"exact": ColumnType.NUMBER, "day": ColumnType.DATE, "moment": ColumnType.TIMESTAMP}
    assert {name: found[name] for name in expected} == expected


async def test_a_number_beyond_64_bits_is_a_text(subject: Subject) -> None:
    if subject.name == "sqlite":
        pytest.skip("SQLite has no such number")
    rows, _ = await subject.rows("SELECT 18446744073709551615 AS n")
    assert rows == [("18446744073709551615",)]


async def test_texts_that_look_like_placeholders_are_texts(subject: Subject) -> None:
    rows, _ = await subject.rows("SELECT '100%' AS a, '%s %(x)s :y ? %%' AS b, '{}' AS c")
    assert rows == [("100%", "%s %(x)s :y ? %%", "{}")]


async def test_rows_end_at_a_limit_of_rows_or_bytes(subject: Subject) -> None:
    rows, summary = await subject.rows(COUNTING, Limits(max_rows=2345))
    assert [row[0] for row in rows] == list(range(1, 2346))
    assert summary == Summary(2345, "max_rows")
    rows, summary = await subject.rows(COUNTING, Limits(max_bytes=8000))
    assert summary == Summary(len(rows), "max_bytes")
    assert 0 < len(rows) <= 1000
    rows, summary = await subject.rows(COUNTING)
    assert summary == Summary(5000)


async def test_a_statement_is_stopped_at_its_time(subject: Subject) -> None:
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded) as raised:
        await subject.rows(SLOW, Limits(timeout=timedelta(seconds=0.3)))
    assert raised.value.reason == "STATEMENT_TIMEOUT"
    assert time.monotonic() - begun < 5
    # It is as good as before.
    assert (await subject.rows("SELECT 1 AS one"))[0] == [(1,)]


async def test_a_cancelled_run_ends_at_once_and_harms_nothing(subject: Subject) -> None:
    running = asyncio.create_task(subject.rows(SLOW))
    done, _ = await asyncio.wait([running], timeout=0.3)
    assert not done
    begun = time.monotonic()
    running.cancel()
    await asyncio.wait([running], timeout=10)
    assert running.cancelled()
    assert time.monotonic() - begun < 5
    assert (await subject.rows("SELECT 1 AS one"))[0] == [(1,)]


async def test_what_it_refuses_is_told_in_its_words(subject: Subject) -> None:
    with pytest.raises(FailedPrecondition) as raised:
        await subject.rows("SELECT no_such_column FROM cells")
    assert raised.value.reason == "SQL_REFUSED_BY_DATABASE"
    assert "no_such_column" in raised.value.message


async def test_a_second_statement_is_refused(subject: Subject) -> None:
    with pytest.raises(CandorError):
        await subject.rows("SELECT 1; SELECT 2")


async def test_a_plan_is_told_without_running(subject: Subject) -> None:
    plan = await subject.engine.explain("SELECT * FROM cells WHERE id = 1")
    assert "cells" in plan.text
    begun = time.monotonic()
    await subject.engine.explain(SLOW.strip())
    assert time.monotonic() - begun < 10


async def test_it_describes_tables_views_keys_and_comments(subject: Subject) -> None:
    tables, keys = await subject.engine.introspect()
    found: dict[str, Table] = {table.name: table for table in tables}
    assert {"cells", "pairs", "links", "few"} <= set(found)
    assert (found["few"].kind, found["cells"].kind) == ("view", "table")
    cells = {column.name: column for column in found["cells"].columns}
    assert tuple(cells) == COLUMNS
    assert cells["id"].is_primary_key
    assert cells["id"].type is ColumnType.INTEGER
    assert not cells["id"].nullable
    assert cells["note"].nullable
    if subject.name != "sqlite":
        assert cells["exact"].type is ColumnType.NUMBER
        assert cells["day"].type is ColumnType.DATE
        assert cells["moment"].type is ColumnType.TIMESTAMP
        assert (found["cells"].comment, cells["note"].comment) == ("Of each kind", "Said")
    pairs = {column.name: column for column in found["pairs"].columns}
    assert pairs["a"].is_primary_key
    assert not pairs["a"].is_unique
    links = {column.name: column for column in found["links"].columns}
    assert links["code"].is_unique
    assert not links["cell"].is_unique
    assert not links["cell"].nullable
    schema = found["cells"].qualified_name.removesuffix("cells")
    assert set(keys) == {
        ForeignKey(f"{schema}links", ("cell",), f"{schema}cells", ("id",)),
        ForeignKey(f"{schema}links", ("a", "b"), f"{schema}pairs", ("a", "b")),
    }


async def test_it_samples_values_but_not_those_of_secrets(subject: Subject) -> None:
    tables, _ = await subject.engine.introspect()
    (pairs,) = [table for table in tables if table.name == "pairs"]
    samples = {column.name: column.samples for column in pairs.columns}
    assert samples["name"] == ("one", "two", "three")
    assert samples["password"] == ()
    asked = [
        ColumnRef(pairs.qualified_name, "name"),
        ColumnRef(f"{pairs.qualified_name}_not_there", "a"),
        ColumnRef(pairs.qualified_name, "a"),
    ]
    names, numbers = await subject.engine.sample_values(asked, 2, timedelta(seconds=10))
    assert set(names.values) < {"one", "two", "three"}
    assert (len(names.values), names.truncated) == (2, True)
    assert (sorted(numbers.values), numbers.truncated) == (["1", "2"], False)


async def named(*_: Any) -> list[str]:
    """Every name is this machine."""
    return ["127.0.0.1"]


@pytest.mark.parametrize(
    "case",
    [
        ("localhost", TlsMode.PREFER, False, ""),
        ("localhost", TlsMode.DISABLE, False, ""),
        ("other.example", TlsMode.REQUIRE, False, ""),
        ("localhost", TlsMode.VERIFY_FULL, True, ""),
        ("localhost", TlsMode.VERIFY_FULL, False, "DATA_SOURCE_UNREACHABLE"),
        ("other.example", TlsMode.VERIFY_FULL, True, "DATA_SOURCE_UNREACHABLE"),
    ],
)
async def test_mysql_is_encrypted_and_verified_by_its_name_as_the_mode_says(
    mariadb: MariadbServer,
    mysql_cells: MysqlConnection,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[str, TlsMode, bool, str],
) -> None:
    host, mode, trusted, refusal = case
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(mariadb.certificate))
    connection = replace(mysql_cells, host=host, tls_mode=mode)
    reach = Reach(private_hosts=True, file_roots=(), closed_folders=())
    async with aclosing(OpenEngines(reach, resolver=named)) as engines:
        subject = Subject("mysql", engines.open(connection))
        if refusal:
            with pytest.raises(CandorError) as raised:
                await subject.engine.test()
            assert raised.value.reason == refusal
            return
        sql = "SELECT variable_value <> '' FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'"
        assert (await subject.rows(sql))[0] == [(int(mode is not TlsMode.DISABLE),)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "wrong"}, "DATA_SOURCE_LOGIN_FAILED"),
        ({"user": "nobody"}, "DATA_SOURCE_LOGIN_FAILED"),
        ({"database": "nowhere"}, "DATA_SOURCE_LOGIN_FAILED"),
        ({"port": 1}, "DATA_SOURCE_UNREACHABLE"),
        ({"host": "/run/mysqld.sock"}, "DATA_SOURCE_NOT_ALLOWED"),
        ({"host": "169.254.169.254"}, "DATA_SOURCE_NOT_ALLOWED"),
        ({"host": "a.example,b.example"}, "DATA_SOURCE_NOT_ALLOWED"),
    ],
)
async def test_a_mysql_server_that_cannot_or_may_not_be_used_is_told(
    mysql_cells: MysqlConnection, opener: OpenEngines, change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CandorError) as raised:
        await opener.open(replace(mysql_cells, **change)).test()
    assert raised.value.reason == reason
    assert "wrong" not in raised.value.message
