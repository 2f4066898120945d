"""Durable jobs while the platform's own database fails them: nobody learns of it but by waiting a little longer."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from contract.test_jobs import MIGRATIONS, ORGANIZATION, accept, dispatching, ended, story

from services.kit.jobs import Dispatcher, Ending, Job, JobContext, JobState, Ledger
from services.storage.embedded import EmbeddedPostgres
from services.storage.sql import Database, open_database

# Ends the connection that waits for a lock with such a statement.
_BREAK = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE :statement
"""


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    url = postgres.ensure_database(f"jobs_{uuid.uuid4().hex[:12]}").render_as_string(hide_password=False)
    async with open_database(url, "generation", MIGRATIONS) as opened:
        yield opened


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    opened = Ledger(database.transaction, lease=timedelta(seconds=1))
    yield opened
    await opened.announced()


async def told(database: Database, dispatcher: Dispatcher, ledger: Ledger) -> list[bytes]:
    """What comes of a new job."""
    return [content for _, content in await story(database, ledger, await accept(database, dispatcher))]


async def first(database: Database, query: str, **values: object) -> Any:
    async with database.transaction(ORGANIZATION) as connection:
        return await connection.scalar(sa.text(query), values)


async def until_told(database: Database, query: str, **values: object) -> None:
    """Waits until the database answers a statement with what is true."""
    async with asyncio.timeout(20):
        while not await first(database, query, **values):  # noqa: ASYNC110  The database sets no event of ours.
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_a_worker_works_on_after_a_call_of_its_own_failed(
    database: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kit.jobs.worker.HEARTBEAT_S", 0.5)

    async def work(_job: Job, _context: JobContext) -> Ending:
        return ended(JobState.SUCCEEDED, "done")

    async with dispatching(database, ledger, work) as dispatcher:
        assert await told(database, dispatcher, ledger) == [b"done"]
        worker = await first(database, "SELECT id FROM procrastinate_workers")
        async with database.transaction(ORGANIZATION) as connection:
            await connection.execute(sa.text("LOCK TABLE procrastinate_workers"))
            await until_told(database, _BREAK, statement="%update_heartbeat%")
        # Whoever works now has begun since.
        await until_told(database, "SELECT count(*) = 0 FROM procrastinate_workers WHERE id = :id", id=worker)
        assert await told(database, dispatcher, ledger) == [b"done"]


@pytest.mark.slow
async def test_work_whose_events_could_not_be_written_is_begun_again(database: Database, ledger: Ledger) -> None:
    async def work(job: Job, context: JobContext) -> Ending:
        if not context.is_resumed:
            async with database.transaction(ORGANIZATION) as connection:
                await connection.execute(sa.text("SELECT 1 FROM jobs WHERE id = :id FOR UPDATE"), {"id": job.id})
                writing = asyncio.create_task(context.append([b"lost"]))
                await until_told(database, _BREAK, statement="UPDATE jobs SET%last_sequence%")
            await writing
        await context.append([b"written"])
        return ended(JobState.SUCCEEDED, "done")

    async with dispatching(database, ledger, work) as dispatcher:
        assert await told(database, dispatcher, ledger) == [b"written", b"done"]
