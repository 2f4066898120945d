"""The process that owns a Spark session for one trial: reads the experiment in lines of JSON, answers in lines of JSON.

The first line is the experiment, then come rows, then `{"begin": true}`. When its input ends, the trial is over: the
process removes its folder and ends, with the Java that it started.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from services.validation.adapters.spark.session import configuration
from services.validation.core.results import cell
from services.validation.core.trials.events import read_cost
from services.validation.core.trials.replication import BLOCK

Message = dict[str, Any]
# A result that takes more than this is not sent to be compared.
_MAX_SENT_BYTES = 32 * 1024 * 1024
# What is quicker is measured twice, and the quicker run counts: the first one still warms up.
_QUICK_S = 5.0
_DISK = ("No space left on device", "Disk quota exceeded")
_MEMORY = ("OutOfMemoryError", "UNABLE_TO_ACQUIRE_MEMORY", "Java heap space", "GC overhead")


def main() -> None:
    """Serves one experiment and ends."""
    # Java writes to what it inherits: the answers go where it cannot.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    asked: Message = json.loads(sys.stdin.readline())
    rows: list[list[list[str | None]]] = [[] for _ in asked["tables"]]
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("begin"):
            break
        rows[message["table"]].extend(message["rows"])
    signal.setitimer(signal.ITIMER_REAL, asked["seconds"] + 5)
    threading.Thread(target=_end_with_input, args=(asked["folder"],), daemon=True).start()
    try:
        for reply in Trial(asked).run(rows):
            _send(out, reply)
    except Exception as error:  # noqa: BLE001  Whatever it is, who waits is told.
        _send(out, _failure(error, asked))
    else:
        _send(out, {"end": True})


class Trial:
    """One experiment on one session.

    Args:
        asked: The experiment.
    """

    def __init__(self, asked: Message) -> None:
        self._asked = asked
        self._folder = Path(asked["folder"])
        self._data = asked["data"] or (self._folder / "data").as_uri()
        self._spark: Any = None

    def run(self, rows: list[list[list[str | None]]]) -> Iterator[Message]:
        """The answers, in order."""
        for name in ("local", "events", "warehouse"):
            (self._folder / name).mkdir()
        self._spark = self._session()
        try:
            yield {"version": self._spark.version, "master": self._spark.sparkContext.master}
            for table, of_table in zip(self._asked["tables"], rows, strict=True):
                self._load(table, of_table)
            self._show("base")
            yield {"engine": "spark", "rows": self._collect()}
            if self._asked["duckdb_sql"]:
                yield self._on_duckdb()
            for blocks in self._asked["blocks"]:
                yield self._measure(blocks)
        finally:
            self._remove("")
            self._spark.stop()

    def _session(self) -> Any:
        from pyspark.sql import SparkSession  # noqa: PLC0415  Large, and not in every installation.

        asked = self._asked
        builder = SparkSession.builder.master(asked["master"])
        properties: dict[str, Any] = dict(
            configuration(asked["master"], asked["memory_mib"], self._folder, asked["options"])
        )
        return builder.config(map=properties).getOrCreate()

    def _load(self, table: Message, rows: list[list[str | None]]) -> None:
        """The sample as Parquet: every value from its exact text."""
        schema = ", ".join(f"c{number} STRING" for number in range(len(table["columns"])))
        read = [
            f"{'UNHEX' if column['type'] == 'BINARY' else 'CAST'}(c{number}"
            f"{'' if column['type'] == 'BINARY' else ' AS ' + column['type']}) AS {_quoted(column['name'])}"
            for number, column in enumerate(table["columns"])
        ]
        loaded = self._spark.createDataFrame(rows, schema).selectExpr(*read)
        loaded.coalesce(1).write.parquet(f"{self._data}/base/{table['view']}")

    def _show(self, size: str) -> None:
        """The views over the tables of a size; those that do not grow are the sample's."""
        for table in self._asked["tables"]:
            place = "base" if table["fixed"] else size
            self._spark.read.parquet(f"{self._data}/{place}/{table['view']}").createOrReplaceTempView(table["view"])

    def _statement(self) -> Any:
        found = self._spark.sql(self._asked["spark_sql"])
        # Two columns of one name are no fault of a result.
        return found.toDF(*(f"c{number}" for number in range(len(found.columns))))

    def _collect(self) -> list[list[Any]] | None:
        limit = self._asked["max_compared"]
        found = self._statement().limit(limit + 1).collect()
        return None if len(found) > limit else [[cell(value) for value in row] for row in found]

    def _on_duckdb(self) -> Message:
        """The statement on DuckDB over the same files, closed to everything else before it runs."""
        import duckdb  # noqa: PLC0415  Only where the source itself cannot be compared with.

        if self._asked["data"]:
            return {"engine": "duckdb", "rows": None, "error": "The sample is not on this machine."}
        database = duckdb.connect(":memory:", config={"memory_limit": "512MB", "threads": "2", "temp_directory": ""})
        try:
            database.execute("SET TimeZone = 'UTC'")
            for table in self._asked["tables"]:
                files = str(self._folder / "data" / "base" / table["view"] / "*.parquet")
                database.execute(f'CREATE TABLE "{table["view"]}" AS SELECT * FROM read_parquet(?)', [files])
            database.execute("SET enable_external_access = false")
            database.execute("SET lock_configuration = true")
            limit = self._asked["max_compared"]
            found = database.execute(self._asked["duckdb_sql"]).fetchmany(limit + 1)
        except duckdb.Error as error:
            return {"engine": "duckdb", "rows": None, "error": str(error).strip().splitlines()[0][:300]}
        rows = None if len(found) > limit else [[cell(value) for value in row] for row in found]
        return {"engine": "duckdb", "rows": rows}

    def _measure(self, blocks: int) -> Message:
        size = f"size_{blocks}"
        for table in self._asked["tables"]:
            if not table["fixed"]:
                copied = [f"{column['copied']} AS {_quoted(column['name'])}" for column in table["columns"]]
                base = self._spark.read.parquet(f"{self._data}/base/{table['view']}")
                numbers = self._spark.range(blocks).withColumnRenamed("id", BLOCK)
                numbers.crossJoin(base).selectExpr(*copied).write.parquet(f"{self._data}/{size}/{table['view']}")
        self._show(size)
        sizes = [
            self._bytes(f"{'base' if table['fixed'] else size}/{table['view']}") for table in self._asked["tables"]
        ]
        seconds, group, count = self._timed(f"{size}_1")
        if seconds < _QUICK_S:
            seconds, group, count = min((seconds, group, count), self._timed(f"{size}_2"))
        cost = read_cost(self._events(), group)
        self._remove(size)
        return {"blocks": blocks, "bytes": sizes, "seconds": seconds, "result_rows": count, "cost": _plain(cost)}

    def _timed(self, group: str) -> tuple[float, str, int]:
        """How long the statement takes to its last row, which goes nowhere; and how many rows there were."""
        from pyspark.sql import Observation, functions  # noqa: PLC0415  Large, and not in every installation.

        seen = Observation()
        self._spark.sparkContext.setJobGroup(group, "the statement")
        started = time.perf_counter()
        counted = self._statement().observe(seen, functions.count(functions.lit(1)).alias("rows"))
        counted.write.format("noop").mode("overwrite").save()
        seconds = time.perf_counter() - started
        self._spark.sparkContext.setJobGroup("", "")
        return seconds, group, int(seen.get["rows"])

    def _events(self) -> Iterator[str]:
        """The lines of the event log, once all that happened is written."""
        self._spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()  # noqa: SLF001  Spark has no other way.
        for path in sorted((self._folder / "events").iterdir()):
            with path.open(encoding="utf-8") as lines:
                yield from lines

    def _bytes(self, place: str) -> int:
        path, files = self._path(place)
        return int(files.getContentSummary(path).getLength())

    def _remove(self, place: str) -> None:
        path, files = self._path(place)
        files.delete(path, True)  # noqa: FBT003  Hadoop's own signature: with all that is in it.

    def _path(self, place: str) -> tuple[Any, Any]:
        """A place in the data as Hadoop's path, with the file system that holds it: a shared one may be remote."""
        context = self._spark.sparkContext
        path = context._jvm.org.apache.hadoop.fs.Path(f"{self._data}/{place}".rstrip("/"))  # noqa: SLF001  As above.
        return path, path.getFileSystem(context._jsc.hadoopConfiguration())  # noqa: SLF001  As above.


