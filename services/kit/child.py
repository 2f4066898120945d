"""Child processes: they know no secret of their parent's, end with it, and leave nothing open behind them."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress

from services.kit.finish import finish

# prctl's option that sends a signal to a child when its parent dies (man 2 prctl).
_PR_SET_PDEATHSIG = 1
# How long the end of a killed process's output is waited for: another that inherited it may hold it open.
_PIPES_S = 2.0
# What a child may know of this process: where programs, Python and its modules are.
_KEPT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")


def die_with_parent() -> None:
    """Has the kernel tell this process to stop when its parent dies; for `preexec_fn`.

    Linux only; elsewhere an orphan goes on until the next start of the platform meets it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def begin(
    module: str, *arguments: str, limit: int, environment: Mapping[str, str] | None = None, group: bool = False
) -> asyncio.subprocess.Process:
    """Starts a module of Python to talk with by its standard input and output.

    Args:
        module: What `python -m` runs.
        arguments: Given to it.
        limit: How many bytes of what it says wait to be read; a longer line is an error.
        environment: What it is told beside where programs and modules are.
        group: Whether it leads a group of its own, for `end`.

    Raises:
        OSError: It cannot be started.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=limit,
        env=kept | {"HOME": "/nonexistent"} | dict(environment or {}),
        start_new_session=group,
    )


async def end(process: asyncio.subprocess.Process, *, group: bool = False) -> None:
    """Kills a child, whatever it is doing, and waits until it is gone, also where the waiting is cancelled.

    Args:
        process: The child; nobody else reads from it now.
        group: Whether the group that it leads ends with it.
    """
    with suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await finish(_gone(process))


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Waits until a child has ended and its pipes are closed: the loop may end next, which would leave them open."""
    if process.stdin is not None:
        process.stdin.close()
        with suppress(ConnectionError):
            await process.stdin.wait_closed()
    if process.stdout is not None:
        # Before the waiting, which would never end where much was said that nobody read.
        with suppress(TimeoutError):
            async with asyncio.timeout(_PIPES_S):
                await process.stdout.read()
    # What another process holds open would be waited for without an end, or left to the collector with the loop gone.
    process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  It has no public name.
    await process.wait()
