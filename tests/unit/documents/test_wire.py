"""Contexts cross the wire unchanged, catalogues without what no record can hold."""

from datetime import UTC, datetime

from services.documents.core.model import Context, JoinPath, ValueMatch, Version
from services.documents.wire import catalog_from_proto, context_to_proto
from services.kit.catalog import Catalog, Column, ColumnType, ForeignKey, Table
from services.kit.catalog_wire import catalog_to_proto

KEY = ForeignKey("a.sales", ("item_id",), "a.items", ("id",))
COLUMNS = tuple(
    Column(kind.value, kind, kind.name, nullable=False, is_unique=True, comment="c", samples=("x",))
    for kind in ColumnType
)
TABLES = (
    Table("a", "items", "view", "things", (*COLUMNS, Column("id", is_primary_key=True, is_sensitive=True)), 12),
    Table("a", "sales", row_estimate=-1),
)


def test_a_catalogue_crosses_both_ways() -> None:
    catalog = Catalog("postgres", TABLES, (KEY,))
    assert catalog_from_proto(catalog_to_proto(catalog)) == catalog


def test_a_sample_that_no_record_can_hold_is_left_out() -> None:
    sent = catalog_to_proto(Catalog("sqlite", (Table("", "t", columns=(Column("c", samples=("a\0b", "ok")),)),)))
    assert catalog_from_proto(sent).tables[0].columns[0].samples == ("ok",)


def test_a_context_says_which_version_it_was_taken_from() -> None:
    match = ValueMatch("a.items", "text", "Pen", "pens", 4, 8, 0.88)
    context = Context("postgres", TABLES, (KEY,), (JoinPath(("a.sales", "a.items"), (KEY,)),), (match,))
    now = datetime(2025, 1, 2, tzinfo=UTC)
    sent = context_to_proto(context, Version("v1", now, now))
    assert sent.schema_version == "v1"
    assert catalog_from_proto(sent.catalog) == Catalog("postgres", TABLES, (KEY,))
    assert list(sent.join_paths[0].tables) == ["a.sales", "a.items"]
    assert list(sent.join_paths[0].keys[0].columns) == ["item_id"]
    [found] = sent.value_matches
    assert (found.value, found.phrase, found.start, found.end, found.score) == ("Pen", "pens", 4, 8, 0.88)
