"""The vocabulary of data quality: what is allowed, in Great Expectations' own words, and how it is checked."""

import json
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.catalog import ColumnType
from services.kit.errors import InvalidArgument
from services.validation.core.quality.model import Expectation
from services.validation.core.quality.questions import in_library_words, question_of, type_by_bounds
from services.validation.core.quality.vocabulary import check_expectation, vocabulary

OURS = {
    "expect_column_max_to_be_recent",
    "expect_foreign_keys_to_exist",
    "expect_column_distribution_to_be_stable",
}


@pytest.mark.slow
def test_every_name_but_candors_own_is_the_librarys_with_its_parameters() -> None:
    code = """
import json, sys
from services.validation.adapters.judging.process import _Without
sys.meta_path.insert(0, _Without())
import great_expectations
from great_expectations.expectations.registry import get_expectation_impl
names = json.loads(input())
print(json.dumps({name: sorted(get_expectation_impl(name).__fields__) for name in names}))
"""
    names = [name for name in vocabulary() if name not in OURS]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], input=json.dumps(names), capture_output=True, text=True
    )
    known = json.loads(done.stdout.splitlines()[-1])
    for name in names:
        kind = vocabulary()[name]
        assert set(kind.parameters) <= set(known[name]), name
        assert kind.rows == ("mostly" in known[name]), name


def test_nothing_runs_code_or_sql_of_the_callers() -> None:
    assert not any(
        "query" in name or "custom" in name or name == "unexpected_rows_expectation" for name in vocabulary()
    )
    for kind in vocabulary().values():
        assert not {"row_condition", "condition_parser", "json_schema"} & set(kind.parameters)


@pytest.mark.parametrize(
    ("expectation", "word"),
    [
        (Expectation("expect_magic"), "not among"),
        (Expectation("expect_table_row_count_to_equal", (), {"value": 1.5}), "whole number"),
        (Expectation("expect_table_row_count_to_equal", (), {"value": True}), "whole number"),
        (Expectation("expect_table_row_count_to_equal", (), {"value": -1}), "whole number"),
        (Expectation("expect_table_row_count_to_equal", (), {"value": float("nan")}), "whole number"),
        (Expectation("expect_table_row_count_to_equal", ("a",), {"value": 1}), "none columns"),
        (Expectation("expect_table_row_count_to_equal", (), {"value": 1}, 0.5), "mostly"),
        (Expectation("expect_column_pair_values_to_be_equal", ("a",)), "two columns"),
        (Expectation("expect_column_pair_values_to_be_equal", ("a", "a")), "twice"),
        (Expectation("expect_column_values_to_be_in_set", ("a",), {"value_set": []}), "list"),
        (Expectation("expect_column_values_to_be_in_set", ("a",), {"value_set": [None]}), "list"),
        (Expectation("expect_column_values_to_be_in_set", ("a",), {"value_set": list(range(1001))}), "list"),
        (Expectation("expect_column_values_to_match_regex", ("a",), {"regex": "a" * 1001}), "regular expression"),
        (
            Expectation(
                "expect_column_quantile_values_to_be_between", ("a",), {"quantile_ranges": {"quantiles": [0.5]}}
            ),
            "quantiles",
        ),
        (
            Expectation(
                "expect_foreign_keys_to_exist", ("a",), {"referred_table": "t", "referred_columns": ["x", "y"]}
            ),
            "as many",
        ),
    ],
)
def test_what_is_malformed_is_refused_with_what_is_wrong(expectation: Expectation, word: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        check_expectation(expectation)
    assert raised.value.reason == "EXPECTATION_INVALID"
    assert word in raised.value.message


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def test_a_pattern_is_not_compiled_in_the_service() -> None:
    # Sets of all letters in either case: to compile such a one takes the time of a thousand requests.
    heavy = "(?i)" + "[\\0-\uffff]" * 80
    expectation = Expectation(
        "expect_column_values_to_match_regex_list", ("a",), {"regex_list": [f"{heavy}{each}" for each in range(20)]}
    )
    started = time.perf_counter()
    check_expectation(expectation)
    assert time.perf_counter() - started < 2


@given(st.sampled_from(sorted(vocabulary())), st.data())
def test_no_value_of_a_parameter_raises_anything_but_a_refusal(name: str, data: st.DataObject) -> None:
    kind = vocabulary()[name]
    parameters = {each: data.draw(json_values) for each in kind.parameters}
    columns = {"none": (), "one": ("a",), "two": ("a", "b"), "many": ("a", "b")}[kind.columns]
    expectation = Expectation(name, columns, parameters)
    with suppress(InvalidArgument):
        check_expectation(expectation)
        question_of(0, expectation, None, show=True)


def test_whole_numbers_of_a_request_are_whole_for_the_library() -> None:
    expectation = Expectation("expect_column_value_lengths_to_equal", ("a",), {"value": 5.0}, 0.9)
    question = question_of(3, expectation, None, show=False)
    assert question is not None
    assert dict(question.arguments) == {"column": "a", "value": 5, "mostly": 0.9}
    assert isinstance(question.arguments["value"], int)


@pytest.mark.parametrize(
    ("declared", "bounds", "read"),
    [
        (ColumnType.TEXT, {"min_value": 1.0}, ColumnType.NUMBER),
        (ColumnType.TEXT, {"min_value": "2024-01-01"}, ColumnType.TIMESTAMP),
        (ColumnType.TEXT, {"max_value": "zebra"}, ColumnType.TEXT),
        (ColumnType.INTEGER, {"min_value": "2024-01-01"}, ColumnType.INTEGER),
        (ColumnType.OTHER, {"min_value": 1.0, "max_value": "2024-01-01"}, ColumnType.OTHER),
    ],
)
def test_bounds_decide_the_type_where_the_database_says_text(
    declared: ColumnType, bounds: dict[str, Any], read: ColumnType
) -> None:
    expectations = [Expectation("expect_column_values_to_be_between", ("a",), bounds)]
    assert type_by_bounds(declared, "a", expectations) is read
    assert type_by_bounds(declared, "b", expectations) is declared


def test_an_age_becomes_a_bound() -> None:
    asked = Expectation("expect_column_max_to_be_recent", ("a",), {"max_age_hours": 24.0})
    said = in_library_words(asked, datetime(2024, 5, 2, 12, tzinfo=UTC))
    assert said.type == "expect_column_max_to_be_between"
    assert said.parameters == {"min_value": "2024-05-01 12:00:00+00:00"}
    assert type_by_bounds(ColumnType.TEXT, "a", [asked]) is ColumnType.TIMESTAMP
