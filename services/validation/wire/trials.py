"""Between trials and their messages."""

from datetime import timedelta
from typing import Any

from candor.validation.v1 import trial_service_pb2 as pb

from services.validation.core.steps import Step
from services.validation.core.trials.model import (
    PROJECT_ROWS,
    SIZES,
    Ask,
    Comparison,
    Growth,
    Measurement,
    Result,
    Told,
    Verdict,
)
from services.validation.wire.statements import finding_to_proto
from services.validation.wire.steps import step_to_proto

_VERDICT_TO_PROTO: dict[Verdict, Any] = {
    verdict: pb.TrialComparison.Verdict.Value(f"VERDICT_{verdict.name}") for verdict in Verdict
}


def ask_from_proto(message: pb.RunScaleTrialRequest) -> Ask:
    """What a caller wants tried."""
    return Ask(
        sql=message.sql,
        sizes=tuple(message.sizes) or SIZES,
        extract=message.data != pb.RunScaleTrialRequest.DATA_SYNTHESIZED,
        project_rows=message.project_rows or PROJECT_ROWS,
    )


def told_to_proto(told: Told) -> pb.RunScaleTrialResponse:
    """A part of what a trial has to say."""
    match told:
        case Step():
            return pb.RunScaleTrialResponse(progress=step_to_proto(told))
        case Comparison():
            return pb.RunScaleTrialResponse(comparison=_comparison_to_proto(told))
        case Measurement():
            return pb.RunScaleTrialResponse(measurement=_measurement_to_proto(told))
    return pb.RunScaleTrialResponse(result=_result_to_proto(told))


def _comparison_to_proto(comparison: Comparison) -> pb.TrialComparison:
    return pb.TrialComparison(
        verdict=_VERDICT_TO_PROTO[comparison.verdict],
        engine=comparison.engine,
        message=comparison.message,
        row_count=comparison.row_count,
        spark_row_count=comparison.spark_row_count,
        differences=[pb.TrialComparison.Row(engine=engine, values=values) for engine, values in comparison.differences],
    )


def _measurement_to_proto(measured: Measurement) -> pb.TrialMeasurement:
    cost = measured.cost
    message = pb.TrialMeasurement(
        rows=measured.rows,
        tables=[
            pb.TrialTable(table=each.table, row_count=each.row_count, bytes=each.bytes) for each in measured.tables
        ],
        bytes=sum(each.bytes for each in measured.tables),
        shuffle_read_bytes=cost.shuffle_read_bytes,
        shuffle_write_bytes=cost.shuffle_write_bytes,
        memory_spilled_bytes=cost.memory_spilled_bytes,
        disk_spilled_bytes=cost.disk_spilled_bytes,
        time_skew=cost.time_skew,
        record_skew=cost.record_skew,
        stages=cost.stages,
        tasks=cost.tasks,
        result_rows=measured.result_rows,
        joins=cost.joins,
    )
    message.duration.FromTimedelta(timedelta(seconds=measured.seconds))
    message.task_time.FromTimedelta(timedelta(seconds=cost.task_seconds))
    return message


def _result_to_proto(result: Result) -> pb.TrialResult:
    return pb.TrialResult(
        growth=[_growth_to_proto(each) for each in result.growth],
        findings=[finding_to_proto(each) for each in result.findings],
        spark_sql=result.spark_sql,
        spark=result.spark,
        project_rows=result.project_rows,
    )


def _growth_to_proto(growth: Growth) -> pb.TrialGrowth:
    return pb.TrialGrowth(
        measure=growth.measure,
        exponent=growth.exponent,
        fixed=growth.fixed,
        projected=growth.projected,
        message=growth.message,
    )
