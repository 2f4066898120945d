"""A catalogue is the same version when a person would call it the same schema, and survives being kept."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.core.keep_snapshots import catalog_from_document, catalog_to_document, version_of
from services.kit.catalog import Catalog, Column, ColumnType, ForeignKey, Table

ITEMS = Table("shop", "items", columns=(Column("id", ColumnType.INTEGER, is_primary_key=True), Column("name")))
SALES = Table("shop", "sales", columns=(Column("item_id", ColumnType.INTEGER),))
KEY = ForeignKey("shop.sales", ("item_id",), "shop.items", ("id",))
SHOP = Catalog("postgres", (ITEMS, SALES), (KEY, KEY))


def with_column(column: Column) -> Catalog:
    return replace(SHOP, tables=(replace(ITEMS, columns=(ITEMS.columns[0], column)), SALES))


@pytest.mark.parametrize(
    "same",
    [
        replace(SHOP, tables=(SALES, ITEMS)),
        replace(SHOP, tables=(replace(ITEMS, row_estimate=7), SALES)),
        with_column(Column("name", samples=("Pen", "Ink"))),
    ],
)
def test_order_samples_and_row_estimates_make_no_version(same: Catalog) -> None:
    assert version_of(same) == version_of(SHOP)


@pytest.mark.parametrize(
    "other",
    [
        replace(SHOP, dialect="sqlite"),
        replace(SHOP, tables=(ITEMS,)),
        replace(SHOP, foreign_keys=()),
        with_column(Column("title")),
        with_column(Column("name", ColumnType.TEXT)),
        with_column(Column("name", comment="What it is called")),
        with_column(Column("name", is_sensitive=True)),
        with_column(Column("name", nullable=False)),
        replace(SHOP, tables=(replace(ITEMS, columns=ITEMS.columns[::-1]), SALES)),
    ],
)
def test_everything_else_makes_a_version(other: Catalog) -> None:
    assert version_of(other) != version_of(SHOP)


texts = st.text(max_size=10)
columns = st.builds(
    Column,
    name=texts,
    type=st.sampled_from(ColumnType),
    native_type=texts,
    nullable=st.booleans(),
    is_primary_key=st.booleans(),
    is_unique=st.booleans(),
    is_sensitive=st.booleans(),
    comment=texts,
    samples=st.lists(texts, max_size=3).map(tuple),
)
tables = st.builds(
    Table,
    schema=texts,
    name=texts,
    kind=st.sampled_from(["table", "view"]),
    comment=texts,
    columns=st.lists(columns, max_size=3).map(tuple),
    row_estimate=st.integers(-1, 2**62),
)
keys = st.builds(
    ForeignKey,
    table=texts,
    columns=st.lists(texts, max_size=2).map(tuple),
    referred_table=texts,
    referred_columns=st.lists(texts, max_size=2).map(tuple),
)
catalogs = st.builds(
    Catalog,
    dialect=texts,
    tables=st.lists(tables, max_size=3).map(tuple),
    foreign_keys=st.lists(keys, max_size=3).map(tuple),
)


@given(catalogs)
def test_a_catalogue_comes_back_from_json_as_it_was(catalog: Catalog) -> None:
    assert catalog_from_document(json.loads(json.dumps(catalog_to_document(catalog)))) == catalog
