"""Data sources to trouble, and how tests see what runs in them."""

import socket
from contextlib import aclosing, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg

from services.kit.clock import ManualClock
from services.validation.adapters.engines.admission import PoolLimits
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.engines.sources import SourceEngines
from services.validation.core.model import (
    Batch,
    Connection,
    DataSource,
    Limits,
)
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach

LIMITS = Limits(10_000_000, 1 << 40, timedelta(seconds=60))
# Ends in no time of any test, in every dialect.
SLOW = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2000000000) SELECT count(*) FROM r"
MANY = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2000000000) SELECT n FROM r"
SERIES = "SELECT n FROM generate_series(1, 3000000) AS g (n)"


class Stand:
    """Data sources to trouble, and a clock that moves when it is told."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
        pools = PoolLimits(per_source=2, overall=3, patience=timedelta(seconds=0.2))
        opener = OpenEngines(Reach(private_hosts=True, file_roots=(folder,), closed_folders=()))
        self.engines = SourceEngines(opener, self.clock, pools)

    def of(self, connection: Connection, name: str = "source", *, own: bool = True) -> Engine:
        return self.engines.of(DataSource("local", name, connection, own=own))


async def rows(engine: Engine, sql: str, limits: Limits = LIMITS) -> list[tuple[Any, ...]]:
    async with aclosing(engine.run(sql, limits)) as parts:
        batches = [part async for part in parts if isinstance(part, Batch)]
    return [row for batch in batches for row in zip(*batch.columns, strict=True)]


def unused_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sessions(watcher: psycopg.Connection[Any], state: str = "%") -> int:
    row = watcher.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop_reader' AND state LIKE %s", (state,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def duckdb_processes() -> list[psutil.Process]:
    children = [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE]
    return [each for each in children if "duckdb_process" in " ".join(each.cmdline())]
