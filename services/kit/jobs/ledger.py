"""What is true of jobs: their state, leases and events, in PostgreSQL. Times are the database's."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import metrics, telemetry
from services.kit.jobs.announce import CANCEL, Announcer, Transactions, notify
from services.kit.jobs.model import Claim, Event, Job, JobState, LeaseHeld, LeaseLost, NewJob
from services.kit.jobs.tables import EVENTS, JOBS

_JOB_COLUMNS = (
    JOBS.c.organization,
    JOBS.c.id,
    JOBS.c.creator,
    JOBS.c.payload,
    JOBS.c.state,
    JOBS.c.outcome,
    JOBS.c.create_time,
    JOBS.c.end_time,
    JOBS.c.traceparent,
)


class Ledger:
    """Reads and writes jobs.

    Args:
        transactions: Opens a transaction that sees one organization.
        lease: For how long a worker holds a job without renewing.
    """

    def __init__(self, transactions: Transactions, lease: timedelta = timedelta(seconds=15)) -> None:
        self._transactions = transactions
        self._announcer = Announcer(transactions)
        self.lease = lease

    async def accept(self, connection: AsyncConnection, job: NewJob) -> Job:
        """Writes a job down within the caller's transaction: once that commits, the job is not lost."""
        insert = sa.insert(JOBS).values(
            organization=job.organization,
            id=job.id,
            creator=job.creator,
            payload=job.payload,
            traceparent=telemetry.trace_headers().get("traceparent", ""),
        )
        row = (await connection.execute(insert.returning(*_JOB_COLUMNS))).one()
        return _job(row)

    async def find(self, organization: str, job_id: str) -> Job | None:
        """A job, or None where the organization has no such job."""
        async with self._transactions(organization) as connection:
            row = (await connection.execute(sa.select(*_JOB_COLUMNS).where(_is(organization, job_id)))).first()
        return _job(row) if row else None

    async def list_before(self, organization: str, before: str | None, limit: int) -> list[Job]:
        """The newest jobs whose ids come before `before` (ids sort by time), at most `limit`."""
        query = sa.select(*_JOB_COLUMNS).where(JOBS.c.organization == organization)
        if before is not None:
            query = query.where(JOBS.c.id < before)
        async with self._transactions(organization) as connection:
            rows = (await connection.execute(query.order_by(JOBS.c.id.desc()).limit(limit))).all()
        return [_job(row) for row in rows]

    async def claim(self, organization: str, job_id: str) -> Claim | None:
        """Takes a job; None when it has ended or does not exist.

        Raises:
            LeaseHeld: Another worker holds it and its lease has not run out.
        """
        free = sa.or_(JOBS.c.state == JobState.QUEUED, JOBS.c.lease_end_time < sa.func.clock_timestamp())
        take = (
            sa.update(JOBS)
            .where(_is(organization, job_id), _is_open(), free)
            .values(state=JobState.RUNNING, fence=JOBS.c.fence + 1, lease_end_time=self._lease_end())
            .returning(*_JOB_COLUMNS, JOBS.c.fence)
        )
        async with self._transactions(organization) as connection:
            row = (await connection.execute(take)).first()
            if row is not None:
                return Claim(_job(row), row.fence)
            is_open = await connection.scalar(sa.select(sa.true()).where(_is(organization, job_id), _is_open()))
        if is_open:
            raise LeaseHeld
        return None

    async def renew(self, claim: Claim) -> bool:
        """Holds a job for another lease; whether its cancellation was requested.

        Raises:
            LeaseLost: The job is another worker's now.
        """
        renewal = sa.update(JOBS).where(_held(claim)).values(lease_end_time=self._lease_end())
        async with self._transactions(claim.job.organization) as connection:
            row = (await connection.execute(renewal.returning(JOBS.c.cancel_requested))).first()
        if row is None:
            raise LeaseLost
        return bool(row.cancel_requested)

    async def append(self, claim: Claim, contents: Sequence[bytes]) -> None:
        """Adds events to a job that is held.

        Raises:
            LeaseLost: The job is another worker's now; nothing was written.
        """
        async with self._transactions(claim.job.organization) as connection:
            await self._write(connection, claim, contents, {"lease_end_time": self._lease_end()})
        self._announcer.announce(claim.job.organization, claim.job.id)

    async def finish(self, claim: Claim, state: JobState, content: bytes, outcome: bytes) -> None:
        """Ends a job with its last event, both or neither.

        Raises:
            LeaseLost: The job is another worker's now; nothing was written.
        """
        assert state.is_final
        ended = {"state": state, "outcome": outcome, "end_time": sa.func.clock_timestamp(), "lease_end_time": None}
        async with self._transactions(claim.job.organization) as connection:
            await self._write(connection, claim, [content], ended)
        self._announcer.announce(claim.job.organization, claim.job.id)

    async def announced(self) -> None:
        """Waits until those who watch have been told of all that was written."""
        await self._announcer.announced()

    async def release(self, connection: AsyncConnection, claim: Claim) -> None:
        """Lets go of a job within the caller's transaction, for another worker to take at once."""
        await connection.execute(sa.update(JOBS).where(_held(claim)).values(state=JobState.QUEUED, lease_end_time=None))

    async def request_cancel(self, organization: str, job_id: str, content: bytes, outcome: bytes) -> Job | None:
        """Asks for a job to be stopped; one that nobody works at ends at once, with this last event and outcome.

        Returns:
            The job as it is now, or None where the organization has no such job.
        """
        mark = sa.update(JOBS).where(_is(organization, job_id), _is_open()).values(cancel_requested=True)
        async with self._transactions(organization) as connection:
            row = (await connection.execute(mark.returning(*_JOB_COLUMNS, JOBS.c.fence))).first()
            if row is not None and row.state == JobState.QUEUED:
                ended = {"state": JobState.CANCELLED, "outcome": outcome, "end_time": sa.func.clock_timestamp()}
                await self._write(connection, Claim(_job(row), row.fence), [content], ended)
                metrics.JOBS.of(JobState.CANCELLED.value).inc()
            key = f"{organization}/{job_id}"
            await notify(connection, {key, key + CANCEL})
            found = (await connection.execute(sa.select(*_JOB_COLUMNS).where(_is(organization, job_id)))).first()
        return _job(found) if found else None

    async def news(
        self, organization: str, job_id: str, after: int, limit: int = 200
    ) -> tuple[JobState, list[Event]] | None:
        """A job's state and its events whose sequence is greater than `after`, in order, as of one moment.

        Returns:
            None where the organization has no such job.
        """
        query = (
            sa.select(JOBS.c.state, EVENTS.c.sequence, EVENTS.c.create_time, EVENTS.c.content)
            .outerjoin(EVENTS, sa.and_(_same_job(), EVENTS.c.sequence > after))
            .where(_is(organization, job_id))
            .order_by(EVENTS.c.sequence)
            .limit(limit)
        )
        async with self._transactions(organization) as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            return None
        events = [Event(row.sequence, row.create_time, row.content) for row in rows if row.sequence is not None]
        return JobState(rows[0].state), events

    async def _write(
        self, connection: AsyncConnection, claim: Claim, contents: Sequence[bytes], changes: dict[str, Any]
    ) -> None:
        advance = (
            sa.update(JOBS)
            .where(_held(claim) if "outcome" not in changes else sa.and_(_at_fence(claim), _is_open()))
            .values(last_sequence=JOBS.c.last_sequence + len(contents), **changes)
            .returning(JOBS.c.last_sequence)
        )
        last = (await connection.execute(advance)).scalar()
        if last is None:
            raise LeaseLost
        first = last - len(contents) + 1
        job = claim.job
        rows = [
            {"organization": job.organization, "job": job.id, "sequence": first + index, "content": content}
            for index, content in enumerate(contents)
        ]
        await connection.execute(sa.insert(EVENTS), rows)

    def _lease_end(self) -> sa.ColumnElement[Any]:
        return sa.func.clock_timestamp() + sa.literal(self.lease, sa.Interval)


def _is(organization: str, job_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(JOBS.c.organization == organization, JOBS.c.id == job_id)


def _same_job() -> sa.ColumnElement[bool]:
    return sa.and_(EVENTS.c.organization == JOBS.c.organization, EVENTS.c.job == JOBS.c.id)


def _is_open() -> sa.ColumnElement[bool]:
    return JOBS.c.state.in_([JobState.QUEUED, JobState.RUNNING])


def _at_fence(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(_is(claim.job.organization, claim.job.id), JOBS.c.fence == claim.fence)


def _held(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(_at_fence(claim), JOBS.c.state == JobState.RUNNING)


def _job(row: Any) -> Job:
    return Job(
        row.organization,
        row.id,
        row.creator,
        row.payload,
        JobState(row.state),
        row.outcome,
        row.create_time,
        row.end_time,
        row.traceparent,
    )
