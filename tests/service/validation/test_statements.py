"""Statements: checked with places and suggestions, run within limits, stopped in the database when nobody listens."""

import asyncio
import time
from typing import Any

import psutil
import psycopg
import pytest
from candor.catalog.v1 import catalog_pb2
from candor.validation.v1 import validation_service_pb2 as pb
from service.validation.conftest import Platform
from waiting import until

from services.kit.errors import CandorError, DeadlineExceeded, FailedPrecondition, InvalidArgument, NotFound

SAMPLE = "organizations/local/dataSources/sample"
# Ends, so that the guard lets it through, and not in the time of any test.
SLOW = """
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000)
SELECT count(*) AS marker FROM r AS a JOIN r AS b ON a.n <> b.n
"""


def running(watcher: psycopg.Connection[Any]) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop_reader' AND state = 'active'"
    row = watcher.execute(query).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_good_statement_passes_and_says_what_it_reads(platform: Platform, source: str) -> None:
    sql = "select c.name, sum(o.amount) as total from customers c join orders o on o.customer_id = c.id group by c.name"
    response = await platform.check(source, sql)
    assert response.allowed
    assert {each.reason for each in response.findings} == {"SQL_GRAIN"}
    assert {table.rpartition(".")[2] for table in response.tables} == {"customers", "orders"}
    assert {each.column for each in response.columns} == {"name", "amount", "customer_id", "id"}


async def test_an_unknown_column_is_named_at_its_place_with_what_was_meant(platform: Platform, source: str) -> None:
    response = await platform.check(source, "select id,\n  nmae\nfrom customers")
    (finding,) = response.findings
    assert not response.allowed
    assert (finding.reason, finding.suggestion) == ("SQL_COLUMN_UNKNOWN", "name")
    assert (finding.span.line, finding.span.column, finding.span.end_column) == (2, 3, 7)
    assert response.checked_sql == ""


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", "SQL_EMPTY"),
        ("select 1; drop table orders", "SQL_MULTIPLE_STATEMENTS"),
        ("delete from orders", "SQL_NOT_A_READ"),
        ("select * from orders where", "SQL_SYNTAX"),
        ("select load_extension('x')", "SQL_FUNCTION_REFUSED"),
        ("select * from nowhere", "SQL_TABLE_UNKNOWN"),
        ("select " + "x" * 100_000, "SQL_TOO_LARGE"),
    ],
)
async def test_a_bad_statement_gets_a_verdict_and_does_not_run(
    platform: Platform, source: str, sql: str, reason: str
) -> None:
    response = await platform.check(source, sql)
    assert not response.allowed
    assert response.findings[0].reason == reason
    with pytest.raises(InvalidArgument) as raised:
        await platform.rows(source, sql)
    assert raised.value.reason == reason


async def test_a_statement_can_be_checked_against_a_catalogue_that_is_given(platform: Platform) -> None:
    table = catalog_pb2.Table(schema="public", name="planned", columns=[catalog_pb2.Column(name="a")])
    request = pb.CheckStatementRequest(
        name=SAMPLE, sql="select a from planned", catalog=catalog_pb2.Catalog(dialect="postgres", tables=[table])
    )
    response = await platform.stub.CheckStatement(request, metadata=platform.as_member())
    assert response.allowed
    with pytest.raises(InvalidArgument):
        await platform.rows(SAMPLE, request.sql)


async def test_a_table_that_is_newer_than_the_kept_catalogue_is_found(
    platform: Platform, watcher: psycopg.Connection[Any]
) -> None:
    assert not (await platform.check(SAMPLE, "select a from brand_new")).allowed
    watcher.execute("CREATE TABLE brand_new (a int)")
    watcher.execute("GRANT SELECT ON brand_new TO shop_reader")
    try:
        # A catalogue of the last two seconds is not read again.
        deadline = time.monotonic() + 10
        while not (await platform.check(SAMPLE, "select a from brand_new")).allowed:
            assert time.monotonic() < deadline
    finally:
        watcher.execute("DROP TABLE brand_new")


async def test_rows_come_typed_with_their_columns_and_a_summary(platform: Platform, source: str) -> None:
    sql = "select id, amount, placed from orders order by id"
    parts = [part async for part in platform.run(source, sql)]
    assert [part.WhichOneof("part") for part in parts] == ["header", "rows", "summary"]
    assert [column.name for column in parts[0].header.columns] == ["id", "amount", "placed"]
    assert parts[0].header.columns[0].type == catalog_pb2.COLUMN_TYPE_INTEGER
    rows, summary = await platform.rows(source, sql)
    assert [row[0] for row in rows] == [1, 2, 3]
    assert [float(row[1]) for row in rows] == [12.5, 3.0, 7.25]
    assert [row[2] for row in rows] == ["2024-01-02", "2024-02-03", None]
    assert (summary.row_count, summary.truncated) == (3, False)


