"""The SQL guard: a check against a parse of the same statement, and against the size of the catalogue."""

import time
from collections.abc import Callable

import sqlglot
from bench.table import Measure, median

from services.kit.catalog import Column, ColumnType, Table
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS

STATEMENT = """
SELECT
  c.country,
  c.city,
  COUNT(DISTINCT o.order_id) AS orders,
  SUM(i.quantity * i.unit_price) AS revenue,
  AVG(i.quantity) AS average_quantity
FROM customers AS c
JOIN orders AS o
  ON o.customer_id = c.customer_id
JOIN order_items AS i
  ON i.order_id = o.order_id
WHERE
  c.country IN ('France', 'Germany', 'Italy')
  AND o.status <> 'Cancelled'
  AND i.quantity > 1
GROUP BY
  c.country, c.city
HAVING SUM(i.quantity * i.unit_price) > 1000
ORDER BY
  revenue DESC
LIMIT 20
""".strip()

TABLES = {
    "customers": ("customer_id", "country", "city"),
    "orders": ("order_id", "customer_id", "status"),
    "order_items": ("order_id", "quantity", "unit_price"),
}
ROUNDS = 200


def measure() -> list[Measure]:
    small, large = _catalog(0), _catalog(1000)
    parse = _median_ms(lambda: sqlglot.parse(STATEMENT, dialect="sqlite"))
    check = _median_ms(lambda: check_statement(STATEMENT, small))
    wide = _median_ms(lambda: check_statement(STATEMENT, large))
    how = f"`make bench ONLY=check`, medians of {ROUNDS} in one run"
    return [
        Measure("check of a statement of 20 lines", f"{check:.2f} ms", how),
        Measure("the same, as a ratio to sqlglot.parse", f"{check / parse:.1f}", how),
        Measure("the same with 1,000 more tables in the catalogue, as a ratio", f"{wide / check:.2f}", how),
    ]


def _catalog(more: int) -> Catalog:
    named = {**TABLES, **{f"table_{number}": ("id", "name", "value") for number in range(more)}}
    tables = [
        Table(schema="", name=name, columns=tuple(Column(name=each, type=ColumnType.TEXT) for each in columns))
        for name, columns in named.items()
    ]
    return Catalog(DIALECTS["sqlite"], tables, [])


def _median_ms(act: Callable[[], object]) -> float:
    act()
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        took.append((time.perf_counter() - started) * 1000)
    return median(took)
