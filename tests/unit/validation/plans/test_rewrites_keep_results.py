"""Every rewrite against the data: random small databases, random statements, the same rows before and after."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import event, given, settings
from hypothesis import strategies as st
from unit.validation.plans.shop import CREATE, shop

from services.validation.core.plans.rewrites import REWRITES, changed

SHOP, DATED = shop("sqlite"), shop("duckdb")
SMALL = st.integers(0, 3)
MAYBE = st.none() | SMALL
WORD = st.sampled_from(["a", "b", "A"])
CUSTOMERS = st.lists(st.tuples(SMALL, st.none() | WORD, st.none() | WORD, WORD), max_size=5)
ORDERS = st.lists(st.tuples(st.integers(0, 6), MAYBE, MAYBE, st.none(), WORD, SMALL), max_size=8)
TAGS = st.lists(st.tuples(SMALL, WORD), max_size=5)

COMPARED = st.sampled_from(["> 0", ">= 1", "<> 0", "= 0", "< 1", "<= 0", "> 1"])
COLUMNS = {"orders": ["id", "customer_id", "amount", "status", "seller"], "customers": ["id"]}
NUMBERS = {"orders": ["id", "customer_id", "amount", "seller"], "customers": ["id"]}


@st.composite
def conditions(draw: st.DrawFn, alias: str, table: str = "orders") -> str:
    """A condition on a table, with what rewrites look for in it."""
    column, own = draw(st.sampled_from(NUMBERS[table])), draw(st.sampled_from(NUMBERS[table]))
    theirs = draw(st.sampled_from(NUMBERS["orders"]))
    number = draw(SMALL)
    texts = [
        f"{alias}.{column} = {number}",
        f"{alias}.{column} > {number}",
        f"{alias}.{column} IS NULL",
        f"({alias}.{column} = {number} OR {alias}.{column} = {draw(SMALL)} OR {alias}.{column} = {draw(SMALL)})",
        f"NOT ({alias}.{column} = {number} OR {alias}.{column} = {draw(SMALL)} OR {alias}.{column} = {draw(SMALL)})",
        f"(SELECT count(*) FROM tags t WHERE t.order_id = {alias}.id) {draw(COMPARED)}",
        f"{alias}.{own} NOT IN (SELECT o2.{theirs} FROM orders o2 WHERE o2.seller > {number})",
        f"coalesce({alias}.{column}, 0) < {number}",
    ]
    return draw(st.sampled_from(texts))


@st.composite
def statements(draw: st.DrawFn) -> str:
    """A statement of one of the shapes that rewrites look for, some of them such that they must not be touched."""
    on_orders, on_customers = draw(conditions("o")), draw(conditions("c", "customers"))
    shown = ", ".join(f"o.{each}" for each in draw(st.permutations(COLUMNS["orders"]))[: draw(st.integers(1, 4))])
    key = draw(st.sampled_from(["c.id", "c.email"]))
    joined = f"orders o LEFT JOIN customers c ON {key} = o.{draw(st.sampled_from(['customer_id', 'seller', 'status']))}"
    first, second = draw(WORD), draw(WORD)
    order = draw(st.sampled_from(["o.amount", "o.id DESC", "o.status, o.id"]))
    return draw(
        st.sampled_from(
            [
                f"SELECT DISTINCT {shown} FROM orders o WHERE {on_orders}",
                f"SELECT DISTINCT o.seller, count(*) FROM orders o WHERE {on_orders} GROUP BY o.seller",
                "SELECT DISTINCT count(*) FROM orders o GROUP BY o.seller",
                "SELECT DISTINCT t.order_id, t.tag FROM tags t",
                f"SELECT {shown} FROM {joined} WHERE {on_orders}",
                f"SELECT {shown} FROM {joined} WHERE {on_customers}",
                f"SELECT count(*) FROM {joined} AND {on_customers}",
                f"SELECT c.name FROM {joined} WHERE {on_customers} AND {on_orders}",
                f"SELECT sum(q.amount), count(*) FROM (SELECT * FROM orders o WHERE {on_orders} ORDER BY {order}) q",
                f"SELECT q.seller, count(*) FROM (SELECT * FROM orders o ORDER BY {order}) q GROUP BY q.seller",
                f"SELECT '{first}', o.id FROM orders o WHERE {on_orders} UNION SELECT '{second}', id FROM customers",
                f"SELECT '{first}', o.seller FROM orders o UNION SELECT DISTINCT '{second}', c.id FROM customers c",
                f"SELECT c.id FROM customers c WHERE {on_customers}",
            ]
        )
    )


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(CREATE)
        yield connection


@given(CUSTOMERS, ORDERS, TAGS, statements())
@settings(max_examples=300, deadline=None)
def test_no_rewrite_changes_a_result(
    database: sqlite3.Connection, customers: Any, orders: Any, tags: Any, sql: str
) -> None:
    for table, rows in (("customers", customers), ("orders", orders), ("tags", tags)):
        database.execute(f"DELETE FROM {table}")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)
    before = Counter(database.execute(sql).fetchall())
    tree = sqlglot.parse_one(sql, dialect="sqlite")
    for rewrite in REWRITES:
        other = changed(tree, rewrite, SHOP)
        if other is not None:
            event(rewrite.change.__name__)
            written = other.sql("sqlite")
            assert Counter(database.execute(written).fetchall()) == before, (rewrite.change.__name__, written)


DAYS = st.dates(date(2023, 12, 1), date(2025, 1, 31))


@st.composite
def dated(draw: st.DrawFn) -> str:
    column, day = draw(st.sampled_from(["placed", "shipped"])), draw(DAYS)
    month = day.replace(day=1)
    return draw(
        st.sampled_from(
            [
                f"year({column}) = {day.year}",
                f"extract(year FROM {column}) = {day.year}",
                f"strftime({column}, '%Y') = '{day.year}'",
                f"strftime({column}, '%Y-%m') = '{day:%Y-%m}'",
                f"date_trunc('month', {column}) = DATE '{month}'",
                f"date_trunc('year', {column}) = DATE '{day.replace(month=1, day=1)}'",
                f"CAST({column} AS DATE) = '{day}'",
                f"(year({column}) = {day.year} OR seller = 1)",
            ]
        )
    )


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE orders (placed DATE, shipped TIMESTAMP, seller INTEGER)")
        yield connection


@given(st.lists(st.none() | DAYS, max_size=10), dated())
@settings(max_examples=60, deadline=None)
def test_a_range_of_dates_holds_the_days_that_the_function_means(
    duck: duckdb.DuckDBPyConnection, days: list[date | None], condition: str
) -> None:
    # The edges of what is compared, and moments of the day, beside the days that chance gives.
    whole = [*days, *(date(2024, 1, 1) + timedelta(days=each) for each in (-1, 0, 30, 31, 365, 366))]
    duck.execute("DELETE FROM orders")
    for position, day in enumerate(whole):
        late = "23:59:59.999999" if position % 2 else "00:00:00"
        moment = f"{day} {late}" if day else None
        duck.execute("INSERT INTO orders VALUES (?, ?, ?)", [day, moment, position % 3])
    sql = f"SELECT placed, shipped FROM orders WHERE {condition}"
    (rewrite,) = (each for each in REWRITES if each.change.__name__ == "range_of_dates")
    other = changed(sqlglot.parse_one(sql, dialect="duckdb"), rewrite, DATED)
    assert other is not None
    before, after = duck.execute(sql).fetchall(), duck.execute(other.sql("duckdb")).fetchall()
    assert Counter(before) == Counter(after)
