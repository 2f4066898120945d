"""The parts of the built-in engine: words, names, joins, SQL text, readings and confidence."""

import pytest

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    SetOperator,
)
from services.modelhub.adapters.built_in.joins import JoinGraph
from services.modelhub.adapters.built_in.linking import link
from services.modelhub.adapters.built_in.narrowing import KEPT_WITH_NEIGHBOURS, narrow
from services.modelhub.adapters.built_in.reading import read_out
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import prepare
from services.modelhub.adapters.built_in.tokens import MAX_TOKENS, identifier_words, stem, tokenize
from services.modelhub.core.model import Context

TEXT, NUMBER, INTEGER, DATE = ColumnType.TEXT, ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.DATE


def table(name: str, *columns: str, schema: str = "") -> Table:
    """A table whose first column is its key; "price:number" gives a column its type."""
    parts = [column.partition(":") for column in columns]
    made = [
        Column(column, ColumnType(kind or "text"), is_primary_key=n == 0) for n, (column, _, kind) in enumerate(parts)
    ]
    return Table(schema, name, columns=tuple(made))


AIRPORTS = table("airport", "code", "city")
FLIGHTS = table("flight", "id:integer", "origin", "destination", "miles:number", "day:date")
CREWS = table("crew", "crew_id:integer", "flight_id:integer", "pilot")
KEYS = (
    ForeignKey("flight", ("origin",), "airport", ("code",)),
    ForeignKey("flight", ("destination",), "airport", ("code",)),
    ForeignKey("crew", ("flight_id",), "flight", ("id",)),
)
SCHEMA = prepare((AIRPORTS, FLIGHTS, CREWS), KEYS)


def sql(query: Query, dialect: str = "sqlite") -> str:
    realized = realize(query, SCHEMA, dialect)
    assert realized is not None
    return realized.sql


def test_tokens_keep_numbers_dates_and_quoted_text_whole() -> None:
    kinds = [(token.text, token.kind) for token in tokenize("Bob's 1,200 'red pens' on 2012-01-02?")]
    assert kinds == [
        ("Bob", "word"),
        ("1,200", "number"),
        ("red pens", "quoted"),
        ("on", "word"),
        ("2012-01-02", "date"),
        ("?", "mark"),
    ]


def test_numbers_are_read_from_words_and_digits() -> None:
    assert [token.number for token in tokenize("two 1,200 3.5 many")] == ["2", "1200", "3.5", None]


def test_only_the_first_words_of_a_long_question_are_read() -> None:
    assert len(tokenize("word " * 10_000)) == MAX_TOKENS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Customer_Name", ("customer", "name")),
        ("birthDate", ("birth", "date")),
        ("stuid", ("student", "id")),
        ("LName", ("last", "name")),
        ("authorname", ("author", "name")),
        ("deptCode", ("department", "code")),
        ("Unit Price", ("unit", "price")),
    ],
)
def test_identifiers_are_split_and_written_out(name: str, words: tuple[str, ...]) -> None:
    assert identifier_words(name) == words


def test_irregular_plurals_share_a_stem() -> None:
    assert stem("people") == stem("person") == "person"
    assert stem("university") != stem("universe")


def test_a_longer_name_wins_over_its_parts() -> None:
    people = prepare((table("person", "id:integer", "first_name", "name"),), ())
    items = link(tokenize("the first name"), people, ())
    assert [item.names[0].ref.column for item in items if item.kind == "name"] == ["first_name"]


def test_an_exact_name_scores_above_a_synonym() -> None:
    cars = prepare((table("car", "id:integer", "price:number"),), ())
    exact = link(tokenize("price"), cars, ())[0]
    synonym = link(tokenize("cost"), cars, ())[0]
    assert exact.names[0].ref == synonym.names[0].ref == ColumnRef("car", "price")
    assert exact.best > synonym.best


def test_two_keys_between_the_same_tables_are_a_tie_until_a_column_chooses() -> None:
    graph = JoinGraph((AIRPORTS, FLIGHTS, CREWS), KEYS)
    undecided = graph.tree(("flight", "airport"))
    decided = graph.tree(("flight", "airport"), frozenset({("flight", "destination")}))
    assert undecided is not None
    assert undecided.is_tied
    assert decided is not None
    assert not decided.is_tied
    assert decided.edges[0].left_columns == ("destination",)


def test_keys_that_nobody_declared_are_inferred_from_names() -> None:
    shop = (table("customer", "id:integer", "name"), table("invoice", "id:integer", "customer_id:integer"))
    tree = JoinGraph(shop, ()).tree(("invoice", "customer"))
    assert tree is not None
    assert (tree.edges[0].left_columns, tree.edges[0].right_columns) == (("customer_id",), ("id",))


