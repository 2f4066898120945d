"""Rewrites: what each makes of a statement, and where it keeps its hands off."""

import pytest
import sqlglot
from unit.validation.plans.shop import shop

from services.validation.core.plans import conditions, date_ranges, shapes
from services.validation.core.plans.model import Plan, Step, StepKind
from services.validation.core.plans.rewrites import REWRITES, Rewrite, changed, contradict, is_cheaper, same_rows
from services.validation.core.plans.statement import Statement

BY_CHANGE = {rewrite.change: rewrite for rewrite in REWRITES}


def rewritten(change: object, sql: str, dialect: str = "postgres") -> str | None:
    rewrite = BY_CHANGE[change]  # type: ignore[index]  One of the functions that are listed.
    found = changed(sqlglot.parse_one(sql, dialect=dialect), rewrite, shop(dialect))
    return None if found is None else found.sql(dialect)


@pytest.mark.parametrize(
    ("dialect", "condition", "span"),
    [
        ("postgres", "extract(year FROM placed) = 2024", ("placed", "2024-01-01", "2025-01-01")),
        ("postgres", "2024 = date_part('year', placed)", ("placed", "2024-01-01", "2025-01-01")),
        ("postgres", "date_trunc('month', placed) = '2024-12-01'", ("placed", "2024-12-01", "2025-01-01")),
        ("postgres", "to_char(placed, 'YYYY-MM') = '2024-02'", ("placed", "2024-02-01", "2024-03-01")),
        ("postgres", "placed::date = '2024-02-29'", ("placed", "2024-02-29", "2024-03-01")),
        ("postgres", "date(shipped) = date '2024-12-31'", ("shipped", "2024-12-31", "2025-01-01")),
        ("duckdb", "year(placed) = 2024", ("placed", "2024-01-01", "2025-01-01")),
        ("duckdb", "strftime(placed, '%Y-%m') = '2024-05'", ("placed", "2024-05-01", "2024-06-01")),
        ("mysql", "date(shipped) = '2024-05-01'", ("shipped", "2024-05-01", "2024-05-02")),
        ("tsql", "year(placed) = 2024", ("placed", "2024-01-01", "2025-01-01")),
    ],
)
def test_a_function_of_a_date_becomes_a_half_open_range(
    dialect: str, condition: str, span: tuple[str, str, str]
) -> None:
    found = rewritten(date_ranges.range_of_dates, f"SELECT id FROM orders WHERE seller = 1 AND {condition}", dialect)
    column, first, after = span
    assert found is not None
    where = found.partition(" WHERE ")[2]
    assert f"{column} >= CAST('{first}' AS" in where
    assert f"{column} < CAST('{after}' AS" in where
    assert "seller = 1" in where


@pytest.mark.parametrize(
    ("dialect", "condition"),
    [
        ("sqlite", "strftime('%Y', placed) = '2024'"),
        ("postgres", "extract(year FROM paid_at) = 2024"),
        ("postgres", "extract(month FROM placed) = 5"),
        ("postgres", "extract(year FROM placed) = 20240"),
        ("postgres", "NOT extract(year FROM placed) = 2024"),
        ("postgres", "(extract(year FROM placed) = 2024) IS NULL"),
        ("postgres", "date_trunc('month', placed) = '2024-12-02'"),
        ("postgres", "extract(year FROM placed) = seller"),
        ("mysql", "year(placed) = 2024"),
        ("postgres", "to_char(placed, 'DD') = '01'"),
    ],
)
def test_a_date_that_may_mean_something_else_is_left_alone(dialect: str, condition: str) -> None:
    assert rewritten(date_ranges.range_of_dates, f"SELECT id FROM orders WHERE {condition}", dialect) is None


def test_a_date_in_an_outer_joins_condition_is_left_alone() -> None:
    sql = "SELECT c.id FROM customers c LEFT JOIN orders o ON extract(year FROM o.placed) = 2024"
    assert rewritten(date_ranges.range_of_dates, sql) is None


