"""What `make chaos` counts: a story that is right counts for nothing, and each way of being wrong for itself."""

import pytest
from candor.generation.v1 import generation_service_pb2 as pb
from candor.progress.v1 import progress_pb2
from chaos.crashes import Tally

RIGHT = 91
GOOD = ("+understand", "-understand", "+draft", "-draft", "rows", "result")


def story(*words: str, right: int = RIGHT) -> list[pb.GenerationEvent]:
    """Events: "+step" starts a step, "-step" ends one."""
    events = []
    for sequence, word in enumerate(words, start=1):
        event = pb.GenerationEvent(sequence=sequence)
        if word[0] in "+-":
            started = word[0] == "+"
            event.step.id = word[1:]
            event.step.state = progress_pb2.Step.STATE_STARTED if started else progress_pb2.Step.STATE_COMPLETED
        elif word == "rows":
            event.rows.batch.columns.add().integers.items.append(right)
        elif word == "error":
            event.error.message = "it failed"
        else:
            event.result.SetInParent()
        events.append(event)
    return events


@pytest.mark.parametrize(
    "words", [GOOD, ("+understand", "-understand", "+draft", *GOOD)], ids=["at once", "begun again"]
)
def test_a_right_story_counts_for_nothing(words: tuple[str, ...]) -> None:
    assert Tally().count(story(*words), RIGHT) == Tally()


@pytest.mark.parametrize(
    ("words", "counted"),
    [
        ((), Tally(lost=1)),
        (GOOD[:-1], Tally(lost=1)),
        (("error",), Tally(lost=1)),
        ((*GOOD, "result"), Tally(doubled=1)),
        ((*GOOD, "-draft"), Tally(zombies=1)),
        (("+understand", "-understand", "+draft", "+understand", "-draft", *GOOD[1:]), Tally(zombies=1)),
        (("+understand", "+draft", *GOOD[3:]), Tally(zombies=1)),
    ],
    ids=["none", "no end", "an error", "two ends", "after the end", "of an attempt before", "two steps at once"],
)
def test_a_wrong_story_is_counted_as_what_it_is(words: tuple[str, ...], counted: Tally) -> None:
    assert Tally().count(story(*words), RIGHT) == counted


def test_another_number_is_a_lost_answer() -> None:
    assert Tally().count(story(*GOOD, right=RIGHT + 1), RIGHT) == Tally(lost=1)


@pytest.mark.parametrize("missing", range(1, len(GOOD) - 2))
def test_a_missing_event_is_a_gap(missing: int) -> None:
    whole = story(*GOOD)
    assert Tally().count(whole[:missing] + whole[missing + 1 :], RIGHT).gaps == 1


def test_one_question_that_went_wrong_is_enough_to_fail() -> None:
    tally = Tally(runs=2)
    assert tally.count(story(*GOOD), RIGHT).is_clean
    assert not tally.count(story("error"), RIGHT).is_clean
    assert str(tally) == "runs=2 lost=1 doubled=0 gaps=0 zombies=0"
