"""What generation needs of others: context, drafts, checks, rows, and somebody who listens."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from services.generation.core.model import (
    Batch,
    Context,
    Draft,
    Event,
    Question,
    Rejection,
    ResultColumn,
    Summary,
    Verdict,
)


class Documents(Protocol):
    """Knows what the data source holds."""

    async def retrieve(self, question: Question) -> Context:
        """What matters for a question. A schema that was never read is read first.

        Raises:
            NotFound: The data source is unknown.
            Unavailable: The data source does not answer.
        """


class Modelhub(Protocol):
    """Reaches the models."""

    def draft(
        self, question: Question, context: Context, rejections: Sequence[Rejection]
    ) -> AsyncIterator[str | Draft]:
        """Text as the model writes it, then one draft that avoids what was rejected.

        Raises:
            NotFound: The model is unknown.
            Unavailable: No model answers.
        """


class Validation(Protocol):
    """Checks statements and runs reads."""

    async def check(self, question: Question, sql: str, context: Context | None) -> Verdict:
        """Whether a statement is right and safe; without a context, against all that the data source holds."""

    def run(self, question: Question, sql: str) -> AsyncIterator[tuple[ResultColumn, ...] | Batch | Summary]:
        """The columns, the first rows, and what was read in all. Closing the iterator stops the database.

        Raises:
            InvalidArgument: The statement does not pass the checks that precede every run.
            FailedPrecondition: The database refuses the statement.
            DeadlineExceeded: The statement ran longer than its limit.
            Unavailable: The data source does not answer.
        """


class Listener(Protocol):
    """Hears what happens, in order."""

    async def tell(self, event: Event) -> None:
        """Takes note of an event, for good: when this returns, the event is not lost."""
