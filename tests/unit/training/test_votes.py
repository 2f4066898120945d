"""The vote over known results is the vote of generation, and its calibration is the one that fits."""

import numpy as np

from services.generation.core.calibrate import Weights, calibrate
from services.generation.core.model import Facts
from services.training.pools import Tried, TriedPool
from services.training.votes import Vote, fit_calibration, vote


def pool(*candidates: tuple[int, bool, int]) -> TriedPool:
    tried = (Tried(f"SELECT {n}", {}, right, result, rows) for n, (result, right, rows) in enumerate(candidates))
    return TriedPool("shop", "?", "SELECT 1", tuple(tried))


def test_two_that_agree_beat_one_that_is_likelier() -> None:
    found = vote(pool((0, False, 3), (1, True, 3), (1, True, 3)), [0.4, 0.3, 0.25])
    assert found.is_right
    assert not found.first_is_right
    assert np.isclose(found.facts.mass, 0.55)
    assert (found.facts.agreeing, found.facts.runs) == (2, 3)


def test_a_statement_that_fails_has_no_vote() -> None:
    assert vote(pool((-1, False, -1), (0, True, 1)), [0.6, 0.3]).is_right


def test_an_empty_result_gives_way_to_one_of_about_equal_mass() -> None:
    assert vote(pool((0, False, 0), (1, True, 2)), [0.35, 0.3]).is_right
    assert not vote(pool((0, False, 0), (1, True, 2)), [0.6, 0.1]).is_right


def test_what_cannot_be_overtaken_is_not_compared() -> None:
    assert vote(pool((0, True, 1), (1, False, 1), (2, False, 1)), [0.7, 0.1, 0.1]).facts.runs == 1


def test_nothing_that_runs_is_no_answer() -> None:
    found = vote(pool((-1, False, -1)), [0.9])
    assert (found.facts.mass, found.is_right) == (0.0, False)


def test_the_calibration_finds_how_far_confidence_is_off() -> None:
    rng = np.random.default_rng(3)
    votes = []
    for mass in rng.uniform(0.05, 0.95, 4_000):
        true = 1 / (1 + np.exp(-(0.5 * np.log(mass / (1 - mass)) + 0.4)))
        votes.append(
            Vote(
                Facts(float(mass), is_empty=False, agreeing=1, runs=2), bool(rng.random() < true), first_is_right=False
            )
        )
    weights = Weights(*fit_calibration(votes))
    assert abs(weights.logit_mass - 0.5) < 0.1
    assert abs(calibrate(Facts(0.5, is_empty=False, agreeing=1, runs=2), weights) - 1 / (1 + np.exp(-0.4))) < 0.05