@pytest.mark.parametrize(
    ("comparison", "exists"),
    [("{} > 0", True), ("{} >= 1", True), ("0 < {}", True), ("{} <> 0", True), ("{} = 0", False), ("{} < 1", False)],
)
def test_counting_to_see_whether_there_is_one_becomes_exists(comparison: str, *, exists: bool) -> None:
    count = "(SELECT count(*) FROM orders o WHERE o.customer_id = c.id)"
    found = rewritten(conditions.count_to_exists, f"SELECT c.id FROM customers c WHERE {comparison.format(count)}")
    negation = "" if exists else "NOT "
    assert found == (
        f"SELECT c.id FROM customers AS c WHERE {negation}EXISTS(SELECT 1 FROM orders AS o WHERE o.customer_id = c.id)"
    )


@pytest.mark.parametrize(
    "subquery",
    [
        "SELECT count(o.amount) FROM orders o",
        "SELECT count(DISTINCT o.seller) FROM orders o",
        "SELECT count(*) FROM orders o GROUP BY o.seller",
        "SELECT count(*) FROM orders o HAVING count(*) > 3",
        "SELECT count(*) + 1 FROM orders o",
        "SELECT count(*) FROM orders o LIMIT 0",
    ],
)
def test_a_count_that_says_something_else_is_left_alone(subquery: str) -> None:
    assert rewritten(conditions.count_to_exists, f"SELECT id FROM customers WHERE ({subquery}) > 0") is None


def test_many_equalities_of_one_column_become_in() -> None:
    found = rewritten(
        conditions.equalities_to_in, "SELECT id FROM orders WHERE seller = 1 OR seller = 2 OR 3 = seller OR seller = 1"
    )
    assert found == "SELECT id FROM orders WHERE seller IN (1, 2, 3)"
    for other in (
        "seller = 1 OR seller = 2",
        "seller = 1 OR id = 2 OR seller = 3",
        "seller = 1 OR seller = '2' OR seller = 3",
    ):
        assert rewritten(conditions.equalities_to_in, f"SELECT id FROM orders WHERE {other}") is None


def test_not_in_without_nulls_becomes_not_exists() -> None:
    found = rewritten(
        conditions.not_in_to_not_exists,
        "SELECT name FROM customers WHERE id NOT IN (SELECT seller FROM orders WHERE amount > 5 ORDER BY 1)",
    )
    assert found == (
        "SELECT name FROM customers WHERE NOT EXISTS("
        "SELECT 1 FROM orders WHERE amount > 5 AND customers.id = orders.seller)"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)",
        "SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)",
        "SELECT id FROM orders o WHERE seller NOT IN (SELECT id FROM customers o)",
        "SELECT id FROM customers WHERE id NOT IN (SELECT seller FROM orders LIMIT 3)",
        "SELECT id FROM customers WHERE id NOT IN (SELECT max(seller) FROM orders)",
        "SELECT 1 FROM customers c LEFT JOIN orders o ON o.seller = c.id WHERE o.id NOT IN (SELECT order_id FROM tags)",
        "SELECT id FROM customers WHERE region NOT IN (SELECT seller FROM orders)",
    ],
)
def test_not_in_that_nulls_or_names_could_change_is_left_alone(sql: str) -> None:
    assert rewritten(conditions.not_in_to_not_exists, sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT DISTINCT id, name FROM customers",
        "SELECT DISTINCT c.name, c.id AS number FROM customers AS c WHERE c.region = 'EU'",
        "SELECT DISTINCT order_id, tag FROM tags",
        "SELECT DISTINCT seller, count(*) FROM orders GROUP BY seller",
    ],
)
def test_distinct_over_what_is_unique_is_left_out(sql: str) -> None:
    assert rewritten(shapes.drop_distinct, sql) == sqlglot.parse_one(sql, dialect="postgres").sql("postgres").replace(
        "DISTINCT ", "", 1
    ).replace("count", "COUNT")


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "SELECT DISTINCT email FROM customers"),
        ("postgres", "SELECT DISTINCT order_id FROM tags"),
        ("postgres", "SELECT DISTINCT c.id FROM customers c JOIN orders o ON o.customer_id = c.id"),
        ("postgres", "SELECT DISTINCT count(*) FROM orders GROUP BY seller"),
        ("postgres", "SELECT DISTINCT ON (id) id FROM customers"),
        ("postgres", "SELECT DISTINCT seller FROM orders GROUP BY ROLLUP (seller)"),
        ("postgres", "SELECT DISTINCT id, generate_series(1, 1) FROM orders"),
        ("snowflake", "SELECT DISTINCT id FROM customers"),
        ("sqlite", "SELECT DISTINCT order_id, tag FROM tags"),
    ],
)
def test_distinct_that_may_matter_stays(dialect: str, sql: str) -> None:
    assert rewritten(shapes.drop_distinct, sql, dialect) is None


