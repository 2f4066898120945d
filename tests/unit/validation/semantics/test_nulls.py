"""What NULL makes of comparisons is pointed out: = NULL, and NOT IN over values that may be NULL."""

import pytest
from unit.validation.semantics.shop import marked, of

from services.validation.core.dialects import DIALECTS


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("condition", "suggestion"), [("placed = null", "placed IS NULL"), ("o.placed <> NULL", "o.placed IS NOT NULL")]
)
def test_a_comparison_with_null_is_corrected(dialect: str, condition: str, suggestion: str) -> None:
    sql = f"select id from orders o where {condition}"
    (finding,) = of("SQL_NULL_COMPARED", sql, dialect)
    assert finding.suggestion == suggestion
    assert marked(sql, finding) == condition


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("id not in (select seller_id from orders)", True),
        ("not id in (select seller_id from orders)", True),
        ("id not in (select o.seller_id from customers c left join orders o on o.customer_id = c.id)", True),
        ("id not in (1, null)", True),
        ("id not in (select t.s from (select seller_id as s from orders) t)", True),
        ("id in (select seller_id from orders)", False),
        ("id not in (select customer_id from orders)", False),
        ("id not in (select seller_id from orders where seller_id is not null)", False),
        ("id not in (select seller_id from orders where not seller_id is null)", False),
        ("id not in (select seller_id from orders where seller_id > 3)", False),
        ("id not in (select o.seller_id from orders o join sellers s on s.id = o.seller_id)", False),
        ("id not in (select customer_id from totals)", False),
        ("id not in (1, 2)", False),
    ],
)
def test_not_in_over_values_that_may_be_null_is_pointed_out(dialect: str, condition: str, *, said: bool) -> None:
    sql = f"select name from sellers where {condition}"
    assert bool(of("SQL_NOT_IN_NULL", sql, dialect)) is said
