"""Data quality: twelve expectations on eight columns of a hundred thousand rows, and what the service keeps of it."""

import asyncio
import gc
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing, closing
from datetime import timedelta
from pathlib import Path
from typing import cast

import psutil
from bench.table import Measure

from services.kit.clock import SystemClock
from services.validation.adapters.engines.admission import PoolLimits
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.engines.sources import SourceEngines
from services.validation.adapters.judging.judges import ProcessJudges
from services.validation.core.model import DataSource, Limits, SqliteConnection
from services.validation.core.quality.check_quality import CheckQuality
from services.validation.core.quality.model import Expectation, Outcome, Report, Target
from services.validation.core.quality.ports import Reports
from services.validation.core.quality.questions import question_of
from services.validation.core.quality.read_target import ReadTarget
from services.validation.core.reach import Reach
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement

ROWS = 100_000
EXPECTATIONS = (
    Expectation("expect_column_values_to_not_be_null", ("id",)),
    Expectation("expect_column_values_to_be_unique", ("id",)),
    Expectation("expect_column_values_to_be_unique", ("code",)),
    Expectation("expect_column_values_to_match_regex", ("code",), {"regex": "^C-[0-9]{8}$"}),
    Expectation("expect_column_values_to_be_between", ("amount",), {"min_value": 0, "max_value": 1000}),
    Expectation("expect_column_mean_to_be_between", ("amount",), {"min_value": 1, "max_value": 999}),
    Expectation("expect_column_values_to_be_in_set", ("state",), {"value_set": ["open", "done", "sent"]}),
    Expectation("expect_column_values_to_be_between", ("sent",), {"min_value": "2020-01-01"}),
    Expectation("expect_column_value_lengths_to_be_between", ("note",), {"max_value": 40}),
    Expectation("expect_column_values_to_not_be_null", ("note",), {}, 0.3),
    Expectation(
        "expect_column_quantile_values_to_be_between",
        ("score",),
        {"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[0.0, 1.0]]}},
    ),
    Expectation("expect_column_pair_values_a_to_be_greater_than_b", ("amount", "paid"), {"or_equal": True}),
)
# What one would write without Candor: the same rows by pandas, the same expectations by the library.
PEER = """
import json, sqlite3, sys
from services.validation.adapters.judging.process import _Without
sys.meta_path.insert(0, _Without())
import great_expectations as gx
import pandas as pd
from great_expectations.expectations.registry import get_expectation_impl
frame = pd.read_sql_query("SELECT * FROM sales", sqlite3.connect(sys.argv[1]), parse_dates=["sent"])
source = gx.get_context(mode="ephemeral").data_sources.add_pandas("p")
batch = source.add_dataframe_asset("a").add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame})
for name, arguments in json.load(sys.stdin):
    if name == "expect_column_values_to_be_between" and arguments["column"] == "sent":
        arguments["min_value"] = pd.Timestamp(arguments["min_value"]).to_pydatetime()
    assert batch.validate(get_expectation_impl(name)(**arguments)).success, name
"""


def measure() -> list[Measure]:
    """The rows of the table."""
    return asyncio.run(_measure())


async def _measure() -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as folder:
        path = Path(folder) / "sales.sqlite"
        _fill(path)
        check, engines = _check(path)
        async with aclosing(engines):
            source = DataSource("local", "sales", SqliteConnection(str(path)))
            started = time.perf_counter()
            await _judge(check, source)
            first = time.perf_counter() - started
            process = psutil.Process()
            gc.collect()
            before = process.memory_info().rss
            started = time.perf_counter()
            await _judge(check, source)
            took = time.perf_counter() - started
            gc.collect()
            growth = (process.memory_info().rss - before) / 2**20
        peer = await asyncio.to_thread(_peer, path)
    how = "`make bench ONLY=quality`, SQLite, one process of the library each time"
    what = f"quality check of {ROWS:,} rows, 8 columns, {len(EXPECTATIONS)} expectations"
    return [
        Measure(what, f"{took:.1f} s (the first {first:.1f} s)", how),
        Measure(f"{what}, as a ratio to pandas and the library alone", f"{took / peer:.2f} ({peer:.1f} s)", how),
        Measure("growth of the service's memory by it", f"{growth:.0f} MiB", how, "50 MiB", growth < 50),
    ]


async def _judge(check: CheckQuality, source: DataSource) -> None:
    async with aclosing(check(source, Target(table="sales"), EXPECTATIONS, "")) as parts:
        async for part in parts:
            if isinstance(part, Report):
                assert part.judged_rows == ROWS
                assert part.count(Outcome.PASSED) == len(EXPECTATIONS), part.verdicts


def _check(path: Path) -> tuple[CheckQuality, SourceEngines]:
    opener = OpenEngines(Reach(private_hosts=True, file_roots=(path.parent,), closed_folders=()), 4)
    engines = SourceEngines(opener, SystemClock(), PoolLimits())
    catalogs = ReadCatalogs(engines, SystemClock(), timedelta(minutes=10))
    limits = Limits(2 * ROWS, 64 * 2**20, timedelta(minutes=2))
    target = ReadTarget(catalogs, RunStatement(catalogs, engines, limits), limits)
    return CheckQuality(target, ProcessJudges(2, 2048), cast("Reports", _Forgotten()), SystemClock()), engines


class _Forgotten:
    """Reports that nobody keeps."""

    async def keep(self, report: Report) -> None: ...


def _fill(path: Path) -> None:
    chance = random.Random(7)  # noqa: S311  Data, not secrets.
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "CREATE TABLE sales (id integer, code text, amount numeric, paid numeric, state text, sent timestamp,"
            " note text, score real)"
        )
        rows = (
            [
                *(row, f"C-{row:08d}", round(chance.uniform(500, 1000), 2), round(chance.uniform(0, 500), 2)),
                *(chance.choice(("open", "done", "sent")), f"2024-{row % 12 + 1:02d}-{row % 28 + 1:02d} 12:00:00"),
                *(None if row % 3 else f"note of {row}", chance.random()),
            ]
            for row in range(ROWS)
        )
        database.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _peer(path: Path) -> float:
    asked = [
        (each.type, dict(question.arguments))
        for each in EXPECTATIONS
        if (question := question_of(0, each, None, show=True)) is not None
    ]
    started = time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-c", PEER, str(path)]
    subprocess.run(command, input=json.dumps(asked), text=True, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started
