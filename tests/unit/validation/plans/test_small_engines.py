"""Plans of SQLite and DuckDB as these engines make them, with the names and sizes of the catalogue put in."""

import json
import sqlite3
from collections.abc import Iterator

import duckdb
import pytest
import sqlglot
from unit.validation.plans.shop import CREATE, shop

from services.validation.core.plans import duckdb_json, sqlite_rows
from services.validation.core.plans.model import Plan, StepKind
from services.validation.core.plans.tables import name_tables

ROWS = 200_000


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as database:
        database.executescript(CREATE + "CREATE INDEX by_seller ON orders (seller)")
        yield database
    database.close()


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        database.execute(CREATE)
        database.execute(
            f"INSERT INTO orders SELECT i, i % 1000, i, DATE '2024-01-01' + (i % 300)::int, 'open', i % 7 "
            f"FROM range({ROWS}) r(i)"
        )
        database.execute("INSERT INTO customers SELECT i, 'n' || i, 'e' || i, 'EU' FROM range(1000) r(i)")
        yield database


def of_sqlite(database: sqlite3.Connection, sql: str) -> Plan:
    rows = database.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    plan = sqlite_rows.read([(row[0], row[1], row[3]) for row in rows])
    return name_tables(plan, sqlglot.parse_one(sql, dialect="sqlite"), shop("sqlite"))


def of_duckdb(database: duckdb.DuckDBPyConnection, sql: str, options: str = "FORMAT JSON") -> Plan:
    row = database.execute(f"EXPLAIN ({options}) {sql}").fetchone()
    assert row is not None
    plan = duckdb_json.read("", json.loads(row[1]))
    return name_tables(plan, sqlglot.parse_one(sql, dialect="duckdb"), shop("duckdb"))


def reads(plan: Plan) -> dict[tuple[str, str], float]:
    return {(step.kind.value, step.table): step.rows_read for step in plan.steps if step.reads}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM orders WHERE amount = 5", {("scan", "orders"): 200_000}),
        ("SELECT * FROM orders WHERE id = 5", {("index_scan", "orders"): 1}),
        ("SELECT * FROM orders WHERE seller = 5", {("index_scan", "orders"): 10}),
        ("SELECT * FROM orders WHERE seller > 5", {("index_scan", "orders"): 50_000}),
        (
            "SELECT * FROM orders x JOIN customers y ON y.id = x.customer_id",
            {("scan", "orders"): 200_000, ("index_scan", "customers"): 200_000},
        ),
        (
            "SELECT (SELECT count(*) FROM orders o WHERE o.amount = c.id) FROM customers c",
            {("scan", "customers"): 1_000, ("scan", "orders"): 200_000_000},
        ),
        (
            "WITH w AS (SELECT seller, count(*) n FROM orders GROUP BY seller) SELECT * FROM w a JOIN w b ON a.n = b.n",
            {("scan", "orders"): 200_000},
        ),
        ("SELECT 1", {}),
        (
            "SELECT id FROM orders UNION SELECT id FROM customers",
            {("scan", "orders"): 200_000, ("scan", "customers"): 1_000},
        ),
    ],
)
def test_sqlite_reads_as_many_rows_as_its_loops_ask_for(
    sqlite: sqlite3.Connection, sql: str, expected: dict[tuple[str, str], float]
) -> None:
    plan = of_sqlite(sqlite, sql)
    assert reads(plan) == expected
    assert plan.rows_read == sum(expected.values())
    assert plan.estimated_cost == -1


def test_sqlite_says_sorts_and_groups(sqlite: sqlite3.Connection) -> None:
    plan = of_sqlite(sqlite, "SELECT status, sum(amount) s FROM orders GROUP BY status ORDER BY s")
    assert [step.kind for step in plan.steps] == [StepKind.SCAN, StepKind.AGGREGATE, StepKind.SORT]
    assert plan.text.splitlines()[0] == "SCAN orders"


def test_bytes_are_rows_times_the_columns_that_are_read(sqlite: sqlite3.Connection) -> None:
    plan = of_sqlite(sqlite, "SELECT id FROM customers")
    assert plan.bytes_read == 1000 * (8 + (4 + 2.5) + (4 + 13) + (4 + 2))


def test_bytes_of_a_column_without_a_width_are_unknown(sqlite: sqlite3.Connection) -> None:
    plan = name_tables(sqlite_rows.read([(1, 0, "SCAN notes")]), None, shop("sqlite"))
    assert (plan.rows_read, plan.bytes_read) == (-1, -1)


def test_duckdb_reads_the_columns_that_are_asked_for(duck: duckdb.DuckDBPyConnection) -> None:
    plan = of_duckdb(duck, "SELECT sum(amount) FROM orders WHERE placed > DATE '2024-06-01'")
    (scan,) = plan.scans
    assert (scan.table, scan.rows_read) == ("orders", ROWS)
    assert 0 < scan.rows < ROWS
    assert plan.bytes_read in {ROWS * 8, ROWS * (8 + 4)}
    assert "placed" in scan.condition


def test_duckdb_says_joins_sorts_and_groups(duck: duckdb.DuckDBPyConnection) -> None:
    sql = """
    SELECT c.name, sum(o.amount) AS s FROM orders o JOIN customers c ON c.id = o.customer_id
    GROUP BY 1 ORDER BY 2 LIMIT 5
    """
    plan = of_duckdb(duck, sql)
    found = {step.kind for step in plan.steps}
    assert {StepKind.SORT, StepKind.AGGREGATE, StepKind.JOIN, StepKind.SCAN} <= found
    assert {step.table for step in plan.scans} == {"orders", "customers"}
    assert all(step.parent < position for position, step in enumerate(plan.steps))


def test_duckdb_measures(duck: duckdb.DuckDBPyConnection) -> None:
    plan = of_duckdb(duck, "SELECT count(*) FROM orders WHERE amount > 100000", "ANALYZE, FORMAT JSON")
    (scan,) = plan.scans
    assert scan.actual_rows == ROWS - 100_001
    # Row groups whose values are all too small are left out.
    assert scan.actual_rows <= scan.rows_read < ROWS
    assert scan.actual_ms >= 0
