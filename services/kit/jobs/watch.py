"""Wakes those who watch a job when it has something new. What is new they read from the ledger."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

import psycopg
from sqlalchemy.engine import URL

from services.kit import telemetry
from services.kit.jobs.announce import CHANNEL
from services.kit.jobs.ledger import Ledger
from services.kit.jobs.model import Event

_log = telemetry.log("watch")


# After how many seconds without news a stream says that it is alive.
HEARTBEAT_S = 15.0
_PAGE = 200


async def follow(
    ledger: Ledger, watcher: "Watcher", organization: str, job_id: str, after: int
) -> AsyncIterator[list[Event]]:
    """A job's events after a sequence number as they come, several together where they are ready together.

    An empty list is a heartbeat. Ends with the job's last event.

    Raises:
        LookupError: The organization has no such job.
    """
    async with watcher.news_of(organization, job_id) as news:
        while True:
            news.clear()
            found = await ledger.news(organization, job_id, after, _PAGE)
            if found is None:
                raise LookupError(job_id)
            # Of one moment: of a job that had ended by then, these events are all there are.
            state, events = found
            if events:
                after = events[-1].sequence
                yield events
            if len(events) == _PAGE:
                continue
            if state.is_final:
                return
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield []


class Watcher:
    """One LISTENing connection for a whole process (https://www.postgresql.org/docs/current/sql-notify.html)."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @asynccontextmanager
    async def news_of(self, organization: str, job_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the job has something new; clear it before reading."""
        key, news = f"{organization}/{job_id}", asyncio.Event()
        self._waiting[key].add(news)
        try:
            await self._listening.wait()
            yield news
        finally:
            self._waiting[key].discard(news)
            if not self._waiting[key]:
                del self._waiting[key]

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except psycopg.Error as error:
                # Whoever waits also reads now and then without being woken, so a gap here costs time, not events.
                _log.warning("listening_failed", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._listening.set()
            # What was announced while nobody listened is read by everybody now.
            for events in list(self._waiting.values()):
                for event in events:
                    event.set()
            async for notification in connection.notifies():
                for event in self._waiting.get(notification.payload, ()):
                    event.set()
