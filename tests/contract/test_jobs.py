"""Durable jobs on a real PostgreSQL: nothing accepted is lost, nothing is written twice, nobody waits in vain."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from waiting import until

from services.kit.errors import Unavailable
from services.kit.ids import new_id
from services.kit.jobs import (
    Claim,
    Dispatcher,
    Ending,
    Job,
    JobContext,
    JobState,
    LeaseLost,
    Ledger,
    NewJob,
    Watcher,
    follow,
)
from services.kit.jobs.announce import Announcer
from services.kit.jobs.model import LeaseHeld
from services.storage.embedded import EmbeddedPostgres
from services.storage.sql import Database, open_database

MIGRATIONS = Path(__file__).parents[2] / "services" / "generation" / "migrations"
ORGANIZATION = "local"
Work = Callable[[Job, JobContext], Awaitable[Ending]]


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


def ended(state: JobState, text: str) -> Ending:
    return Ending(state, text.encode(), text.encode())


async def greet(_job: Job, context: JobContext) -> Ending:
    await context.append([b"hello"])
    return ended(JobState.SUCCEEDED, "done")


@asynccontextmanager
async def dispatching(database: Database, ledger: Ledger, work: Work = greet) -> AsyncIterator[Dispatcher]:
    async with Watcher(database.engine.url) as watcher:
        dispatcher = Dispatcher(
            url=database.engine.url,
            transactions=database.transaction,
            ledger=ledger,
            watcher=watcher,
            work=work,
            failed=lambda error: ended(JobState.FAILED, f"{type(error).__name__}"),
            cancelled=lambda: ended(JobState.CANCELLED, "cancelled"),
            concurrency=4,
        )
        async with dispatcher.working():
            yield dispatcher


async def accept(database: Database, dispatcher: Dispatcher, organization: str = ORGANIZATION) -> str:
    async with database.transaction(organization) as connection:
        job = await dispatcher.accept(connection, NewJob(organization, new_id(), "members/owner", b"question"))
    return job.id


async def story(database: Database, ledger: Ledger, job_id: str, after: int = 0) -> list[tuple[int, bytes]]:
    async with asyncio.timeout(60), Watcher(database.engine.url) as watcher:
        pages = [page async for page in follow(ledger, watcher, ORGANIZATION, job_id, after)]
    return [(event.sequence, event.content) for page in pages for event in page]


async def state_of(ledger: Ledger, job_id: str) -> JobState:
    job = await ledger.find(ORGANIZATION, job_id)
    assert job is not None
    return job.state


async def claimed(database: Database, ledger: Ledger) -> Claim:
    async with database.transaction(ORGANIZATION) as connection:
        job = await ledger.accept(connection, NewJob(ORGANIZATION, new_id(), "members/owner", b"question"))
    claim = await ledger.claim(ORGANIZATION, job.id)
    assert claim is not None
    return claim


async def test_an_accepted_job_is_done_and_its_story_can_be_read(database: Database, ledger: Ledger) -> None:
    async with dispatching(database, ledger) as dispatcher:
        job_id = await accept(database, dispatcher)
        assert await story(database, ledger, job_id) == [(1, b"hello"), (2, b"done")]
    assert await state_of(ledger, job_id) is JobState.SUCCEEDED


async def test_a_job_whose_transaction_fails_was_never_accepted(database: Database, ledger: Ledger) -> None:
    async with dispatching(database, ledger) as dispatcher:
        new = NewJob(ORGANIZATION, new_id(), "members/owner", b"question")
        with pytest.raises(ZeroDivisionError):
            async with database.transaction(ORGANIZATION) as connection:
                await dispatcher.accept(connection, new)
                raise ZeroDivisionError
        assert await ledger.find(ORGANIZATION, new.id) is None
    async with database.transaction(ORGANIZATION) as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs")) == 0


async def test_another_organization_sees_neither_job_nor_events(database: Database, ledger: Ledger) -> None:
    async with dispatching(database, ledger) as dispatcher:
        job_id = await accept(database, dispatcher)
        await story(database, ledger, job_id)
    async with database.transaction("other") as connection:
        for table in ("jobs", "job_events"):
            assert await connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0
    assert await ledger.find("other", job_id) is None


async def test_work_that_raises_ends_its_job_with_the_error(database: Database, ledger: Ledger) -> None:
    async def fail(_job: Job, _context: JobContext) -> Ending:
        raise ValueError

    async with dispatching(database, ledger, fail) as dispatcher:
        job_id = await accept(database, dispatcher)
        assert await story(database, ledger, job_id) == [(1, b"ValueError")]
    assert await state_of(ledger, job_id) is JobState.FAILED


async def test_cancelling_stops_the_work(database: Database, ledger: Ledger) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def hang(_job: Job, _context: JobContext) -> Ending:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        raise AssertionError

    async with dispatching(database, ledger, hang) as dispatcher:
        job_id = await accept(database, dispatcher)
        await asyncio.wait_for(started.wait(), 30)
        await ledger.request_cancel(ORGANIZATION, job_id, b"cancelled", b"cancelled")
        await asyncio.wait_for(stopped.wait(), 2)
        assert await story(database, ledger, job_id) == [(1, b"cancelled")]


async def test_a_job_that_nobody_works_at_is_cancelled_at_once(database: Database, ledger: Ledger) -> None:
    async with database.transaction(ORGANIZATION) as connection:
        job = await ledger.accept(connection, NewJob(ORGANIZATION, new_id(), "members/owner", b""))
    cancelled = await ledger.request_cancel(ORGANIZATION, job.id, b"cancelled", b"why")
    assert cancelled is not None
    assert (cancelled.state, cancelled.outcome) == (JobState.CANCELLED, b"why")
    assert await ledger.claim(ORGANIZATION, job.id) is None


async def test_a_held_job_is_not_given_to_another(database: Database, ledger: Ledger) -> None:
    claim = await claimed(database, ledger)
    with pytest.raises(LeaseHeld):
        await ledger.claim(ORGANIZATION, claim.job.id)


async def test_a_worker_that_was_thought_dead_can_write_nothing(database: Database, ledger: Ledger) -> None:
    zombie = await claimed(database, Ledger(database.transaction, lease=timedelta(0)))
    successor = await ledger.claim(ORGANIZATION, zombie.job.id)
    assert successor is not None
    with pytest.raises(LeaseLost):
        await ledger.append(zombie, [b"from the grave"])
    with pytest.raises(LeaseLost):
        await ledger.renew(zombie)
    with pytest.raises(LeaseLost):
        await ledger.finish(zombie, JobState.SUCCEEDED, b"from the grave", b"")
    await ledger.finish(successor, JobState.SUCCEEDED, b"done", b"")
    assert await story(database, ledger, zombie.job.id) == [(1, b"done")]


async def test_a_job_ends_once(database: Database, ledger: Ledger) -> None:
    claim = await claimed(database, ledger)
    await ledger.finish(claim, JobState.SUCCEEDED, b"done", b"")
    with pytest.raises(LeaseLost):
        await ledger.finish(claim, JobState.FAILED, b"again", b"")


async def test_events_written_at_once_have_no_gap_and_no_double(database: Database, ledger: Ledger) -> None:
    claim = await claimed(database, ledger)
    await asyncio.gather(*(ledger.append(claim, [str(i).encode()] * 3) for i in range(10)))
    found = await ledger.news(ORGANIZATION, claim.job.id, 0)
    assert found is not None
    _, events = found
    assert [event.sequence for event in events] == list(range(1, 31))


@pytest.mark.parametrize("after", [0, 1, 7, 29, 30])
async def test_a_story_goes_on_after_any_sequence(database: Database, ledger: Ledger, after: int) -> None:
    claim = await claimed(database, ledger)
    await ledger.append(claim, [str(i).encode() for i in range(1, 30)])
    await ledger.finish(claim, JobState.SUCCEEDED, b"30", b"")
    assert [number for number, _ in await story(database, ledger, claim.job.id, after)] == list(range(after + 1, 31))


async def test_a_watcher_hears_of_an_event_as_soon_as_it_is_written(database: Database, ledger: Ledger) -> None:
    claim = await claimed(database, ledger)
    async with asyncio.timeout(5), Watcher(database.engine.url) as watcher:
        pages = follow(ledger, watcher, ORGANIZATION, claim.job.id, 0)
        waiting = asyncio.ensure_future(anext(pages))
        await ledger.append(claim, [b"news"])
        assert [event.content for event in await waiting] == [b"news"]
        await pages.aclose()


@pytest.mark.slow
async def test_a_worker_that_stops_hands_its_job_over(database: Database, ledger: Ledger) -> None:
    started = asyncio.Event()

    async def hang(_job: Job, context: JobContext) -> Ending:
        await context.append([b"begun"])
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with dispatching(database, ledger, hang) as dispatcher:
        job_id = await accept(database, dispatcher)
        await asyncio.wait_for(started.wait(), 30)
    assert await state_of(ledger, job_id) is JobState.QUEUED
    async with dispatching(database, ledger):
        contents = [content for _, content in await story(database, ledger, job_id)]
    assert contents == [b"begun", b"hello", b"done"]


DOOMED = """
import asyncio, sys
from datetime import timedelta
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from services.kit.jobs import Dispatcher, Ledger, Watcher
from services.storage.sql import Database

