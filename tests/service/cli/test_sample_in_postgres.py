"""The sample in PostgreSQL: loaded fast, described, and with the same answers as in SQLite."""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from services.cli.sample.load import load_postgres, questions, write_sqlite
from services.cli.sample.rows import rows
from services.storage.embedded import EmbeddedPostgres


@pytest.fixture(scope="module")
def loaded(postgres: EmbeddedPostgres) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    url = postgres.ensure_database("sample_test")
    with psycopg.connect(dbname=url.database, user=url.username, host=str(url.query["host"])) as connection:
        load_postgres(connection)
        yield connection


def comparable(row: tuple[object, ...]) -> tuple[object, ...]:
    """Numbers to the cent, dates as text."""
    return tuple(round(float(v), 2) if isinstance(v, int | float | Decimal) else str(v) for v in row)


def test_every_row_arrives(loaded: "psycopg.Connection[tuple[object, ...]]") -> None:
    for table, content in rows().items():
        found = loaded.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert found == (len(content),), table


def test_names_that_need_it_are_explained(loaded: "psycopg.Connection[tuple[object, ...]]") -> None:
    comment = loaded.execute("SELECT col_description('stock_lvls'::regclass, 4)").fetchone()
    assert comment == ("Reorder point: order more below this quantity",)


def test_both_databases_give_every_question_the_same_answer(
    loaded: "psycopg.Connection[tuple[object, ...]]", tmp_path: Path
) -> None:
    write_sqlite(tmp_path / "sample.db")
    lite = sqlite3.connect(tmp_path / "sample.db")
    for asked in questions():
        theirs = [comparable(row) for row in lite.execute(asked["query"])]
        ours = [comparable(row) for row in loaded.execute(asked["query"].encode())]
        if "ORDER BY" not in asked["query"]:
            theirs, ours = sorted(theirs), sorted(ours)
        assert ours == theirs, asked["id"]
    lite.close()
