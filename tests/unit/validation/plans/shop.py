"""A small shop for the tests of plans: its catalogue in any dialect, and the same tables in SQLite."""

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import DIALECTS

INTEGER, TEXT, NUMBER = ColumnType.INTEGER, ColumnType.TEXT, ColumnType.NUMBER

CREATE = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT UNIQUE, region TEXT NOT NULL);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER, amount REAL, placed DATE, status TEXT NOT NULL, seller INTEGER NOT NULL
);
CREATE TABLE tags (order_id INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (order_id, tag));
"""


def shop(dialect: str = "postgres", rows: int = 200_000, schema: str | None = None) -> Catalog:
    """The catalogue of the shop; orders have so many rows."""
    where = {"postgres": "public", "mysql": "shop", "tsql": "dbo"}.get(dialect, "") if schema is None else schema
    customers = Table(
        where,
        "customers",
        columns=(
            Column("id", INTEGER, "INTEGER", nullable=False, is_primary_key=True, is_unique=True),
            Column("name", TEXT, "text", samples=("Ada", "Bo")),
            Column("email", TEXT, "text", is_unique=True, samples=("a@example.org",)),
            Column("region", TEXT, "text", nullable=False, samples=("EU",)),
        ),
        row_estimate=1_000,
    )
    orders = Table(
        where,
        "orders",
        columns=(
            Column("id", INTEGER, "INTEGER", nullable=False, is_primary_key=True, is_unique=True),
            Column("customer_id", INTEGER, "integer"),
            Column("amount", NUMBER, "real"),
            Column("placed", ColumnType.DATE, "date"),
            Column("status", TEXT, "text", nullable=False, samples=("open", "paid")),
            Column("seller", INTEGER, "integer", nullable=False),
            Column(
                "shipped", ColumnType.TIMESTAMP, "datetime" if dialect == "mysql" else "timestamp without time zone"
            ),
            Column("paid_at", ColumnType.TIMESTAMP, "timestamp with time zone"),
        )[: 6 if dialect == "sqlite" else 8],
        row_estimate=rows,
    )
    tags = Table(
        where,
        "tags",
        columns=(
            Column("order_id", INTEGER, "integer", nullable=False, is_primary_key=True),
            Column("tag", TEXT, "text", nullable=False, is_primary_key=True, samples=("new",)),
        ),
        row_estimate=2 * rows,
    )
    key = ForeignKey(orders.qualified_name, ("customer_id",), customers.qualified_name, ("id",))
    return Catalog(DIALECTS[dialect], (customers, orders, tags), (key,), (where,) if where else ())