async def hang(job, context):
    await context.append([b"begun"])
    print("begun", flush=True)
    await asyncio.Event().wait()

async def main(url):
    database = Database(create_async_engine(url))
    ledger = Ledger(database.transaction, lease=timedelta(seconds=1))
    async with Watcher(make_url(url)) as watcher:
        dispatcher = Dispatcher(url=make_url(url), transactions=database.transaction, ledger=ledger, watcher=watcher,
                                work=hang, failed=None, cancelled=None, concurrency=1)
        async with dispatcher.working():
            await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""


async def test_what_gathers_while_an_announcement_commits_is_announced_together(database: Database) -> None:
    opened, committing = [], asyncio.Event()

    @asynccontextmanager
    async def slowly(organization: str) -> AsyncIterator[AsyncConnection]:
        opened.append(organization)
        await committing.wait()
        async with database.transaction(organization) as connection:
            yield connection

    announcer, ids = Announcer(slowly), [new_id() for _ in range(5)]
    async with AsyncExitStack() as stack:
        watcher = await stack.enter_async_context(Watcher(database.engine.url))
        news = [await stack.enter_async_context(watcher.news_of(ORGANIZATION, each)) for each in ids]
        for each in news:
            each.clear()
        announcer.announce(ORGANIZATION, ids[0])
        await until(lambda: len(opened) == 1)
        for each_id in ids[1:]:
            announcer.announce(ORGANIZATION, each_id)
        committing.set()
        await asyncio.wait_for(asyncio.gather(*(each.wait() for each in news)), 10)
        await announcer.announced()
    assert len(opened) == 2


