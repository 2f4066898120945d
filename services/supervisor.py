"""Programs of one machine, kept together: started in order, their lines prefixed, all stopped when one must stop."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.kit.child import die_with_parent

# How often a program may end by itself within a minute before the whole platform gives up.
MAX_RESTARTS = 3
STOP_TIMEOUT_S = 12.0

_COLORS = (36, 32, 33, 35, 34, 96, 92)
_LEVEL_COLORS = {"warning": 33, "error": 31, "critical": 31}


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run. `is_ready` waits for it to serve, or raises TimeoutError."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[], Awaitable[None]]
    carries_others: bool = False
    """Whether the others' calls pass through it, so that it is stopped after them."""


class ProgramFailed(Exception):
    """A program could not be started or kept running; the message is one line for a person."""


@dataclass(slots=True)
class Supervisor:
    """Runs programs until it is told to stop.

    Args:
        verbose: Whether to write the programs' lines of every level; else warnings and errors.
    """

    verbose: bool = True
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _served: set[str] = field(default_factory=set)
    _carriers: set[str] = field(default_factory=set)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: bool = False
    _failed: asyncio.Future[None] | None = None

    async def start(self, programs: Sequence[Program], *, timeout_s: float) -> None:
        """Starts programs side by side and waits until all of them serve.

        Raises:
            ProgramFailed: One of them ended, or did not serve in time.
        """
        self._failed = self._failed or asyncio.get_running_loop().create_future()
        for program in programs:
            await self._launch(program)
            self._tasks.append(asyncio.create_task(self._keep(program)))
        serving: asyncio.Future[Any] = asyncio.gather(*(self._ready(program, timeout_s) for program in programs))
        try:
            await asyncio.wait({serving, self._failed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        if self._failed.done():
            self._failed.result()
        serving.result()

    async def wait(self) -> None:
        """Waits for as long as every program can be kept running.

        Raises:
            ProgramFailed: One of them cannot.
        """
        assert self._failed is not None, "start something first"
        await asyncio.shield(self._failed)

    async def stop(self) -> None:
        """Stops every program: asks, waits, and then insists. Those that carry the others' calls come last."""
        self._stopping = True
        for carriers in (False, True):
            processes = [
                self._running[name] for name in reversed(self._running) if (name in self._carriers) == carriers
            ]
            for process in processes:
                _signal(process, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await asyncio.gather(*(process.wait() for process in processes))
            for process in processes:
                _signal(process, signal.SIGKILL)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ready(self, program: Program, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await program.is_ready()
                self._served.add(program.name)
        except TimeoutError:
            raise ProgramFailed(f"{program.name} did not start within {timeout_s:.0f} s.") from None

    async def _launch(self, program: Program) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            env={**os.environ, **program.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
            # Ctrl-C is the supervisor's to hear: it stops the others in order.
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self._running[program.name] = process
        if program.carries_others:
            self._carriers.add(program.name)
        return process

    async def _keep(self, program: Program) -> None:
        """Copies a program's lines, and starts it again when it ends by itself."""
        loop = asyncio.get_running_loop()
        ends: list[float] = []
        while True:
            process = self._running[program.name]
            await self._copy(program.name, process)
            status = await process.wait()
            if self._stopping:
                return
            ends = [each for each in ends if loop.time() - each < 60] + [loop.time()]
            # One that never served would only fail again.
            if len(ends) > MAX_RESTARTS or program.name not in self._served:
                self._fail(f"{program.name} ended with status {status}. Its last lines are above.")
                return
            write_line(program.name, f"ended with status {status}; starting it again", "warning")
            await self._launch(program)

    async def _copy(self, name: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                continue
            if not line:
                return
            text, level = readable(line.decode(errors="replace").rstrip())
            if text and (self.verbose or level in _LEVEL_COLORS):
                write_line(name, text, level)

    def _fail(self, message: str) -> None:
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(ProgramFailed(message))


def readable(line: str) -> tuple[str, str]:
    """A log line for a person, and its level; a line that is no JSON stays as it is."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line, "info"
    if not isinstance(fields, dict):
        return line, "info"
    level = str(fields.pop("level", "info"))
    event = str(fields.pop("event", "")).replace("_", " ")
    for hidden in ("timestamp", "service", "part", "trace_id"):
        fields.pop(hidden, None)
    exception = fields.pop("exception", "")
    rest = " ".join(f"{key}={value}" for key, value in fields.items() if value not in (None, ""))
    return f"{event}  {rest}".rstrip() + (f"\n{exception}" if exception else ""), level


def write_line(name: str, text: str, level: str = "info") -> None:
    """Writes lines to the terminal, each with the program's name in front."""
    colored = sys.stdout.isatty()
    label = f"{name:<11}"
    if colored:
        label = f"\x1b[{_COLORS[sum(name.encode()) % len(_COLORS)]}m{label}\x1b[0m"
        if level in _LEVEL_COLORS:
            text = f"\x1b[{_LEVEL_COLORS[level]}m{text}\x1b[0m"
    for each in text.splitlines():
        sys.stdout.write(f"{label} {each}\n")
    sys.stdout.flush()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
