"""Between generation's contract and its model."""

from candor.catalog.v1 import catalog_pb2
from candor.generation.v1 import generation_service_pb2 as pb
from candor.modelhub.v1 import modelhub_service_pb2
from candor.progress.v1 import progress_pb2
from candor.validation.v1 import validation_service_pb2
from google.rpc import status_pb2

from services.generation.core.model import (
    Abstention,
    Batch,
    Candidate,
    Cell,
    Checked,
    Draft,
    Drafted,
    Event,
    Explained,
    Finding,
    Link,
    Outcome,
    Question,
    Rejection,
    Result,
    ResultColumn,
    RowsRead,
    Step,
    StepState,
    Summary,
    Verdict,
)
from services.kit import jobs
from services.kit.ids import resource_name

_STATES = {
    jobs.JobState.QUEUED: pb.Generation.STATE_QUEUED,
    jobs.JobState.RUNNING: pb.Generation.STATE_RUNNING,
    jobs.JobState.SUCCEEDED: pb.Generation.STATE_SUCCEEDED,
    jobs.JobState.FAILED: pb.Generation.STATE_FAILED,
    jobs.JobState.CANCELLED: pb.Generation.STATE_CANCELLED,
}
_STEP_STATES = {
    StepState.STARTED: progress_pb2.Step.STATE_STARTED,
    StepState.COMPLETED: progress_pb2.Step.STATE_COMPLETED,
    StepState.FAILED: progress_pb2.Step.STATE_FAILED,
    StepState.SKIPPED: progress_pb2.Step.STATE_SKIPPED,
}
_OUTCOMES = {
    Outcome.ANSWERED: pb.Result.OUTCOME_ANSWERED,
    Outcome.ASKED_BACK: pb.Result.OUTCOME_ASKED_BACK,
    Outcome.ABSTAINED: pb.Result.OUTCOME_ABSTAINED,
}


def payload_from_proto(generation: pb.Generation) -> bytes:
    """What a job is to do: the question, without what only the server says."""
    kept = pb.Generation(data_source=generation.data_source, question=generation.question, model=generation.model)
    return kept.SerializeToString()


def question_from_payload(payload: bytes) -> Question:
    """The question that a job is to answer."""
    generation = pb.Generation.FromString(payload)
    return Question(generation.question, generation.data_source, generation.model)


def generation_to_proto(job: jobs.Job, *, with_rows: bool = True) -> pb.Generation:
    """A job as the contract's Generation."""
    generation = pb.Generation.FromString(job.payload)
    generation.name = resource_name("organizations", job.organization, "generations", job.id)
    generation.state = _STATES[job.state]
    generation.creator = job.creator
    generation.create_time.FromDatetime(job.create_time)
    if job.end_time is not None:
        generation.end_time.FromDatetime(job.end_time)
    if job.state is jobs.JobState.SUCCEEDED:
        generation.result.ParseFromString(job.outcome)
        if not with_rows:
            generation.result.ClearField("rows")
    elif job.state.is_final:
        generation.error.ParseFromString(job.outcome)
    return generation


def stored_event_to_proto(event: jobs.Event) -> pb.GenerationEvent:
    """An event as it was kept, with its place and time."""
    message = pb.GenerationEvent.FromString(event.content)
    message.sequence = event.sequence
    message.create_time.FromDatetime(event.create_time)
    return message


def heartbeat_to_proto(sequence: int) -> pb.GenerationEvent:
    """An event that says that the stream is alive."""
    message = pb.GenerationEvent(sequence=sequence, heartbeat=progress_pb2.Heartbeat())
    message.create_time.GetCurrentTime()
    return message


def event_to_proto(event: Event) -> pb.GenerationEvent:
    """What happened, as it is kept."""
    match event:
        case Step():
            return pb.GenerationEvent(step=step_to_proto(event))
        case Drafted():
            return pb.GenerationEvent(
                candidates=pb.Candidates(
                    candidates=[candidate_to_proto(each) for each in event.draft.candidates],
                    links=[link_to_proto(each) for each in event.draft.links],
                    unlinked=event.draft.unlinked,
                    attempt=event.attempt,
                )
            )
        case Checked():
            return pb.GenerationEvent(
                check=pb.Check(
                    candidate=event.candidate,
                    sql=event.sql,
                    allowed=event.verdict.allowed,
                    findings=[finding_to_proto(each) for each in event.verdict.findings],
                    attempt=event.attempt,
                )
            )
        case RowsRead():
            columns = [column_to_proto(each) for each in event.columns]
            return pb.GenerationEvent(rows=pb.Rows(columns=columns, batch=batch_to_proto(event.batch)))
        case Explained():
            return pb.GenerationEvent(explanation=pb.Explanation(text=event.text, sql=event.sql))


def ending_to_proto(ending: Result | status_pb2.Status) -> pb.GenerationEvent:
    """The last event."""
    if isinstance(ending, Result):
        result = result_to_proto(ending)
        # The rows went out as they were read.
        result.ClearField("rows")
        return pb.GenerationEvent(result=result)
    return pb.GenerationEvent(error=ending)


def step_to_proto(step: Step) -> progress_pb2.Step:
    """A step of the work."""
    message = progress_pb2.Step(
        id=step.id,
        message=step.message,
        state=_STEP_STATES[step.state],
        details=step.details,
        attempt=step.attempt,
    )
    message.start_time.FromDatetime(step.start_time)
    if step.duration is not None:
        message.duration.FromTimedelta(step.duration)
    return message


