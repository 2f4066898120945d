"""What language models reply, read leniently and bounded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import Unavailable
from services.modelhub.core.model import Context, Draft, DraftRequest, Rejection
from services.modelhub.core.read_reply import MAX_SQL_CHARACTERS, STATED, UNSTATED, UNSTATED_CONFIDENCE, read_reply

REQUEST = DraftRequest("How many?", Context("sqlite"), max_candidates=3)
SOURCE = "openai:m"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
WITHOUT_SQL = ["", "I cannot do that.", "{}", "[1, 2]", '{"candidates": 3}', "[" * 100_000, "```sql\n```"]


def statements(text: str) -> list[str]:
    return [each.sql for each in read_reply(text, REQUEST, SOURCE).candidates]


@pytest.mark.parametrize(
    "text",
    [
        '{"candidates": [{"sql": "SELECT 1", "confidence": 0.9, "reading": "one"}]}',
        'Here it is:\n```json\n{"candidates": [{"sql": "SELECT 1;"}]}\n```',
        'Here it is: {"candidates": [{"sql": "SELECT 1"}]} I hope it helps.',
        '{"sql": "SELECT 1"}',
        "```sql\nSELECT 1;\n```",
        "Sure!\n```\n SELECT 1\n```\nThat is all.",
        "```sql\nSELECT 1",
        "SELECT 1",
        "The answer is:\nSELECT 1; I hope so.",
        "<think>maybe ```sql\nSELECT 2\n```?</think>\n```sql\nSELECT 1\n```",
    ],
)
def test_sql_is_found_however_it_is_wrapped(text: str) -> None:
    assert statements(text) == ["SELECT 1"]


def test_candidates_come_surest_first_and_no_more_than_asked_for() -> None:
    listed = [{"sql": f"SELECT {n}", "confidence": n / 10} for n in range(6)]
    assert statements(json.dumps({"candidates": listed})) == ["SELECT 5", "SELECT 4", "SELECT 3"]


def test_a_statement_given_twice_counts_once_at_its_best() -> None:
    listed = [{"sql": "SELECT 1", "confidence": 0.2}, {"sql": "select  1;", "confidence": 0.7}]
    draft = read_reply(json.dumps({"candidates": listed}), REQUEST, SOURCE)
    assert [each.confidence for each in draft.candidates] == [0.7]


def test_what_was_refused_is_not_offered_again() -> None:
    request = DraftRequest("?", Context("sqlite"), rejections=(Rejection("SELECT 1;"),))
    listed = [{"sql": "select 1", "confidence": 1}, {"sql": "SELECT 2", "confidence": 0.1}]
    draft = read_reply(json.dumps({"candidates": listed}), request, SOURCE)
    assert [each.sql for each in draft.candidates] == ["SELECT 2"]


@pytest.mark.parametrize(
    ("stated", "confidence", "note"),
    [
        (0.3, 0.3, STATED),
        (7, 1.0, STATED),
        (10**400, 1.0, STATED),
        (-1, 0.0, STATED),
        ("high", UNSTATED_CONFIDENCE, UNSTATED),
        (float("nan"), UNSTATED_CONFIDENCE, UNSTATED),
        (True, UNSTATED_CONFIDENCE, UNSTATED),
        (None, UNSTATED_CONFIDENCE, UNSTATED),
    ],
)
def test_a_confidence_lies_between_0_and_1_and_says_whose_it_is(stated: object, confidence: float, note: str) -> None:
    text = json.dumps({"candidates": [{"sql": "SELECT 1", "confidence": stated}]})
    candidate = read_reply(text, REQUEST, SOURCE).candidates[0]
    assert (candidate.confidence, candidate.notes, candidate.source) == (confidence, (note,), SOURCE)


def test_no_candidates_is_an_answer() -> None:
    assert read_reply('{"candidates": []}', REQUEST, SOURCE) == Draft()


@pytest.mark.parametrize("text", WITHOUT_SQL, ids=range(len(WITHOUT_SQL)))
def test_a_reply_without_sql_is_unreadable(text: str) -> None:
    with pytest.raises(Unavailable) as raised:
        read_reply(text, REQUEST, SOURCE)
    assert raised.value.reason == "MODEL_REPLY_UNREADABLE"


def test_a_statement_that_is_too_long_is_left_out() -> None:
    assert statements(json.dumps({"candidates": [{"sql": "SELECT " + "1" * MAX_SQL_CHARACTERS}]})) == []


@given(st.text() | JSON.map(json.dumps) | st.dictionaries(st.sampled_from(["candidates", "sql"]), JSON).map(json.dumps))
def test_any_reply_is_a_draft_or_unreadable(text: str) -> None:
    try:
        draft = read_reply(text, REQUEST, SOURCE)
    except Unavailable:
        return
    assert all(0 <= each.confidence <= 1 for each in draft.candidates)
