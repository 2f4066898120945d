"""Readings that are run and compared: which one wins, what is told of it, and when no more are run."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from unit.generation.doubles import COUNT, QUESTION, Drafts, Guard, Notebook, answering, candidate

from services.generation.core.decide import Policy
from services.generation.core.model import Cell, Draft, Outcome, Question, Result, RowsRead, Step
from services.generation.core.prove_answer import Voting
from services.generation.settings import Settings
from services.kit.errors import Unavailable

ONE, TWO, THREE, FOUR = ("SELECT 'one'", "SELECT 'two'", "SELECT 'three'", "SELECT 'four'")
Rows = Sequence[tuple[Cell, ...]]
# A result of its own for each statement.
DIFFERENT: dict[str, Rows] = {ONE: [(1,)], TWO: [(2,)], THREE: [(3,)], FOUR: [(4,)]}
# The second and the third agree.
OUTVOTED: dict[str, Rows] = {**DIFFERENT, THREE: [(2,)]}


def drafted(**confidences: float) -> Drafts:
    statements = {"one": ONE, "two": TWO, "three": THREE, "four": FOUR}
    return Drafts([Draft(tuple(candidate(statements[name], each) for name, each in confidences.items()))])


async def answer(
    drafts: Drafts, guard: Guard, notebook: Notebook | None = None, voting: Voting | None = None
) -> Result:
    policy = Policy(answer_from=0.0, sure_from=1.0)
    return await answering(drafts, guard, policy=policy, voting=voting)(QUESTION, notebook or Notebook())


def notes(notebook: Notebook) -> tuple[str, ...]:
    return next(
        each.details
        for each in notebook.events
        if isinstance(each, Step) and each.id == "prove" and each.duration is not None
    )


async def test_two_lesser_readings_that_agree_beat_a_better_one() -> None:
    result = await answer(drafted(one=0.4, two=0.3, three=0.2), Guard(results=OUTVOTED))
    assert result.sql == TWO
    assert result.confidence == pytest.approx(0.5)
    assert result.rows is not None
    assert result.rows.columns == ((2,),)


async def test_two_that_agree_do_not_beat_a_reading_that_outweighs_them() -> None:
    result = await answer(drafted(one=0.5, two=0.25, three=0.2), Guard(results=OUTVOTED))
    assert result.sql == ONE
    assert result.confidence == pytest.approx(0.5)


async def test_only_the_rows_of_the_winner_are_told() -> None:
    notebook = Notebook()
    await answer(drafted(one=0.4, two=0.3, three=0.2), Guard(results=OUTVOTED), notebook)
    (told,) = [each for each in notebook.events if isinstance(each, RowsRead)]
    assert told.batch.columns == ((2,),)
    assert [each.name for each in told.columns] == ["c0"]


async def test_what_was_compared_is_told_in_words() -> None:
    notebook = Notebook()
    await answer(drafted(one=0.4, two=0.3, three=0.2), Guard(results=OUTVOTED), notebook)
    assert notes(notebook) == ("1 row", "3 readings were run: 2 agree", "The likeliest reading was outvoted")


@pytest.mark.parametrize(
    ("empty", "other", "winner"), [(0.45, 0.4, TWO), (0.6, 0.1, ONE), (0.5, 0.14, ONE), (0.5, 0.16, TWO)]
)
async def test_an_empty_result_gives_way_to_one_of_about_equal_mass(empty: float, other: float, winner: str) -> None:
    result = await answer(drafted(one=empty, two=other), Guard(results={ONE: [], TWO: [(2,)]}))
    assert result.sql == winner


async def test_an_aggregate_over_nothing_is_as_empty_as_no_rows() -> None:
    notebook = Notebook()
    result = await answer(drafted(one=0.45, two=0.4), Guard(results={ONE: [(None,)], TWO: [(2,)]}), notebook)
    assert result.sql == TWO
    assert "The likeliest reading found nothing and gave way" in notes(notebook)


async def test_a_count_of_nothing_is_an_answer() -> None:
    result = await answer(drafted(one=0.45, two=0.4), Guard(results={ONE: [(0,)], TWO: [(2,)]}))
    assert result.sql == ONE


async def test_a_reading_that_fails_gives_way_and_its_fault_is_told() -> None:
    broken = candidate("SELECT broken", 0.5)
    drafts = Drafts([Draft((broken, candidate(ONE, 0.2), candidate(TWO, 0.15)))])
    notebook = Notebook()
    result = await answer(drafts, Guard(results=DIFFERENT), notebook)
    assert result.sql == ONE
    assert broken.sql not in {each.sql for each in result.alternatives}
    assert "A reading failed: The database refuses it." in notes(notebook)


async def test_an_extra_reading_that_fails_leaves_the_first() -> None:
    drafts = Drafts([Draft((candidate(ONE, 0.3), candidate("SELECT broken", 0.3), candidate(TWO, 0.3)))])
    guard = Guard(results=DIFFERENT)
    assert (await answer(drafts, guard)).sql == ONE
    assert guard.ran == [ONE, TWO]


async def test_without_a_budget_the_first_that_runs_stands() -> None:
    guard, notebook = Guard(results=OUTVOTED), Notebook()
    result = await answer(drafted(one=0.4, two=0.3, three=0.2), guard, notebook, voting=Voting(budget=timedelta(0)))
    assert (result.sql, guard.ran) == (ONE, [ONE])
    assert "Not every reading could be compared in time" in notes(notebook)


async def test_the_budget_is_for_all_that_run_after_the_first() -> None:
    guard = Guard(results=DIFFERENT, takes=timedelta(seconds=2))
    voting = Voting(budget=timedelta(seconds=3))
    await answer(drafted(one=0.25, two=0.25, three=0.25, four=0.25), guard, voting=voting)
    assert guard.ran == [ONE, TWO, THREE]


async def test_an_extra_reading_that_takes_too_long_is_stopped_and_the_first_stands() -> None:
    endless = candidate("SELECT endless", 0.4)
    guard = Guard(results=DIFFERENT)
    result = await answer(
        Drafts([Draft((candidate(ONE, 0.4), endless))]), guard, voting=Voting(budget=timedelta(milliseconds=20))
    )
    assert (result.sql, guard.ran, guard.stopped) == (ONE, [ONE], [endless.sql])
    assert [each.sql for each in result.alternatives] == [endless.sql]


async def test_the_first_reading_has_more_time_than_the_budget() -> None:
    slow = candidate("SELECT slow", 0.9)
    guard = Guard(takes=timedelta(seconds=20))
    result = await answer(Drafts([Draft((slow,))]), guard, voting=Voting(budget=timedelta(milliseconds=1)))
    assert (result.sql, guard.ran) == (slow.sql, [slow.sql])


async def test_cancelling_stops_the_statement_that_runs() -> None:
    guard = Guard()
    work = asyncio.create_task(answer(Drafts([Draft((candidate("SELECT endless"),))]), guard))
    await guard.started.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert (guard.ran, guard.stopped) == ([], ["SELECT endless"])


async def test_cancelling_stops_an_extra_statement_that_runs() -> None:
    guard = Guard(results=DIFFERENT)
    drafts = Drafts([Draft((candidate(ONE, 0.4), candidate("SELECT endless", 0.4)))])
    work = asyncio.create_task(answer(drafts, guard, voting=Voting(budget=timedelta(minutes=1))))
    await guard.started.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert guard.stopped == ["SELECT endless"]


async def test_no_more_is_run_than_can_change_the_winner() -> None:
    guard = Guard(results=DIFFERENT)
    await answer(drafted(one=0.6, two=0.3, three=0.2), guard)
    assert guard.ran == [ONE]


async def test_an_empty_leader_has_to_be_sure_by_its_weight() -> None:
    guard = Guard(results={ONE: [], TWO: [(2,)]})
    await answer(drafted(one=0.6, two=0.39), guard)
    assert guard.ran == [ONE, TWO]


async def test_no_more_is_run_than_allowed() -> None:
    guard = Guard(results=DIFFERENT)
    result = await answer(drafted(one=0.25, two=0.25, three=0.25, four=0.25), guard, voting=Voting(max_runs=2))
    assert guard.ran == [ONE, TWO]
    assert [each.sql for each in result.alternatives] == [TWO, THREE, FOUR]


async def test_voting_can_be_switched_off() -> None:
    guard = Guard(results=OUTVOTED)
    result = await answer(drafted(one=0.4, two=0.3, three=0.2), guard, voting=Voting(max_runs=1))
    assert (result.sql, guard.ran) == (ONE, [ONE])


async def test_five_readings_pass_the_checks_so_that_five_can_vote() -> None:
    statements = [f"SELECT {number}" for number in range(8)]
    drafts = Drafts([Draft(tuple(candidate(sql, 0.1) for sql in statements))])
    guard = Guard(results={sql: [(number,)] for number, sql in enumerate(statements)})
    await answer(drafts, guard)
    assert guard.ran == statements[:5]


async def test_a_statement_that_was_given_is_not_compared_and_not_doubted() -> None:
    guard = Guard()
    result = await answering(Drafts([]), guard)(Question(COUNT, QUESTION.data_source), Notebook())
    assert (result.confidence, result.alternatives, guard.ran) == (1.0, (), [COUNT])


async def test_confidences_that_cannot_all_hold_are_divided_by_their_sum() -> None:
    result = await answer(drafted(one=0.9, two=0.6, three=0.5), Guard(results=DIFFERENT))
    assert result.confidence == pytest.approx(0.45)
    assert [each.confidence for each in result.alternatives] == [pytest.approx(0.3), pytest.approx(0.25)]


async def test_confidences_that_leave_room_for_another_reading_stay() -> None:
    result = await answer(drafted(one=0.5, two=0.3), Guard(results=DIFFERENT))
    assert result.confidence == pytest.approx(0.5)


async def test_what_was_refused_or_failed_takes_no_share() -> None:
    wrong = [candidate("SELECT nme", 0.9), candidate("SELECT broken", 0.9)]
    result = await answer(Drafts([Draft((*wrong, candidate(ONE, 0.8)))]), Guard(results=DIFFERENT))
    assert result.confidence == pytest.approx(0.8)


async def test_the_same_statement_twice_is_one_reading() -> None:
    drafts = Drafts([Draft((candidate(ONE, 0.4), candidate("SELECT  'one'", 0.3), candidate(TWO, 0.5)))])
    guard = Guard(results=DIFFERENT)
    result = await answer(drafts, guard)
    assert (result.sql, guard.ran) == (TWO, [ONE, TWO])
    assert result.confidence == pytest.approx(0.5)


async def test_a_database_that_goes_away_while_comparing_leaves_the_first_answer() -> None:
    drafts = Drafts([Draft((candidate(ONE, 0.4), candidate("SELECT gone", 0.4)))])
    assert (await answer(drafts, Guard(results=DIFFERENT))).sql == ONE


async def test_a_database_that_is_gone_from_the_start_is_an_error() -> None:
    drafts = Drafts([Draft((candidate("SELECT gone", 0.4), candidate(ONE, 0.4)))])
    with pytest.raises(Unavailable):
        await answer(drafts, Guard(results=DIFFERENT))


async def test_alternatives_have_other_results_and_a_second_reading_of_the_same_is_none() -> None:
    results: dict[str, Rows] = {**DIFFERENT, THREE: [(1,)]}
    guard = Guard(results=results)
    result = await answer(drafted(one=0.3, two=0.25, three=0.2, four=0.1), guard)
    assert (result.sql, guard.ran) == (ONE, [ONE, TWO, THREE])
    assert [each.sql for each in result.alternatives] == [TWO, FOUR]


async def test_alternatives_are_ordered_by_what_speaks_for_their_results() -> None:
    results: dict[str, Rows] = {**DIFFERENT, FOUR: [(3,)]}
    result = await answer(drafted(one=0.32, two=0.24, three=0.15, four=0.15), Guard(results=results))
    assert result.sql == ONE
    assert [(each.sql, round(each.confidence, 2)) for each in result.alternatives] == [(THREE, 0.3), (TWO, 0.24)]


async def test_a_sure_answer_stands_alone_and_a_less_sure_one_does_not() -> None:
    for confidence, alternatives in ((0.86, []), (0.84, [TWO])):
        guard = Guard(results=DIFFERENT)
        result = await answering(drafted(one=confidence, two=0.05), guard)(QUESTION, Notebook())
        assert result.outcome is Outcome.ANSWERED
        assert [each.sql for each in result.alternatives] == alternatives


async def test_what_is_asked_back_begins_with_the_winner() -> None:
    drafts = drafted(one=0.25, two=0.2, three=0.15)
    result = await answering(drafts, Guard(results=OUTVOTED))(QUESTION, Notebook())
    assert result.outcome is Outcome.ASKED_BACK
    assert [each.sql for each in result.alternatives] == [TWO, ONE]
    assert result.alternatives[0].confidence == result.confidence == pytest.approx(0.35)


async def test_a_withheld_answer_keeps_its_winner_for_those_who_measure() -> None:
    drafts = drafted(one=0.08, two=0.06, three=0.05)
    result = await answering(drafts, Guard(results=OUTVOTED))(QUESTION, Notebook())
    assert (result.outcome, result.sql, result.alternatives) == (Outcome.ABSTAINED, "", ())
    assert result.proof is not None
    assert (result.proof.winner.accepted.verdict.checked_sql, result.proof.facts.agreeing) == (TWO, 2)


def test_the_settings_say_how_much_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Voting(Settings().proof_runs, Settings().proof_budget) == Voting()
    monkeypatch.setenv("CANDOR_GENERATION_PROOF_RUNS", "1")
    monkeypatch.setenv("CANDOR_GENERATION_PROOF_BUDGET", "PT0.05S")
    assert (Settings().proof_runs, Settings().proof_budget) == (1, timedelta(milliseconds=50))