def test_an_order_that_nobody_sees_is_left_out() -> None:
    for outer in (
        "SELECT sum(amount) FROM ({}) q",
        "SELECT seller, count(*) FROM ({}) q GROUP BY seller",
        "SELECT * FROM ({}) q ORDER BY id",
        "SELECT name FROM customers WHERE id IN (SELECT id FROM ({}) q ORDER BY 1)",
    ):
        found = rewritten(shapes.drop_order, outer.format("SELECT * FROM orders ORDER BY placed"))
        assert found is not None
        assert "placed" not in found or "IN" in found


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM (SELECT * FROM orders ORDER BY placed) q",
        "SELECT * FROM (SELECT * FROM orders ORDER BY placed) q LIMIT 5",
        "SELECT sum(amount) FROM (SELECT * FROM orders ORDER BY placed LIMIT 5) q",
        "SELECT string_agg(status, ',') FROM (SELECT * FROM orders ORDER BY placed) q",
        "SELECT row_number() OVER (), id FROM (SELECT * FROM orders ORDER BY placed) q ORDER BY id",
        "SELECT seller, status, count(*) FROM (SELECT * FROM orders ORDER BY placed) q GROUP BY seller",
    ],
)
def test_an_order_that_shows_stays(sql: str) -> None:
    assert rewritten(shapes.drop_order, sql) is None


def test_a_union_of_what_differs_becomes_union_all() -> None:
    found = rewritten(
        shapes.union_to_union_all,
        "SELECT 'a' AS kind, id FROM orders UNION SELECT 'b', id FROM customers "
        "UNION SELECT DISTINCT 'c', seller FROM orders",
    )
    assert found is not None
    assert found.count("UNION ALL") == 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a', id FROM orders UNION SELECT 'A', id FROM customers",
        "SELECT 'a', id FROM orders UNION SELECT 'b', seller FROM orders",
        "SELECT 1, id FROM orders UNION SELECT 01, id FROM customers",
        "SELECT id FROM orders UNION SELECT id FROM customers",
        "SELECT 'a', id FROM orders UNION ALL SELECT 'b', id FROM customers",
        "SELECT 'a', id FROM orders EXCEPT SELECT 'b', id FROM customers",
        "SELECT 'a', id FROM orders UNION SELECT 'b', id FROM customers UNION SELECT 'a', id FROM orders",
        "SELECT DISTINCT ON (seller) 'a', status FROM orders UNION SELECT 'b', name FROM customers GROUP BY name",
    ],
)
def test_a_union_that_may_hold_equal_rows_stays(sql: str) -> None:
    assert rewritten(shapes.union_to_union_all, sql) is None


def test_a_subquery_below_a_union_keeps_its_own_union() -> None:
    found = rewritten(
        shapes.union_to_union_all,
        "SELECT 'a', id FROM orders WHERE seller IN (SELECT id FROM customers UNION SELECT seller FROM orders) "
        "UNION SELECT 'b', id FROM customers",
    )
    assert found is not None
    assert found.count("UNION ALL") == 1


