"""Scale trials on a real Spark: what they measure, compare and make up, and that nothing is left of them."""

import importlib.metadata
import importlib.util
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from candor.progress.v1 import progress_pb2
from candor.validation.v1 import trial_service_pb2 as pb
from candor.validation.v1 import trial_service_pb2_grpc as rpc
from candor.validation.v1 import validation_service_pb2
from service.validation.conftest import Platform
from waiting import until

from services.kit.clock import SystemClock
from services.kit.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument, ResourceExhausted
from services.validation.adapters.engines.admission import PoolLimits
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.engines.sources import SourceEngines
from services.validation.adapters.spark.trials import SparkPlace, SparkTrials
from services.validation.core.model import DataSource, Limits, SqliteConnection
from services.validation.core.policy import ColumnMask, Policy, RowFilter
from services.validation.core.reach import Reach
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement
from services.validation.core.trials.model import (
    Ask,
    Bounds,
    Experiment,
    FromSpark,
    Measurement,
    OnSample,
    Started,
    TrialColumn,
    TrialTable,
)
from services.validation.core.trials.run_trial import RunTrial

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.slow]
needs_spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="no Spark: `make spark` installs it, and Java 17 comes from the system",
)

SAMPLE = "organizations/local/dataSources/sample"
TOTALS = """
SELECT c.name, sum(o.amount) AS total FROM customers c JOIN orders o ON o.customer_id = c.id
GROUP BY c.name ORDER BY total DESC
"""
CUSTOMERS, ORDERS = 100, 1000
HOT = 310


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where trials keep their files in this test."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 24 MiB, on which trials keep their files."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no file system may be mounted here")
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True, capture_output=True)


@pytest.fixture
def skewed(tmp_path: Path) -> Path:
    """A shop in which one customer has 31 % of the orders."""
    path = tmp_path / "skewed.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript("""
            CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, password text);
            CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer REFERENCES customers (id), amount real);
        """)
        customers = [(number, f"Person {number % 20}", f"secret-{number}") for number in range(CUSTOMERS)]
        owners = [7 if number < HOT else number % CUSTOMERS for number in range(ORDERS)]
        orders = [(number, owner, number / 4) for number, owner in enumerate(owners)]
        database.executemany("INSERT INTO customers VALUES (?, ?, ?)", customers)
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)
    database.close()
    return path


def trial(platform: Platform, name: str, sql: str, *sizes: int, **asked: Any) -> Any:
    request = pb.RunScaleTrialRequest(name=name, sql=sql, sizes=sizes, **asked)
    return rpc.TrialServiceStub(platform.channel).RunScaleTrial(request, metadata=platform.as_member())


async def sqlite(platform: Platform, path: Path) -> str:
    connection = validation_service_pb2.Connection(sqlite=validation_service_pb2.SqliteConnection(path=str(path)))
    return await platform.create("skewed", connection)


def processes() -> list[psutil.Process]:
    """What this process has started for trials and is still there, Java among it."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if "spark" in command and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def listening() -> set[str]:
    """The addresses at which trials listen."""
    sockets = [each for process in processes() for each in process.net_connections("inet")]
    return {each.laddr.ip for each in sockets if each.status == psutil.CONN_LISTEN}


def left(folder: Path) -> list[str]:
    """What trials have left in a folder."""
    return sorted(path.name for path in folder.iterdir())


@needs_spark
async def test_a_trial_measures_three_sizes_compares_with_the_source_and_tells_the_growth(
    platform: Platform, work: Path
) -> None:
    sql = TOTALS.replace("GROUP BY c.name", "GROUP BY c.id, c.name")
    parts = [part async for part in trial(platform, SAMPLE, sql, 300, 3000, 30_000)]
    steps = [part.progress for part in parts if part.HasField("progress")]
    started = [step.id for step in steps if step.state == progress_pb2.Step.STATE_STARTED]
    assert started == ["check", "extract", "start", "compare", "measure"]
    assert [step.id for step in steps if step.state == progress_pb2.Step.STATE_COMPLETED] == started

    (comparison,) = [part.comparison for part in parts if part.HasField("comparison")]
    assert (comparison.verdict, comparison.engine) == (pb.TrialComparison.VERDICT_EQUAL, "postgres")
    assert (comparison.row_count, comparison.spark_row_count) == (1, 1)

    measured = [part.measurement for part in parts if part.HasField("measurement")]
    assert [each.rows for each in measured] == [300, 3000, 30_000]
    assert [{table.table: table.row_count for table in each.tables} for each in measured] == [
        {"public.customers": 2 * blocks, "public.orders": 3 * blocks} for blocks in (100, 1000, 10_000)
    ]
    # Every copy of the sample joins within itself: one customer with orders in each.
    assert [each.result_rows for each in measured] == [100, 1000, 10_000]
    for each in measured:
        assert each.duration.ToTimedelta() > timedelta(0)
        assert each.task_time.ToTimedelta() > timedelta(0)
        assert each.shuffle_write_bytes > 0
        assert each.tasks >= each.stages > 0
        assert each.joins
    assert measured[0].bytes < measured[2].bytes

    result = parts[-1].result
    assert [each.measure for each in result.growth] == ["time", "task_time", "shuffle"]
    # Bytes do not tremble as times do, which may be too short here to tell anything.
    time_, _, shuffle = result.growth
    assert shuffle.exponent == pytest.approx(1, abs=0.3)
    assert "at 1,000,000,000 rows expect about" in shuffle.message
    assert ("expect about" in time_.message) == (time_.projected > 0)
    assert result.spark.endswith("local[2]")
    assert "`t_0`" in result.spark_sql
    assert left(work) == []
    assert processes() == []


