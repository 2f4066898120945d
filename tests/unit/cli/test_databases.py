"""URLs of databases, and texts that must not steer a terminal."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.databases import UrlError, connection_from_url
from services.cli.page import visible
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


def test_a_relative_file_lies_in_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert connection_from_url("sqlite:///shop.db") == SqliteConnection(str(tmp_path / "shop.db"))
    assert connection_from_url("duckdb:///shop.duckdb") == DuckdbConnection(str(tmp_path / "shop.duckdb"))
    assert connection_from_url("sqlite:////data/shop.db") == SqliteConnection("/data/shop.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_is_taken_apart_into_fields(scheme: str) -> None:
    url = f"{scheme}://ann:p%40ss@db.example:5433/shop?sslmode=require"
    assert connection_from_url(url) == PostgresConnection(
        "db.example", "shop", "ann", 5433, "p@ss", tls_mode=TlsMode.REQUIRE
    )


def test_a_socket_is_named_by_its_folder() -> None:
    connection = connection_from_url("postgresql://ann@/shop?host=/run/postgresql")
    assert connection == PostgresConnection("/run/postgresql", "shop", "ann")


@pytest.mark.parametrize(
    ("url", "connection"),
    [
        ("mysql://ann:p%40ss@db.example/shop", MysqlConnection("db.example", "shop", "ann", password="p@ss")),
        ("mariadb+pymysql://ann@db.example:3307/shop", MysqlConnection("db.example", "shop", "ann", 3307)),
        ("mssql://ann:x@db.example/shop", SqlServerConnection("db.example", "shop", "ann", password="x")),
        ("trino://ann@db.example:8443/lake/sales", TrinoConnection("db.example", "lake", "ann", 8443, schema="sales")),
        (
            "snowflake://ann:x@org-acc/shop/sales?warehouse=small&role=reader",
            SnowflakeConnection("org-acc", "ann", "shop", "x", "small", "sales", "reader"),
        ),
    ],
)
def test_every_server_is_taken_apart_into_its_fields(url: str, connection: Connection) -> None:
    assert connection_from_url(url) == connection


def test_bigquerys_key_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text('{"type": "service_account"}')
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    expected = BigqueryConnection("acme-prod", "shop", credentials_json='{"type": "service_account"}')
    assert connection_from_url("bigquery://acme-prod/shop") == expected
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    with pytest.raises(UrlError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        connection_from_url("bigquery://acme-prod/shop")


@pytest.mark.parametrize(
    "url",
    [
        "shop.db",
        "",
        "oracle://u:secret@h/d",
        "mysql://u:secret@h/d?local_infile=1",
        "mysql://u:secret@h",
        "trino://u:secret@h/c/s/more",
        "snowflake://u:secret@a/d?authenticator=externalbrowser",
        "bigquery://p/d/e",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x.db?mode=rwc",
        "sqlite://host/x.db",
        "postgresql://host/db",
        "postgresql://u@host",
        "postgresql://u@h/d?options=-csearch_path",
        "postgresql://u@h/d?sslmode=maybe",
        "postgresql://u:secret@h:port/d",
    ],
)
def test_a_url_of_anything_else_is_refused_in_words_without_its_password(url: str) -> None:
    with pytest.raises(UrlError) as raised:
        connection_from_url(url)
    assert "secret" not in str(raised.value)


@given(
    st.from_regex(r"(sqlite|duckdb|postgresql|mysql|trino|snowflake|bigquery|.{0,3})://?/?[a-z:@/%?&=\[\].0-9]{0,30}")
    | st.text()
)
def test_any_text_is_a_connection_or_an_error_in_words(url: str) -> None:
    with suppress(UrlError):
        assert connection_from_url(url)


@given(st.text())
def test_no_text_steers_the_terminal(text: str) -> None:
    shown = visible(f"\x1b[2J{text}\x9b1m\r")
    assert len(shown) == len(text) + 8
    assert not {"\x1b", "\x9b", "\r", "\x07", "\u202e"} & set(shown)