def test_an_outer_join_whose_right_side_is_asked_for_becomes_a_join() -> None:
    sql = "SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE o.amount > 5"
    assert rewritten(shapes.left_to_inner, sql) == sql.replace("LEFT JOIN", "JOIN")
    for condition in ("o.amount IS NULL", "coalesce(o.amount, 0) < 5", "c.id > 5", "(o.amount > 5 OR c.id = 1)"):
        other = sql.partition(" WHERE ")[0] + f" WHERE {condition}"
        assert rewritten(shapes.left_to_inner, other) is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT o.id FROM orders AS o LEFT JOIN customers AS c ON c.id = o.customer_id",
        "SELECT COUNT(*) FROM orders AS o LEFT OUTER JOIN customers AS c ON o.customer_id = c.id AND c.region = 'EU'",
    ],
)
def test_a_join_of_which_nothing_is_used_is_left_out(sql: str) -> None:
    assert rewritten(shapes.drop_join, sql) == sql.partition(" LEFT")[0]


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "SELECT * FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"),
        ("postgres", "SELECT o.id, name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"),
        ("postgres", "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE c.region IS NULL"),
        ("postgres", "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id"),
        ("postgres", "SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id"),
        ("postgres", "SELECT o.id FROM orders o LEFT JOIN tags t ON t.order_id = o.id"),
        ("postgres", "SELECT o.id FROM orders o LEFT JOIN customers c ON c.email = o.customer_id"),
        ("postgres", "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id OR c.id = 1"),
        ("postgres", "SELECT c FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"),
        ("bigquery", "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"),
    ],
)
def test_a_join_that_may_matter_stays(dialect: str, sql: str) -> None:
    assert rewritten(shapes.drop_join, sql, dialect) is None


def test_the_optimiser_contradicts_another_result() -> None:
    catalog = shop()

    def contradicts(old: str, new: str) -> bool:
        first, second = (sqlglot.parse_one(each, dialect="postgres") for each in (old, new))
        return contradict(first, second, catalog)

    assert not contradicts("SELECT id FROM orders WHERE id = 1", "SELECT o.id FROM orders AS o WHERE 1 = o.id")
    assert contradicts("SELECT id FROM orders", "SELECT seller FROM orders")
    assert contradicts("SELECT id FROM orders WHERE 1 = 1", "SELECT id FROM orders WHERE 1 = 0")
    assert contradicts("SELECT id AS x FROM orders", "SELECT status AS x FROM orders")


def test_rows_are_compared_as_a_bag() -> None:
    assert same_rows([(1, "a"), (1, "a"), (2, None)], [(2, None), (1, "a"), (1, "a")])
    assert same_rows([(0.1 + 0.2,)], [(0.3,)])
    assert not same_rows([(1,), (1,)], [(1,)])
    assert not same_rows([(1.001,)], [(1.002,)])


def test_a_rewrite_is_offered_where_it_takes_less() -> None:
    saves = Rewrite(shapes.drop_distinct, "", saves=True)
    may = Rewrite(shapes.drop_distinct, "", saves=False)
    assert is_cheaper(Plan("", estimated_cost=10), Plan("", estimated_cost=9), may)
    assert not is_cheaper(Plan("", estimated_cost=10), Plan("", estimated_cost=10), saves)
    scan, sort = Step(StepKind.SCAN, "SCAN", "orders"), Step(StepKind.SORT, "SORT")
    assert is_cheaper(Plan("", steps=(scan, sort)), Plan("", steps=(scan,)), may)
    assert is_cheaper(Plan("", steps=(scan,)), Plan("", steps=(scan,)), saves)
    assert not is_cheaper(Plan("", steps=(scan,)), Plan("", steps=(scan,)), may)
    assert not is_cheaper(Plan("", steps=(scan,)), Plan("", steps=(scan, scan)), saves)
    assert not is_cheaper(Plan("", steps=(scan,), rows_read=5), Plan("", steps=(), rows_read=6), saves)


def test_every_rewrite_has_its_proof() -> None:
    assert all("Proof: " in (rewrite.change.__doc__ or "") for rewrite in REWRITES)


def test_a_key_that_a_warehouse_only_notes_is_none() -> None:
    for dialect, keys in (("postgres", 2), ("snowflake", 0)):
        catalog = shop(dialect)
        statement = Statement(sqlglot.parse_one("SELECT 1"), catalog)
        assert len(set(statement.unique_keys(catalog.tables[0]))) == keys
