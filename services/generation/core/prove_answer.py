"""Proof by running: the best candidate that the database runs, with its first rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.generation.core.model import Batch, Candidate, Question, ResultColumn, RowsRead, Summary, Verdict
from services.generation.core.ports import Listener, Validation
from services.generation.core.steps import Steps
from services.kit.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument

# How many candidates are run at most before it is said that none runs.
MAX_RUNS = 3
# How many rows a result keeps; the statement gives the rest when it is run again.
KEPT_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A candidate that the checks let through."""

    candidate: Candidate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Proven:
    """A candidate that ran, and what it gave."""

    accepted: Accepted
    columns: tuple[ResultColumn, ...]
    rows: Batch
    summary: Summary


async def prove_answer(
    validation: Validation, question: Question, accepted: Sequence[Accepted], steps: Steps, listener: Listener
) -> Proven | None:
    """Runs candidates in their order until one runs; None when none does.

    Raises:
        CandorError: The data source does not answer; that is no fault of a candidate.
    """
    for attempt, each in enumerate(accepted[:MAX_RUNS], start=1):
        async with steps.step("prove", "Running it, read-only", attempt=attempt) as step:
            try:
                proven = await _run(validation, question, each, listener)
            except (InvalidArgument, FailedPrecondition, DeadlineExceeded) as error:
                step.fail(error.message)
                continue
            step.note(_in_words(proven.summary))
            return proven
    return None


async def _run(validation: Validation, question: Question, accepted: Accepted, listener: Listener) -> Proven:
    columns: tuple[ResultColumn, ...] = ()
    kept: list[Batch] = []
    summary = Summary(0)
    async for part in validation.run(question, accepted.verdict.checked_sql):
        match part:
            case Summary():
                summary = part
            case Batch():
                room = KEPT_ROWS - sum(batch.row_count for batch in kept)
                batch = _first(part, room)
                if batch.row_count:
                    await listener.tell(RowsRead(() if kept else columns, batch))
                    kept.append(batch)
            case _:
                columns = part
    return Proven(accepted, columns, _joined(kept, len(columns)), summary)


def _first(batch: Batch, count: int) -> Batch:
    if batch.row_count <= count:
        return batch
    return Batch(count, tuple(column[:count] for column in batch.columns))


def _joined(batches: Sequence[Batch], width: int) -> Batch:
    columns = tuple(tuple(cell for batch in batches for cell in batch.columns[i]) for i in range(width))
    return Batch(sum(batch.row_count for batch in batches), columns)


def _in_words(summary: Summary) -> str:
    rows = "1 row" if summary.row_count == 1 else f"{summary.row_count:,} rows"
    return f"{rows}, cut by {summary.limit}" if summary.limit else rows
