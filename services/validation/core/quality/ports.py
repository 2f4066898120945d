"""What judging and keeping reports ask of the outside."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from services.kit.catalog import ColumnType
from services.validation.core.model import Batch
from services.validation.core.quality.model import Distribution, Report, Target


@dataclass(frozen=True, slots=True)
class Question:
    """An expectation as Great Expectations takes it.

    `reads` is what it looks at ("typed", "raw", "text", "schema" or "count"), `show` whether values may be told.
    """

    position: int
    type: str
    arguments: Mapping[str, Any]
    reads: str
    columns: tuple[str, ...] = ()
    show: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be judged: the columns that will come, in order, and what is asked of them.

    `count` names the columns whose distribution is wanted; `references` those of a former run to count by.
    """

    columns: tuple[tuple[str, ColumnType], ...]
    questions: tuple[Question, ...]
    schema: tuple[str, ...] = ()
    count: tuple[str, ...] = ()
    references: Mapping[str, Distribution] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library found for the question at a position: a verdict but for the expectation itself."""

    position: int
    fields: Mapping[str, Any]


class Judging(Protocol):
    """A task in progress."""

    async def begin(self, task: Task) -> None:
        """Says what is to be judged."""

    async def feed(self, batch: Batch) -> None:
        """Hands over some rows, waiting while there is no room.

        Raises:
            ResourceExhausted: The judging has ended for want of memory.
        """

    def answers(self, row_count: int) -> AsyncGenerator[Answer | Distribution, None]:
        """Ends the rows and gives what is found, one by one, in the order of the questions.

        Args:
            row_count: How many rows the target has.

        Raises:
            DeadlineExceeded: It took too long, as a regular expression may.
            ResourceExhausted: The judging has ended for want of memory.
        """


class Judges(Protocol):
    """Starts judging."""

    def open(self, within: timedelta) -> AbstractAsyncContextManager[Judging]:
        """A place to judge one task in, as soon as one is free; leaving the context ends it, whatever it is doing."""


class Reports(Protocol):
    """Where reports are kept, each organization's apart."""

    async def keep(self, report: Report) -> None:
        """Keeps a report, in place of the oldest of the data source where there are too many.

        Raises:
            NotFound: The data source was deleted meanwhile.
        """

    async def get(self, organization: str, source: str, report: str) -> Report:
        """A report.

        Raises:
            NotFound: There is no such report.
        """

    async def latest(self, organization: str, source: str, target: Target) -> Report | None:
        """The newest report of a target."""

    async def list(self, organization: str, source: str, *, before: str, limit: int) -> Sequence[Report]:
        """Reports without verdicts and distributions, newest first, from the first older than `before`."""
