"""When two runs gave the same, and what their agreement is worth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.generation.core.calibrate import IDENTITY, Weights, calibrate, features, weights_for
from services.generation.core.model import Accepted, Batch, Candidate, Cell, Facts, ResultColumn, Run, Summary, Verdict
from services.generation.core.same_result import same_columns
from services.generation.core.vote import same_result


def run(rows: Sequence[tuple[Cell, ...]], kinds: str = "", *, ordered: bool = False, limit: str = "") -> Run:
    width = len(kinds.split()) or len(rows[0])
    columns = tuple(ResultColumn("c", kind) for kind in kinds.split() or ["integer"] * width)
    batches = (Batch(len(rows), tuple(zip(*rows, strict=True))),) if rows else ()
    accepted = Accepted(Candidate("", 0.5, "built-in", ""), Verdict(allowed=True))
    return Run(accepted, ordered, columns, batches, Summary(len(rows), limit))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (run([(1,), (2,)]), run([(2,), (1,)]), True),
        (run([(1,), (2,)], ordered=True), run([(2,), (1,)]), False),
        (run([(1,), (2,)]), run([(2,), (1,)], ordered=True), False),
        (run([(1,), (2,)], ordered=True), run([(1,), (2,)], ordered=True), True),
        (run([(1, 2), (3, 4)], ordered=True), run([(2, 1), (4, 3)]), True),
        (run([(1, 2), (3, 4)]), run([(4, 3), (2, 1)]), True),
        (run([(1, 2), (2, 1)]), run([(1, 1), (2, 2)]), False),
        (run([(1,), (1,), (2,)]), run([(1,), (2,), (2,)]), False),
        (run([(1,)]), run([(1, 1)]), False),
        (run([], "integer"), run([], "text"), True),
        (run([], "integer"), run([], "integer integer"), False),
        (run([(1,)], limit="max_rows"), run([(1,)]), False),
        (run([(0.1 + 0.2,)], "number"), run([(0.3,)], "number"), True),
        (run([("10.00",)], "number"), run([(10,)], "integer"), True),
        (run([("12345678901234567890",)], "integer"), run([("12345678901234567891",)], "integer"), False),
        (run([("10.00",)], "text"), run([("10",)], "text"), False),
        (run([("1",)], "text"), run([(1,)]), False),
        (run([(None,)]), run([(0,)]), False),
        (run([tuple(range(7))]), run([tuple(reversed(range(7)))]), False),
    ],
)
def test_results_agree_by_value(one: Run, other: Run, *, same: bool) -> None:
    assert same_result(one, other) is same
    assert same_result(other, one) is same


def test_results_that_were_cut_alike_agree_by_their_first_rows_and_their_count() -> None:
    one = run([(1,)])
    cut = [replace(one, summary=Summary(count, "max_rows")) for count in (9, 9, 8)]
    assert same_result(cut[0], cut[1])
    assert not same_result(cut[0], cut[2])


COLUMNS = st.integers(0, 4).flatmap(
    lambda height: st.lists(st.lists(st.integers(0, 1), min_size=height, max_size=height), max_size=4)
)


@given(COLUMNS, COLUMNS)
def test_columns_fit_when_some_order_of_them_gives_the_same_rows(one: list[list[int]], other: list[list[int]]) -> None:
    rows = Counter(zip(*one, strict=True))
    any_order = len(one) == len(other) and any(Counter(zip(*each, strict=True)) == rows for each in permutations(other))
    in_order = any(list(each) == one for each in permutations(other))
    assert same_columns(one, other, ordered=False) is any_order
    assert same_columns(one, other, ordered=True) is in_order


@given(st.floats(0.001, 0.999), st.booleans(), st.integers(1, 5), st.integers(0, 4))
def test_nothing_is_changed_before_weights_are_fitted(mass: float, empty: bool, agreeing: int, others: int) -> None:  # noqa: FBT001
    facts = Facts(mass, empty, agreeing, agreeing + others)
    assert calibrate(facts, IDENTITY) == pytest.approx(mass)


def test_each_fact_counts_what_its_weight_says() -> None:
    found = Facts(0.5, is_empty=False, agreeing=2, runs=3)
    assert features(found) == (1.0, 0.0, 0.0, 0.0, 0.5)
    assert features(Facts(0.5, is_empty=True, agreeing=2, runs=2)) == (1.0, 0.0, 1.0, 0.0, 1.0)
    assert features(Facts(0.5, is_empty=False, agreeing=1, runs=1)) == (1.0, 0.0, 0.0, 1.0, 0.0)
    weights = Weights(bias=0.1, logit_mass=2.0, is_empty=-1.0, is_alone=-0.5, agreement=0.4)
    assert calibrate(found, weights) == pytest.approx(1 / (1 + 2.718281828**-0.3))
    assert calibrate(Facts(0.5, is_empty=True, agreeing=1, runs=1), weights) == pytest.approx(
        1 / (1 + 2.718281828**1.4)
    )


@pytest.mark.parametrize("mass", [0.0, 1.0])
def test_no_count_of_readings_makes_an_answer_certain(mass: float) -> None:
    assert 0 < calibrate(Facts(mass, is_empty=False, agreeing=1, runs=1), Weights(logit_mass=3.0)) < 1


def test_each_provider_has_weights_of_its_own() -> None:
    assert weights_for("openai:local-model") == IDENTITY
    assert weights_for("built-in") == weights_for("built-in:2")
