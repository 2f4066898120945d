"""What a job is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to accept. `payload` is what is to be done, in the service's own encoding."""

    organization: str
    id: str
    creator: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. `outcome` is what came of it, in the service's own encoding, once it has ended.

    `traceparent` is the trace in which it was asked for, which its work goes on with.
    """

    organization: str
    id: str
    creator: str
    payload: bytes
    state: JobState
    outcome: bytes
    create_time: datetime
    end_time: datetime | None
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a job. `fence` grows with every claim; writes with an older one are refused."""

    job: Job
    fence: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a job. Sequences start at 1 and have no gaps."""

    sequence: int
    create_time: datetime
    content: bytes


class LeaseLost(Exception):
    """Another worker has the job now, or it has ended: stop, and write nothing."""


class LedgerAway(Exception):
    """What happened cannot be written down now: the job is to be begun again, and its watchers see no error."""


class LeaseHeld(Exception):
    """Another worker seems to be at the job: try again when its lease has run out."""


class TooManyClaims(Exception):
    """The job was begun several times and never ended."""
