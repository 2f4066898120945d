"""The trained network as it is installed: what it drafts, what it refuses to load, and what happens without it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from unit.modelhub.shop import context_for

from services.modelhub.adapters.built_in.engine import BuiltInEngine
from services.modelhub.adapters.built_in.parser.weights import READER, STEPPER, loader, network, open_network
from services.modelhub.adapters.built_in.trained import TRAINED
from services.modelhub.core.model import Draft, DraftRequest, Rejection, VerifiedPair

QUESTIONS = (
    "How many customers are there?",
    "Which customers live in Paris?",
    "What is the average total of orders for each city?",
    "Show the names of customers who have no orders.",
    "Which product is the most expensive?",
)
MAX_MEGABYTES = 40


def draft(question: str, weights: str = "", dialect: str = "sqlite") -> Draft:
    return BuiltInEngine(loader(weights)).draft(DraftRequest(question, context_for(question, dialect), 50))


def test_the_weights_are_installed_and_small() -> None:
    assert network() is not None
    assert sum(path.stat().st_size for path in TRAINED.iterdir()) < MAX_MEGABYTES * 1_000_000


@pytest.mark.parametrize("weights", ["", "none"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_confidences_of_a_draft_exclude_each_other(question: str, weights: str) -> None:
    candidates = draft(question, weights).candidates
    assert candidates
    assert 0.0 < sum(each.confidence for each in candidates) <= 1.0001
    assert len({each.sql for each in candidates}) == len(candidates)


def test_the_network_reads_what_the_rules_do_not() -> None:
    question = "Show the names of customers who have no orders."
    sql = draft(question).candidates[0].sql
    assert "NOT" in sql or "EXCEPT" in sql
    assert "orders" in sql


def test_the_same_question_gives_the_same_draft() -> None:
    for question in QUESTIONS:
        assert draft(question) == draft(question)


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql", "snowflake", "bigquery", "tsql", "trino"])
def test_a_draft_is_written_in_the_dialect_of_its_data_source(dialect: str) -> None:
    for question in QUESTIONS:
        for candidate in draft(question, dialect=dialect).candidates:
            assert sqlglot.parse_one(candidate.sql, dialect=dialect)


def test_what_was_accepted_before_comes_first_with_the_new_questions_value() -> None:
    pair = VerifiedPair("Which customers live in Oslo?", "SELECT name, age FROM customers WHERE city = 'Oslo'")
    question = "Which customers live in Paris?"
    context = replace(context_for(question), verified=(pair,))
    first, *others = BuiltInEngine().draft(DraftRequest(question, context)).candidates
    assert first.sql == "SELECT name, age FROM customers WHERE city = 'Paris'"
    assert first.source == "built-in:memory"
    assert first.confidence + sum(each.confidence for each in others) <= 1.0001
    refused = Rejection(first.sql)
    again = BuiltInEngine().draft(DraftRequest(question, context, 5, (refused,))).candidates
    assert all(each.sql != first.sql for each in again)


def test_weights_that_were_changed_are_refused(tmp_path: Path) -> None:
    shutil.copytree(TRAINED, tmp_path / "weights")
    stepper = tmp_path / "weights" / STEPPER
    stepper.write_bytes(stepper.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="reinstall"):
        open_network(tmp_path / "weights")


def test_a_folder_without_weights_is_an_error_where_it_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=READER):
        loader(str(tmp_path))()


def test_no_weights_at_all_leave_it_to_the_rules() -> None:
    assert loader("none")() is None
    assert draft("How many customers are there?", "none").candidates[0].sql == "SELECT COUNT(*) FROM customers"
