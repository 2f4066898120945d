"""Levels of hardness, and the figures of an evaluation."""

from collections.abc import Sequence

import pytest

from services.cli import evaluation
from services.cli.dataset import Item, Prediction
from services.cli.evaluation import Accuracy, Scored
from services.cli.hardness import hardness
from services.cli.scoring import Status


def scored(*outcomes: tuple[float, Status]) -> list[Scored]:
    return [
        Scored(
            Item(position, "db", "?", ("SELECT 1",)),
            Prediction(
                position,
                None if status is Status.NO_ANSWER else "SELECT 1",
                confidence,
                abstained=confidence < 0.5,
                ms=10.0,
            ),
            status,
            "easy" if position % 2 else "hard",
        )
        for position, (confidence, status) in enumerate(outcomes)
    ]


MIXED = scored(
    (0.9, Status.CORRECT),
    (0.8, Status.CORRECT),
    (0.7, Status.WRONG),
    (0.1, Status.CORRECT),
    (0.99, Status.GOLD_ERROR),
    (0.0, Status.NO_ANSWER),
)


def test_what_cannot_be_scored_does_not_count() -> None:
    assert evaluation.accuracy(MIXED) == Accuracy(3, 5)
    assert str(Accuracy(3, 5)) == "3/5 = 60.00%"
    assert Accuracy(0, 0).rate == 0


def test_the_surest_part_is_measured_by_confidence() -> None:
    assert evaluation.accuracy_at_coverage(MIXED, 0.4) == (0.8, Accuracy(2, 2))
    assert evaluation.accuracy_at_coverage(MIXED, 1.0) == (0.0, Accuracy(3, 5))
    assert evaluation.accuracy_at_coverage([], 0.5) == (1.0, Accuracy(0, 0))


@pytest.mark.parametrize(("precision", "expected"), [(0.9, (0.4, 0.8)), (0.75, (0.8, 0.1)), (0.0, (0.8, 0.1))])
def test_as_much_as_stays_right_is_covered(precision: float, expected: tuple[float, float]) -> None:
    assert evaluation.coverage_at_precision(MIXED, precision) == expected


def test_questions_of_one_confidence_are_not_parted() -> None:
    tied = scored((0.9, Status.CORRECT), (0.9, Status.WRONG))
    assert evaluation.coverage_at_precision(tied, 0.9) == (0.0, 1.0)


def test_only_what_was_answered_is_risked() -> None:
    assert evaluation.accuracy(evaluation.answered(MIXED)) == Accuracy(2, 3)


def test_levels_are_listed_easiest_first() -> None:
    assert evaluation.accuracy_by_level(MIXED) == [("easy", Accuracy(2, 3)), ("hard", Accuracy(1, 2))]


@pytest.mark.parametrize(
    ("sql", "level"),
    [
        ("SELECT count(*) FROM t", "easy"),
        ("SELECT a FROM t WHERE b = 1", "easy"),
        ("SELECT a, b FROM t WHERE c = 1", "medium"),
        ("SELECT a, count(*) FROM t GROUP BY a", "medium"),
        ("SELECT t.a FROM t JOIN u ON t.id = u.id WHERE u.b = 1", "medium"),
        ("SELECT a FROM t WHERE b > (SELECT avg(b) FROM t)", "hard"),
        ("SELECT a FROM t WHERE id NOT IN (SELECT id FROM u)", "hard"),
        ("SELECT t.a FROM t JOIN u ON t.id = u.id GROUP BY t.a ORDER BY count(*) DESC LIMIT 1", "extra"),
        ("SELECT a FROM t WHERE b = 1 EXCEPT SELECT a FROM t WHERE b = 2", "hard"),
        ("not SQL at all (", ""),
    ],
)
def test_hardness_is_read_from_the_query(sql: str, level: str) -> None:
    assert hardness(sql) == level


def parsed(**clauses: object) -> dict[str, object]:
    empty: Sequence[object] = []
    column = [0, [0, [0, 1, False], None]]
    whole: dict[str, object] = {
        "from": {"table_units": [["table_unit", 0]], "conds": empty},
        "select": [False, [column]],
        **dict.fromkeys(("where", "groupBy", "having", "orderBy"), empty),
        **dict.fromkeys(("limit", "intersect", "except", "union")),
    }
    return whole | clauses


CONDITION = [False, 2, [0, [0, 1, False], None], 1.0, None]
LIKE = [False, 9, [0, [0, 1, False], None], "a%", None]
NESTED = [False, 2, [0, [0, 1, False], None], parsed(), None]


@pytest.mark.parametrize(
    ("clauses", "level"),
    [
        ({}, "easy"),
        ({"where": [CONDITION]}, "easy"),
        ({"where": [LIKE]}, "medium"),
        ({"where": [CONDITION, "and", CONDITION]}, "medium"),
        ({"where": [NESTED], "limit": 1}, "extra"),
        ({"except": parsed()}, "hard"),
        ({"where": [CONDITION, "or", LIKE], "limit": 3, "orderBy": ["asc", [[0, [0, 1, False], None]]]}, "extra"),
    ],
)
def test_hardness_is_read_from_the_parsed_form_where_there_is_one(clauses: dict[str, object], level: str) -> None:
    assert hardness("SELECT", parsed(**clauses)) == level


def test_times_are_told_by_median_and_tail() -> None:
    assert evaluation.milliseconds(MIXED) == (10.0, 10.0)
    assert evaluation.milliseconds([]) == (0.0, 0.0)
