"""Comparisons of different kinds of values, and divisions that cut, are pointed out in the way of each engine."""

import pytest
from unit.validation.semantics.shop import marked, of

from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Severity

REASON = "SQL_TYPE_MISMATCH"
REFUSING = {"postgres", "bigquery", "trino"}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_number_compared_with_a_text_column_is_pointed_out(dialect: str) -> None:
    sql = "select c.id from customers c join orders o on o.code = c.points"
    (finding,) = of(REASON, sql, dialect)
    expected = Severity.ERROR if dialect in REFUSING else Severity.INFO if dialect == "sqlite" else Severity.WARNING
    assert finding.severity is expected
    assert finding.metadata == {"left": "text", "right": "integer"}
    assert marked(sql, finding) == "o.code = c.points"


@pytest.mark.parametrize(
    ("sql", "dialect", "suggestion"),
    [
        ("select id from orders where code = 5", "postgres", "'5'"),
        ("select id from orders where code > 5", "sqlite", "CAST(code AS INTEGER)"),
        ("select id from orders where weight = 'heavy'", "postgres", ""),
        ("select id from orders where placed > 2010", "postgres", ""),
        ("select id from orders where code in (1, 2)", "postgres", "'1'"),
        ("select id from orders where code between 1 and 2", "duckdb", "CAST(code AS INTEGER)"),
        ("select n from (select count(*) as n from orders) t where n = 'many'", "postgres", ""),
        ("select id from orders where weight = '5'", "bigquery", ""),
        ("select id from orders where lower(code) = weight", "duckdb", ""),
    ],
)
def test_a_value_of_another_kind_is_pointed_out(sql: str, dialect: str, suggestion: str) -> None:
    (finding,) = of(REASON, sql, dialect)
    assert finding.suggestion == suggestion


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("select id from orders where placed > '2024-01-01'", "postgres"),
        ("select id from orders where weight = '5'", "postgres"),
        ("select id from orders where weight = 5.5 and amount = 3", "postgres"),
        ("select id from orders where code = 5", "sqlite"),
        ("select id from orders where cast(code as integer) = 5", "postgres"),
        ("select id from orders where code = 'x' and code is null", "postgres"),
        ("select id from orders where placed = code", "sqlite"),
        ("select id from orders where weight = ''", "sqlite"),
        ("select o.id from orders o join customers c on c.id = o.customer_id", "postgres"),
    ],
)
def test_what_the_engine_takes_as_it_is_meant_is_left_alone(sql: str, dialect: str) -> None:
    assert of(REASON, sql, dialect) == []


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_quotient_of_whole_numbers_is_pointed_out_where_it_is_cut(dialect: str) -> None:
    sql = "select sum(case when status = 'paid' then 1 else 0 end) / count(*) as share from orders"
    found = of("SQL_INTEGER_DIVISION", sql, dialect)
    assert bool(found) is (dialect in {"postgres", "sqlite", "tsql", "trino"})
    for finding in found:
        assert marked(sql, finding) == "sum(case when status = 'paid' then 1 else 0 end)"
        assert finding.suggestion == f"1.0 * {marked(sql, finding)}"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("points / id", True),
        ("count(*) / 3", True),
        ("sum(points) / count(*)", True),
        ("round(count(*) * 100 / sum(points), 2)", True),
        ("points / 1.0", False),
        ("1.0 * points / id", False),
        ("cast(points as numeric) / id", False),
        ("balance / points", False),
        ("avg(points) / count(*)", False),
        ("points / 10 * 10", False),
        ("floor(points / 10)", False),
        ("cast(points / 10 as integer)", False),
    ],
)
def test_only_quotients_that_lose_something_are_pointed_out(expression: str, *, said: bool) -> None:
    aggregated = any(name in expression for name in ("count(", "sum(", "avg("))
    sql = f"select {expression} from customers" + ("" if aggregated else " where points > 3")
    assert bool(of("SQL_INTEGER_DIVISION", sql)) is said


def test_a_bucket_that_is_grouped_by_is_meant() -> None:
    assert of("SQL_INTEGER_DIVISION", "select points / 10, count(*) from customers group by points / 10") == []


def test_in_postgres_the_sum_of_large_numbers_is_not_cut() -> None:
    assert of("SQL_INTEGER_DIVISION", "select sum(n) / 3 from (select count(*) as n from orders) t") == []