async def test_an_empty_result_has_columns_and_no_rows(platform: Platform, source: str) -> None:
    parts = [part async for part in platform.run(source, "select id from orders where id < 0")]
    assert [part.WhichOneof("part") for part in parts] == ["header", "summary"]


COUNTING = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5000) SELECT n FROM r"


async def test_more_rows_than_allowed_are_cut_and_it_is_said(platform: Platform, source: str) -> None:
    rows, summary = await platform.rows(source, COUNTING, max_rows=2345)
    assert [row[0] for row in rows] == list(range(1, 2346))
    assert (summary.row_count, summary.truncated, summary.limit) == (2345, True, "max_rows")
    rows, summary = await platform.rows(source, COUNTING, max_rows=5000)
    assert (len(rows), summary.truncated) == (5000, False)


async def test_more_bytes_than_allowed_are_cut_and_it_is_said(platform: Platform, source: str) -> None:
    rows, summary = await platform.rows(source, COUNTING, max_bytes=8000)
    assert (len(rows), summary.truncated, summary.limit) == (1000, True, "max_bytes")


async def test_a_statement_that_takes_too_long_is_stopped(platform: Platform, source: str) -> None:
    request = pb.RunStatementRequest(name=source, sql=SLOW)
    request.limits.timeout.FromMilliseconds(300)
    with pytest.raises(DeadlineExceeded) as raised:
        async for _ in platform.stub.RunStatement(request, metadata=platform.as_member()):
            pass
    assert raised.value.reason == "STATEMENT_TIMEOUT"


async def test_cancelling_stops_the_statement_in_the_database(
    platform: Platform, watcher: psycopg.Connection[Any]
) -> None:
    call = platform.run(SAMPLE, SLOW)
    stream = aiter(call)
    # The columns are told before the first row is there.
    assert (await anext(stream)).HasField("header")
    reader = asyncio.create_task(anext(stream))
    await until(lambda: running(watcher) == 1)
    call.cancel()
    await until(lambda: running(watcher) == 0, 5)
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert call.cancelled()


async def test_cancelling_ends_the_process_that_duckdb_runs_in(platform: Platform, duckdb_file: pb.Connection) -> None:
    name = await platform.create("files", duckdb_file)

    def busy() -> bool:
        children = [each for each in psutil.Process().children() if each.status() != "zombie"]
        return any("duckdb_process" in " ".join(each.cmdline()) and each.cpu_times().user > 1 for each in children)

    assert (await platform.check(name, SLOW)).allowed
    call = platform.run(name, SLOW)
    reader = asyncio.create_task(anext(aiter(call)))
    await until(busy, 20)
    call.cancel()
    await until(lambda: not busy(), 5)
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert call.cancelled()


async def test_a_client_that_leaves_in_mid_stream_leaves_nothing_running(
    platform: Platform, watcher: psycopg.Connection[Any]
) -> None:
    sql = "select a.n, b.n from generate_series(1, 3000) a(n), generate_series(1, 3000) b(n)"
    call = platform.run(SAMPLE, sql, max_rows=10_000)
    async for part in call:
        if part.HasField("rows"):
            break
    call.cancel()
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop_reader' AND state <> 'idle'"
    await until(lambda: watcher.execute(sessions).fetchone() == (0,), 5)
    assert call.cancelled()


async def test_the_plan_is_told_without_running(platform: Platform, source: str) -> None:
    request = pb.ExplainPlanRequest(name=source, sql="select * from orders where id = 1")
    response = await platform.stub.ExplainPlan(request, metadata=platform.as_member())
    assert "orders" in response.text
    assert (response.estimated_cost > 0) == source.endswith("sample")
    with pytest.raises(InvalidArgument):
        refused = pb.ExplainPlanRequest(name=source, sql="delete from orders")
        await platform.stub.ExplainPlan(refused, metadata=platform.as_member())


async def test_an_explained_statement_runs_as_one(platform: Platform, source: str) -> None:
    rows, _ = await platform.rows(source, "explain select * from orders")
    assert rows


async def test_what_the_database_refuses_is_told_in_its_words(platform: Platform) -> None:
    with pytest.raises(FailedPrecondition) as raised:
        await platform.rows(SAMPLE, "select 1 / (id - id) from orders")
    assert raised.value.reason == "SQL_REFUSED_BY_DATABASE"
    assert "division by zero" in raised.value.message


async def test_an_unknown_data_source_is_not_found(platform: Platform) -> None:
    with pytest.raises(NotFound):
        await platform.check("organizations/local/dataSources/nowhere", "select 1")


async def test_a_data_source_that_goes_away_says_so(platform: Platform, sqlite_file: pb.Connection) -> None:
    name = await platform.create("files", sqlite_file)
    (platform.folder / "shop.sqlite").unlink()
    with pytest.raises(CandorError) as raised:
        await platform.rows(name, "select * from orders")
    assert raised.value.reason == "DATA_SOURCE_UNREACHABLE"
