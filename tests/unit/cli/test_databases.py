"""URLs of databases, and texts that must not steer a terminal."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.databases import UrlError, connection_from_url
from services.cli.page import visible
from services.validation.core.model import DuckdbConnection, PostgresConnection, SqliteConnection, TlsMode


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
    "url",
    [
        "shop.db",
        "",
        "mysql://u:secret@h/d",
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


@given(st.from_regex(r"(sqlite|duckdb|postgresql|mysql|.{0,3})://?/?[a-z:@/%?&=\[\].0-9]{0,30}") | st.text())
def test_any_text_is_a_connection_or_an_error_in_words(url: str) -> None:
    with suppress(UrlError):
        assert connection_from_url(url)


@given(st.text())
def test_no_text_steers_the_terminal(text: str) -> None:
    shown = visible(f"\x1b[2J{text}\x9b1m\r")
    assert len(shown) == len(text) + 8
    assert not {"\x1b", "\x9b", "\r", "\x07", "\u202e"} & set(shown)
