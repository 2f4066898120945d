"""A column beside an aggregate that has no one value in a group is refused where the database would refuse it."""

import pytest
from unit.validation.semantics.shop import findings, marked, of

from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Severity
from services.validation.core.semantics.grouping import STRICT

REASON = "SQL_COLUMN_NOT_GROUPED"


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("select country, name, count(*) from customers group by country", "name"),
        ("select name, count(*) from customers", "name"),
        ("select country, sum(points) from customers group by country order by born", "born"),
        ("select country, count(*) from customers group by country having points > 3", "points"),
        (
            (
                "select c.country, o.status, count(*) from customers c join orders o on o.customer_id = c.id "
                "group by c.country"
            ),
            "o.status",
        ),
    ],
)
def test_an_ungrouped_column_is_an_error_where_the_database_refuses_it(dialect: str, sql: str, column: str) -> None:
    (finding,) = of(REASON, sql, dialect)
    assert finding.severity is (Severity.ERROR if dialect in STRICT else Severity.WARNING)
    assert marked(sql, finding) in {column, column.rpartition(".")[2]}
    assert finding.metadata["column"].lower() == column.rpartition(".")[2]


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    "sql",
    [
        "select country, count(*) from customers group by country order by count(*) desc",
        "select upper(country), count(*) from customers group by upper(country)",
        "select customers.country, count(*) from customers group by country",
        "select country, max(points) - min(points) from customers group by country having count(*) > 1",
        "select country, case when country = 'x' then 1 else 2 end from customers group by country",
        "select name, count(*) over (partition by country) from customers",
        "select country, sum(count(*)) over (order by country) from customers group by country",
        (
            "select c.country, (select max(o.amount) from orders o where o.code = c.country) from customers c "
            "group by c.country"
        ),
        "select name from customers c where (select count(*) from orders o where o.customer_id = c.id) > 3",
        "select country, count(*) as n from customers group by country order by n",
        "select distinct country from customers",
        "select 'all', 5, count(*) from customers",
        (
            "select country, status, count(*) from customers c join orders o on o.customer_id = c.id "
            "group by country, status"
        ),
    ],
)
def test_what_is_grouped_by_or_in_an_aggregate_is_left_alone(dialect: str, sql: str) -> None:
    assert of(REASON, sql, dialect) == []


@pytest.mark.parametrize(
    ("dialect", "allowed"), [("postgres", True), ("mysql", True), ("sqlite", True), ("duckdb", False), ("tsql", False)]
)
def test_a_primary_key_stands_for_its_table_where_the_database_says_so(dialect: str, *, allowed: bool) -> None:
    sql = "select c.id, c.name, count(*) from customers c join orders o on o.customer_id = c.id group by c.id"
    assert (of(REASON, sql, dialect) == []) is allowed


def test_postgres_takes_only_the_primary_key_for_a_table() -> None:
    assert of(REASON, "select email, name, count(*) from customers group by email")


def test_sqlite_takes_the_row_of_the_only_maximum() -> None:
    sql = "select name, max(points) from customers"
    assert of(REASON, sql, "sqlite") == []
    assert of(REASON, sql, "mysql")


@pytest.mark.parametrize(
    "sql",
    [
        "select country, count(*) from customers group by 1",
        "select country as c, count(*) from customers group by c",
        "select country, born, count(*) from customers group by rollup (country, born)",
        "select country, born, count(*) from customers group by grouping sets ((country), (born), ())",
        "select date_trunc('month', placed), count(*) from orders group by date_trunc('month', placed)",
        "select id, count(*) from customers join (select customer_id as id from orders) o using (id) group by id",
        "select string_agg(name, ',' order by born) from customers",
        "select count(*) filter (where country = 'x') from customers",
        "select percentile_cont(0.5) within group (order by points) from customers",
    ],
)
def test_the_ways_to_group_of_postgres_are_understood(sql: str) -> None:
    assert of(REASON, sql) == []


def test_duckdb_groups_by_all() -> None:
    assert of(REASON, "select country, name, count(*) from customers group by all", "duckdb") == []


def test_a_star_beside_an_aggregate_is_refused() -> None:
    assert of(REASON, "select *, count(*) from customers group by country")
    assert of(REASON, "select c.*, count(*) from customers c group by c.id") == []


def test_a_statement_that_the_database_would_refuse_does_not_run() -> None:
    from unit.validation.semantics.shop import shop  # noqa: PLC0415  Only here.

    check = check_statement("select name, count(*) from customers", shop("postgres"))
    assert not check.allowed
    assert check.sql == ""
    assert findings("select name, count(*) from customers", "sqlite")