def _plain(cost: Any) -> Message:
    return {name: getattr(cost, name) for name in cost.__dataclass_fields__}


def _failure(error: Exception, asked: Message) -> Message:
    """What went wrong, in a word for the service and a line for a person."""
    text = str(error)
    disk = shutil.disk_usage(asked["folder"])
    if any(each in text for each in _DISK) or disk.free < 2**20:
        return {"error": "disk", "message": f"{disk.free // 2**20} of {disk.total // 2**20} MiB are free"}
    if any(each in text for each in _MEMORY):
        return {"error": "memory", "message": ""}
    if "JAVA_GATEWAY_EXITED" in text or "Java gateway process exited" in text:
        return {"error": "java", "message": ""}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # A failed job says why in the line of its cause, behind the name of Java's class.
    cause = next((line for line in lines if line.startswith(("[", "Caused by:", "org.apache.spark.Spark"))), None)
    return {
        "error": "failed",
        "message": (cause or (lines or ["no reason given"])[0]).removeprefix("Caused by: ")[:500],
    }


def _end_with_input(folder: str) -> None:
    """Ends this process and its Java when the service that started it is gone."""
    while sys.stdin.readline():
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _send(out: IO[str], message: Message) -> None:
    line = json.dumps(message)
    if len(line) > _MAX_SENT_BYTES:
        line = json.dumps(message | {"rows": None})
    out.write(line + "\n")
    out.flush()


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


if __name__ == "__main__":
    main()
