"""Rows on their way out: exact cells, batches of a bounded size, limits that are kept to the row and byte."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.catalog import ColumnType
from services.validation.core.describe import column_type, is_sensitive
from services.validation.core.model import Batch, Limits
from services.validation.core.results import BATCH_BYTES, Collector, cell, cells
from services.validation.wire.statements import part_to_proto


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**63 - 1, 2**63 - 1),
        (2**63, str(2**63)),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (b"\x00\xff", "00ff"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02 03:04:05+00:00"),
        (date(2024, 1, 2), "2024-01-02"),
        (time(3, 4), "03:04:00"),
        ([1, Decimal("1.5"), None], '[1, "1.5", null]'),
        ({"a": date(2024, 1, 2)}, '{"a": "2024-01-02"}'),
    ],
)
def test_every_value_has_one_exact_form(value: Any, expected: Any) -> None:
    assert cell(value) == expected
    assert type(cell(value)) is type(expected)


@given(
    rows=st.lists(st.tuples(st.integers(), st.text(max_size=20)), max_size=200),
    max_rows=st.integers(1, 100),
    max_bytes=st.integers(1, 2000),
)
def test_the_rows_that_fit_come_out_in_order_and_no_more(
    rows: list[tuple[int, str]], max_rows: int, max_bytes: int
) -> None:
    collector = Collector(Limits(max_rows, max_bytes, timedelta(seconds=1)))
    batches = list(collector.take(rows))
    taken = [row for batch in batches for row in zip(*batch.columns, strict=True)]
    assert taken == [tuple(map(cell, row)) for row in rows[: len(taken)]]
    weight = sum(len(each) if isinstance(each, str) else 8 for row in taken for each in row)
    assert len(taken) <= max_rows
    assert weight <= max_bytes
    assert collector.summary.row_count == len(taken)
    assert bool(collector.summary.limit) == (len(taken) < len(rows))


ONE_KIND = [
    st.booleans(),
    st.integers(-(2**66), 2**66),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
    st.binary(max_size=5),
]
ONE_COLUMN = st.one_of(
    *(st.lists(st.one_of(kind, st.none()) if nulls else kind, min_size=1) for kind in ONE_KIND for nulls in (0, 1)),
    st.lists(st.one_of(*ONE_KIND, st.none()), min_size=1),
)


@given(ONE_COLUMN)
def test_a_column_becomes_cells_as_each_of_its_values_does(values: list[Any]) -> None:
    found, weight = cells(values)
    expected = [cell(each) for each in values]
    assert list(found) == expected
    assert [type(each) for each in found] == [type(each) for each in expected]
    assert weight == sum(len(each) if isinstance(each, str) else 8 for each in expected)


@given(ONE_COLUMN)
def test_what_is_written_is_read_again_with_its_nulls(values: list[Any]) -> None:
    exact, _ = cells(values)
    (written,) = part_to_proto(Batch(len(values), (exact,)), "").rows.columns
    kind = str(written.WhichOneof("values"))
    again = [None if row in written.null_rows else each for row, each in enumerate(getattr(written, kind).items)]
    assert again == [each if each is None or kind != "texts" else str(each) for each in exact]


def test_large_rows_come_in_several_batches() -> None:
    collector = Collector(Limits(100, 100 * BATCH_BYTES, timedelta(seconds=1)))
    assert [batch.row_count for batch in collector.take([("x" * BATCH_BYTES,)] * 3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ("integer", ColumnType.INTEGER),
        ("BIGINT", ColumnType.INTEGER),
        ("int4", ColumnType.INTEGER),
        ("numeric(10,2)", ColumnType.NUMBER),
        ("double precision", ColumnType.NUMBER),
        ("character varying(10)", ColumnType.TEXT),
        ("timestamp without time zone", ColumnType.TIMESTAMP),
        ("DATETIME", ColumnType.TIMESTAMP),
        ("date", ColumnType.DATE),
        ("time without time zone", ColumnType.TIME),
        ("interval", ColumnType.OTHER),
        ("boolean", ColumnType.BOOLEAN),
        ("jsonb", ColumnType.JSON),
        ("bytea", ColumnType.BINARY),
        ("integer[]", ColumnType.OTHER),
        ("point", ColumnType.OTHER),
        ("uuid", ColumnType.TEXT),
        ("STRUCT(a INTEGER)", ColumnType.OTHER),
    ],
)
def test_types_are_reduced_to_what_matters(native: str, expected: ColumnType) -> None:
    assert column_type(native) is expected


def test_columns_that_look_private_are_known() -> None:
    private = ["password", "user_password_hash", "SSN", "iban", "credit_card", "api_key", "AccessToken", "tax_id"]
    public = ["name", "passenger_id", "compass", "description", "status", "city", "mission", "class_name"]
    assert [name for name in private if not is_sensitive(name)] == []
    assert [name for name in public if is_sensitive(name)] == []
