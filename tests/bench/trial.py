"""Scale trials on Spark: how long a whole one takes, and the growth that it finds for a join with an aggregate."""

import asyncio
import importlib.util
import shutil
import sqlite3
import tempfile
import time
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

from bench.table import Measure

from services.kit.clock import SystemClock
from services.validation.adapters.engines.admission import PoolLimits
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.engines.sources import SourceEngines
from services.validation.adapters.spark.trials import SparkPlace, SparkTrials
from services.validation.core.model import DataSource, Limits, SqliteConnection
from services.validation.core.reach import Reach
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement
from services.validation.core.trials.model import Ask, Bounds, Measurement, Result
from services.validation.core.trials.run_trial import RunTrial

SIZES = (100_000, 1_000_000, 10_000_000)
SQL = """
SELECT c.city, count(*) AS orders, sum(o.amount) AS total FROM customers c JOIN orders o ON o.customer_id = c.id
GROUP BY c.city ORDER BY total DESC
"""
HOW = "`make bench ONLY=trial`, Spark at local[2], copies of 10,000 orders"


def measure() -> list[Measure]:
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        return [Measure("a scale trial", "not measured: no Spark or no Java here", HOW)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "shop.sqlite")
        _fill(path)
        started = time.perf_counter()
        measured, result = asyncio.run(_trial(path))
        took = time.perf_counter() - started
    rows = [Measure("a scale trial of three sizes, from its start to its result", f"{took:.0f} s", HOW)]
    rows += [
        Measure(
            f"the statement at {each.rows:,} orders",
            f"{each.seconds:.2f} s ({each.cost.task_seconds:.2f} s of tasks)",
            HOW,
        )
        for each in measured
    ]
    return rows + [Measure(f"the growth of {each.measure}", f"n^{each.exponent:.2f}", HOW) for each in result.growth]


def _fill(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.executescript("""
            CREATE TABLE customers (id integer PRIMARY KEY, city text);
            CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer REFERENCES customers (id), amount real);
        """)
        database.executemany("INSERT INTO customers VALUES (?, ?)", [(n, f"city {n % 97}") for n in range(1000)])
        orders = [(n, n * 7919 % 1000, n % 1013 / 4) for n in range(10_000)]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)
    database.close()


async def _trial(path: Path) -> tuple[list[Measurement], Result]:
    opener = OpenEngines(Reach(private_hosts=True, file_roots=(path.parent,), closed_folders=()), 2)
    source = DataSource("local", "shop", SqliteConnection(str(path)))
    async with aclosing(SourceEngines(opener, SystemClock(), PoolLimits())) as engines:
        catalogs = ReadCatalogs(engines, SystemClock(), timedelta(minutes=5))
        run = RunTrial(
            catalogs, RunStatement(catalogs, engines, Limits()), SparkTrials(SparkPlace()), Bounds(), SystemClock()
        )
        measured: list[Measurement] = []
        async with aclosing(run(source, Ask(SQL, SIZES))) as told:
            async for part in told:
                if isinstance(part, Measurement):
                    measured.append(part)
                elif isinstance(part, Result):
                    return measured, part
    raise AssertionError("a trial ends with its result")
