"""Advice about plans, followed on real databases: the index that is advised is made, and less is read."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest
from servers_mariadb import MariadbServer

from services.kit.clock import SystemClock
from services.kit.errors import InvalidArgument, Unimplemented
from services.storage.embedded import EmbeddedPostgres
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.engines.postgres import PostgresEngine
from services.validation.core.explain_plan import Explained, ExplainPlan
from services.validation.core.model import (
    Connection,
    DataSource,
    DuckdbConnection,
    Finding,
    Limits,
    MysqlConnection,
    PostgresConnection,
    Severity,
    SqliteConnection,
    TlsMode,
)
from services.validation.core.plans.model import StepKind
from services.validation.core.policy import CostLimits, Policy
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement

ROWS = 200_000
TABLES = """
CREATE TABLE buyers (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, region VARCHAR(10) NOT NULL);
CREATE TABLE sales (
  id INTEGER PRIMARY KEY, buyer INTEGER NOT NULL, amount INTEGER, placed DATE, status VARCHAR(10) NOT NULL
)
"""
NUMBERS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {})"
BUYERS = f"{NUMBERS.format(500)} SELECT n, {{name}}, CASE n % 3 WHEN 0 THEN 'EU' ELSE 'US' END FROM r"
STATUS = "CASE n % 4 WHEN 0 THEN 'open' ELSE 'paid' END"
SALES = f"{NUMBERS.format(ROWS)} SELECT n, 1 + n % 500, n % 9973, {{day}}, {STATUS} FROM r"
WORDS = {
    "postgres": ("'b' || n", "DATE '2023-01-01' + n % 700"),
    "sqlite": ("'b' || n", "date('2023-01-01', '+' || (n % 700) || ' days')"),
    "mysql": ("CONCAT('b', n)", "DATE '2023-01-01' + INTERVAL (n % 700) DAY"),
    "duckdb": ("'b' || n", "DATE '2023-01-01' + (n % 700)::INTEGER"),
}
Execute = Callable[[str], object]


def fill(execute: Execute, engine: str) -> None:
    name, day = WORDS[engine]
    for table in TABLES.split(";"):
        execute(table)
    execute("INSERT INTO buyers " + BUYERS.format(name=name))
    execute("INSERT INTO sales " + SALES.format(day=day))


@dataclass
class Database:
    """A database with sales, the words of its owner, and the use case that looks at it."""

    engine: str
    source: DataSource
    owner: Execute
    engines: OpenEngines

    def of(self, source: DataSource) -> Engine:
        if isinstance(source.connection, PostgresConnection):
            return PostgresEngine(source.connection)
        return self.engines.open(source.connection)

    async def explain(self, sql: str, policy: Policy | None = None, *, analyze: bool = False) -> Explained:
        """The plan and the advice; the catalogue is read anew."""
        catalogs = ReadCatalogs(self, SystemClock(), timedelta(minutes=5))  # type: ignore[arg-type]  It opens alone.
        explain = ExplainPlan(catalogs, self, Limits())  # type: ignore[arg-type]  As above.
        source = replace(self.source, policy=policy or Policy())
        return await explain(source, sql, analyze=analyze, advice=True)

    async def run(self, sql: str, limits: CostLimits) -> int:
        """How many rows a statement gives under limits of cost."""
        catalogs = ReadCatalogs(self, SystemClock(), timedelta(minutes=5))  # type: ignore[arg-type]  As above.
        run = RunStatement(catalogs, self, Limits())  # type: ignore[arg-type]  As above.
        source = replace(self.source, policy=Policy(cost_limits=limits))
        parts = [part async for part in run(source, sql, Limits(0, 0, timedelta()))]
        return int(parts[-1].row_count)  # type: ignore[union-attr]  The last part is the summary.


def postgres_sales(server: EmbeddedPostgres, stack: ExitStack) -> tuple[Connection, Execute]:
    url = server.ensure_database("sales")
    host = str(url.query["host"])
    owner = stack.enter_context(psycopg.connect(dbname="sales", user="sales", host=host, autocommit=True))
    if owner.execute("SELECT to_regclass('sales')").fetchone() == (None,):
        fill(owner.execute, "postgres")  # type: ignore[arg-type]  It takes a text.
        owner.execute("ANALYZE")
    return PostgresConnection(host, "sales", "sales", tls_mode=TlsMode.DISABLE), owner.execute  # type: ignore[return-value]


def mysql_sales(server: MariadbServer, stack: ExitStack) -> tuple[Connection, Execute]:
    owner = stack.enter_context(server.connect())
    cursor = owner.cursor()
    cursor.execute("CREATE DATABASE IF NOT EXISTS sales CHARACTER SET utf8mb4")
    cursor.execute("USE sales")
    if not cursor.execute("SHOW TABLES"):
        cursor.execute("SET SESSION max_recursive_iterations = 4294967295")
        fill(cursor.execute, "mysql")
        cursor.execute("ANALYZE TABLE buyers, sales")
        cursor.fetchall()
        cursor.execute("CREATE USER sales_reader IDENTIFIED BY 'secret'")
        cursor.execute("GRANT SELECT ON sales.* TO sales_reader")
    return MysqlConnection("127.0.0.1", "sales", "sales_reader", server.port, "secret"), cursor.execute


def sqlite_sales(folder: Path, stack: ExitStack) -> tuple[Connection, Execute]:
    owner = stack.enter_context(closing(sqlite3.connect(folder / "sales.sqlite", isolation_level=None)))
    fill(owner.execute, "sqlite")
    return SqliteConnection(str(folder / "sales.sqlite")), owner.execute


def duckdb_sales(folder: Path) -> tuple[Connection, Execute]:
    path = str(folder / "sales.duckdb")

    def execute(sql: str) -> None:
        with duckdb.connect(path) as owner:
            owner.execute(sql)

    fill(execute, "duckdb")
    return DuckdbConnection(path), execute


@pytest.fixture(scope="module", params=["postgres", "mysql", "sqlite", "duckdb"])
def sales(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("sales")
    reach = Reach(private_hosts=True, file_roots=(folder,), closed_folders=())
    with ExitStack() as stack:
        match request.param:
            case "postgres":
                connection, owner = postgres_sales(request.getfixturevalue("postgres"), stack)
            case "mysql":
                connection, owner = mysql_sales(request.getfixturevalue("mariadb"), stack)
            case "sqlite":
                connection, owner = sqlite_sales(folder, stack)
            case _:
                connection, owner = duckdb_sales(folder)
        engines = stack.enter_context(closing(OpenEngines(reach)))
        yield Database(request.param, DataSource("local", "sales", connection), owner, engines)


def of_reason(explained: Explained, reason: str) -> list[Finding]:
    return [finding for finding in explained.findings if finding.reason == reason]


ADVISED = [
    ("SELECT amount FROM sales WHERE amount = 17", "amount"),
    ("SELECT id FROM sales WHERE amount = 17 AND placed > '2024-06-01' AND status = 'open'", "amount,status,placed"),
]


@pytest.mark.parametrize(("sql", "columns"), ADVISED)
async def test_an_advised_index_makes_less_be_read(sales: Database, sql: str, columns: str) -> None:
    before = await sales.explain(sql)
    (advice,) = of_reason(before, "SQL_INDEX_ADVICE")
    expected = columns.removesuffix(",placed") if sales.engine == "duckdb" else columns
    assert advice.metadata["columns"] == expected
    assert advice.metadata["table"].rpartition(".")[2] == "sales"
    assert "the whole table is read" in advice.message
    assert before.plan.rows_read >= 0.9 * ROWS
    assert before.plan.scans
    if sales.engine == "duckdb":
        # DuckDB uses an index only where the statistics say that next to nothing is found.
        return
    sales.owner(advice.suggestion)
    name = advice.suggestion.split()[2]
    try:
        after = await sales.explain(sql)
    finally:
        sales.owner(f"DROP INDEX {name}" + (" ON sales" if sales.engine == "mysql" else ""))
    assert [step.kind for step in after.plan.steps if step.reads] == [StepKind.INDEX_SCAN]
    assert after.plan.rows_read < before.plan.rows_read / 10
    assert after.plan.estimated_cost < before.plan.estimated_cost or before.plan.estimated_cost == -1
    assert not of_reason(after, "SQL_INDEX_ADVICE")


async def test_a_join_is_advised_an_index_for_its_large_side(sales: Database) -> None:
    sql = "SELECT s.amount FROM buyers b JOIN sales s ON s.buyer = b.id WHERE b.name = 'b7'"
    found = of_reason(await sales.explain(sql), "SQL_INDEX_ADVICE")
    assert [each.metadata["columns"] for each in found] == ([] if sales.engine == "duckdb" else ["buyer"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM sales WHERE id = 5",
        "SELECT * FROM buyers WHERE region = 'EU'",
        "SELECT * FROM sales WHERE amount = 5 OR status = 'open'",
        "SELECT * FROM sales WHERE status LIKE '%pen'",
        "SELECT count(*) FROM sales",
    ],
)
async def test_no_index_is_advised_that_would_not_help(sales: Database, sql: str) -> None:
    assert of_reason(await sales.explain(sql), "SQL_INDEX_ADVICE") == []


async def test_a_function_of_a_column_is_said_to_need_an_index_of_its_own(sales: Database) -> None:
    (found,) = of_reason(await sales.explain("SELECT id FROM sales WHERE lower(status) = 'open'"), "SQL_INDEX_ADVICE")
    assert "index on that expression" in found.message
    assert found.suggestion == ""


async def test_a_large_table_that_is_read_whole_is_said(sales: Database) -> None:
    (found,) = of_reason(await sales.explain("SELECT sum(amount) FROM sales"), "SQL_FULL_SCAN")
    assert found.metadata["table"].rpartition(".")[2] == "sales"
    assert found.severity is Severity.INFO
    assert of_reason(await sales.explain("SELECT count(*) FROM buyers"), "SQL_FULL_SCAN") == []


async def test_a_rewrite_that_takes_less_is_offered_and_gives_the_same(sales: Database) -> None:
    sql = "SELECT s.id, s.amount FROM sales s LEFT JOIN buyers b ON b.id = s.buyer WHERE s.id < 100"
    explained = await sales.explain(sql)
    found = of_reason(explained, "SQL_REWRITE_ADVICE")
    if sales.engine in {"sqlite", "duckdb", "mysql"}:
        # SQLite, DuckDB and MariaDB leave such a join out by themselves; then there is little to gain.
        assert all("buyers" not in each.suggestion for each in found)
    else:
        assert found == [] or "buyers" not in found[0].suggestion
    sql = "SELECT DISTINCT id, amount FROM sales WHERE id < 2000"
    (offered,) = of_reason(await sales.explain(sql), "SQL_REWRITE_ADVICE")
    assert "DISTINCT" not in offered.suggestion
    assert offered.metadata["rewrites"] == "drop_distinct"


async def test_a_rewrite_that_cannot_be_compared_is_not_offered(sales: Database) -> None:
    explained = await sales.explain("SELECT DISTINCT id, amount FROM sales")
    assert of_reason(explained, "SQL_REWRITE_ADVICE") == []


async def test_the_gate_refuses_what_reads_too_much_and_says_how_much(sales: Database) -> None:
    sql = "SELECT sum(amount) AS total FROM sales"
    for limits in (CostLimits(max_rows_read=50_000), CostLimits(max_bytes_read=1_000)):
        if sales.engine == "sqlite" and limits.max_bytes_read:
            continue
        with pytest.raises(InvalidArgument) as raised:
            await sales.run(sql, limits)
        assert raised.value.reason == "SQL_COST_LIMIT"
        assert "This reads about " in raised.value.message
        assert "your limit is " in raised.value.message
        assert "sales.id" in raised.value.message
        assert float(raised.value.metadata["estimated"]) > float(raised.value.metadata["allowed"])
    assert await sales.run(sql, CostLimits(max_rows_read=2 * ROWS)) == 1
    if sales.engine != "duckdb":
        # DuckDB's plan does not say that an index is used.
        assert await sales.run("SELECT * FROM sales WHERE id = 7", CostLimits(max_rows_read=50_000)) == 1
    assert await sales.run(sql, CostLimits()) == 1


async def test_a_limit_of_cost_holds_where_the_engine_has_one_and_is_said_where_not(sales: Database) -> None:
    sql, limits = "SELECT sum(amount) AS total FROM sales", CostLimits(max_cost=10)
    explained = await sales.explain(sql, Policy(cost_limits=limits))
    (finding,) = of_reason(explained, "SQL_COST_LIMIT")
    if sales.engine == "postgres":
        assert finding.severity is Severity.ERROR
        with pytest.raises(InvalidArgument):
            await sales.run(sql, limits)
    else:
        assert finding.severity is Severity.WARNING
        assert await sales.run(sql, limits) == 1


async def test_a_plan_is_measured_where_the_engine_can(sales: Database) -> None:
    sql, allowed = "SELECT count(*) FROM sales WHERE amount > 9000", Policy(allow_analyze=True)
    if sales.engine == "sqlite":
        with pytest.raises(Unimplemented):
            await sales.explain(sql, allowed, analyze=True)
        return
    plan = (await sales.explain(sql, allowed, analyze=True)).plan
    (scan,) = plan.scans
    assert scan.actual_rows > 0
    assert scan.actual_ms >= 0
    assert all(step.actual_rows == -1 for step in (await sales.explain(sql)).plan.steps)


async def test_a_policy_hides_its_conditions_from_the_plan(sales: Database) -> None:
    policy = Policy(denied_tables=("buyers",))
    plan = (await sales.explain("SELECT id FROM sales WHERE status = 'open'", policy)).plan
    assert all(step.condition == "" for step in plan.steps)
    assert "open" not in plan.text
    assert "sales" in plan.text
