"""Steps of long work, as they are told while it goes on (`candor.progress.v1.Step`)."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


class StepState(enum.StrEnum):
    """Where a step stands."""

    STARTED = "started"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Step:
    """A step, told when it starts and when it ends."""

    id: str
    message: str
    state: StepState
    start_time: datetime
    duration: timedelta | None = None
    details: tuple[str, ...] = ()

    @staticmethod
    def started(step: str, message: str, now: datetime) -> "Step":
        """A step at its start."""
        return Step(step, message, StepState.STARTED, now)

    def ended(self, now: datetime, *details: str, message: str = "") -> "Step":
        """The same step at its end, with another message where one is given."""
        told = message or self.message
        return replace(self, message=told, state=StepState.COMPLETED, duration=now - self.start_time, details=details)