async def test_an_announcement_that_fails_is_no_hindrance_to_the_next(database: Database) -> None:
    tries = []

    @asynccontextmanager
    async def away_at_first(organization: str) -> AsyncIterator[AsyncConnection]:
        tries.append(organization)
        if len(tries) == 1:
            raise Unavailable("SERVICE_UNAVAILABLE", "The database does not answer.")
        async with database.transaction(organization) as connection:
            yield connection

    announcer, job_id = Announcer(away_at_first), new_id()
    announcer.announce(ORGANIZATION, job_id)
    await announcer.announced()
    async with Watcher(database.engine.url) as watcher, watcher.news_of(ORGANIZATION, job_id) as news:
        news.clear()
        announcer.announce(ORGANIZATION, job_id)
        await asyncio.wait_for(news.wait(), 10)
        await announcer.announced()
    assert len(tries) == 2


@pytest.mark.slow
async def test_a_job_survives_the_sudden_death_of_its_worker(
    database: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The production value only makes the test longer: what is proven is that somebody takes over.
    monkeypatch.setattr("services.kit.jobs.worker.STALLED_S", 3.0)
    monkeypatch.setattr("services.kit.jobs.worker.HEARTBEAT_S", 1.0)
    url = database.engine.url.render_as_string(hide_password=False)
    doomed = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-c", DOOMED, url], stdout=subprocess.PIPE)
    try:
        async with Watcher(database.engine.url) as watcher:
            accepting = Dispatcher(
                url=database.engine.url,
                transactions=database.transaction,
                ledger=ledger,
                watcher=watcher,
                work=greet,
                failed=lambda _error: ended(JobState.FAILED, "failed"),
                cancelled=lambda: ended(JobState.CANCELLED, "cancelled"),
                concurrency=1,
            )
            async with accepting.open():
                job_id = await accept(database, accepting)
            assert doomed.stdout is not None
            assert await asyncio.to_thread(doomed.stdout.readline) == b"begun\n"
            os.kill(doomed.pid, signal.SIGKILL)
            doomed.wait()
            async with accepting.working():
                contents = [content for _, content in await story(database, ledger, job_id)]
    finally:
        doomed.kill()
        doomed.wait()
        if doomed.stdout is not None:
            doomed.stdout.close()
    assert contents == [b"begun", b"hello", b"done"]
