"""Large results: in memory of a bounded size however many rows there are, and exactly the database's rows."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psutil
import pytest

from services.kit.clock import ManualClock
from services.storage.embedded import EmbeddedPostgres
from services.validation.adapters.engines.admission import PoolLimits
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.engines.sources import SourceEngines
from services.validation.core.model import (
    Batch,
    Connection,
    DataSource,
    DuckdbConnection,
    Limits,
    PostgresConnection,
    SqliteConnection,
    Summary,
    TlsMode,
)
from services.validation.core.ports import Engine
from services.validation.core.reach import Reach
from services.validation.core.results import BATCH_BYTES
from services.validation.wire.statements import part_to_proto

ROWS = 200_000
LIMITS = Limits(10 * ROWS, 1 << 40, timedelta(seconds=120))
# All of the rows at once would take ten times as much.
MOST_MIB = 40
COLUMNS = "n, n * 1000003 AS big, n / 7.0 AS ratio, n % 3 AS small, CASE WHEN n % 4 = 0 THEN NULL ELSE n END AS maybe"
TEXTS = "'word ' || n AS word, 'a somewhat longer text, number ' || n AS label"
COUNTING = f"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {ROWS})"
SERIES = {
    "postgres": f"SELECT {COLUMNS}, {TEXTS} FROM generate_series(1::bigint, {ROWS}) AS r (n)",
    "sqlite": f"{COUNTING} SELECT {COLUMNS}, {TEXTS} FROM r",
    "duckdb": f"SELECT {COLUMNS}, {TEXTS} FROM range(1, {ROWS + 1}) AS r (n)",
}


@pytest.fixture(params=SERIES)
async def engine(
    request: pytest.FixtureRequest, shop_server: EmbeddedPostgres, tmp_path: Path
) -> AsyncIterator[tuple[str, Engine]]:
    """An engine of each kind in turn."""
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    (tmp_path / "empty.sqlite").touch()
    connections: dict[str, Connection] = {
        "postgres": PostgresConnection(shop_server.socket_folder, "shop", "shop_reader", tls_mode=TlsMode.DISABLE),
        "sqlite": SqliteConnection(str(tmp_path / "empty.sqlite")),
        "duckdb": DuckdbConnection(str(tmp_path / "empty.duckdb")),
    }
    opener = OpenEngines(Reach(private_hosts=True, file_roots=(tmp_path,), closed_folders=()))
    async with aclosing(SourceEngines(opener, ManualClock(datetime.now(UTC)), PoolLimits())) as engines:
        yield request.param, engines.of(DataSource("local", "source", connections[request.param], own=True))


async def test_a_large_result_takes_no_more_memory_than_a_small_one(engine: tuple[str, Engine]) -> None:
    kind, opened = engine
    process = psutil.Process()
    count = weight = most = first = last = before = 0
    async with aclosing(opened.run(SERIES[kind], LIMITS)) as parts:
        async for part in parts:
            size = part_to_proto(part, "").ByteSize()
            assert size < 4 * BATCH_BYTES
            if isinstance(part, Batch):
                # The first batches warm what is kept for good.
                before = process.memory_info().rss if count < ROWS // 20 else before
                most = max(most, process.memory_info().rss - before)
                first = first or int(part.columns[0][0] or 0)
                last = int(part.columns[0][-1] or 0)
                count += part.row_count
                weight += size
            elif isinstance(part, Summary):
                assert (part.row_count, part.limit) == (ROWS, "")
    assert (count, first, last) == (ROWS, 1, ROWS)
    assert most < MOST_MIB * 2**20, f"{most / 2**20:.0f} MiB for {weight / 2**20:.0f} MiB of rows"


async def test_a_reader_that_stops_reading_stops_the_database(engine: tuple[str, Engine]) -> None:
    kind, opened = engine
    async with aclosing(opened.run(SERIES[kind], LIMITS)) as parts:
        async for part in parts:
            if isinstance(part, Batch):
                break
    async with aclosing(opened.run(SERIES[kind], Limits(7, 1 << 20, timedelta(seconds=60)))) as parts:
        found = [part async for part in parts]
    assert found[-1] == Summary(7, "max_rows")
