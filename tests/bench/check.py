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
TYPES = {
    **dict.fromkeys(("customer_id", "order_id", "id", "quantity"), ColumnType.INTEGER),
    "unit_price": ColumnType.NUMBER,
}
# A report of 300 lines, as analysts grow them: steps, each of the statement's shape, and a join of the last two.
STEPS = 13
REPORT = """
WITH
{}
SELECT a.country, a.revenue, b.revenue AS before
FROM step_{} AS a
JOIN step_{} AS b
  ON b.country = a.country
""".strip()
ROUNDS = 200


def measure() -> list[Measure]:
    return [row for dialect in ("sqlite", "postgres") for row in _measure(dialect)]


def _measure(dialect: str) -> list[Measure]:
    small, large = _catalog(dialect, 0), _catalog(dialect, 1000)
    how = f"`make bench ONLY=check`, medians of {ROUNDS} in one run"
    found = []
    for lines, sql, limit in ((20, STATEMENT, 3.0), (300, _report(), 30.0)):
        parse = _median_ms(lambda sql=sql: sqlglot.parse(sql, dialect=dialect))  # type: ignore[misc]
        check, wide = _side_by_side(sql, small, large)
        lint, more = _lint_ms(sql, dialect), wide / check
        what = f"check of {lines} lines of {dialect}"
        found += [
            Measure(what, f"{check:.2f} ms", how, f"{limit:.0f} ms", check < limit),
            Measure(f"{what}, as a ratio to sqlglot.parse", f"{check / parse:.1f}", how),
            Measure(f"{what}, as a ratio to sqlfluff's lint", f"{check / lint:.4f} ({lint:,.0f} ms)", how),
            Measure(f"{what}, with 1,000 more tables, as a ratio", f"{more:.2f}", how, "1.5", more < 1.5),
        ]
    return found


def _report() -> str:
    body = "\n".join(f"  {line}" for line in STATEMENT.splitlines())
    steps = ",\n".join(f"step_{number} AS (\n{body}\n)" for number in range(1, STEPS + 1))
    return REPORT.format(steps, STEPS, STEPS - 1)


def _catalog(dialect: str, more: int) -> Catalog:
    named = {**TABLES, **{f"table_{number}": ("id", "name", "value") for number in range(more)}}
    tables = [
        Table(schema="", name=name, columns=tuple(Column(each, TYPES.get(each, ColumnType.TEXT)) for each in columns))
        for name, columns in named.items()
    ]
    return Catalog(DIALECTS[dialect], tables, [])


def _side_by_side(sql: str, small: Catalog, large: Catalog) -> tuple[float, float]:
    """The medians with each catalogue, taken in turn so that a slow moment of the machine meets both."""
    took: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(ROUNDS):
        for position, catalog in enumerate((small, large)):
            started = time.perf_counter()
            checked = check_statement(sql, catalog)
            took[position].append((time.perf_counter() - started) * 1000)
            assert checked.allowed, checked.findings
    return median(took[0]), median(took[1])


def _lint_ms(sql: str, dialect: str) -> float:
    import sqlfluff  # noqa: PLC0415  A second of imports, for this figure alone.

    started = time.perf_counter()
    sqlfluff.lint(sql, dialect=dialect)
    return (time.perf_counter() - started) * 1000


def _median_ms(act: Callable[[], object]) -> float:
    act()
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        took.append((time.perf_counter() - started) * 1000)
    return median(took)
