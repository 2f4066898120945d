"""Behaving doubles of generation's ports: what they are told to know, they answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.decide import Policy
from services.generation.core.model import (
    Batch,
    Candidate,
    Cell,
    Context,
    Draft,
    Event,
    Finding,
    Question,
    Rejection,
    ResultColumn,
    Summary,
    Verdict,
)
from services.generation.core.prove_answer import Voting
from services.kit.clock import ManualClock
from services.kit.errors import CandorError, FailedPrecondition, Unavailable

QUESTION = Question("How many customers are in Paris?", "organizations/local/dataSources/shop")
COUNT = "SELECT COUNT(*) FROM customers WHERE city = 'Paris'"


def candidate(sql: str = COUNT, confidence: float = 0.9) -> Candidate:
    return Candidate(sql, confidence, "model", "the number of customers whose city is Paris")


class Shop:
    """Knows one schema."""

    def __init__(self, error: CandorError | None = None) -> None:
        self.error = error

    async def retrieve(self, question: Question) -> Context:
        if self.error:
            raise self.error
        return Context("sqlite", ("customers",), ("city = Paris",), "v1", None)


@dataclass
class Drafts:
    """Gives its drafts in turn, and remembers what had been rejected by then."""

    drafts: list[Draft]
    rejections: list[tuple[Rejection, ...]] = field(default_factory=list)

    async def draft(
        self, question: Question, context: Context, rejections: Sequence[Rejection]
    ) -> AsyncIterator[str | Draft]:
        self.rejections.append(tuple(rejections))
        yield "SELECT"
        yield self.drafts.pop(0) if self.drafts else Draft(())


@dataclass
class Guard:
    """Checks and runs statements; words in them say what happens to them.

    Those that hold one of `refused` do not pass; one of `broken` fails, one of `gone` finds the database gone, one of
    `endless` runs until it is stopped, or for seconds, and one of `slow` for 50 ms. They give their `results`, or
    numbers, and have taken a while on the clock.
    """

    refused: tuple[str, ...] = ("nme",)
    broken: tuple[str, ...] = ("broken",)
    gone: tuple[str, ...] = ("gone",)
    endless: tuple[str, ...] = ("endless",)
    slow: tuple[str, ...] = ("slow",)
    rows: int = 1
    results: Mapping[str, Sequence[tuple[Cell, ...]]] = field(default_factory=dict)
    takes: timedelta = timedelta(0)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    ran: list[str] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: list[str] = field(default_factory=list)

    async def check(self, question: Question, sql: str, context: Context | None) -> Verdict:
        if any(word in sql for word in self.refused):
            finding = Finding("SQL_COLUMN_UNKNOWN", "error", "There is no column nme; did you mean name?", 1, 8)
            return Verdict(allowed=False, findings=(finding,))
        return Verdict(allowed=True, checked_sql=" ".join(sql.split()), tables=("customers",))

    async def run(self, question: Question, sql: str) -> AsyncIterator[tuple[ResultColumn, ...] | Batch | Summary]:
        if any(word in sql for word in self.broken):
            raise FailedPrecondition("SQL_REFUSED_BY_DATABASE", "The database refuses it.")
        if any(word in sql for word in self.gone):
            raise Unavailable("DATA_SOURCE_UNREACHABLE", "The database does not answer.")
        if any(word in sql for word in self.endless):
            await self._run_until_stopped(sql)
        if any(word in sql for word in self.slow):
            await asyncio.sleep(0.05)
        self.ran.append(sql)
        self.clock.advance(self.takes)
        rows = self.results.get(sql, [(number,) for number in range(self.rows)])
        yield tuple(ResultColumn(f"c{i}", "integer") for i in range(len(rows[0]) if rows else 1))
        if rows:
            yield Batch(len(rows), tuple(zip(*rows, strict=True)))
        yield Summary(len(rows))

    async def _run_until_stopped(self, sql: str) -> None:
        self.started.set()
        try:
            await asyncio.sleep(5)
        finally:
            self.stopped.append(sql)


@dataclass
class Notebook:
    """Writes down what it is told."""

    events: list[Event] = field(default_factory=list)

    async def tell(self, event: Event) -> None:
        self.events.append(event)


def answering(
    drafts: Drafts,
    guard: Guard | None = None,
    shop: Shop | None = None,
    *,
    policy: Policy | None = None,
    voting: Voting | None = None,
) -> AnswerQuestion:
    guard = guard or Guard()
    return AnswerQuestion(shop or Shop(), drafts, guard, guard.clock, policy or Policy(), voting or Voting())