@needs_spark
async def test_skew_private_columns_and_what_does_not_carry_over_are_told(
    platform: Platform, work: Path, skewed: Path
) -> None:
    sql = """
        SELECT c.name, count(c.password) AS n, sum(o.amount) AS total, max(o.id / 3) AS third, '${env:HOME}' AS home
        FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.name
    """
    parts = [part async for part in trial(platform, await sqlite(platform, skewed), sql, 2000, 20_000)]
    found = {each.reason: each for each in parts[-1].result.findings}
    assert "the join on orders.customer_id is skewed: one key holds 3" in found["TRIAL_SKEW"].message.lower()
    assert found["TRIAL_SKEW"].metadata["column"] == "customer_id"
    assert "password" in found["TRIAL_DATA_MADE_UP"].message
    divisions = [each for each in parts[-1].result.findings if "division" in each.message]
    assert [each.reason for each in divisions] == ["SQL_NOT_PORTABLE"]
    # With a column that was made up, the source gives another result: both engines got the same rows.
    (comparison,) = [part.comparison for part in parts if part.HasField("comparison")]
    assert (comparison.verdict, comparison.engine) == (pb.TrialComparison.VERDICT_EQUAL, "duckdb"), comparison
    assert comparison.row_count == 20
    assert [part.measurement.rows for part in parts if part.HasField("measurement")] == [2000, 20_000]
    assert left(work) == []


@needs_spark
async def test_a_statement_that_fails_on_spark_alone_says_why(platform: Platform, work: Path, skewed: Path) -> None:
    # SQLite makes 0 of a text that is no number.
    sql = "SELECT sum(CAST(name AS integer)) AS total FROM customers"
    with pytest.raises(FailedPrecondition) as raised:
        [part async for part in trial(platform, await sqlite(platform, skewed), sql, 2000)]
    assert raised.value.reason == "TRIAL_FAILED"
    assert "CAST_INVALID_INPUT" in raised.value.message
    assert left(work) == []


@needs_spark
async def test_only_one_trial_runs_and_cancelling_it_leaves_nothing(platform: Platform, work: Path) -> None:
    call = trial(platform, SAMPLE, TOTALS, 300)
    async for part in call:
        if part.progress.id == "compare":
            break
    assert processes()
    assert left(work)
    addresses = listening()
    assert addresses
    assert addresses <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    with pytest.raises(ResourceExhausted) as busy:
        await anext(aiter(trial(platform, SAMPLE, TOTALS, 300)))
    assert busy.value.reason == "DATA_SOURCE_BUSY"
    call.cancel()
    await until(lambda: processes() == [] and left(work) == [])
    # The next one is let in, as far as its own fault.
    with pytest.raises(InvalidArgument):
        [part async for part in trial(platform, SAMPLE, "delete from orders", 300)]


@needs_spark
async def test_a_full_disk_ends_the_trial_with_a_word_about_it_and_the_service_goes_on(
    platform: Platform, small_disk: Path
) -> None:
    sql = "SELECT a.id, b.name FROM orders a JOIN customers b ON a.customer_id = b.id ORDER BY a.id"
    with pytest.raises(FailedPrecondition) as raised:
        [part async for part in trial(platform, SAMPLE, sql, 300, 9_000_000)]
    assert raised.value.reason == "TRIAL_FAILED"
    assert f"The disk of Spark's folder '{small_disk}' is full" in raised.value.message
    assert left(small_disk) == []
    assert processes() == []
    assert (await platform.check(SAMPLE, TOTALS)).allowed


async def test_without_java_the_trial_says_what_to_install(
    platform: Platform, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(work))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(FailedPrecondition) as raised:
        [part async for part in trial(platform, SAMPLE, TOTALS)]
    assert raised.value.reason == "TRIAL_UNAVAILABLE"
    assert "nstall" in raised.value.message


