"""The processes that hold DuckDB files: each of one data source, kept for its next operation, ended to stop it."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.kit.child import begin, end
from services.kit.errors import CandorError, Internal
from services.kit.finish import finish
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.duckdb_frames import MAX_BYTES, SIZES, unpack
from services.validation.adapters.engines.idle import IdleSessions

_WORKER = "services.validation.adapters.engines.duckdb_process"
# How much of what a process sends waits here to be read; it waits for the reader beyond that.
_READ_AHEAD = 512 * 1024
# A process ends after so many operations: what a library may have leaked goes with it.
_MOST_USES = 200
# How many processes wait for their data sources' next operations, in all: each holds some 60 MiB.
_MOST_WAITING = 4


class Worker:
    """A process, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._uses = 0
        self._busy = False

    @property
    def reusable(self) -> bool:
        """Whether it lives, has answered all that it was asked and may be asked more."""
        return self.alive and not self._busy and self._uses < _MOST_USES

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def ask(self, request: dict[str, Any], within: timedelta) -> AsyncGenerator[dict[str, Any], None]:
        """The replies to one request; those with packed columns have them as `columns`.

        Raises:
            CandorError: What the process says went wrong, or that it ended.
            DeadlineExceeded: It did not keep its time.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._busy = True
        self._uses += 1
        deadline = asyncio.get_running_loop().time() + within.total_seconds()
        with suppress(ConnectionError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
        while True:
            try:
                # The process keeps the time itself; this is for one that no longer can.
                async with asyncio.timeout_at(deadline + 2):
                    reply = await _read(self._process.stdout)
            except TimeoutError as error:
                raise failures.timed_out() from error
            except asyncio.IncompleteReadError as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise failures.timed_out() from error
                raise failures.refused("the engine ended, most likely for want of memory") from error
            if "error" in reply:
                self._busy = False
                raise _failure(reply, request["path"])
            if reply.get("end"):
                self._busy = False
                return
            yield reply

    async def close(self) -> None:
        """Ends it, whatever it is doing."""
        await end(self._process)


class DuckdbWorkers:
    """Starts processes.

    Args:
        memory_mib: What a statement may take in memory.
        spare: Whether to have one that is started and has seen no file, for who comes next.
    """

    def __init__(self, memory_mib: int = 512, *, spare: bool = False) -> None:
        self._memory_mib = memory_mib
        self._wants_spare = spare
        self._spare: asyncio.Task[Worker] | None = None
        self._waiting: set[Worker] = set()

    @asynccontextmanager
    async def worker(self, idle: IdleSessions[Worker] | None) -> AsyncIterator[Worker]:
        """A process of the data source that `idle` belongs to, or a new one."""
        kept = idle.pop() if idle is not None else None
        self._waiting = {each for each in self._waiting if each.alive and each is not kept}
        if kept is not None and not kept.reusable:
            await kept.close()
            kept = None
        worker = kept or await self._start()
        try:
            yield worker
        finally:
            if idle is not None and worker.reusable and len(self._waiting) < _MOST_WAITING and idle.push(worker):
                self._waiting.add(worker)
            else:
                await worker.close()

    def request(self, path: Path, request: dict[str, Any], within: timedelta) -> dict[str, Any]:
        """A request with what every request says."""
        return request | {"path": str(path), "memory_mib": self._memory_mib, "seconds": within.total_seconds()}

    async def aclose(self) -> None:
        """Ends the spare one."""
        self._wants_spare = False
        spare, self._spare = self._spare, None
        if spare is not None:
            with suppress(OSError):
                await (await spare).close()

    async def _start(self) -> Worker:
        starting, self._spare = self._spare or asyncio.ensure_future(_started()), None
        try:
            worker = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # It starts all the same, and nobody else would end it.
            await finish(_close(starting))
            raise
        if not worker.reusable:
            worker = await _started()
        if self._wants_spare and self._spare is None:
            self._spare = asyncio.ensure_future(_started())
        return worker


async def _started() -> Worker:
    return Worker(await begin(_WORKER, limit=_READ_AHEAD))


async def _close(starting: asyncio.Future[Worker]) -> None:
    await (await starting).close()


async def _read(stream: asyncio.StreamReader) -> dict[str, Any]:
    head_size, packed_size = SIZES.unpack(await stream.readexactly(SIZES.size))
    if head_size + packed_size > MAX_BYTES:
        raise Internal("INTERNAL", "The DuckDB process sends more than it may.")
    reply: dict[str, Any] = json.loads(await stream.readexactly(head_size))
    if "packed" in reply:
        reply["columns"] = unpack(reply.pop("packed"), await stream.readexactly(packed_size))
    return reply


def _failure(reply: dict[str, str], path: str) -> CandorError:
    match reply["error"]:
        case "missing":
            return failures.missing_file(path)
        case "not a database":
            return failures.not_a_database(path, "a DuckDB database")
        case "timeout":
            return failures.timed_out()
    return failures.refused(reply["message"])
