"""Behaving doubles of generation's ports: what they are told to know, they answer."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.model import (
    Batch,
    Candidate,
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
from services.kit.clock import ManualClock
from services.kit.errors import CandorError, FailedPrecondition

QUESTION = Question("How many customers are in Paris?", "organizations/local/dataSources/shop")
COUNT = "SELECT COUNT(*) FROM customers WHERE city = 'Paris'"


def candidate(sql: str = COUNT, confidence: float = 0.9) -> Candidate:
    return Candidate(sql, confidence, "built-in", "the number of customers whose city is Paris")


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
    """Refuses statements that hold a word of `refused`; those that hold one of `broken` fail when they run."""

    refused: tuple[str, ...] = ("nme",)
    broken: tuple[str, ...] = ("broken",)
    rows: int = 1
    ran: list[str] = field(default_factory=list)

    async def check(self, question: Question, sql: str, context: Context | None) -> Verdict:
        if any(word in sql for word in self.refused):
            finding = Finding("SQL_COLUMN_UNKNOWN", "error", "There is no column nme; did you mean name?", 1, 8)
            return Verdict(allowed=False, findings=(finding,))
        return Verdict(allowed=True, checked_sql=sql, tables=("customers",))

    async def run(self, question: Question, sql: str) -> AsyncIterator[tuple[ResultColumn, ...] | Batch | Summary]:
        if any(word in sql for word in self.broken):
            raise FailedPrecondition("SQL_REFUSED_BY_DATABASE", "The database refuses it.")
        self.ran.append(sql)
        yield (ResultColumn("count", "integer"),)
        yield Batch(self.rows, (tuple(range(self.rows)),))
        yield Summary(self.rows)


@dataclass
class Notebook:
    """Writes down what it is told."""

    events: list[Event] = field(default_factory=list)

    async def tell(self, event: Event) -> None:
        self.events.append(event)


def answering(drafts: Drafts, guard: Guard | None = None, shop: Shop | None = None) -> AnswerQuestion:
    return AnswerQuestion(shop or Shop(), drafts, guard or Guard(), ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
