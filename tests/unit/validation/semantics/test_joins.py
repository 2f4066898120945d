"""Joins that lack a condition, join by what is no key, or leave rows out are pointed out."""

import pytest
from unit.validation.semantics.shop import marked, of

from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Severity


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_sources_that_nothing_ties_are_pointed_out_with_the_key_of_the_schema(dialect: str) -> None:
    sql = "select c.name from customers c, orders o where o.amount > 5"
    (finding,) = of("SQL_JOIN_WITHOUT_CONDITION", sql, dialect)
    assert "ON o.customer_id = c.id" in finding.message.lower().replace(" on ", " ON ")
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "sql",
    [
        "select c.name from customers c, orders o where o.customer_id = c.id",
        "select c.name from customers c, orders o where o.customer_id + 1 = c.id or c.name = o.status",
        "select c.name from customers c cross join orders o",
        "select c.name, m.most from customers c, (select max(amount) as most from orders) m",
        "select c.name from customers c, orders o where c.id = 1 and o.id = 2",
        (
            "select c.name from customers c, orders o where exists (select 1 from payments p "
            "where p.customer_id = c.id and p.paid = o.amount)"
        ),
        "select c.name from customers c, lateral (select amount from orders o where o.customer_id = c.id) t",
        "select c.name from customers c, generate_series(1, 3) as g(n)",
        "select c.name from customers c natural join (select name from sellers) s",
        "select c.name from customers c join sellers s using (name)",
        (
            "select c.name from customers c, orders o, payments p where o.customer_id = p.customer_id and "
            "p.customer_id = c.id"
        ),
    ],
)
def test_sources_that_belong_together_or_are_multiplied_on_purpose_are_left_alone(sql: str) -> None:
    assert of("SQL_JOIN_WITHOUT_CONDITION", sql) == [], sql


def test_a_join_in_sqlite_without_on_is_one_without_condition() -> None:
    assert of("SQL_JOIN_WITHOUT_CONDITION", "select c.name from customers c join orders o", "sqlite")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_join_by_what_is_no_key_is_corrected(dialect: str) -> None:
    sql = "select o.id from orders o join customers c on o.status = c.country"
    (finding,) = of("SQL_JOIN_KEY_DOUBTFUL", sql, dialect)
    assert marked(sql, finding) == "o.status = c.country"
    assert finding.suggestion.lower() == "o.customer_id = c.id"


@pytest.mark.parametrize(
    "sql",
    [
        "select o.id from orders o join customers c on o.id = c.id",
        "select o.id from orders o join products p on p.id = o.customer_id",
        "select l.quantity from lines l join products p on p.id = l.order_id",
    ],
)
def test_keys_that_only_look_alike_are_pointed_out(sql: str) -> None:
    assert of("SQL_JOIN_KEY_DOUBTFUL", sql), sql


@pytest.mark.parametrize(
    "sql",
    [
        "select o.id from orders o join customers c on c.id = o.customer_id",
        "select o.id from orders o join customers c on c.id = o.customer_id and c.country = o.status",
        "select o.id from orders o join payments p on p.customer_id = o.customer_id",
        "select o.id from orders o join customers c on c.email = o.code",
        "select c.id from customers c join sellers s on s.country = c.country",
        "select o.id from orders o join orders p on p.customer_id = o.customer_id",
        "select s.id from sellers s join sellers b on b.id = s.boss_id",
        "select l.quantity from lines l join lines m on m.order_id = l.order_id",
        "select o.id from orders o join totals t on t.customer_id = o.customer_id",
    ],
)
def test_joins_that_the_schema_bears_out_are_left_alone(sql: str) -> None:
    assert of("SQL_JOIN_KEY_DOUBTFUL", sql) == [], sql


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_rows_without_a_key_that_an_inner_join_leaves_out_are_told_of(dialect: str) -> None:
    sql = "select o.id, s.name from orders o join sellers s on s.id = o.seller_id"
    (finding,) = of("SQL_ROWS_LOST", sql, dialect)
    assert finding.severity is Severity.INFO
    assert marked(sql, finding) == "s.id = o.seller_id"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select count(*) from orders o join sellers s on s.id = o.seller_id", True),
        ("select s.name, b.name from sellers s join sellers b on b.id = s.boss_id", True),
        ("select o.id, s.name from orders o left join sellers s on s.id = o.seller_id", False),
        ("select o.id, c.name from orders o join customers c on c.id = o.customer_id", False),
        ("select o.id from orders o join sellers s on s.id = o.seller_id where s.name = 'Bo'", False),
        ("select o.id from orders o join sellers s on s.id = o.seller_id where o.seller_id is not null", False),
        ("select s.name, count(*) from orders o join sellers s on s.id = o.seller_id group by s.name", False),
        ("select distinct s.name from orders o join sellers s on s.id = o.seller_id", False),
    ],
)
def test_rows_left_out_are_told_of_only_where_the_result_is_about_them(sql: str, *, said: bool) -> None:
    assert bool(of("SQL_ROWS_LOST", sql)) is said, sql


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("o.status = 'paid'", True),
        ("not o.status like 'p%'", True),
        ("o.amount between 1 and 5", True),
        ("o.status = 'paid' or o.id is null", False),
        ("o.id is null", False),
        ("coalesce(o.amount, 0) = 0", False),
        ("c.country = 'France'", False),
    ],
)
def test_a_condition_that_undoes_a_left_join_is_pointed_out(where: str, *, said: bool) -> None:
    sql = f"select c.name, o.id from customers c left join orders o on o.customer_id = c.id where {where}"
    found = of("SQL_ROWS_LOST", sql)
    assert bool(found) is said
    assert not said or marked(sql, found[0]) in where
