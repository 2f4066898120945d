"""Levels of hardness, and the figures of an evaluation."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from services.cli import evaluation
from services.cli.dataset import Dataset, Item, Prediction
from services.cli.evaluation import Accuracy, Scored
from services.cli.failures import Failure
from services.cli.hardness import hardness
from services.cli.report import document, print_report
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
    levels = [(level, evaluation.accuracy(part)) for level, part in evaluation.levels(MIXED)]
    assert levels == [("easy", Accuracy(2, 3)), ("hard", Accuracy(1, 2))]


def test_a_guess_is_a_statement_that_can_be_scored() -> None:
    assert evaluation.guesses(MIXED) == [(0.9, True), (0.8, True), (0.7, False), (0.1, True)]


def test_failures_are_counted_by_kind_the_most_frequent_first() -> None:
    wrong = [replace(each, prediction=replace(each.prediction, sql="SELECT 2")) for each in MIXED]
    assert evaluation.failures([*wrong, wrong[2]]) == [(Failure.VALUE, 2), (Failure.NO_ANSWER, 1)]


def test_questions_per_second_are_counted_one_after_another() -> None:
    assert evaluation.questions_per_second(MIXED) == pytest.approx(100)
    assert evaluation.questions_per_second([]) == 0


DATASET = Dataset(Path("set"), Path("set/dev.json"), tuple(each.item for each in MIXED))


def test_the_page_tells_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(DATASET, MIXED)
    page = capsys.readouterr().out
    for told in (
        "set/dev.json: 6 questions",
        "execution accuracy: 3/5 = 60.00%",
        "answered rather than withheld: 60.0%, and right in 2/3 = 66.67%",
        "questions per second: 100.0",
        "Hardness",
        "Failures",
        "Coverage and risk",
        "Calibration: ECE 0.475, Brier 0.338, AURC 0.146",
    ):
        assert told in page
    bars = [line.split()[-1] for line in page.splitlines() if "┃" in line]
    assert [bar.count("█") for bar in bars] == [31, 0, 31, 31]
    assert [bar.index("┃") for bar in bars] == [3, 22, 26, 29]


def test_a_set_that_cannot_be_scored_is_told_without_tables(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(Dataset(Path("set"), Path("set/dev.json"), ()), [])
    page = capsys.readouterr().out
    assert "execution accuracy: 0/0 = 0.00%" in page
    assert "Hardness" not in page


def test_the_document_tells_what_the_page_tells() -> None:
    found = json.loads(json.dumps(document(DATASET, MIXED)))
    assert found["accuracy"] == {"correct": 3, "total": 5, "rate": 0.6}
    assert found["answered"] == {"coverage": 0.6, "correct": 2, "total": 3, "rate": pytest.approx(2 / 3)}
    assert found["outcomes"] == {"correct": 3, "wrong": 1, "gold_error": 1, "no_answer": 1}
    assert list(found["levels"]) == ["easy", "hard"]
    assert found["levels"]["easy"]["accuracy"]["total"] == 3
    assert found["failures"] == {"other": 1, "no_answer": 1}
    assert found["coverage_at_precision"][0] == {"precision": 0.9, "from_confidence": 0.8, "coverage": 0.4}
    assert found["accuracy_at_coverage"][-1]["rate"] == 0.6
    assert [each["count"] for each in found["calibration"]["bins"]] == [1, 1, 1, 1]
    assert (found["median_ms"], found["p95_ms"], found["questions_per_second"]) == (10.0, 10.0, pytest.approx(100))


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
