"""Odd schemas and odd questions: none raises, each gives statements that parse or nothing, and nothing is believed."""

import pytest
import sqlglot

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.engine import BuiltInEngine
from services.modelhub.core.model import Context, DraftRequest

KEY = Column("id", ColumnType.INTEGER, is_primary_key=True)


def table(name: str, *columns: str, schema: str = "") -> Table:
    return Table(schema, name, columns=(KEY, *(Column(each, ColumnType.TEXT) for each in columns)))


SCHEMAS = {
    "reserved words": (table("order", "select", "group", "from"), table("user", "table", "where")),
    "no keys": (
        Table("", "facts", columns=(Column("what"), Column("when"))),
        Table("", "notes", columns=(Column("x"),)),
    ),
    "other languages": (table("Kunden", "Straße", "Größe"), table("客户", "姓名", "城市"), table("المدن", "اسم")),
    "spaces": (table("sales report", "unit price", "sold on"), table("the staff", "first name")),
    "twenty alike": tuple(table(f"region_{n}", "name", "city", "amount") for n in range(20)),
    "a thousand tables": tuple(table(f"t_{n}", "name", "city") for n in range(1_000)),
    "nothing": (),
    "a table without columns": (Table("", "void"),),
}
QUESTIONS = (
    "",
    "?",
    "How many orders are there for each group?",
    "What is the unit price sold on 2020-01-01?",
    "Zeige die Straße aller Kunden",
    "显示所有客户的姓名",
    "Hello there, nice to meet you",
    "SELECT name FROM region_1; DROP TABLE region_1",
    "name " * 10_000,
    "show the name and city of region 7 with the highest amount " * 200,
    "\x00\ufffd'\"`;--",
)
ABOUT_NOTHING = ("", "?", "Hello there, nice to meet you", "\x00\ufffd'\"`;--")


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_odd_input_gives_statements_that_parse_or_nothing(schema: str, dialect: str) -> None:
    context = Context(dialect, SCHEMAS[schema])
    for question in QUESTIONS:
        answer = BuiltInEngine().draft(DraftRequest(question, context))
        assert sum(each.confidence for each in answer.candidates) <= 1.0001
        for each in answer.candidates:
            assert sqlglot.parse_one(each.sql, dialect=dialect)
        if question in ABOUT_NOTHING:
            assert all(each.confidence < 0.5 for each in answer.candidates), question


def test_a_key_to_a_table_that_is_not_there_is_passed_over() -> None:
    context = Context("sqlite", SCHEMAS["spaces"], (ForeignKey("sales report", ("id",), "gone", ("id",)),))
    answer = BuiltInEngine().draft(DraftRequest("Show the unit price of every sales report.", context))
    assert answer.candidates[0].sql == 'SELECT "unit price" FROM "sales report"'
