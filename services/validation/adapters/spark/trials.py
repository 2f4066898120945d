"""Drives the process that owns Spark: one trial at a time, ended by ending it, its files removed whatever happens."""

import asyncio
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.kit.child import begin, end
from services.kit.errors import CandorError, DeadlineExceeded, FailedPrecondition, ResourceExhausted
from services.kit.finish import finish
from services.validation.core.model import Cell
from services.validation.core.trials.model import (
    Cost,
    Experiment,
    FromSpark,
    Measurement,
    OnSample,
    Started,
    TableSize,
    TrialTable,
)
from services.validation.core.trials.run_trial import MAX_COMPARED_ROWS

_WORKER = "services.validation.adapters.spark.spark_process"
_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_ROWS_A_MESSAGE = 500
# What a cluster needs: how to reach it and its storage.
_PASSED_TO_CLUSTERS = ("AWS_", "HADOOP_", "YARN_", "SPARK_", "KUBE", "GOOGLE_APPLICATION_", "AZURE_")
# How long the processes of a trial may take to be gone once they are ended.
_GONE_S = 3.0


@dataclass(frozen=True, slots=True)
class SparkPlace:
    """Where trials run.

    Args:
        master: "local[2]", "spark://…" or "k8s://…".
        memory_mib: For the driver, and for each executor.
        folder: Where local files go; the system's folder for temporary files when None.
        shared_folder: A folder or URL that every executor reaches; needed where the master is not local.
        options: Further properties of Spark's.
    """

    master: str = "local[2]"
    memory_mib: int = 1024
    folder: Path | None = None
    shared_folder: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class SparkTrials:
    """`core.trials.model.Spark`.

    Args:
        place: Where trials run.
    """

    def __init__(self, place: SparkPlace) -> None:
        self._place = place
        self._busy = False

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator[None]:
        """See `core.trials.model.Spark`."""
        _require_spark()
        if self._busy:
            raise ResourceExhausted(
                "DATA_SOURCE_BUSY",
                "Another scale trial runs. Only one runs at a time: wait for its end, or cancel it, and try again.",
                retry_after_s=30,
            )
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    async def run(self, experiment: Experiment) -> AsyncGenerator[FromSpark, None]:
        """See `core.trials.model.Spark`."""
        place = self._place
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="candor-trial-", dir=place.folder))
        told = _environment(place.master, folder)
        # A group of its own: Java ends with it.
        process = await begin(_WORKER, limit=_MAX_MESSAGE_BYTES, environment=told, group=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # A process that has ended already says why in its answer.
            with suppress(BrokenPipeError, ConnectionResetError):
                await self._tell(process.stdin, experiment, folder)
            async for reply in self._replies(process.stdout, experiment.timeout):
                yield _part(reply, experiment)
        finally:
            await finish(_end(process, folder))

    async def _tell(self, stream: asyncio.StreamWriter, experiment: Experiment, folder: Path) -> None:
        place = self._place
        shared = f"{place.shared_folder.rstrip('/')}/{folder.name}" if place.shared_folder else ""
        asked = {
            "master": place.master,
            "memory_mib": place.memory_mib,
            "options": dict(place.options),
            "seconds": experiment.timeout.total_seconds(),
            "folder": str(folder),
            "data": Path(shared).as_uri() if shared.startswith("/") else shared,
            "tables": [_table(each) for each in experiment.tables],
            "spark_sql": experiment.spark_sql,
            "duckdb_sql": experiment.duckdb_sql,
            "blocks": experiment.blocks,
            "max_compared": MAX_COMPARED_ROWS,
        }
        stream.write(json.dumps(asked).encode() + b"\n")
        for number, table in enumerate(experiment.tables):
            for first in range(0, len(table.rows), _ROWS_A_MESSAGE):
                rows = [[_text(value) for value in row] for row in table.rows[first : first + _ROWS_A_MESSAGE]]
                stream.write(json.dumps({"table": number, "rows": rows}).encode() + b"\n")
                await stream.drain()
        stream.write(b'{"begin": true}\n')
        await stream.drain()

    async def _replies(self, stream: asyncio.StreamReader, within: timedelta) -> AsyncGenerator[dict[str, Any], None]:
        deadline = asyncio.get_running_loop().time() + within.total_seconds()
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    line = await stream.readline()
            except TimeoutError as error:
                raise _timed_out() from error
            if not line:
                raise _failed("Spark's process ended without a word, most likely for want of memory.")
            reply: dict[str, Any] = json.loads(line)
            if "error" in reply and "engine" not in reply:
                raise self._failure(reply)
            if reply.get("end"):
                return
            yield reply

    def _failure(self, reply: dict[str, str]) -> CandorError:
        match reply["error"]:
            case "java":
                return _unavailable("Spark's Java does not start. Install Java 17 or later, or set JAVA_HOME to one.")
            case "disk":
                folder = self._place.folder or tempfile.gettempdir()
                return _failed(
                    f"The disk of Spark's folder {str(folder)!r} is full: {reply['message']}. Ask for smaller sizes, "
                    "free space there, or set CANDOR_VALIDATION_SPARK_FOLDER to a larger disk."
                )
            case "memory":
                return _failed(
                    f"Spark ran out of its {self._place.memory_mib} MiB of memory. Ask for smaller sizes, or set "
                    "CANDOR_VALIDATION_SPARK_MEMORY to more."
                )
        return _failed(f"Spark cannot run the statement: {reply['message']}")


def _require_spark() -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise _unavailable("This installation has no Spark. Install it with: pip install 'candor[spark]'.")
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and Path(home, "bin", "java").exists()):
        raise _unavailable("This installation has no Java for Spark. Install Java 17 or later, or set JAVA_HOME.")


