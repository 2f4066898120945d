"""`core.quality.ports.Judges`: a process for each task, ended with it, and only so many at once."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from services.kit.child import begin, end
from services.kit.errors import CandorError, DeadlineExceeded, ResourceExhausted
from services.validation.core.model import Batch
from services.validation.core.quality.model import Distribution
from services.validation.core.quality.ports import Answer, Judging, Task

_WORKER = "services.validation.adapters.judging.process"
# An answer is a few figures and examples; a process that sends more is not ours.
_MAX_MESSAGE_BYTES = 4 * 1024 * 1024
# One thread of linear algebra: each reserves memory, and none is needed.
_TOLD = {"GX_ANALYTICS_ENABLED": "false", "OPENBLAS_NUM_THREADS": "1"}


class ProcessJudges:
    """`core.quality.ports.Judges`.

    Args:
        processes: How many tasks are judged at once; another waits.
        memory_mib: What one may take in memory.
    """

    def __init__(self, processes: int, memory_mib: int) -> None:
        self._free = asyncio.Semaphore(processes)
        self._memory_mib = memory_mib

    @asynccontextmanager
    async def open(self, within: timedelta) -> AsyncIterator[Judging]:
        """See `core.quality.ports.Judges`."""
        async with self._free:
            seconds = within.total_seconds()
            process = await begin(
                _WORKER, str(seconds), str(self._memory_mib), limit=_MAX_MESSAGE_BYTES, environment=_TOLD
            )
            judging = _Process(process, asyncio.get_running_loop().time() + seconds)
            try:
                yield judging
            finally:
                await end(process)


class _Process:
    """`core.quality.ports.Judging`."""

    def __init__(self, process: asyncio.subprocess.Process, deadline: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in = process.stdin
        self._out = process.stdout
        self._deadline = deadline

    async def begin(self, task: Task) -> None:
        """See `core.quality.ports.Judging`."""
        await self._send(asdict(task))

    async def feed(self, batch: Batch) -> None:
        """See `core.quality.ports.Judging`."""
        await self._send({"columns": [list(cells) for cells in batch.columns]})

    async def answers(self, row_count: int) -> AsyncGenerator[Answer | Distribution, None]:
        """See `core.quality.ports.Judging`."""
        await self._send({"judge": row_count})
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    line = await self._out.readline()
            except TimeoutError as error:
                raise _too_slow() from error
            reply: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {"error": "ended"}
            if "error" in reply:
                raise self._ended()
            if reply.get("end"):
                return
            if "distribution" in reply:
                yield _distribution(reply["distribution"])
            else:
                yield Answer(reply.pop("position"), reply)

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            self._in.write(json.dumps(message).encode() + b"\n")
            async with asyncio.timeout_at(self._deadline):
                await self._in.drain()
        except TimeoutError as error:
            raise _too_slow() from error
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._ended() from error

    def _ended(self) -> CandorError:
        if asyncio.get_running_loop().time() >= self._deadline:
            return _too_slow()
        return ResourceExhausted(
            "TOO_LARGE",
            "The rows could not be judged: the process that judges them has ended, most likely for want of memory. "
            "Judge fewer columns at once, or a statement that gives fewer rows.",
        )


def _distribution(kept: dict[str, Any]) -> Distribution:
    lists = {name: tuple(kept[name]) for name in ("counts", "edges", "values")}
    return Distribution(kept["column"], **lists, other_count=kept["other_count"], missing_count=kept["missing_count"])


def _too_slow() -> DeadlineExceeded:
    return DeadlineExceeded(
        "STATEMENT_TIMEOUT",
        "Judging the expectations took longer than it may. Judge fewer rows or columns, and look for a regular "
        "expression that tries too many ways to match.",
    )
