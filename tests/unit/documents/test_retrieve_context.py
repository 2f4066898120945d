"""The part of a schema that a question is about is found, and can be joined."""

import time

from services.documents.core.find_values import ValueIndex
from services.documents.core.index_values import column_values
from services.documents.core.retrieve_context import COLUMNS_PER_TABLE, Retriever
from services.kit.catalog import Catalog, Column, ColumnType, ForeignKey, Table


def table(name: str, *columns: str, comment: str = "") -> Table:
    return Table("", name, comment=comment, columns=tuple(Column(column, ColumnType.TEXT) for column in columns))


def key(source: str, column: str, target: str) -> ForeignKey:
    return ForeignKey(source, (column,), target, ("id",))


SHOP = Catalog(
    "sqlite",
    (
        table("customers", "id", "name", "city"),
        table("orders", "id", "customer_id", "placed_on"),
        table("order_lines", "id", "order_id", "product_id", "qty"),
        table("products", "id", "title"),
        table("flights", "id", "origin_id", "destination_id"),
        table("airports", "id", "code"),
    ),
    (
        key("orders", "customer_id", "customers"),
        key("order_lines", "order_id", "orders"),
        key("order_lines", "product_id", "products"),
        key("flights", "origin_id", "airports"),
        key("flights", "destination_id", "airports"),
    ),
)
NO_VALUES = ValueIndex(())


def large() -> Catalog:
    filler = tuple(table(f"archive_{number}", "id", "blob") for number in range(200))
    return Catalog("sqlite", (*filler[:100], *SHOP.tables, *filler[100:]), SHOP.foreign_keys)


def test_a_small_schema_is_kept_whole_in_its_order() -> None:
    context = Retriever(SHOP, NO_VALUES).retrieve("How many customers are there?")
    assert context.tables == SHOP.tables
    assert context.foreign_keys == SHOP.foreign_keys
    assert context.dialect == "sqlite"


def test_a_question_about_nothing_still_gets_a_small_schema_and_no_paths() -> None:
    context = Retriever(SHOP, NO_VALUES).retrieve("hello there")
    assert (context.tables, context.join_paths, context.value_matches) == (SHOP.tables, (), ())


def test_a_large_schema_keeps_the_tables_named_and_those_between_them() -> None:
    context = Retriever(large(), NO_VALUES).retrieve("Which customer bought most products?", max_tables=4)
    assert {each.name for each in context.tables} == {"customers", "orders", "order_lines", "products"}
    [path] = [p for p in context.join_paths if {p.tables[0], p.tables[-1]} == {"customers", "products"}]
    assert set(path.tables) == {"customers", "orders", "order_lines", "products"}
    assert len(path.foreign_keys) == 3


def test_a_table_that_only_joins_two_others_is_kept_with_them() -> None:
    noise = tuple(table(f"author_note_{number}", "id") for number in range(30))
    library = Catalog(
        "sqlite",
        (*noise, table("authors", "id"), table("ab", "x", "y"), table("books", "id")),
        (key("ab", "x", "authors"), key("ab", "y", "books")),
    )
    kept = Retriever(library, NO_VALUES).retrieve("books by their authors", max_tables=3).tables
    assert [each.name for each in kept] == ["authors", "ab", "books"]


def test_a_value_leads_to_its_table() -> None:
    cities = ValueIndex(column_values(SHOP.tables[0], SHOP.tables[0].columns[2], ["Lisbon"]))
    context = Retriever(large(), cities).retrieve("Who lives in Lisbon?", max_tables=1)
    assert [each.name for each in context.tables] == ["customers"]
    assert [match.value for match in context.value_matches] == ["Lisbon"]


def test_abbreviations_and_comments_lead_to_a_table() -> None:
    retriever = Retriever(large(), NO_VALUES)
    assert [each.name for each in retriever.retrieve("What is the largest quantity?", 1).tables] == ["order_lines"]
    commented = Catalog("sqlite", (*large().tables, table("t_17", "id", comment="Refunds granted to buyers")))
    assert [each.name for each in Retriever(commented, NO_VALUES).retrieve("every refund", 1).tables] == ["t_17"]


def test_every_way_of_the_same_length_is_shown() -> None:
    context = Retriever(SHOP, NO_VALUES).retrieve("flights and airports")
    assert {path.foreign_keys[0].columns for path in context.join_paths} == {("origin_id",), ("destination_id",)}


def test_a_wide_table_keeps_its_keys_and_what_is_asked_for() -> None:
    wide = Table("", "wide", columns=tuple(Column(f"c_{n}", ColumnType.TEXT) for n in range(400)))
    wide = Table("", "wide", columns=(*wide.columns, Column("revenue", ColumnType.NUMBER), Column("other_id")))
    catalog = Catalog("sqlite", (wide, table("other", "id")), (key("wide", "other_id", "other"),))
    [kept, _] = Retriever(catalog, NO_VALUES).retrieve("total revenue").tables
    assert len(kept.columns) == COLUMNS_PER_TABLE
    assert {"revenue", "other_id"} <= {column.name for column in kept.columns}


def test_tables_without_keys_and_self_references_are_fine() -> None:
    staff = table("staff", "id", "manager_id")
    catalog = Catalog("sqlite", (staff, table("rooms", "id")), (key("staff", "manager_id", "staff"),))
    assert Retriever(catalog, NO_VALUES).retrieve("staff in rooms").join_paths == ()


def test_a_thousand_tables_are_filtered_sooner_than_they_are_prepared() -> None:
    tables = tuple(table(f"{word}_{n}", *(f"{word}_{c}" for c in range(20))) for n in range(250) for word in
                   ("order", "customer", "product", "invoice"))  # fmt: skip
    keys = tuple(key(tables[n].name, "x", tables[n // 2].name) for n in range(1, 1000))
    start = time.process_time()
    retriever = Retriever(Catalog("sqlite", tables, keys), NO_VALUES)
    prepared = time.process_time()
    context = retriever.retrieve("Which customers have an invoice for a product they never ordered? " * 20)
    assert time.process_time() - prepared < prepared - start
    assert len(context.tables) == 20
