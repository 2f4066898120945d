"""How many events a second PostgreSQL takes from many jobs: each announced by its own transaction, and as it is.

PostgreSQL commits transactions that NOTIFY one after the other, all databases together, which is felt where a commit
takes a while, as it does where the disk is a network away
(`PreCommit_Notify` in PostgreSQL's src/backend/commands/async.c).
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from bench.table import Measure, median
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit.ids import new_id
from services.kit.jobs import Claim, Ledger, NewJob, ledger
from services.kit.jobs.announce import Announcer, notify
from services.storage.embedded import EmbeddedPostgres
from services.storage.sql import Database, open_database

MIGRATIONS = Path(ledger.__file__).parents[2] / "generation" / "migrations"
# Jobs that write at once, seconds of a round, and rounds of each way.
JOBS, SECONDS, ROUNDS = 12, 2.0, 3
# What a commit takes at a database that keeps its log in several zones, in µs.
COMMIT_US = 3000
HOW = "`make bench ONLY=events`"


def measure() -> list[Measure]:
    with _server() as server:
        return asyncio.run(_measure(server))


async def _measure(server: EmbeddedPostgres) -> list[Measure]:
    url = server.ensure_database("generation").render_as_string(hide_password=False)
    async with open_database(url, "generation", MIGRATIONS) as database:
        written = Ledger(database.transaction)
        claims = [await _claimed(database, written) for _ in range(JOBS)]
        rows = []
        for commit_us in (0, COMMIT_US):
            _slow_commits(server, commit_us)
            rows.append(_row(commit_us, *await _both(written, claims)))
    return rows


async def _both(written: Ledger, claims: list[Claim]) -> tuple[float, float]:
    """Events a second where each is announced by its own transaction, and as they are written, in turn."""
    each, together = [], []
    for _ in range(ROUNDS):
        with patch.object(Ledger, "_write", _write_and_notify), patch.object(Announcer, "announce", _nothing):
            each.append(await _per_second(written.append, claims))
        together.append(await _per_second(written.append, claims))
        await written.announced()
    return median(each), median(together)


async def _per_second(append: Callable[[Claim, list[bytes]], Awaitable[None]], claims: list[Claim]) -> float:
    count, started = itertools.count(), time.monotonic()

    async def write(claim: Claim) -> None:
        while time.monotonic() - started < SECONDS:
            await append(claim, [b"a step of a generation, about as long as they are" * 4])
            next(count)

    await asyncio.gather(*map(write, claims))
    return next(count) / (time.monotonic() - started)


def _row(commit_us: int, each: float, together: float) -> Measure:
    commit = f"a commit takes {commit_us / 1000:g} ms more" if commit_us else "this machine's disk"
    return Measure(
        f"events of {JOBS} jobs a second, {commit}: each announced by its own transaction, as it is",
        f"{each:,.0f}, {together:,.0f}",
        f"{HOW}: median of {ROUNDS} rounds of {SECONDS:g} s, in turn",
    )


_write = Ledger._write


async def _write_and_notify(self: Ledger, connection: AsyncConnection, claim: Claim, *rest: Any) -> None:
    await _write(self, connection, claim, *rest)
    await notify(connection, {f"{claim.job.organization}/{claim.job.id}"})


def _nothing(*_: object) -> None:
    return


async def _claimed(database: Database, written: Ledger) -> Claim:
    new = NewJob("local", new_id(), "members/owner", b"question")
    async with database.transaction(new.organization) as connection:
        await written.accept(connection, new)
    claim = await written.claim(new.organization, new.id)
    assert claim is not None
    return claim


def _slow_commits(server: EmbeddedPostgres, commit_us: int) -> None:
    with psycopg.connect(dbname="postgres", user="postgres", host=server.socket_folder, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET commit_delay = {commit_us}")
        connection.execute("ALTER SYSTEM SET commit_siblings = 0")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _server() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as name:
        Path(name).chmod(0o755)
        server = EmbeddedPostgres(Path(name) / "postgres").start()
        try:
            yield server
        finally:
            server.stop()
