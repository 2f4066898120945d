"""How honest confidences are, by figures that were worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.calibration import (
    Bin,
    area_under_risk_coverage,
    brier_score,
    calibration,
    calibration_error,
    reliability,
)

GUESSES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40)


def test_bins_hold_as_many_each_from_the_least_confident_up() -> None:
    guesses = [(0.9, True), (0.1, False), (0.8, True), (0.2, True), (0.7, False), (0.3, False)]
    found = reliability(guesses, bins=3)
    assert [(each.count, each.accuracy) for each in found] == [(2, 0.5), (2, 0.0), (2, 1.0)]
    assert [each.confidence for each in found] == pytest.approx([0.15, 0.5, 0.85])


def test_bins_differ_by_one_where_they_do_not_come_out_even() -> None:
    assert sorted(each.count for each in reliability([(0.5, True)] * 23)) == [2] * 7 + [3] * 3
    assert [each.count for each in reliability([(0.5, True)] * 4)] == [1] * 4
    assert reliability([]) == ()


def test_the_calibration_error_is_the_mean_distance_weighted_by_bin() -> None:
    # (1 * |0.9 - 1| + 3 * |0.5 - 0.3|) / 4
    assert calibration_error([Bin(1, 0.9, 1.0), Bin(3, 0.5, 0.3)]) == pytest.approx(0.175)
    assert calibration_error([]) == 0


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    # The mean of 0.01 and 0.36.
    assert brier_score([(0.9, True), (0.6, False)]) == pytest.approx(0.185)


def test_the_area_under_risk_and_coverage_is_the_mean_risk_of_the_surest() -> None:
    # Surest first: right, wrong, right, wrong. Risks: 0, 1/2, 1/3, 2/4.
    guesses = [(0.1, False), (0.9, True), (0.8, False), (0.7, True)]
    assert area_under_risk_coverage(guesses) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_guesses_of_one_confidence_stand_in_no_order() -> None:
    # The tie counts as half wrong twice: risks 0, 0.25, 1/3.
    for tied in ([(0.5, True), (0.5, False)], [(0.5, False), (0.5, True)]):
        assert area_under_risk_coverage([(0.9, True), *tied]) == pytest.approx((0 + 0.25 + 1 / 3) / 3)


def test_a_perfect_oracle_has_no_error_and_its_opposite_the_most() -> None:
    oracle, liar = [(1.0, True)] * 5 + [(0.0, False)] * 5, [(1.0, False)] * 5 + [(0.0, True)] * 5
    assert (calibration(oracle).ece, calibration(oracle).brier) == (0, 0)
    assert (calibration(liar).ece, calibration(liar).brier) == (1, 1)
    assert calibration(oracle).aurc < calibration(liar).aurc


@given(GUESSES)
def test_no_guess_is_lost_and_every_measure_is_a_share(guesses: list[tuple[float, bool]]) -> None:
    found = calibration(guesses)
    assert sum(each.count for each in found.bins) == len(guesses)
    assert all(-1e-9 <= each <= 1 + 1e-9 for each in (found.ece, found.brier, found.aurc))
