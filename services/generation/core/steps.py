"""Steps of work, told when they start and when they end, with what was found and how long it took."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from services.generation.core.model import Step, StepState
from services.generation.core.ports import Listener
from services.kit.clock import Clock


@dataclass(slots=True)
class OpenStep:
    """A step at work; what is noted is told when it ends."""

    details: list[str] = field(default_factory=list)
    state: StepState = StepState.COMPLETED

    def note(self, *details: str) -> None:
        """Adds lines for a person."""
        self.details += [each[:500] for each in details if each]

    def fail(self, *details: str) -> None:
        """Says that the step could not do its part, though the work goes on."""
        self.state = StepState.FAILED
        self.note(*details)


@dataclass(frozen=True, slots=True)
class Steps:
    """Tells a listener of steps."""

    listener: Listener
    clock: Clock

    @asynccontextmanager
    async def step(self, id_: str, message: str, *, attempt: int = 1) -> AsyncIterator[OpenStep]:
        """A step that lasts as long as the block. One that raises is told as failed."""
        started = Step(id_, message, StepState.STARTED, self.clock.now(), attempt=attempt)
        await self.listener.tell(started)
        step = OpenStep()
        try:
            yield step
        except Exception as error:
            step.fail(str(error))
            raise
        finally:
            duration = self.clock.now() - started.start_time
            details = tuple(step.details)
            await self.listener.tell(replace(started, state=step.state, duration=duration, details=details))
