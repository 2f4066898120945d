"""A catalogue crosses the wire and comes back as it was."""

import pytest
from candor.catalog.v1 import catalog_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.kit.catalog import Catalog, Column, ColumnType, ForeignKey, Table
from services.kit.catalog_wire import catalog_from_proto, catalog_to_proto, column_from_proto, table_from_proto

# A message holds every text that UTF-8 can.
texts = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.lists(texts, max_size=2).map(tuple)
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
    samples=names,
)
tables = st.builds(
    Table,
    schema=texts,
    name=texts,
    kind=st.sampled_from(["table", "view"]),
    comment=texts,
    columns=st.lists(columns, max_size=3).map(tuple),
    row_estimate=st.integers(-1, 2**63 - 1),
)
keys = st.builds(ForeignKey, table=texts, columns=names, referred_table=texts, referred_columns=names)
catalogs = st.builds(
    Catalog,
    dialect=texts,
    tables=st.lists(tables, max_size=3).map(tuple),
    foreign_keys=st.lists(keys, max_size=3).map(tuple),
)


@given(catalogs)
def test_a_catalogue_comes_back_from_its_message_as_it_was(catalog: Catalog) -> None:
    sent = catalog_to_proto(catalog).SerializeToString()
    assert catalog_from_proto(catalog_pb2.Catalog.FromString(sent)) == catalog


@pytest.mark.parametrize("kind", ColumnType)
def test_a_type_is_sent_by_its_own_name(kind: ColumnType) -> None:
    [table] = catalog_to_proto(Catalog("sqlite", (Table("", "t", columns=(Column("c", kind),)),))).tables
    assert catalog_pb2.ColumnType.Name(table.columns[0].type) == f"COLUMN_TYPE_{kind.value.upper()}"


def test_the_flags_of_a_column_are_not_mixed_up() -> None:
    for name, flag in {"primary_key": "is_primary_key", "unique": "is_unique", "sensitive": "is_sensitive"}.items():
        assert column_from_proto(catalog_pb2.Column(**{name: True})) == Column("", nullable=False, **{flag: True})


@pytest.mark.parametrize("number", [catalog_pb2.COLUMN_TYPE_UNSPECIFIED, 99])
def test_a_type_that_is_not_known_is_other(number: int) -> None:
    message = catalog_pb2.Column.FromString(bytes([0x10, number]))
    assert column_from_proto(message).type is ColumnType.OTHER


def test_what_does_not_say_that_it_is_a_view_is_a_table() -> None:
    assert table_from_proto(catalog_pb2.Table(name="t")).kind == "table"


def test_a_table_without_a_schema_goes_by_its_bare_name() -> None:
    assert (Table("", "t").qualified_name, Table("s", "t").qualified_name) == ("t", "s.t")
