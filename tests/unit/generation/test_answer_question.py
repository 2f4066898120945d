"""The way of one question, with doubles that behave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.generation.doubles import COUNT, QUESTION, Drafts, Guard, Notebook, Shop, answering, candidate

from services.generation.core.answer_question import MAX_REPAIRS
from services.generation.core.decide import Policy
from services.generation.core.model import Draft, Link, Outcome, Question, Step, StepState
from services.generation.core.understand_question import understand_question
from services.kit.errors import InvalidArgument, Unavailable


async def test_a_question_becomes_checked_sql_with_rows_and_an_explanation() -> None:
    notebook = Notebook()
    result = await answering(Drafts([Draft((candidate(),))]))(QUESTION, notebook)
    assert (result.outcome, result.sql, result.row_count) == (Outcome.ANSWERED, COUNT, 1)
    assert result.explanation == "Shows the number of rows of customers where city is “Paris”."
    assert result.rows is not None
    assert result.rows.columns == ((0,),)


async def test_every_step_that_starts_ends_in_order() -> None:
    notebook = Notebook()
    await answering(Drafts([Draft((candidate(),))]))(QUESTION, notebook)
    steps = [each for each in notebook.events if isinstance(each, Step)]
    ids = ["understand", "retrieve", "draft", "check", "prove", "explain", "decide"]
    assert [each.id for each in steps if each.state is StepState.STARTED] == ids
    assert [each.id for each in steps if each.state is not StepState.STARTED] == ids


async def test_a_refused_candidate_is_drafted_again_with_its_fault() -> None:
    drafts = Drafts([Draft((candidate("SELECT nme FROM customers"),)), Draft((candidate(),))])
    result = await answering(drafts)(QUESTION, Notebook())
    assert result.sql == COUNT
    assert [each.reason for each in drafts.rejections[1]] == ["SQL_COLUMN_UNKNOWN"]


async def test_repair_is_tried_three_times_and_no_more() -> None:
    drafts = Drafts([Draft((candidate(f"SELECT nme{i} FROM customers"),)) for i in range(10)])
    result = await answering(drafts)(QUESTION, Notebook())
    assert len(drafts.rejections) == 1 + MAX_REPAIRS
    assert result.outcome is Outcome.ABSTAINED
    assert result.abstention is not None
    assert result.abstention.reason == "NO_CANDIDATE_PASSED"


async def test_the_same_refused_statement_is_not_checked_twice() -> None:
    same = Draft((candidate("SELECT nme FROM customers"),))
    drafts = Drafts([same, same, same])
    await answering(drafts)(QUESTION, Notebook())
    assert len(drafts.rejections) == 2


async def test_nothing_found_is_said_with_what_was_understood() -> None:
    link = Link("customers", 9, 18, "table", "customers", 1.0)
    drafts = Drafts([Draft((), (link,), ("zeppelins",))])
    result = await answering(drafts)(QUESTION, Notebook())
    assert result.abstention is not None
    assert result.abstention.reason == "NOTHING_UNDERSTOOD"
    assert (result.abstention.understood, result.abstention.unknown) == ((link,), ("zeppelins",))


async def test_a_candidate_that_fails_when_it_runs_gives_way_to_the_next() -> None:
    drafts = Drafts([Draft((candidate("SELECT broken FROM customers"), candidate()))])
    guard = Guard()
    result = await answering(drafts, guard)(QUESTION, Notebook())
    assert (result.outcome, guard.ran) == (Outcome.ANSWERED, [COUNT])


async def test_a_doubtful_answer_is_asked_back_with_its_alternatives() -> None:
    doubtful = candidate(confidence=Policy().answer_from - 0.01)
    other = candidate("SELECT COUNT(*) FROM customers", 0.2)
    result = await answering(Drafts([Draft((doubtful, other))]))(QUESTION, Notebook())
    assert result.outcome is Outcome.ASKED_BACK
    assert [each.sql for each in result.alternatives] == [doubtful.sql, other.sql]
    assert result.sql == ""


async def test_a_wild_guess_is_withheld() -> None:
    wild = candidate(confidence=Policy().ask_back_from - 0.01)
    result = await answering(Drafts([Draft((wild,))]))(QUESTION, Notebook())
    assert result.outcome is Outcome.ABSTAINED
    assert result.abstention is not None
    assert result.abstention.reason == "CONFIDENCE_TOO_LOW"
    assert result.rows is None


async def test_sql_is_checked_and_run_as_it_is() -> None:
    guard = Guard()
    drafts = Drafts([])
    result = await answering(drafts, guard)(Question(COUNT, QUESTION.data_source), Notebook())
    assert (result.outcome, guard.ran, drafts.rejections) == (Outcome.ANSWERED, [COUNT], [])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM public.products ORDER BY list_price DESC NULLS LAST LIMIT 5",
        "WITH paid AS (SELECT 1 AS amount) SELECT amount::text FROM paid",
        "SELECT `name` FROM customers",
    ],
)
def test_a_statement_of_any_dialect_is_seen_as_one(sql: str) -> None:
    assert understand_question(sql).statement == sql


async def test_words_that_only_look_like_sql_are_drafted_after_all() -> None:
    drafts = Drafts([Draft((candidate(),))])
    guard = Guard(refused=("Select customers",))
    result = await answering(drafts, guard)(Question("Select customers from Paris", QUESTION.data_source), Notebook())
    assert result.sql == COUNT


async def test_a_data_source_that_is_down_is_an_error_and_its_step_failed() -> None:
    notebook = Notebook()
    down = Unavailable("DATA_SOURCE_UNREACHABLE", "The database does not answer.")
    with pytest.raises(Unavailable):
        await answering(Drafts([]), shop=Shop(down))(QUESTION, notebook)
    last = notebook.events[-1]
    assert isinstance(last, Step)
    assert (last.id, last.state, last.details) == ("retrieve", StepState.FAILED, (down.message,))


async def test_a_large_result_keeps_its_first_rows_and_says_so() -> None:
    result = await answering(Drafts([Draft((candidate(),))]), Guard(rows=5_000))(QUESTION, Notebook())
    assert result.rows is not None
    assert (result.rows.row_count, result.row_count, result.truncated) == (1_000, 5_000, True)


@pytest.mark.parametrize("text", ["", "   \n\t", "\x00\x01\x02", "?!…", "x" * 10_001, "\u200b\u200b"])
def test_a_question_that_holds_nothing_to_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        understand_question(text)
    assert "generation.question" in raised.value.fields


@given(st.text(max_size=500))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        understood = understand_question(text)
    except InvalidArgument as error:
        assert error.message.endswith(".")  # noqa: PT017  Either ending is right; nothing else may be raised.
    else:
        assert understood.text == understand_question(understood.text).text
