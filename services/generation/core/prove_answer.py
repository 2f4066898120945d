"""Proof by running: the likeliest readings are run and compared, and the result with most mass is the answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.generation.core.model import (
    GIVEN,
    Accepted,
    Batch,
    Cluster,
    Proof,
    Question,
    ResultColumn,
    RowsRead,
    Run,
    Summary,
)
from services.generation.core.ports import Validation
from services.generation.core.same_result import is_ordered
from services.generation.core.steps import Steps
from services.generation.core.vote import is_empty, is_settled, vote, with_run
from services.kit.clock import Clock
from services.kit.errors import CandorError, DeadlineExceeded, FailedPrecondition, InvalidArgument

# How many candidates may fail before it is said that none runs.
MAX_FAILURES = 3
# How many rows a result keeps; the statement gives the rest when it is run again.
KEPT_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Voting:
    """What comparing readings may take: the defaults are those of the settings.

    Args:
        max_runs: How many readings are run at most; 1 compares none.
        budget: How long the runs after the first may take together. The first has the limit of every statement.
    """

    max_runs: int = 5
    budget: timedelta = timedelta(milliseconds=300)


async def prove_answer(
    validation: Validation,
    question: Question,
    accepted: Sequence[Accepted],
    *,
    dialect: str,
    voting: Voting,
    steps: Steps,
) -> Proof | None:
    """Runs candidates, best first, until those that are left cannot change the winner; None when none runs.

    A candidate that fails gives way. Only the winner's rows are told. A statement that was given stands for itself.

    Args:
        validation: Runs them.
        question: What they may answer.
        accepted: Different statements, best first.
        dialect: Theirs, by sqlglot's name.
        voting: How many are run.
        steps: Told of the step and of the rows; its clock measures the budget.

    Raises:
        CandorError: The data source does not answer; that is no fault of a candidate.
    """
    if not accepted:
        return None
    async with steps.step("prove", "Running it, read-only") as step:
        if accepted[0].candidate.source == GIVEN:
            voting = replace(voting, max_runs=1)
        trial = _Trial(validation, question, dialect, voting, steps.clock, list(accepted))
        await trial.run()
        if not trial.clusters:
            step.fail(*trial.failures)
            return None
        proof = vote(trial.clusters, trial.waiting)
        for position, batch in enumerate(proof.winner.batches):
            await steps.listener.tell(RowsRead(() if position else proof.winner.columns, batch))
        step.note(*_in_words(trial, proof))
    return proof


@dataclass(slots=True)
class _Trial:
    """Candidates on trial. `first_ended` is when the first one had run: from then on the budget counts."""

    validation: Validation
    question: Question
    dialect: str
    voting: Voting
    clock: Clock
    waiting: list[Accepted]
    clusters: tuple[Cluster, ...] = ()
    failures: list[str] = field(default_factory=list)
    first_ended: datetime | None = None
    is_out_of_time: bool = False

    async def run(self) -> None:
        """Runs candidates as long as that can matter."""
        while self._has_more():
            seconds = self._seconds_left()
            if seconds is not None and seconds <= 0:
                self.is_out_of_time = True
            else:
                await self._run_next(seconds)

    def _has_more(self) -> bool:
        if not self.waiting or self.is_out_of_time:
            return False
        if not self.clusters:
            return len(self.failures) < MAX_FAILURES
        left = self.voting.max_runs - sum(len(each.runs) for each in self.clusters)
        return left > 0 and not is_settled(self.clusters, self.waiting[:left])

    def _seconds_left(self) -> float | None:
        """How long the next run may take; None for the first."""
        if self.first_ended is None:
            return None
        return (self.voting.budget - (self.clock.now() - self.first_ended)).total_seconds()

    async def _run_next(self, seconds: float | None) -> None:
        try:
            # Running out of time leaves the run where it waits, and that stops the database.
            async with asyncio.timeout(seconds):
                run = await _run(self.validation, self.question, self.waiting[0], self.dialect)
        except (InvalidArgument, FailedPrecondition, DeadlineExceeded) as error:
            self.failures.append(error.message)
            self.waiting.pop(0)
        except (CandorError, TimeoutError):
            if not self.clusters:
                raise
            # An answer is proven already; the others stay uncompared.
            self.is_out_of_time = True
        else:
            self.clusters = with_run(self.clusters, run)
            self.waiting.pop(0)
            self.first_ended = self.first_ended or self.clock.now()


async def _run(validation: Validation, question: Question, accepted: Accepted, dialect: str) -> Run:
    """Runs a candidate and keeps its first rows.

    Raises:
        CandorError: As `Validation.run`.
    """
    sql = accepted.verdict.checked_sql
    columns: tuple[ResultColumn, ...] = ()
    kept: list[Batch] = []
    summary = Summary(0)
    async for part in validation.run(question, sql):
        match part:
            case Summary():
                summary = part
            case Batch():
                batch = _first(part, KEPT_ROWS - sum(each.row_count for each in kept))
                kept += [batch] if batch.row_count else []
            case _:
                columns = part
    return Run(accepted, is_ordered(sql, dialect), columns, tuple(kept), summary)


def _first(batch: Batch, count: int) -> Batch:
    if batch.row_count <= count:
        return batch
    return Batch(count, tuple(column[:count] for column in batch.columns))


def _in_words(trial: _Trial, proof: Proof) -> list[str]:
    """What was found and how it was compared, a line each."""
    summary = proof.winner.summary
    rows = "1 row" if summary.row_count == 1 else f"{summary.row_count:,} rows"
    lines = [f"{rows}, cut by {summary.limit}" if summary.limit else rows]
    if proof.facts.runs > 1:
        lines.append(f"{proof.facts.runs} readings were run: {_agreement(proof.facts.agreeing, proof.facts.runs)}")
    first = trial.clusters[0].best
    if proof.winner.accepted.verdict is not first.accepted.verdict:
        lines.append(f"The likeliest reading {'found nothing and gave way' if is_empty(first) else 'was outvoted'}")
    if trial.is_out_of_time:
        lines.append("Not every reading could be compared in time")
    return lines + [f"A reading failed: {message}" for message in trial.failures]


def _agreement(agreeing: int, runs: int) -> str:
    if agreeing == runs:
        return "both agree" if runs == 2 else "all agree"
    if agreeing == 1:
        return "they differ" if runs == 2 else "none agrees with this one"
    return f"{agreeing} agree"
