"""Aggregates over rows that a join repeats are pointed out; what the keys make safe is not."""

import pytest
from unit.validation.semantics.shop import marked, of

from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Severity

REASON = "SQL_FAN_OUT"
ORDERS = "from customers c join orders o on o.customer_id = c.id"


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_sum_over_repeated_rows_is_pointed_out_at_its_place(dialect: str) -> None:
    sql = f"select c.country,\n  sum(c.balance) as total\n{ORDERS} group by c.country"
    (finding,) = of(REASON, sql, dialect)
    assert marked(sql, finding) == "sum(c.balance)"
    assert finding.severity is Severity.WARNING
    assert finding.metadata["multiplied_by"].lower() == "o (orders)"


@pytest.mark.parametrize(
    "sql",
    [
        f"select sum(c.balance) {ORDERS}",
        f"select c.id, sum(c.balance) {ORDERS} group by c.id",
        f"select avg(c.balance) {ORDERS}",
        f"select c.country, count(c.id) {ORDERS} group by c.country",
        "select sum(c.balance) from customers c left join orders o on o.customer_id = c.id",
        "select sum(c.balance) from customers c, orders o where c.id = o.customer_id",
        "select sum(customers.points) from orders join customers on customers.id = orders.customer_id",
        "select sum(o.amount) from orders o join lines l on l.order_id = o.id",
        (
            "select sum(o.amount * c.balance) from orders o join customers c on c.id = o.customer_id "
            "join lines l on l.order_id = o.id"
        ),
        "select o.id from orders o join lines l on l.order_id = o.id group by o.id having sum(o.amount) > 5",
        "select c.id from customers c join orders o on o.customer_id = c.id group by c.id order by sum(c.points)",
        # The trap of two branches.
        f"select c.id, sum(o.amount), sum(p.paid) {ORDERS} join payments p on p.customer_id = c.id group by c.id",
        f"select c.id, count(*) {ORDERS} join payments p on p.customer_id = c.id group by c.id",
        # Through a WITH query and a subquery whose rows are known.
        (
            "with o as (select customer_id, amount from orders) select sum(c.points) from customers c join o "
            "on o.customer_id = c.id"
        ),
        (
            "select sum(t.total) from (select customer_id, sum(amount) as total from orders group by customer_id) t "
            "join payments p on p.customer_id = t.customer_id"
        ),
    ],
)
def test_what_a_join_repeats_is_counted_more_than_once(sql: str) -> None:
    assert of(REASON, sql), sql


@pytest.mark.parametrize(
    "sql",
    [
        f"select c.country, sum(o.amount) {ORDERS} group by c.country",
        f"select c.country, count(*) {ORDERS} group by c.country",
        f"select c.id, count(c.id) {ORDERS} group by c.id",
        f"select c.id, avg(c.balance) {ORDERS} group by c.id",
        f"select c.country, min(c.balance), max(c.points), count(distinct c.id) {ORDERS} group by c.country",
        # Grouped by the key of the other side, each row stands once in a group.
        f"select o.id, sum(c.balance) {ORDERS} group by o.id",
        "select l.product_id, sum(o.amount) from orders o join lines l on l.order_id = o.id group by l.product_id",
        # A composite key, given in full.
        "select sum(o.amount) from orders o join lines l on l.order_id = o.id and l.product_id = 7",
        "select sum(o.amount) from orders o join lines l on l.order_id = o.id where l.product_id = 7",
        "select sum(c.balance) from customers c join customers d on d.email = c.email",
        # One row for each: worked out before.
        (
            "select sum(c.balance), sum(t.total) from customers c join (select customer_id, sum(amount) as total "
            "from orders group by customer_id) t on t.customer_id = c.id"
        ),
        (
            "with t as (select distinct customer_id from orders) select sum(c.balance) from customers c join t "
            "on t.customer_id = c.id"
        ),
        "select sum(c.balance) from customers c cross join (select max(amount) as most from orders) m",
        (
            "select sum(c.balance) from customers c join (select customer_id, row_number() over "
            "(partition by customer_id order by placed desc) as n from orders) t on t.customer_id = c.id and t.n = 1"
        ),
        (
            "select sum(c.balance) from customers c join (select distinct on (customer_id) customer_id, amount "
            "from orders order by customer_id, placed desc) t on t.customer_id = c.id"
        ),
        # Only tested for, not joined.
        "select sum(c.balance) from customers c where exists (select 1 from orders o where o.customer_id = c.id)",
        "select sum(c.balance) from customers c where c.id in (select customer_id from orders)",
        # The latest order of each: a subquery picks the row.
        (
            f"select sum(c.balance) {ORDERS} where o.placed = (select max(x.placed) from orders x where "
            "x.customer_id = c.id)"
        ),
        # Not known: a view, a table without keys, a comparison of ranges.
        "select sum(c.balance) from customers c join totals t on t.customer_id = c.id",
        "select sum(e.size) from events e join customers c on c.id = e.customer_id",
        "select sum(c.balance) from customers c join orders o on o.placed >= c.born",
        # Bridges and chains to one.
        "select count(*) from lines l join orders o on o.id = l.order_id join products p on p.id = l.product_id",
        "select sum(l.quantity * p.price) from lines l join products p on p.id = l.product_id",
        "select sum(amount) over (partition by o.customer_id) from orders o join lines l on l.order_id = o.id",
    ],
)
def test_what_the_keys_make_safe_is_not_pointed_out(sql: str) -> None:
    assert of(REASON, sql) == [], sql


def test_one_name_of_a_looked_up_table_is_taken_for_one_row() -> None:
    sql = (
        "select sum(o.amount) from orders o join lines l on l.order_id = o.id join products p on p.id = l.product_id "
        "where p.name = 'Tea'"
    )
    (finding,) = of(REASON, sql)
    assert finding.severity is Severity.INFO


def test_the_count_of_a_key_is_corrected() -> None:
    (finding,) = of(REASON, f"select c.country, count(c.id) {ORDERS} group by c.country")
    assert finding.suggestion == "COUNT(DISTINCT c.id)"


def test_semi_joins_repeat_nothing() -> None:
    sql = "select sum(c.balance) from customers c semi join orders o on o.customer_id = c.id"
    assert of(REASON, sql, "duckdb") == []