def test_tables_in_between_are_joined_and_unconnected_ones_are_not() -> None:
    lonely = table("lonely", "id:integer")
    graph = JoinGraph((AIRPORTS, FLIGHTS, CREWS, lonely), KEYS)
    tree = graph.tree(("crew", "airport"))
    assert tree is not None
    assert set(tree.tables) == {"crew", "flight", "airport"}
    assert graph.tree(("crew", "lonely")) is None


def test_literals_take_the_type_of_their_column() -> None:
    miles = Condition(Measure(ColumnRef("flight", "miles")), Operator.GT, (Literal("500", is_number=True),))
    origin = Condition(Measure(ColumnRef("flight", "origin")), Operator.EQ, (Literal("500", is_number=True),))
    query = Query((Measure(ColumnRef("flight", "id")),), where=Junction((miles, origin)))
    assert sql(query) == "SELECT id FROM flight WHERE miles > 500 AND origin = '500'"


def test_quotes_in_values_are_escaped() -> None:
    pilot = Condition(Measure(ColumnRef("crew", "pilot")), Operator.EQ, (Literal("O'Hara'; drop table crew --"),))
    assert sql(Query((Measure(ColumnRef("crew")),), where=pilot)) == (
        "SELECT * FROM crew WHERE pilot = 'O''Hara''; drop table crew --'"
    )


def test_mixed_case_names_are_quoted_for_postgres_alone() -> None:
    schema = prepare((table("Customer", "Id:integer", "City"),), ())
    query = Query((Measure(ColumnRef("Customer", "City")),))
    texts = {dialect: realize(query, schema, dialect) for dialect in ("postgres", "sqlite")}
    assert {dialect: text.sql for dialect, text in texts.items() if text is not None} == {
        "postgres": 'SELECT "City" FROM "Customer"',
        "sqlite": "SELECT City FROM Customer",
    }


def test_missing_values_do_not_come_first_when_only_the_first_row_is_kept() -> None:
    order = (Order(Measure(ColumnRef("flight", "miles")), descending=True),)
    query = Query((Measure(ColumnRef("flight", "id")),), order=order, limit=1)
    assert sql(query, "postgres").endswith("ORDER BY miles DESC NULLS LAST LIMIT 1")
    assert sql(query, "sqlite").endswith("ORDER BY miles DESC LIMIT 1")


def test_two_queries_are_combined() -> None:
    one = Query((Measure(ColumnRef("flight", "origin")),))
    other = Query((Measure(ColumnRef("flight", "destination")),))
    combined = Query(one.select, set_operator=SetOperator.EXCEPT, other=other)
    assert sql(combined) == "SELECT origin FROM flight EXCEPT SELECT destination FROM flight"


def test_two_tables_of_one_name_in_two_schemas_get_names_apart() -> None:
    old, new = (
        table("item", "id:integer", "name", schema="old"),
        table("item", "id:integer", "old_id:integer", schema="new"),
    )
    schema = prepare((old, new), (ForeignKey("new.item", ("old_id",), "old.item", ("id",)),))
    query = Query((Measure(ColumnRef("new.item", "id")), Measure(ColumnRef("old.item", "name"))))
    realized = realize(query, schema, "postgres")
    assert realized is not None
    assert realized.sql == (
        "SELECT item.id, item_2.name FROM new.item JOIN old.item AS item_2 ON item.old_id = item_2.id"
    )


def test_a_query_reads_as_a_sentence() -> None:
    longest = Query(
        (Measure(ColumnRef("flight", "origin")), Measure(ColumnRef("flight"), Aggregate.COUNT)),
        where=Condition(Measure(ColumnRef("flight", "miles")), Operator.GE, (Literal("100", is_number=True),)),
        group=(ColumnRef("flight", "origin"),),
    )
    assert read_out(longest) == "The origin and number of flight whose miles is at least 100 for each origin."


def test_a_wide_schema_is_narrowed_to_what_was_named_and_what_it_refers_to() -> None:
    names = ("id:integer", *(f"c{n}" for n in range(20)))
    filler = [table(f"filler_{n}", *names) for n in range(200)]
    context = Context("sqlite", (*filler, AIRPORTS, FLIGHTS), KEYS[:1])
    tables, keys = narrow(context, tokenize("How many flights are there?"))
    assert {"flight", "airport"} <= {kept.qualified_name for kept in tables}
    assert len(tables) <= KEPT_WITH_NEIGHBOURS
    assert keys == KEYS[:1]


def test_a_reserved_word_is_quoted_and_an_ordinary_one_is_not() -> None:
    schema = prepare((table("order", "id:integer", "name", "date"),), ())
    query = Query((Measure(ColumnRef("order", "name")), Measure(ColumnRef("order", "date"))))
    for dialect in ("sqlite", "postgres", "duckdb"):
        realized = realize(query, schema, dialect)
        assert realized is not None
        assert realized.sql == 'SELECT name, date FROM "order"'
