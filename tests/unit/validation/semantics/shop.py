"""A small shop that the tests of semantics ask about, in every dialect."""

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Finding

INTEGER, NUMBER, TEXT, DATE = ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.TEXT, ColumnType.DATE


def key(name: str = "id") -> Column:
    return Column(name, INTEGER, "integer", nullable=False, is_primary_key=True, is_unique=True)


def part_of_key(name: str) -> Column:
    return Column(name, INTEGER, "integer", nullable=False, is_primary_key=True)


def column(name: str, kind: ColumnType = INTEGER, *, nullable: bool = False, native: str = "") -> Column:
    return Column(name, kind, native or {INTEGER: "integer", TEXT: "text"}.get(kind, ""), nullable=nullable)


TABLES = (
    (
        "customers",
        (
            key(),
            column("name", TEXT),
            column("country", TEXT, nullable=True),
            column("balance", NUMBER),
            column("points"),
            column("born", DATE, nullable=True),
            Column("email", TEXT, "text", nullable=True, is_unique=True),
        ),
    ),
    (
        "orders",
        (
            key(),
            column("customer_id"),
            column("seller_id", nullable=True),
            column("amount", NUMBER),
            column("weight"),
            column("status", TEXT),
            column("placed", DATE, nullable=True),
            column("code", TEXT),
        ),
    ),
    ("sellers", (key(), column("name", TEXT), column("boss_id", nullable=True), column("country", TEXT))),
    ("products", (key(), column("name", TEXT), column("price", NUMBER))),
    ("lines", (part_of_key("order_id"), part_of_key("product_id"), column("quantity"))),
    ("payments", (key(), column("customer_id"), column("paid", NUMBER))),
    ("events", (column("customer_id"), column("kind", TEXT), column("size", NUMBER))),
)
KEYS = (
    ("orders", "customer_id", "customers"),
    ("orders", "seller_id", "sellers"),
    ("sellers", "boss_id", "sellers"),
    ("lines", "order_id", "orders"),
    ("lines", "product_id", "products"),
    ("payments", "customer_id", "customers"),
    ("events", "customer_id", "customers"),
)
SCHEMAS = {"postgres": "public"}


def shop(dialect: str) -> Catalog:
    schema = SCHEMAS.get(dialect, "")
    kept = str.upper if dialect == "snowflake" else str

    def full(name: str) -> str:
        return kept(f"{schema}.{name}" if schema else name)

    tables = [
        Table(
            kept(schema),
            kept(name),
            columns=tuple(
                Column(kept(each.name), each.type, each.native_type, each.nullable, each.is_primary_key, each.is_unique)
                for each in columns
            ),
        )
        for name, columns in TABLES
    ]
    tables.append(Table(kept(schema), kept("totals"), "view", columns=(Column(kept("customer_id"), INTEGER),)))
    keys = [ForeignKey(full(child), (kept(own),), full(parent), (kept("id"),)) for child, own, parent in KEYS]
    return Catalog(DIALECTS[dialect], tables, keys)


def findings(sql: str, dialect: str = "postgres") -> list[Finding]:
    return list(check_statement(sql, shop(dialect)).findings)


def of(reason: str, sql: str, dialect: str = "postgres") -> list[Finding]:
    """The findings of one reason; any other error is a mistake in the test."""
    found = findings(sql, dialect)
    other = [each for each in found if each.severity == "error" and each.reason != reason]
    assert other == [], other
    return [each for each in found if each.reason == reason]


def marked(sql: str, finding: Finding) -> str:
    """The text at a finding's place, which is within one line."""
    span = finding.span
    assert span is not None
    assert span.line == span.end_line
    return sql.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]
