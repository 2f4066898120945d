"""Runs jobs: procrastinate brings an id, the ledger says what is true of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import procrastinate
from opentelemetry.trace import SpanKind
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import metrics, telemetry
from services.kit.errors import Unavailable
from services.kit.jobs.announce import CANCEL, Transactions
from services.kit.jobs.ledger import Ledger
from services.kit.jobs.model import Claim, Job, JobState, LeaseLost, LedgerAway, NewJob, TooManyClaims
from services.kit.jobs.watch import Watcher

_log = telemetry.log("jobs")

# How often a worker says that it lives, and after how long without a word its jobs are given to another, in seconds.
HEARTBEAT_S = 5.0
STALLED_S = 15.0
# How often a job is begun before it is given up: it may be what kills its workers.
MAX_CLAIMS = 5
_QUEUED = """
    SELECT count(*) AS jobs, coalesce(extract(epoch FROM clock_timestamp() - min(events.at)), 0)::float8 AS seconds
    FROM procrastinate_jobs AS queued
    JOIN procrastinate_events AS events ON events.job_id = queued.id AND events.type = 'deferred'
    WHERE queued.status = 'todo' AND queued.queue_name = 'default'
"""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job's work may do: add events, as long as the lease holds."""

    ledger: Ledger
    claim: Claim

    @property
    def is_resumed(self) -> bool:
        """Whether another worker began this job before."""
        return self.claim.fence > 1

    async def append(self, contents: Sequence[bytes]) -> None:
        """Adds events; see `Ledger.append`.

        Raises:
            LedgerAway: They could not be written, which is no fault of the work: it will be begun again.
        """
        try:
            await self.ledger.append(self.claim, contents)
        except Unavailable as error:
            raise LedgerAway from error


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended: its state, its last event and its outcome."""

    state: JobState
    content: bytes
    outcome: bytes


class _Worker(Worker):
    """procrastinate's worker, which ends when its heartbeat or its listener fails.

    Theirs goes on without them where it has no periodic tasks: it waits for the first of its parts to end, and the one
    for periodic tasks then ends at once.
    """

    async def _periodic_deferrer(self) -> None:
        await asyncio.Event().wait()


class Dispatcher:
    """Accepts jobs and has workers of this process run them.

    Args:
        url: The service's database.
        transactions: Opens a transaction that sees one organization.
        ledger: What is true of jobs.
        watcher: Tells of cancellations as soon as they are requested.
        work: Does a job and says how it ended. It is cancelled when the job is to stop.
        failed: How a job ends whose work raised.
        cancelled: How a job ends that was stopped on request.
        concurrency: How many jobs run at once in this process.
    """

    TASK = "run_job"

    def __init__(
        self,
        *,
        url: URL,
        transactions: Transactions,
        ledger: Ledger,
        watcher: Watcher,
        work: Callable[[Job, JobContext], Awaitable[Ending]],
        failed: Callable[[Exception], Ending],
        cancelled: Callable[[], Ending],
        concurrency: int,
    ) -> None:
        self._transactions = transactions
        self._ledger = ledger
        self._watcher = watcher
        self._work = work
        self._failed = failed
        self._cancelled = cancelled
        self._concurrency = concurrency
        conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, max_size=5))
        # Work that raises is an ending. What still gets out is a lease held elsewhere, or a database that is away.
        retry = procrastinate.RetryStrategy(wait=2)
        self._app.task(name=self.TASK, retry=retry)(self._run)

    async def accept(self, connection: AsyncConnection, job: NewJob) -> Job:
        """Writes a job down and has it run, both in the caller's transaction or neither."""
        accepted = await self._ledger.accept(connection, job)
        await self._defer(connection, accepted)
        metrics.JOBS.of("accepted").inc()
        return accepted

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Accepts jobs while the context lasts, for other processes to run."""
        async with self._app.open_async():
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Runs jobs while the context lasts; then stops claiming, and releases what cannot end in time."""
        async with self._app.open_async():
            worker = asyncio.create_task(self._work_on())
            sweeper = asyncio.create_task(self._sweep())
            try:
                yield
            finally:
                sweeper.cancel()
                worker.cancel()
                for task in (sweeper, worker):
                    with suppress(asyncio.CancelledError):
                        await task
                await self._ledger.announced()

    async def _work_on(self) -> None:
        """Works; begins anew where the database was away and a part of the worker failed."""
        while True:
            # Its `run` has no types.
            worker: Any = _Worker(
                self._app,
                concurrency=self._concurrency,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALLED_S,
                shutdown_graceful_timeout=2.0,
                delete_jobs="successful",
            )
            try:
                await worker.run()
            except ConnectorException as error:
                _log.warning("worker_failed", error=type(error).__name__)
            await asyncio.sleep(1)

    async def _sweep(self) -> None:
        while True:
            try:
                await self._measure_queue()
                for stalled in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                    _log.warning("job_stalled", job=str(stalled.task_kwargs.get("job_id", "")))
                    await self._app.job_manager.retry_job(stalled)
            except ConnectorException as error:
                _log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(HEARTBEAT_S)

    async def _measure_queue(self) -> None:
        queued = await self._app.connector.execute_query_one_async(_QUEUED)
        metrics.JOBS_QUEUED.of("default").set(queued["jobs"])
        metrics.JOBS_OLDEST_SECONDS.of("default").set(queued["seconds"])

    async def _defer(self, connection: AsyncConnection, job: Job) -> None:
        raw = (await connection.get_raw_connection()).driver_connection
        deferrer = self._app.configure_task(self.TASK, connection=raw)
        await deferrer.defer_async(organization=job.organization, job_id=job.id)

    async def _run(self, organization: str, job_id: str) -> None:
        claim = await self._ledger.claim(organization, job_id)
        if claim is None:
            return
        metrics.JOBS.of("claimed" if claim.fence == 1 else "taken_over").inc()
        with (
            metrics.JOBS_RUNNING.of().track_inprogress(),
            telemetry.span(self.TASK, SpanKind.CONSUMER, parent=claim.job.traceparent),
        ):
            await self._run_claimed(claim)

    async def _run_claimed(self, claim: Claim) -> None:
        job = claim.job
        try:
            ending = await self._attend(claim) if claim.fence <= MAX_CLAIMS else self._failed(TooManyClaims())
            await self._ledger.finish(claim, ending.state, ending.content, ending.outcome)
        except LeaseLost:
            metrics.JOBS.of("lease_lost").inc()
            _log.warning("lease_lost", job=job.id, organization=job.organization, fence=claim.fence)
        except asyncio.CancelledError:
            # The process is stopping: another worker goes on with the job.
            await asyncio.shield(self._give_back(claim))
            raise
        else:
            seconds = max(0.0, (datetime.now(UTC) - job.create_time).total_seconds())
            metrics.JOBS.of(ending.state.value).inc()
            metrics.JOB_SECONDS.of(ending.state.value).observe(seconds)
            _log.info("job_ended", job=job.id, organization=job.organization, state=ending.state, fence=claim.fence)

    async def _attend(self, claim: Claim) -> Ending:
        """The work and the watch over it, side by side; the first to end ends the other."""
        work = asyncio.ensure_future(self._work(claim.job, JobContext(self._ledger, claim)))
        watch = asyncio.create_task(self._until_cancelled(claim))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                watch.result()
                return self._cancelled()
            return self._ending_of(work)
        finally:
            for task in (work, watch):
                task.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    def _ending_of(self, work: asyncio.Task[Ending]) -> Ending:
        try:
            return work.result()
        except (LeaseLost, LedgerAway):
            raise
        except Exception as error:  # noqa: BLE001  However work fails, its job ends and its watchers learn of it.
            return self._failed(error)

    async def _until_cancelled(self, claim: Claim) -> None:
        """Renews the lease until cancellation is requested; raises LeaseLost when the job is another's."""
        async with self._watcher.news_of(claim.job.organization, claim.job.id + CANCEL) as news:
            while True:
                news.clear()
                if await self._ledger.renew(claim):
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), self._ledger.lease.total_seconds() / 3)

    async def _give_back(self, claim: Claim) -> None:
        async with self._transactions(claim.job.organization) as connection:
            await self._ledger.release(connection, claim)
            await self._defer(connection, claim.job)
        metrics.JOBS.of("released").inc()
        _log.info("job_released", job=claim.job.id, organization=claim.job.organization, fence=claim.fence)
