"""Conditions that decide nothing are pointed out; what one row of a result is, and which rows come, is told."""

import pytest
from unit.validation.semantics.shop import marked, of

from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Severity


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ("o.id = o.id", "o.id = o.id"),
        ("status = 'paid' and status = 'open'", "status = 'open'"),
        ("amount > 10 and amount < 5", "amount < 5"),
        ("amount between 10 and 5", "amount between 10 and 5"),
        ("placed between '2024-12-31' and '2024-01-01'", "placed between '2024-12-31' and '2024-01-01'"),
        ("status <> 'paid' or status <> 'open'", "status <> 'paid' or status <> 'open'"),
        ("status = 'paid' or 1 = 1", "1 = 1"),
        ("customer_id is null", "customer_id"),
    ],
)
def test_a_condition_that_decides_nothing_is_pointed_out(dialect: str, condition: str, place: str) -> None:
    sql = f"select id from orders o where {condition}"
    (finding,) = of("SQL_CONDITION_CONSTANT", sql, dialect)
    assert place.startswith(marked(sql, finding)) or marked(sql, finding) == place


@pytest.mark.parametrize(
    "condition",
    [
        "1 = 1 and status = 'paid'",
        "status = 'paid' or status = 'open'",
        "status <> 'paid' and status <> 'open'",
        "amount > 5 and amount < 10",
        "amount >= 5 and amount <= 5",
        "status = 'paid' and code = 'open'",
        "placed = '2024-01-01' and placed = '2024-1-1'",
        "seller_id is null",
        "customer_id is not null",
        "(status <> 'paid' or code <> 'open')",
    ],
)
def test_a_condition_that_decides_something_is_left_alone(condition: str) -> None:
    assert of("SQL_CONDITION_CONSTANT", f"select id from orders o where {condition}") == []


def test_a_key_that_an_outer_join_leaves_empty_may_be_asked_for() -> None:
    sql = "select c.id from customers c left join orders o on o.customer_id = c.id where o.id is null"
    assert of("SQL_CONDITION_CONSTANT", sql) == []


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("sql", "grain"),
    [
        ("select name from customers", "customers.id"),
        ("select c.name, o.amount from customers c join orders o on o.customer_id = c.id", "orders.id"),
        ("select quantity from lines", "lines.order_id, lines.product_id"),
        ("select country, count(*) from customers group by country", "customers.country"),
        ("select count(*) from customers", ""),
        ("with t as (select id, name from customers) select t.name from t", "customers.id"),
        ("select c.id, count(*) from customers c join orders o on o.customer_id = c.id group by c.id", "customers.id"),
    ],
)
def test_what_one_row_is_follows_from_keys_and_groups(dialect: str, sql: str, grain: str) -> None:
    (finding,) = of("SQL_GRAIN", sql, dialect)
    assert finding.metadata["grain"].lower() == grain
    assert finding.severity is Severity.INFO
    assert marked(sql, finding) == "select"


def test_nothing_is_said_of_rows_whose_keys_are_not_known() -> None:
    assert of("SQL_GRAIN", "select kind from events") == []
    assert of("SQL_GRAIN", "select customer_id from totals") == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select name from customers limit 5", True),
        ("select name from customers order by name limit 5", False),
        ("select count(*) from customers limit 1", False),
        ("select name from customers where id in (select customer_id from orders limit 5)", False),
        ("select 1 limit 1", False),
    ],
)
def test_a_limit_without_an_order_is_told_of(sql: str, *, said: bool) -> None:
    assert bool(of("SQL_LIMIT_WITHOUT_ORDER", sql)) is said