def _environment(master: str, folder: Path) -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name == "JAVA_HOME"}
    if master.startswith("local"):
        passed["SPARK_LOCAL_IP"] = "127.0.0.1"
    else:
        passed |= {name: value for name, value in os.environ.items() if name.startswith(_PASSED_TO_CLUSTERS)}
    return passed | {"HOME": str(folder), "TMPDIR": str(folder), "TZ": "UTC", "PYSPARK_PYTHON": sys.executable}


async def _end(process: asyncio.subprocess.Process, folder: Path) -> None:
    """Ends the process with its Java, and removes their files."""
    group = process.pid
    await end(process, group=True)
    loop = asyncio.get_running_loop()
    until = loop.time() + _GONE_S
    # Java is not this process's child: nothing tells of its end.
    while loop.time() < until and _is_there(group):  # noqa: ASYNC110  As said.
        await asyncio.sleep(0.05)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _table(table: TrialTable) -> dict[str, Any]:
    columns = [{"name": each.name, "type": each.type, "copied": each.copied} for each in table.columns]
    return {"view": table.view, "fixed": table.fixed, "columns": columns}


def _text(value: Cell) -> str | None:
    """The exact text of a value, as Spark's casts read it."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
    return repr(value)


def _part(reply: dict[str, Any], experiment: Experiment) -> FromSpark:
    if "version" in reply:
        return Started(reply["version"], reply["master"])
    if "engine" in reply:
        rows = None if reply["rows"] is None else tuple(map(tuple, reply["rows"]))
        return OnSample(reply["engine"], rows, reply.get("error", ""))
    sizes = tuple(
        TableSize(table.table, len(table.rows) * (1 if table.fixed else reply["blocks"]), size)
        for table, size in zip(experiment.tables, reply["bytes"], strict=True)
    )
    cost = Cost(**(reply["cost"] | {"joins": tuple(reply["cost"]["joins"])}))
    return Measurement(max(each.row_count for each in sizes), sizes, reply["seconds"], reply["result_rows"], cost)


def _unavailable(message: str) -> CandorError:
    return FailedPrecondition("TRIAL_UNAVAILABLE", message)


def _failed(message: str) -> CandorError:
    return FailedPrecondition("TRIAL_FAILED", message)


def _timed_out() -> CandorError:
    return DeadlineExceeded(
        "STATEMENT_TIMEOUT", "The trial took longer than its limit and was stopped. Ask for smaller sizes."
    )
