"""Between plans and their messages."""

from typing import Any

from candor.validation.v1 import validation_service_pb2 as pb

from services.validation.core.explain_plan import Explained
from services.validation.core.plans.model import Step, StepKind
from services.validation.wire.statements import finding_to_proto

_KIND_TO_PROTO: dict[StepKind, Any] = {kind: pb.PlanStep.Kind.Value(f"KIND_{kind.name}") for kind in StepKind}


def explained_to_proto(explained: Explained) -> pb.ExplainPlanResponse:
    """A plan and what there is to say about it."""
    plan = explained.plan
    return pb.ExplainPlanResponse(
        text=plan.text,
        estimated_rows=plan.estimated_rows,
        estimated_cost=plan.estimated_cost,
        steps=[_step_to_proto(step) for step in plan.steps],
        rows_read=plan.rows_read,
        bytes_read=plan.bytes_read,
        findings=[finding_to_proto(finding) for finding in explained.findings],
    )


def _step_to_proto(step: Step) -> pb.PlanStep:
    return pb.PlanStep(
        kind=_KIND_TO_PROTO[step.kind],
        operation=step.operation,
        table=step.table,
        index=step.index,
        condition=step.condition,
        rows=step.rows,
        cost=step.cost,
        bytes=step.bytes,
        actual_rows=step.actual_rows,
        actual_ms=step.actual_ms,
        spills=step.spills,
        parent=step.parent,
    )
