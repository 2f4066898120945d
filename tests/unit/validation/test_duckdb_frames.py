"""Messages of the DuckDB processes: what is packed comes out the same, cell by cell and type by type."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.validation.adapters.engines.duckdb_frames import SIZES, message, pack, unpack
from services.validation.core.model import Cell

INTEGERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
FLOATS = st.floats(allow_nan=False)
KINDS = [st.booleans(), INTEGERS, FLOATS, TEXTS, st.one_of(INTEGERS, TEXTS, st.booleans(), FLOATS)]
COLUMNS = st.integers(1, 20).flatmap(
    lambda count: st.lists(
        st.one_of([st.lists(st.one_of(st.none(), kind), min_size=count, max_size=count) for kind in KINDS]), max_size=6
    )
)


@given(COLUMNS)
def test_columns_come_out_as_they_went_in(columns: list[list[Cell]]) -> None:
    described, packed = pack(columns)
    again = unpack(json.loads(json.dumps(described)), packed)
    assert list(again) == columns
    assert [[type(each) for each in column] for column in again] == [[type(each) for each in col] for col in columns]


def test_numbers_that_json_has_no_words_for_stay_what_they_are() -> None:
    (column,) = unpack(*pack([[float("inf"), float("nan"), -0.0]]))
    assert [repr(each) for each in column] == ["inf", "nan", "-0.0"]


@given(st.binary(max_size=50), st.sampled_from("qdbsj"), st.integers(0, 60))
def test_bytes_that_are_no_column_are_refused_and_nothing_else(packed: bytes, how: str, size: int) -> None:
    try:
        (column,) = unpack([[how, size, []]], packed)
    except ValueError:
        return
    assert all(isinstance(each, bool | int | float | str | list | dict | None) for each in column)


def test_a_message_says_its_sizes_first() -> None:
    whole = message({"a": "ä"}, b"xyz")
    head, packed = SIZES.unpack(whole[: SIZES.size])
    assert json.loads(whole[SIZES.size : SIZES.size + head]) == {"a": "ä"}
    assert whole[SIZES.size + head :] == b"xyz"
    assert packed == len(b"xyz")


@pytest.mark.parametrize("text", ["a\x1fb", "\x1f", ""])
def test_a_text_that_holds_the_separator_is_kept_whole(text: str) -> None:
    assert unpack(*pack([[text, "other"]])) == ([text, "other"],)
