"""The sample database is the same in every build, plausible, and its questions have one right answer each."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from services.cli.sample.__main__ import main
from services.cli.sample.load import ensure_sqlite, questions, write_sqlite
from services.cli.sample.rows import rows

KINDS = set(
    "count filter comparison order limit aggregate group having join distinct never without superlative".split()  # noqa: SIM905
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = ensure_sqlite(tmp_path_factory.mktemp("sample") / "state" / "sample.db")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    yield connection
    connection.close()


@pytest.mark.slow
def test_two_builds_are_byte_for_byte_the_same(tmp_path: Path) -> None:
    for name in ("one.db", "other.db"):
        write_sqlite(tmp_path / name)
    assert (tmp_path / "one.db").read_bytes() == (tmp_path / "other.db").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.db", "other.db"]


def test_a_present_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    path.write_bytes(b"mine")
    assert ensure_sqlite(path).read_bytes() == b"mine"


@pytest.mark.slow
def test_the_dataset_has_the_layout_that_eval_reads(tmp_path: Path) -> None:
    assert main([str(tmp_path), "--dataset"]) == 0
    assert (tmp_path / "dev.json").is_file()
    assert (tmp_path / "database" / "sample" / "sample.sqlite").is_file()


@pytest.mark.slow
def test_it_has_fifteen_tables_and_about_fifty_thousand_rows() -> None:
    tables = rows()
    assert len(tables) == 15
    assert 45_000 <= sum(map(len, tables.values())) <= 55_000


def test_every_reference_leads_somewhere(sample: sqlite3.Connection) -> None:
    assert sample.execute("PRAGMA foreign_key_check").fetchall() == []
    assert sample.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize(
    "impossible",
    [
        "SELECT * FROM orders o JOIN customers c USING (customer_id) WHERE o.ordered_on < c.joined_on",
        "SELECT * FROM orders WHERE shipped_on < ordered_on",
        "SELECT * FROM orders JOIN stores s USING (store_id) WHERE ordered_on < opened_on OR ordered_on >= closed_on",
        "SELECT * FROM orders JOIN employees USING (employee_id) WHERE ordered_on < hired_on OR ordered_on >= left_on",
        "SELECT * FROM orders o JOIN employees e USING (employee_id) WHERE o.store_id <> e.store_id",
        """SELECT * FROM order_items JOIN orders USING (order_id) JOIN products USING (product_id)
        WHERE ordered_on < launched_on OR ordered_on >= discontinued_on""",
        "SELECT * FROM payments JOIN orders USING (order_id) WHERE paid_on < ordered_on OR status = 'Cancelled'",
        "SELECT * FROM returns JOIN orders USING (order_id) WHERE returned_on < shipped_on OR shipped_on IS NULL",
        "SELECT * FROM returns r JOIN order_items i USING (order_id, line_no) WHERE r.qty > i.qty",
        "SELECT * FROM employees e JOIN employees m ON e.manager_id = m.employee_id WHERE e.hired_on < m.hired_on",
        "SELECT * FROM employees WHERE left_on < hired_on",
        "SELECT * FROM products WHERE unit_cost >= list_price",
    ],
)
def test_nothing_impossible_happens(sample: sqlite3.Connection, impossible: str) -> None:
    assert sample.execute(f"{impossible} LIMIT 3").fetchall() == []


def test_days_lie_in_the_companys_life_and_orders_grow() -> None:
    tables = rows()
    days = [value for table in tables.values() for row in table for value in row if isinstance(value, date)]
    assert date(2013, 1, 1) <= min(days)
    assert max(days) == date(2025, 6, 30)
    years = Counter(row[6].year for row in tables["orders"] if isinstance(row[6], date))
    assert years[2021] < years[2022] < years[2023] < years[2024]


def test_there_are_forty_questions_of_every_kind() -> None:
    asked = questions()
    assert len({each["id"] for each in asked}) == len({each["question"] for each in asked}) == len(asked) == 40
    kinds = {word for each in asked for word in each["kind"].split()}
    assert kinds >= KINDS


@pytest.mark.parametrize("asked", questions(), ids=lambda each: each["id"])
def test_a_question_has_an_answer_and_only_one(sample: sqlite3.Connection, asked: dict[str, str]) -> None:
    answer = sample.execute(asked["query"]).fetchall()
    assert answer
    assert all(value is not None for row in answer for value in row)
    tree = sqlglot.parse_one(asked["query"], dialect="sqlite")
    assert isinstance(tree, exp.Select)
    order = tree.args.get("order")
    if order is None:
        return
    # Rows that tie in what they are ordered by could come in any order, or be cut by the limit.
    keys = [key.this for key in order.expressions]
    ordered = tree.copy().select(*keys, append=False)
    limit = tree.args.get("limit")
    if limit is not None:
        ordered = ordered.limit(int(limit.expression.this) + 1)
    values = sample.execute(ordered.sql(dialect="sqlite")).fetchall()
    assert len(set(values)) == len(values)