def result_to_proto(result: Result) -> pb.Result:
    """What came of a question."""
    message = pb.Result(
        outcome=_OUTCOMES[result.outcome],
        sql=result.sql,
        explanation=result.explanation,
        confidence=result.confidence,
        alternatives=[candidate_to_proto(each) for each in result.alternatives],
        row_count=result.row_count,
        truncated=result.truncated,
        tables=result.tables,
        columns=[column_to_proto(each) for each in result.columns],
        model=result.model,
        schema_version=result.schema_version,
    )
    if result.abstention is not None:
        message.abstention.CopyFrom(_abstention_to_proto(result.abstention))
    if result.rows is not None:
        message.rows.CopyFrom(batch_to_proto(result.rows))
    return message


def _abstention_to_proto(abstention: Abstention) -> pb.Abstention:
    return pb.Abstention(
        reason=abstention.reason,
        message=abstention.message,
        understood=[link_to_proto(each) for each in abstention.understood],
        unknown=abstention.unknown,
    )


def candidate_to_proto(candidate: Candidate) -> modelhub_service_pb2.Candidate:
    """A candidate."""
    return modelhub_service_pb2.Candidate(
        sql=candidate.sql, confidence=candidate.confidence, source=candidate.source, reading=candidate.reading
    )


def candidate_from_proto(message: modelhub_service_pb2.Candidate) -> Candidate:
    """A candidate."""
    return Candidate(message.sql, message.confidence, message.source, message.reading)


def link_to_proto(link: Link) -> modelhub_service_pb2.Link:
    """What a phrase was taken to mean."""
    return modelhub_service_pb2.Link(
        phrase=link.phrase, start=link.start, end=link.end, kind=link.kind, target=link.target, score=link.score
    )


def link_from_proto(message: modelhub_service_pb2.Link) -> Link:
    """What a phrase was taken to mean."""
    return Link(message.phrase, message.start, message.end, message.kind, message.target, message.score)


def draft_from_proto(message: modelhub_service_pb2.Draft) -> Draft:
    """What a model made of a question."""
    return Draft(
        tuple(candidate_from_proto(each) for each in message.candidates),
        tuple(link_from_proto(each) for each in message.links),
        tuple(message.unlinked),
    )


def rejection_to_proto(rejection: Rejection) -> modelhub_service_pb2.Rejection:
    """A candidate that a check refused."""
    return modelhub_service_pb2.Rejection(sql=rejection.sql, reason=rejection.reason, message=rejection.message)


def finding_to_proto(finding: Finding) -> validation_service_pb2.Finding:
    """What a check says."""
    return validation_service_pb2.Finding(
        reason=finding.reason,
        severity=f"SEVERITY_{finding.severity.upper()}",
        message=finding.message,
        span=validation_service_pb2.Span(
            line=finding.line, column=finding.column, end_line=finding.end_line, end_column=finding.end_column
        ),
        suggestion=finding.suggestion,
        metadata=finding.metadata,
    )


def finding_from_proto(message: validation_service_pb2.Finding) -> Finding:
    """What a check says."""
    severity = validation_service_pb2.Finding.Severity.Name(message.severity).removeprefix("SEVERITY_").lower()
    span = message.span
    return Finding(
        message.reason,
        severity,
        message.message,
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        suggestion=message.suggestion,
        metadata=dict(message.metadata),
    )


def verdict_from_proto(message: validation_service_pb2.CheckStatementResponse) -> Verdict:
    """Whether a statement may run."""
    findings = tuple(finding_from_proto(each) for each in message.findings)
    return Verdict(message.allowed, findings, message.checked_sql, tuple(message.tables))


def column_to_proto(column: ResultColumn) -> validation_service_pb2.ResultColumn:
    """A column of a result."""
    kind = f"COLUMN_TYPE_{column.type.upper()}"
    return validation_service_pb2.ResultColumn(name=column.name, type=kind, native_type=column.native_type)


def column_from_proto(message: validation_service_pb2.ResultColumn) -> ResultColumn:
    """A column of a result."""
    kind = catalog_pb2.ColumnType.Name(message.type).removeprefix("COLUMN_TYPE_").lower()
    return ResultColumn(message.name, kind, message.native_type)


def batch_from_proto(message: validation_service_pb2.RowBatch) -> Batch:
    """Some rows."""
    return Batch(message.row_count, tuple(_values_from_proto(each) for each in message.columns))


def summary_from_proto(message: validation_service_pb2.RunStatementResponse.Summary) -> Summary:
    """What was read in all."""
    return Summary(message.row_count, message.limit)


def batch_to_proto(batch: Batch) -> validation_service_pb2.RowBatch:
    """Some rows."""
    return validation_service_pb2.RowBatch(
        row_count=batch.row_count, columns=[_values_to_proto(each) for each in batch.columns]
    )


def _values_from_proto(message: validation_service_pb2.RowBatch.Values) -> tuple[Cell, ...]:
    kind = message.WhichOneof("values")
    items: list[Cell] = list(getattr(message, kind).items) if kind else [None] * len(message.null_rows)
    for row in message.null_rows:
        items[row] = None
    return tuple(items)


def _values_to_proto(cells: tuple[Cell, ...]) -> validation_service_pb2.RowBatch.Values:
    message = validation_service_pb2.RowBatch.Values(null_rows=[i for i, cell in enumerate(cells) if cell is None])
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        message.bools.items.extend(bool(cell) for cell in cells)
    elif kinds == {int}:
        message.integers.items.extend(int(cell or 0) for cell in cells)
    elif kinds and kinds <= {int, float}:
        message.numbers.items.extend(float(cell or 0) for cell in cells)
    elif kinds:
        message.texts.items.extend("" if cell is None else str(cell) for cell in cells)
    return message
