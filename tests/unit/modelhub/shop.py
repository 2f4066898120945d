"""A small schema for tests of the parser: three tables, two keys, a few stored values."""

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.parser.items import Items, items_of
from services.modelhub.adapters.built_in.schema import Schema, prepare
from services.modelhub.adapters.built_in.tokens import tokenize
from services.modelhub.core.model import Context, ValueMatch

TABLES = (
    Table(
        "",
        "customers",
        columns=(
            Column("customer_id", ColumnType.INTEGER, is_primary_key=True),
            Column("name", ColumnType.TEXT, samples=("Ada", "Bo")),
            Column("city", ColumnType.TEXT, samples=("Paris", "Oslo")),
            Column("age", ColumnType.INTEGER),
        ),
    ),
    Table(
        "",
        "orders",
        columns=(
            Column("order_id", ColumnType.INTEGER, is_primary_key=True),
            Column("customer_id", ColumnType.INTEGER),
            Column("order_date", ColumnType.DATE),
            Column("total", ColumnType.NUMBER),
        ),
    ),
    Table(
        "",
        "products",
        columns=(
            Column("product_id", ColumnType.INTEGER, is_primary_key=True),
            Column("name", ColumnType.TEXT),
            Column("price", ColumnType.NUMBER),
        ),
    ),
)
KEYS = (ForeignKey("orders", ("customer_id",), "customers", ("customer_id",)),)
CITIES = ("Paris", "Oslo")


def shop() -> Schema:
    """The schema, prepared."""
    return prepare(TABLES, KEYS)


def matches_in(question: str) -> tuple[ValueMatch, ...]:
    """Where the question names a city."""
    places = [(city, question.find(city)) for city in CITIES]
    return tuple(
        ValueMatch("customers", "city", city, city, place, place + len(city)) for city, place in places if place >= 0
    )


def items_in(question: str) -> Items:
    """What the parser reads of a question about the shop."""
    return items_of(tokenize(question), shop(), matches_in(question))


def context_for(question: str, dialect: str = "sqlite") -> Context:
    """What the engine is given for a question about the shop."""
    return Context(dialect, TABLES, KEYS, matches_in(question))
