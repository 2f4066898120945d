"""The figures of data quality against values computed by hand: drift, comparison, aggregates, proposals."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.quality.compare import ChangeKind, compare
from services.validation.core.quality.drift import (
    drift_between,
    judge_drift,
    kolmogorov_smirnov,
    partition_of,
    population_stability_index,
)
from services.validation.core.quality.exact import decide
from services.validation.core.quality.model import (
    ColumnFacts,
    Distribution,
    Expectation,
    Facts,
    Outcome,
    Report,
    Target,
    Verdict,
)
from services.validation.core.quality.propose import ColumnProfile, Origin, Profile, propose

NOW = datetime(2024, 5, 2, 12, tzinfo=UTC)
counts = st.lists(st.integers(0, 1000), min_size=2, max_size=12)


def test_the_population_stability_index_is_what_a_hand_computes() -> None:
    # Shares 0.5, 0.3, 0.2 become 0.4, 0.4, 0.2.
    by_hand = (0.4 - 0.5) * math.log(0.4 / 0.5) + (0.4 - 0.3) * math.log(0.4 / 0.3)
    assert population_stability_index([50, 30, 20], [40, 40, 20]) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.0510825624)


def test_the_index_does_not_depend_on_how_many_rows_there_are() -> None:
    once, often = (
        population_stability_index([5, 3, 2], [4, 4, 2]),
        population_stability_index([500, 300, 200], [4, 4, 2]),
    )
    assert once == pytest.approx(often)


def test_a_range_that_became_empty_counts_as_a_ten_thousandth() -> None:
    whole = 1 + 1e-4
    empty, full = 1e-4 / whole, 1 / whole
    by_hand = (empty - 0.5) * math.log(empty / 0.5) + (full - 0.5) * math.log(full / 0.5)
    assert population_stability_index([1, 1], [0, 10]) == pytest.approx(by_hand)


@given(counts)
def test_nothing_drifts_from_itself(rows: list[int]) -> None:
    assert population_stability_index(rows, rows) == pytest.approx(0)
    assert kolmogorov_smirnov(rows, rows) == 0


@given(counts, st.data())
def test_drift_is_never_negative_and_the_same_both_ways(before: list[int], data: st.DataObject) -> None:
    after = data.draw(st.lists(st.integers(0, 1000), min_size=len(before), max_size=len(before)))
    there, back = population_stability_index(before, after), population_stability_index(after, before)
    assert there >= 0
    assert there == pytest.approx(back)
    assert 0 <= kolmogorov_smirnov(before, after) <= 1


def test_the_distance_of_kolmogorov_and_smirnov_is_the_largest_of_cumulative_shares() -> None:
    # 0.1, 0.3, 1 against 0.5, 0.6, 1.
    assert kolmogorov_smirnov([1, 2, 7], [5, 1, 4]) == pytest.approx(0.4)


def test_what_was_counted_in_another_way_is_not_compared() -> None:
    before = Distribution("a", (1, 2), edges=(0.0, 1.0, 2.0))
    assert drift_between(before, Distribution("a", (1, 2), edges=(0.0, 1.5, 2.0))) is None
    assert drift_between(before, Distribution("a", (1, 2), values=("x", "y"))) is None


def test_values_that_were_not_there_before_are_drift() -> None:
    before = Distribution("a", (50, 50), values=("x", "y"))
    drift = drift_between(before, Distribution("a", (25, 25), values=("x", "y"), other_count=50))
    assert drift is not None
    assert drift.psi > 1
    assert drift.ks == -1


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [
        ({"max_psi": 0.06}, Outcome.PASSED),
        ({"max_psi": 0.05}, Outcome.FAILED),
        ({"max_psi": 0.06, "max_ks": 0.09}, Outcome.FAILED),
        ({"max_ks": 0.11}, Outcome.PASSED),
    ],
)
def test_drift_is_held_against_every_limit(parameters: dict[str, float], outcome: Outcome) -> None:
    edges = (0.0, 1.0, 2.0, 3.0)
    expectation = Expectation("expect_column_distribution_to_be_stable", ("a",), parameters)
    before, after = (Distribution("a", rows, edges=edges) for rows in ((50, 30, 20), (40, 40, 20)))
    assert judge_drift(0, expectation, before, after).outcome is outcome
    assert judge_drift(0, expectation, None, after).outcome is Outcome.NOT_JUDGED


def test_a_partition_says_shares() -> None:
    ranges = partition_of(Distribution("a", (1, 3), edges=(0.0, 1.0, 2.0)))
    assert ranges == {"bins": [0.0, 1.0, 2.0], "weights": [0.25, 0.75]}
    values = partition_of(Distribution("a", (1, 2), values=("x", "y"), other_count=1))
    assert values["values"] == ["x", "y", "(other)"]
    assert values["weights"] == pytest.approx([0.25, 0.5, 0.25])


def report(*outcomes: tuple[str, Outcome, int]) -> Report:
    verdicts = tuple(
        Verdict(position, Expectation("expect_column_values_to_not_be_null", (column,)), outcome, 10, unexpected)
        for position, (column, outcome, unexpected) in enumerate(outcomes)
    )
    return Report("local", "sample", "r", Target(table="t"), NOW, verdicts=verdicts)


def test_a_comparison_says_what_broke_first_with_both_numbers() -> None:
    before = report(
        ("a", Outcome.PASSED, 0), ("b", Outcome.FAILED, 3), ("c", Outcome.PASSED, 0), ("d", Outcome.PASSED, 0)
    )
    after = report(
        ("e", Outcome.PASSED, 0), ("c", Outcome.PASSED, 0), ("b", Outcome.PASSED, 0), ("a", Outcome.FAILED, 5)
    )
    found = [
        (each.kind, each.before and each.before.unexpected_count, each.after and each.after.unexpected_count)
        for each in compare(before, after).changes
    ]
    assert found == [
        (ChangeKind.BROKEN, 0, 5),
        (ChangeKind.FIXED, 3, 0),
        (ChangeKind.ADDED, None, 0),
        (ChangeKind.REMOVED, 0, None),
        (ChangeKind.SAME, 0, 0),
    ]


FACTS = Facts(1000, {"a": ColumnFacts(990, 500, 12, "-5", "1042.5", 20.0)})


@pytest.mark.parametrize(
    ("name", "parameters", "mostly", "outcome", "unexpected"),
    [
        ("values_to_not_be_null", {}, 1.0, Outcome.FAILED, 10),
        ("values_to_not_be_null", {}, 0.99, Outcome.PASSED, 10),
        ("values_to_be_null", {}, 1.0, Outcome.FAILED, 990),
        ("values_to_be_unique", {}, 1.0, Outcome.FAILED, 12),
        ("values_to_be_unique", {}, 0.98, Outcome.PASSED, 12),
        # 12 of the 990 that are not NULL: 98.788 %, not the 98.8 % of all.
        ("values_to_be_unique", {}, 0.98795, Outcome.FAILED, 12),
        ("min_to_be_between", {"min_value": 0}, 1.0, Outcome.FAILED, -1),
        ("max_to_be_between", {"max_value": 1042.5}, 1.0, Outcome.PASSED, -1),
        ("max_to_be_between", {"max_value": 1042.5, "strict_max": True}, 1.0, Outcome.FAILED, -1),
        ("mean_to_be_between", {"min_value": 20}, 1.0, Outcome.PASSED, -1),
        ("unique_value_count_to_be_between", {"max_value": 499}, 1.0, Outcome.FAILED, -1),
        ("values_to_be_between", {"min_value": -5, "max_value": 2000}, 1.0, Outcome.PASSED, 0),
        ("values_to_be_between", {"min_value": 0}, 1.0, Outcome.FAILED, -1),
    ],
)
def test_aggregates_over_all_rows_overrule_a_sample(
    name: str, parameters: dict[str, Any], mostly: float, outcome: Outcome, unexpected: int
) -> None:
    expectation = Expectation(f"expect_column_{name}", ("a",), parameters, mostly)
    opposite = Outcome.FAILED if outcome is Outcome.PASSED else Outcome.PASSED
    decided = decide(Verdict(7, expectation, opposite), FACTS, 10)
    assert (decided.position, decided.outcome, decided.unexpected_count, decided.exact) == (
        7,
        outcome,
        unexpected,
        True,
    )


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("values_to_match_regex", {"regex": "a"}),
        ("values_to_be_in_set", {"value_set": [1]}),
        ("min_to_be_between", {"min_value": "2024-01-01"}),
        ("min_to_be_between", {"min_value": "apple"}),
    ],
)
def test_what_aggregates_do_not_tell_is_said_to_be_of_a_sample(name: str, parameters: dict[str, Any]) -> None:
    verdict = Verdict(0, Expectation(f"expect_column_{name}", ("a",), parameters), Outcome.PASSED)
    decided = decide(verdict, FACTS, 1234)
    assert (decided.outcome, decided.exact) == (Outcome.PASSED, False)
    assert "1,234" in decided.message


def profile(*columns: ColumnProfile, rows: int = 1000, keys: tuple[ForeignKey, ...] = ()) -> dict[tuple[str, ...], Any]:
    table = Table("", "t", columns=tuple(each.column for each in columns))
    return {
        (each.expectation.type.removeprefix("expect_"), *each.expectation.columns): each
        for each in propose(Profile(table, rows, columns, keys), NOW)
    }


def test_what_is_declared_is_proposed_with_its_reason() -> None:
    column = Column("id", ColumnType.INTEGER, nullable=False, is_primary_key=True, is_unique=True)
    found = profile(
        ColumnProfile(column, ColumnFacts(1000, 1000, -1, "1", "1000", 500)),
        keys=(ForeignKey("t", ("id",), "u", ("x",)),),
    )
    assert found["column_values_to_not_be_null", "id"].reason == "part of the primary key"
    assert found["column_values_to_be_unique", "id"].origin is Origin.CATALOG
    assert found["foreign_keys_to_exist", "id"].expectation.parameters["referred_columns"] == ["x"]
    # The range of a key says nothing.
    assert ("column_values_to_be_between", "id") not in found


def test_a_range_has_room_and_keeps_its_sign() -> None:
    facts = ColumnFacts(1000, 700, -1, "0.5", "98.7", 50)
    found = profile(ColumnProfile(Column("price", ColumnType.NUMBER), facts))
    assert found["column_values_to_be_between", "price"].expectation.parameters == {"min_value": 0, "max_value": 110}
    below = ColumnFacts(1000, 700, -1, "-40", "60", 50)
    found = profile(ColumnProfile(Column("heat", ColumnType.NUMBER), below))
    assert found["column_values_to_be_between", "heat"].expectation.parameters == {"min_value": -50, "max_value": 70}


def test_a_few_nulls_leave_twice_the_room() -> None:
    found = profile(ColumnProfile(Column("a", ColumnType.TEXT), ColumnFacts(970, 900)))
    assert found["column_values_to_not_be_null", "a"].expectation.mostly == pytest.approx(0.94)
    assert ("column_values_to_not_be_null", "a") not in profile(
        ColumnProfile(Column("a", ColumnType.TEXT), ColumnFacts(500, 400))
    )


def test_an_old_newest_value_says_nothing_of_freshness() -> None:
    def newest(age: timedelta) -> dict[tuple[str, ...], Any]:
        facts = ColumnFacts(1000, 1000, -1, "2020-01-01", (NOW - age).isoformat(" "))
        return profile(ColumnProfile(Column("at", ColumnType.TIMESTAMP), facts))

    fresh = newest(timedelta(hours=20))["column_max_to_be_recent", "at"]
    assert fresh.expectation.parameters == {"max_age_hours": 40}
    assert ("column_max_to_be_recent", "at") not in newest(timedelta(days=100))


def test_of_a_private_column_no_value_is_proposed() -> None:
    facts = ColumnFacts(1000, 3, -1, "1", "3", 2)
    found = profile(ColumnProfile(Column("pin", ColumnType.INTEGER), facts, hidden=True))
    assert {key[0] for key in found if len(key) > 1} == {"column_values_to_not_be_null"}


def test_few_rows_are_no_ground_for_a_rule() -> None:
    found = profile(ColumnProfile(Column("a", ColumnType.INTEGER), ColumnFacts(5, 5, -1, "1", "5", 3)), rows=5)
    assert set(found) == {("table_columns_to_match_set",)}
