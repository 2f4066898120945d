"""What aggregates over all rows decide where only some of the rows were judged one by one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.validation.core.quality.model import ColumnFacts, Expectation, Facts, Outcome, Verdict


def decide(verdict: Verdict, facts: Facts | None, sampled_rows: int) -> Verdict:
    """The verdict on all rows where aggregates tell it; else the verdict on the sample, which says so.

    Args:
        verdict: What came of the expectation on the rows that were judged.
        facts: Aggregates over all rows; None where they could not be had.
        sampled_rows: How many rows were judged.
    """
    expectation = verdict.expectation
    if facts is not None and verdict.outcome is not Outcome.NOT_JUDGED and len(expectation.columns) == 1:
        known = facts.columns.get(expectation.columns[0])
        decided = _decided(expectation, facts, known) if known else None
        if decided is not None:
            return replace(decided, position=verdict.position, examples=verdict.examples, exact=True)
    told = f"Judged on the first {sampled_rows:,} rows that the database gave, not on all."
    return replace(verdict, exact=False, message=f"{verdict.message} {told}".strip())


def _decided(expectation: Expectation, facts: Facts, column: ColumnFacts) -> Verdict | None:
    if expectation.type in _FIGURES:
        return _between(expectation, _FIGURES[expectation.type](facts, column))
    return _COUNTS[expectation.type](expectation, facts, column) if expectation.type in _COUNTS else None


def _nulls(expectation: Expectation, facts: Facts, column: ColumnFacts) -> Verdict | None:
    nulls = facts.rows - column.non_null
    bad = nulls if expectation.type.endswith("to_not_be_null") else column.non_null
    good = facts.rows == 0 or (facts.rows - bad) / facts.rows >= expectation.mostly
    return Verdict(0, expectation, _outcome(good), element_count=facts.rows, unexpected_count=bad, missing_count=0)


def _unique(expectation: Expectation, facts: Facts, column: ColumnFacts) -> Verdict | None:
    duplicates = 0 if column.distinct == column.non_null else column.duplicates
    if duplicates < 0:
        return None
    good = not column.non_null or 1 - duplicates / column.non_null >= expectation.mostly
    missing = facts.rows - column.non_null
    return Verdict(0, expectation, _outcome(good), facts.rows, duplicates, missing)


def _all_between(expectation: Expectation, facts: Facts, column: ColumnFacts) -> Verdict | None:
    """All are within the bounds where the smallest and the largest are; how many are not is not told by them."""
    ends = _between(expectation, column.min), _between(expectation, column.max)
    if ends[0] is None or ends[1] is None:
        return None
    within = all(end is not None and end.outcome is Outcome.PASSED for end in ends)
    observed = f"{column.min} to {column.max}"
    if within:
        missing = facts.rows - column.non_null
        return Verdict(0, expectation, Outcome.PASSED, facts.rows, 0, missing, observed)
    if expectation.mostly < 1:
        return None
    told = "The smallest and the largest value of all rows decide; how many are outside was not counted."
    return Verdict(0, expectation, Outcome.FAILED, observed=observed, message=told)


def _between(expectation: Expectation, value: Any) -> Verdict | None:
    number = comparable(value)
    if number is None:
        return None
    least, most = (expectation.parameters.get(name) for name in ("min_value", "max_value"))
    low, high = comparable(least), comparable(most)
    if (least is not None and low is None) or (most is not None and high is None):
        return None
    if {type(each) for each in (number, low, high) if each is not None} != {type(number)}:
        return None
    strict_low, strict_high = (expectation.parameters.get(name, False) for name in ("strict_min", "strict_max"))
    above = low is None or (number > low if strict_low else number >= low)
    below = high is None or (number < high if strict_high else number <= high)
    return Verdict(0, expectation, _outcome(above and below), observed=str(value))


def comparable(value: Any) -> Any:
    """A number or a time in UTC that a figure or a bound stands for; None where it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _outcome(good: bool) -> Outcome:  # noqa: FBT001  A word for a truth.
    return Outcome.PASSED if good else Outcome.FAILED


# The one figure that an expectation is about, where aggregates tell it.
_FIGURES: Mapping[str, Callable[[Facts, ColumnFacts], float | str | None]] = {
    "expect_column_proportion_of_non_null_values_to_be_between": lambda facts, column: (
        column.non_null / facts.rows if facts.rows else None
    ),
    "expect_column_unique_value_count_to_be_between": lambda _, column: (
        column.distinct if column.distinct >= 0 else None
    ),
    "expect_column_proportion_of_unique_values_to_be_between": lambda _, column: (
        column.distinct / column.non_null if column.distinct >= 0 and column.non_null else None
    ),
    "expect_column_min_to_be_between": lambda _, column: column.min,
    "expect_column_max_to_be_between": lambda _, column: column.max,
    "expect_column_mean_to_be_between": lambda _, column: column.mean,
}
_COUNTS: Mapping[str, Callable[[Expectation, Facts, ColumnFacts], Verdict | None]] = {
    "expect_column_values_to_not_be_null": _nulls,
    "expect_column_values_to_be_null": _nulls,
    "expect_column_values_to_be_unique": _unique,
    "expect_column_values_to_be_between": _all_between,
}
