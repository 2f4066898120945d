"""Between steps of long work and their message."""

from collections.abc import Mapping
from typing import Any

from candor.progress.v1 import progress_pb2

from services.validation.core.steps import Step, StepState

_STATE: Mapping[StepState, Any] = {each: progress_pb2.Step.State.Value(f"STATE_{each.name}") for each in StepState}


def step_to_proto(step: Step) -> progress_pb2.Step:
    """A step at its start or its end."""
    message = progress_pb2.Step(
        id=step.id, message=step.message, state=_STATE[step.state], details=step.details, attempt=1
    )
    message.start_time.FromDatetime(step.start_time)
    if step.duration is not None:
        message.duration.FromTimedelta(step.duration)
    return message
