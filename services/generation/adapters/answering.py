"""A question as a durable job: its work, and how it ends."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from google.rpc import status_pb2

from services.generation import wire
from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.model import Drafted, Event, Result
from services.kit import metrics, telemetry
from services.kit.errors import Cancelled, CandorError, DeadlineExceeded, Internal, Unavailable
from services.kit.identity import Principal, set_principal
from services.kit.jobs import Ending, Job, JobContext, JobState
from services.kit.rpc.status import status_from_error

_log = telemetry.log("answering")


class JobListener:
    """Keeps what it is told as the job's events. What is told while some are being written is written together.

    Args:
        append: Adds events to the job.
    """

    def __init__(self, append: Callable[[list[bytes]], Coroutine[Any, Any, None]]) -> None:
        self._append = append
        self._told: list[bytes] = []
        self._writing: asyncio.Task[None] | None = None

    async def tell(self, event: Event) -> None:
        """See `core.ports.Listener`; raises what writing raised, so that work ends which nobody may keep."""
        if isinstance(event, Drafted):
            metrics.CANDIDATES.of().observe(len(event.draft.candidates))
            if event.attempt > 1:
                metrics.REPAIRS.of().inc()
        self._told.append(wire.event_to_proto(event).SerializeToString())
        if self._writing is None or self._writing.done():
            await self.written()
            self._writing = asyncio.create_task(self._write())

    async def written(self) -> None:
        """Waits until all that was told is written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._told:
            together, self._told = self._told, []
            await self._append(together)


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers the question of a job, as the member who asked it.

    Args:
        answer_question: The use case.
        principal_for: Gives a token for an organization's member.
        timeout: How long a question may take in all.
    """

    answer_question: AnswerQuestion
    principal_for: Callable[[str, str], Coroutine[Any, Any, Principal]]
    timeout: timedelta

    async def __call__(self, job: Job, context: JobContext) -> Ending:
        """Does the work; what it raises becomes an ending in `failed`."""
        started = time.perf_counter()
        with telemetry.span("answer_question") as span:
            async with asyncio.timeout(self.timeout.total_seconds()):
                set_principal(await self.principal_for(job.organization, job.creator))
                question, listener = wire.question_from_payload(job.payload), JobListener(context.append)
                try:
                    result = await self.answer_question(question, listener)
                finally:
                    # Whatever comes next is told after it.
                    await listener.written()
            span.set_attribute("candor.outcome", result.outcome.value)
            _log.info("question_answered", job=job.id, organization=job.organization, outcome=result.outcome)
        metrics.GENERATIONS.of(result.outcome.value).inc()
        metrics.GENERATION_SECONDS.of(result.outcome.value).observe(
            time.perf_counter() - started, telemetry.exemplar(span)
        )
        metrics.CONFIDENCE.of(result.outcome.value).observe(result.confidence)
        return ended(JobState.SUCCEEDED, result)


def failed(error: Exception) -> Ending:
    """How a job ends whose work raised. Of an unknown error the person learns that the log has more."""
    metrics.GENERATIONS.of("failed").inc()
    match error:
        case CandorError():
            known = error
        case TimeoutError():
            known = DeadlineExceeded(
                "DEADLINE_EXCEEDED", "The question took too long to answer. Ask for less at once, or try again."
            )
        case ConnectionError():
            known = Unavailable("SERVICE_UNAVAILABLE", "A part of the platform does not answer. Try again.")
        case _:
            _log.error("answering_failed", error=type(error).__name__, exc_info=error)
            known = Internal("INTERNAL", "Something went wrong while answering. Ask again, or tell who runs Candor.")
    return ended(JobState.FAILED, status_from_error(known))


def stopped() -> Ending:
    """How a job ends whose work was stopped on request."""
    metrics.GENERATIONS.of("cancelled").inc()
    return cancelled()


def cancelled() -> Ending:
    """The end of a job that was cancelled, before its work or during it."""
    return ended(JobState.CANCELLED, status_from_error(Cancelled("CANCELLED", "The question was cancelled.")))


def ended(state: JobState, ending: Result | status_pb2.Status) -> Ending:
    """A job's end: its last event, and its outcome with the rows."""
    outcome = wire.result_to_proto(ending) if isinstance(ending, Result) else ending
    return Ending(state, wire.ending_to_proto(ending).SerializeToString(), outcome.SerializeToString())
