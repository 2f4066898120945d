"""Question sets, predictions and cases on disk."""

import json
from pathlib import Path

import pytest

from services.cli.check import check_cases
from services.cli.dataset import (
    DatasetError,
    Item,
    Prediction,
    load_dataset,
    read_predictions,
    write_predictions,
)


def test_an_items_id_is_its_own_or_its_position(tmp_path: Path) -> None:
    listed = [
        {"db_id": "a", "question": "q1", "query": "SELECT 1"},
        {"id": "x", "db_id": "b", "question": "q2", "golds": ["SELECT 2", "SELECT 3"], "query": "SELECT 2"},
        {"db_id": "b", "question": "q3", "SQL": "SELECT 4", "difficulty": "simple"},
        {"db_id": "b", "question": "q4"},
    ]
    (tmp_path / "test.json").write_text(json.dumps(listed))
    dataset = load_dataset(tmp_path)
    assert dataset.items == (
        Item(0, "a", "q1", ("SELECT 1",)),
        Item("x", "b", "q2", ("SELECT 2", "SELECT 3")),
        Item(2, "b", "q3", ("SELECT 4",), difficulty="simple"),
        Item(3, "b", "q4"),
    )
    assert dataset.database("b") == tmp_path / "database" / "b" / "b.sqlite"


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', '["x"]', '[{"question": "q"}]', "[[1]]"])
def test_what_is_no_question_set_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dev.json").write_text(text)
    with pytest.raises(DatasetError, match=r"dev\.json"):
        load_dataset(tmp_path)


def test_a_split_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"valid\.json"):
        load_dataset(tmp_path, "valid.json")


def test_predictions_survive_the_file(tmp_path: Path) -> None:
    made = [
        Prediction("a", "SELECT 'é'", 0.5, abstained=False, ms=1.5),
        Prediction(7, None, 0.0, abstained=True, ms=0.0),
    ]
    write_predictions(tmp_path / "p.jsonl", made)
    assert read_predictions(tmp_path / "p.jsonl") == made
    assert list(tmp_path.iterdir()) == [tmp_path / "p.jsonl"]
    first = json.loads((tmp_path / "p.jsonl").read_text().splitlines()[0])
    assert list(first) == ["id", "sql", "confidence", "abstained", "ms"]


def test_predictions_of_others_need_no_more_than_id_and_sql(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"id": 1, "sql": "SELECT 1"}\n\n{"id": 2, "sql": null}\n')
    assert [(each.sql, each.abstained) for each in read_predictions(tmp_path / "p.jsonl")] == [
        ("SELECT 1", False),
        (None, True),
    ]


@pytest.mark.parametrize("line", ["{", "[]", '{"sql": "SELECT 1"}', '{"id": 1, "confidence": "high"}'])
def test_what_is_no_prediction_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "p.jsonl").write_text(line)
    with pytest.raises(DatasetError, match=r"p\.jsonl"):
        read_predictions(tmp_path / "p.jsonl")


def test_every_case_gets_a_verdict_in_its_place(tmp_path: Path) -> None:
    cases = [
        {"dialect": "sqlite", "sql": "SELECT a FROM t"},
        {"dialect": "postgres", "sql": "DELETE FROM t"},
        {"dialect": "cobol", "sql": "SELECT 1"},
        {"dialect": "duckdb", "sql": ""},
    ]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, cases)))
    assert check_cases(tmp_path / "c.jsonl", tmp_path / "v.jsonl") == (1, 3)
    verdicts = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    assert [each["verdict"] for each in verdicts] == ["allow", "refuse", "refuse", "refuse"]
    assert verdicts[0] == {"verdict": "allow", "reason": "", "message": ""}
    assert verdicts[1]["reason"] == "SQL_NOT_A_READ"
    assert "cobol" in verdicts[2]["message"]


def test_a_case_without_a_statement_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"dialect": "sqlite", "sql": "SELECT 1"}\n{"dialect": "sqlite"}\n')
    with pytest.raises(DatasetError, match="Case 2"):
        check_cases(tmp_path / "c.jsonl", tmp_path / "v.jsonl")
