"""What became of questions whose workers crashed: read from their stories, event by event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Self

from candor.generation.v1 import generation_service_pb2 as pb
from candor.progress.v1 import progress_pb2

# The first step of every attempt at a question.
FIRST_STEP = "understand"


@dataclass
class Tally:
    """How many runs there were, and how many questions went wrong in them."""

    runs: int = 0
    lost: int = 0
    """Accepted, and without their right answer."""
    doubled: int = 0
    """With more than one end, or there twice."""
    gaps: int = 0
    """With events that are missing, or out of order."""
    zombies: int = 0
    """Into which a worker wrote that had been given up."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not any((self.lost, self.doubled, self.gaps, self.zombies))

    def __str__(self) -> str:
        return " ".join(f"{each.name}={getattr(self, each.name)}" for each in fields(self))

    def count(self, story: Sequence[pb.GenerationEvent], right: int) -> Self:
        """Counts a question by its events in the order in which they were read."""
        ends = [each for each in story if each.WhichOneof("event") in {"result", "error"}]
        self.lost += not ends or not is_right(story, right)
        self.doubled += len(ends) > 1
        self.gaps += [each.sequence for each in story] != list(range(1, len(story) + 1))
        self.zombies += bool(ends and story[-1] not in ends) or has_stray_step(story)
        return self


def is_right(story: Iterable[pb.GenerationEvent], right: int) -> bool:
    """Whether the last rows hold the right number alone. One that was begun again may have told its rows before."""
    rows = [each.rows for each in story if each.WhichOneof("event") == "rows"]
    return bool(rows) and list(rows[-1].batch.columns[0].integers.items) == [right]


def attempts(story: Iterable[pb.GenerationEvent]) -> int:
    """How often a question was begun."""
    steps = (each.step for each in story if each.WhichOneof("event") == "step")
    return sum(step.id == FIRST_STEP and step.state == progress_pb2.Step.STATE_STARTED for step in steps)


def has_stray_step(story: Iterable[pb.GenerationEvent]) -> bool:
    """Whether a step ends that was not the one at work: one attempt's steps follow each other.

    An attempt that was given up leaves its last step open, and the next one begins with the first step.
    """
    at_work = ""
    for step in (each.step for each in story if each.WhichOneof("event") == "step"):
        if step.state == progress_pb2.Step.STATE_STARTED:
            if at_work and step.id != FIRST_STEP:
                return True
            at_work = step.id
        elif step.id != at_work:
            return True
        else:
            at_work = ""
    return False
