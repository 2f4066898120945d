"""Made-up questions: each says all that its query holds, and together they ask for everything that can be asked."""

import re
from collections import Counter

import pytest

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    ColumnRef,
    Literal,
    Operator,
    Query,
    SetOperator,
    conditions,
    queries,
)
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import prepare
from services.modelhub.adapters.built_in.tokens import tokenize

np = pytest.importorskip("numpy")
synthesize = pytest.importorskip("services.training.synthesize").synthesize
wording = pytest.importorskip("services.training.wording")


def table(name: str, *columns: str) -> Table:
    """A table whose first column is its key; "price:number" gives a column its type."""
    parts = [column.partition(":") for column in columns]
    made = [
        Column(column, ColumnType(kind or "text"), is_primary_key=n == 0) for n, (column, _, kind) in enumerate(parts)
    ]
    return Table("", name, columns=tuple(made))


SCHEMA = prepare(
    (
        table("shops", "shop_id:integer", "name", "city", "opening_year:integer"),
        table("customers", "customer_id:integer", "customer_name", "gender", "age:integer", "shop_id:integer"),
        table("orders", "id:integer", "customer_id:integer", "status", "amount:number", "order_date:date"),
    ),
    (
        ForeignKey("customers", ("shop_id",), "shops", ("shop_id",)),
        ForeignKey("orders", ("customer_id",), "customers", ("customer_id",)),
    ),
)
STORED = {
    ColumnRef("shops", "name"): ("North Mall", "Harbour", "Quay's End", "Old Mill"),
    ColumnRef("shops", "city"): ("Paris", "Rome"),
    ColumnRef("customers", "customer_name"): ("Ann Lee", "Bob Ray", "Cleo Fox", "Dan Poe", "Eve Orr"),
    ColumnRef("customers", "gender"): ("male", "female"),
    ColumnRef("customers", "age"): ("19", "34", "58"),
    ColumnRef("orders", "status"): ("Paid", "Shipped"),
    ColumnRef("orders", "amount"): ("12.5", "80.25", "1900.0"),
    ColumnRef("orders", "order_date"): ("2020-01-31", "2021-06-30"),
}
MADE = synthesize(SCHEMA, STORED, 600, np.random.default_rng(1))


def literals(query: Query) -> list[str]:
    """Everything that a query compares with, and its limits, without the one of "the most"."""
    found = [str(each.limit) for each in queries(query) if each.limit not in {None, 1}]
    for each in queries(query):
        for tree in (each.where, each.having):
            for condition in conditions(tree):
                found.extend(side.text.strip("%") for side in condition.right if isinstance(side, Literal))
    return found


def constructs(query: Query) -> set[str]:
    """What a query makes use of, by name."""
    tests = [condition for tree in (query.where, query.having) for condition in conditions(tree)]
    measures = [*query.select, *(order.by for order in query.order), *(test.left for test in tests)]
    found = {str(test.operator) for test in tests} | {str(m.aggregate) for m in measures if m.aggregate}
    found |= {"nested" for test in tests for side in test.right if isinstance(side, Query)}
    found |= {"distinct"} if query.distinct else set()
    found |= {"count distinct"} if any(m.aggregate == Aggregate.COUNT and m.distinct for m in measures) else set()
    found |= {"or"} if query.where is not None and getattr(query.where, "any_of", False) else set()
    found |= {"group"} if query.group else set()
    found |= {"having"} if query.having else set()
    found |= {"descending" if order.descending else "ascending" for order in query.order}
    found |= {"most" if query.limit == 1 else "top"} if query.limit is not None else set()
    found |= {str(query.set_operator)} if query.set_operator else set()
    written = realize(query, SCHEMA, "sqlite")
    found |= {f"{len(written.tables)} tables"} if written else set()
    return found


def test_every_query_can_be_written_and_selects_something() -> None:
    assert len(MADE) == 600
    for each in MADE:
        assert each.query.select
        assert realize(each.query, SCHEMA, "sqlite") is not None


def test_every_literal_stands_in_its_question() -> None:
    for each in MADE:
        said = each.question.casefold()
        numbers = {token.number for token in tokenize(each.question)}
        assert all(text.casefold() in said or text in numbers for text in literals(each.query)), each


def test_no_gap_is_left_open_in_a_question() -> None:
    for each in MADE:
        assert not re.search(r"[\[\]{}|\x00]|  |\bNone\b", each.question), each.question


def test_every_construct_is_asked_for() -> None:
    found = Counter(name for each in MADE for name in constructs(each.query))
    wanted = {*map(str, Aggregate), *map(str, SetOperator), *map(str, Operator)} - {"in", "not like", "is not null"}
    wanted |= {
        "nested",
        "distinct",
        "count distinct",
        "or",
        "group",
        "having",
        "ascending",
        "descending",
        "most",
        "top",
    }
    wanted |= {"1 tables", "2 tables", "3 tables"}
    assert wanted <= found.keys(), wanted - found.keys()


def test_the_same_seed_gives_the_same_questions_and_another_gives_others() -> None:
    assert synthesize(SCHEMA, STORED, 50, np.random.default_rng(1)) == MADE[:50]
    assert synthesize(SCHEMA, STORED, 50, np.random.default_rng(2)) != MADE[:50]


def test_no_question_is_asked_twice_and_no_query_is_worded_again_and_again() -> None:
    assert len({each.question for each in MADE}) == len(MADE)
    assert max(Counter(each.query for each in MADE).values()) <= 4


def test_columns_are_shown_in_the_order_in_which_the_question_names_them() -> None:
    said = {
        "city": "cit|town",
        "opening_year": "opening",
        "status": "status",
        "amount": "amount|quantit",
        "age": r"\bage",
    }
    plain = [each for each in MADE if each.query == Query(each.query.select)]
    pairs = [each for each in plain if len({m.column.column for m in each.query.select} & said.keys()) == 2]
    assert pairs
    for each in pairs:
        columns = [m.column.column for m in each.query.select if m.column.column in said]
        places = [match.start() for name in columns if (match := re.search(said[name], each.question.lower()))]
        assert len(places) == 2
        assert places[0] < places[1], each.question


def test_a_schema_with_little_to_ask_gives_what_there_is() -> None:
    tiny = prepare((table("tags", "tag_id:integer", "label"),), ())
    made = synthesize(tiny, {}, 5_000, np.random.default_rng(1))
    assert 10 < len(made) < 5_000


def test_literals_are_never_taken_from_sensitive_columns() -> None:
    secret = Column("nickname", ColumnType.TEXT, is_sensitive=True, samples=("hush",))
    schema = prepare(
        (Table("", "agents", columns=(Column("id", ColumnType.INTEGER, is_primary_key=True), secret)),), ()
    )
    made = synthesize(schema, {}, 100, np.random.default_rng(1))
    assert made
    assert not any("hush" in each.question.lower() for each in made)


@pytest.mark.parametrize(
    ("one", "many"),
    [("city", "cities"), ("person", "people"), ("class", "classes"), ("order line", "order lines"), ("staff", "staff")],
)
def test_nouns_have_a_singular_and_a_plural(one: str, many: str) -> None:
    assert wording.plural(one) == wording.plural(many) == many
    assert wording.singular(many) == wording.singular(one) == one