@needs_spark
@pytest.mark.parametrize(
    ("sql", "sizes", "reason"),
    [
        ("delete from orders", [300], "SQL_NOT_A_READ"),
        ("select * from nowhere", [300], "SQL_TABLE_UNKNOWN"),
        ("select 1", [300], "SQL_NOT_A_READ"),
        ("select id from orders", [999_999_999], "INVALID_ARGUMENT"),
        ("select id from orders", [0], "INVALID_ARGUMENT"),
    ],
)
async def test_what_cannot_be_tried_is_refused_before_spark_starts(
    platform: Platform, work: Path, sql: str, sizes: list[int], reason: str
) -> None:
    with pytest.raises(InvalidArgument) as raised:
        [part async for part in trial(platform, SAMPLE, sql, *sizes)]
    assert raised.value.reason == reason
    assert left(work) == []


def numbers(timeout: timedelta) -> Experiment:
    column = TrialColumn("id", "BIGINT", "`id` + __block")
    table = TrialTable("numbers", "t_0", (column,), ((1,), (2,)))
    return Experiment((table,), "SELECT `id` FROM `t_0` ORDER BY `id`", "", (1, 2), timeout)


@needs_spark
async def test_a_trial_over_its_time_is_stopped(work: Path) -> None:
    with pytest.raises(DeadlineExceeded) as raised:
        [part async for part in SparkTrials(SparkPlace()).run(numbers(timedelta(seconds=1)))]
    assert raised.value.reason == "STATEMENT_TIMEOUT"
    assert processes() == []
    assert left(work) == []


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SparkPlace]:
    """Spark's own master and a worker, as processes of their own."""
    spec = importlib.util.find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    program = [str(Path(spec.origin).parent / "bin" / "spark-class")]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"spark://127.0.0.1:{port}"
    here = ["--host", "127.0.0.1", "--webui-port", "0"]
    deploy = "org.apache.spark.deploy"
    commands = [
        [*program, f"{deploy}.master.Master", *here, "--port", port],
        [
            *program,
            f"{deploy}.worker.Worker",
            *here,
            "--cores",
            "2",
            "--memory",
            "1g",
            "-d",
            str(tmp_path),
            address,
        ],
    ]
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false"}
    quiet = subprocess.DEVNULL
    started = [subprocess.Popen(each, env=environment, cwd=tmp_path, stderr=quiet, stdout=quiet) for each in commands]
    try:
        options = {"spark.driver.host": "127.0.0.1", "spark.sql.shuffle.partitions": "2"}
        yield SparkPlace(address, 512, shared_folder=str(tmp_path / "shared"), options=options)
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@needs_spark
async def test_a_trial_runs_on_a_cluster_whose_executors_share_a_folder(work: Path, cluster: SparkPlace) -> None:
    parts = [part async for part in SparkTrials(cluster).run(numbers(timedelta(minutes=3)))]
    started, sample, *measured = parts
    assert started == Started(importlib.metadata.version("pyspark"), cluster.master)
    assert sample == OnSample("spark", ((1,), (2,)))
    assert [each.rows for each in measured if isinstance(each, Measurement)] == [2, 4]
    assert left(Path(cluster.shared_folder)) == []
    assert left(work) == []


class Watched:
    """In Spark's place: keeps what it is given."""

    def __init__(self) -> None:
        self.experiments: list[Experiment] = []

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator[None]:
        yield

    async def run(self, experiment: Experiment) -> AsyncGenerator[FromSpark, None]:
        self.experiments.append(experiment)
        nothing: tuple[FromSpark, ...] = ()
        for each in nothing:
            yield each


@pytest.mark.parametrize("extract", [True, False])
async def test_what_a_policy_hides_never_reaches_spark(skewed: Path, tmp_path: Path, extract: bool) -> None:  # noqa: FBT001  A case.
    masked = Policy(masks=(ColumnMask("customers.name"),), row_filters=(RowFilter("orders", "customer_id <> 7"),))
    source = DataSource("local", "skewed", SqliteConnection(str(skewed)), policy=masked)
    opener = OpenEngines(Reach(private_hosts=True, file_roots=(tmp_path,), closed_folders=()), 2)
    async with aclosing(SourceEngines(opener, SystemClock(), PoolLimits())) as engines:
        catalogs = ReadCatalogs(engines, SystemClock(), timedelta(minutes=1))
        spark = Watched()
        run = RunTrial(catalogs, RunStatement(catalogs, engines, Limits()), spark, Bounds(), SystemClock())
        sql = (
            "SELECT c.name, c.password, o.amount, o.customer_id FROM customers c JOIN orders o ON o.customer_id = c.id"
        )
        async with aclosing(run(source, Ask(sql, (5000,), extract=extract))) as told:
            [part async for part in told]
    (experiment,) = spark.experiments
    customers, orders = experiment.tables
    assert [each.name for each in customers.columns] == ["id", "name", "password"]
    values = {str(value) for table in experiment.tables for row in table.rows for value in row}
    assert not any(value.startswith("secret") for value in values)
    assert not any(value.startswith("Person") for value in values)
    if extract:
        place = [each.name for each in orders.columns].index("amount")
        assert {row[place] for row in orders.rows} == {
            number / 4 for number in range(HOT, ORDERS) if number % CUSTOMERS != 7
        }
    assert len(orders.rows) <= ORDERS
