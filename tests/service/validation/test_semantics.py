"""What a statement means is judged by the keys and values of the real database."""

from collections.abc import Callable
from typing import Any

import duckdb
import psycopg
import pytest
from candor.validation.v1 import validation_service_pb2 as pb
from service.validation.conftest import Platform

WRONG_VALUE = "select id from customers where name = 'Adda'"


async def check(platform: Platform, source: str, sql: str, *, look_up: bool = False) -> pb.CheckStatementResponse:
    request = pb.CheckStatementRequest(name=source, sql=sql, look_up_values=look_up)
    return await platform.stub.CheckStatement(request, metadata=platform.as_member())  # type: ignore[no-any-return]


async def test_a_value_that_no_row_has_is_named_with_the_nearest_where_it_is_asked_for(
    platform: Platform, source: str
) -> None:
    response = await check(platform, source, WRONG_VALUE, look_up=True)
    (finding,) = [each for each in response.findings if each.reason == "SQL_VALUE_UNKNOWN"]
    assert response.allowed
    assert finding.suggestion == "'Ada'"
    assert (finding.span.line, finding.span.column, finding.span.end_column) == (1, 39, 45)
    assert dict(finding.metadata) == {"column": "name", "value": "Adda"}
    unasked = await check(platform, source, WRONG_VALUE)
    assert "SQL_VALUE_UNKNOWN" not in {each.reason for each in unasked.findings}


@pytest.mark.parametrize(
    "sql", ["select id from customers where name = 'Ada'", "select id from customers where password = 'guess'"]
)
async def test_nothing_is_said_of_values_that_exist_or_are_private(platform: Platform, source: str, sql: str) -> None:
    response = await check(platform, source, sql, look_up=True)
    assert "SQL_VALUE_UNKNOWN" not in {each.reason for each in response.findings}


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "select sum(length(c.name)) from customers c join orders o on o.customer_id = c.id",
            "SQL_FAN_OUT",
        ),
        ("select id from customers where id not in (select customer_id from orders)", "SQL_NOT_IN_NULL"),
        ("select o.id, c.name from orders o join customers c on c.id = o.customer_id", "SQL_ROWS_LOST"),
        ("select c.name from customers c, orders o", "SQL_JOIN_WITHOUT_CONDITION"),
        ("select name, count(*) from customers", "SQL_COLUMN_NOT_GROUPED"),
    ],
)
async def test_the_keys_of_the_database_decide(platform: Platform, source: str, sql: str, reason: str) -> None:
    response = await check(platform, source, sql)
    assert reason in {each.reason for each in response.findings}


GROUPED = [
    "select name, count(*) from customers group by name",
    "select id, name, count(*) from customers group by id",
    "select email, name, count(*) from customers group by email",
    "select name, count(*) from customers",
    "select c.name, sum(o.amount) from customers c join orders o on o.customer_id = c.id group by c.id",
    "select c.name, sum(o.amount) from customers c join orders o on o.customer_id = c.id group by o.customer_id",
    "select upper(name), count(*) from customers group by upper(name)",
    "select name from customers group by name having id > 3",
    "select name from customers group by name order by id",
    "select name as n, count(*) as id from customers group by n order by id",
    "select count(*) over (partition by name), id from customers",
    "select sum(count(*)) over (order by name), name from customers group by name",
    "select *, count(*) from orders group by id",
    "select customer_id, placed, sum(amount) from orders group by rollup (customer_id, placed)",
    "select case when id > 1 then name end, max(id) from customers group by id > 1, name",
]


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
@pytest.mark.parametrize("sql", GROUPED)
async def test_a_grouping_is_refused_exactly_where_the_database_refuses_it(
    platform: Platform, duckdb_file: pb.Connection, watcher: psycopg.Connection[Any], engine: str, sql: str
) -> None:
    if engine == "duckdb":
        with duckdb.connect(duckdb_file.duckdb.path, read_only=True) as database:
            refused = refuses(lambda: database.execute(f"EXPLAIN {sql}"))
        name = await platform.create("duckdb", duckdb_file)
    else:
        refused = refuses(lambda: watcher.execute(f"EXPLAIN {sql}".encode()))
        name = "organizations/local/dataSources/sample"
    response = await check(platform, name, sql)
    assert response.allowed is not refused


def refuses(run: Callable[[], Any]) -> bool:
    try:
        run()
    except (duckdb.Error, psycopg.Error):
        return True
    return False
