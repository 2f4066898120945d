"""A question as a durable job: its work, and how it ends."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from google.rpc import status_pb2

from services.generation import wire
from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.model import Event, Result
from services.kit import telemetry
from services.kit.errors import Cancelled, CandorError, DeadlineExceeded, Internal, Unavailable
from services.kit.identity import Principal, set_principal
from services.kit.jobs import Ending, Job, JobContext, JobState
from services.kit.rpc.status import status_from_error

_log = telemetry.log("answering")


@dataclass(frozen=True, slots=True)
class JobListener:
    """Keeps what it is told as the job's events."""

    context: JobContext

    async def tell(self, event: Event) -> None:
        """See `core.ports.Listener`."""
        await self.context.append([wire.event_to_proto(event).SerializeToString()])


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
        with telemetry.start_trace("answer_question"):
            async with asyncio.timeout(self.timeout.total_seconds()):
                set_principal(await self.principal_for(job.organization, job.creator))
                question = wire.question_from_payload(job.payload)
                result = await self.answer_question(question, JobListener(context))
            _log.info("question_answered", job=job.id, organization=job.organization, outcome=result.outcome)
        return ended(JobState.SUCCEEDED, result)


def failed(error: Exception) -> Ending:
    """How a job ends whose work raised. Of an unknown error the person learns that the log has more."""
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


def cancelled() -> Ending:
    """How a job ends that was stopped on request."""
    return ended(JobState.CANCELLED, status_from_error(Cancelled("CANCELLED", "The question was cancelled.")))


def ended(state: JobState, ending: Result | status_pb2.Status) -> Ending:
    """A job's end: its last event, and its outcome with the rows."""
    outcome = wire.result_to_proto(ending) if isinstance(ending, Result) else ending
    return Ending(state, wire.ending_to_proto(ending).SerializeToString(), outcome.SerializeToString())
