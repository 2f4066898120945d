"""Tells those who watch jobs that there is something new, once it is committed."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import telemetry
from services.kit.errors import Unavailable

# The channel that says "this job has something new"; its payload is "organization/job", with CANCEL behind it when
# what is new is that the job is to stop.
CHANNEL = "candor_jobs"
CANCEL = "/cancel"

Transactions = Callable[[str], AbstractAsyncContextManager[AsyncConnection]]

_log = telemetry.log("announce")


class Announcer:
    """Announces one transaction at a time; what comes meanwhile is announced together with the next.

    PostgreSQL commits transactions that NOTIFY one after the other, over all its databases: were each event announced
    by the transaction that writes it, one commit's duration would bound the events of a whole server. An announcement
    that is lost costs those who watch a wait, not an event: they also read unasked.

    Args:
        transactions: Opens a transaction that sees one organization.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._gathered: set[str] = set()
        self._announcing: asyncio.Task[None] | None = None

    def announce(self, organization: str, job_id: str) -> None:
        """Announces a job's news soon; call it when they are committed."""
        self._gathered.add(f"{organization}/{job_id}")
        if self._announcing is None or self._announcing.done():
            self._announcing = asyncio.create_task(self._announce_all(organization))

    async def announced(self) -> None:
        """Waits until what was to be announced is."""
        if self._announcing is not None:
            await self._announcing

    async def _announce_all(self, organization: str) -> None:
        while self._gathered:
            payloads, self._gathered = self._gathered, set()
            try:
                async with self._transactions(organization) as connection:
                    await notify(connection, payloads)
            except (SQLAlchemyError, Unavailable) as error:
                _log.warning("announcing_failed", count=len(payloads), error=type(error).__name__)


async def notify(connection: AsyncConnection, payloads: set[str]) -> None:
    """Announces with the caller's transaction, or not at all (https://www.postgresql.org/docs/current/sql-notify.html)."""
    each = sa.func.unnest(sa.cast(list(payloads), sa.ARRAY(sa.Text))).column_valued("each")
    await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, each)))
