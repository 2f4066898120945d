"""Child processes: they end with their parent, whatever ends it, and leave nothing open behind them."""

import asyncio
import ctypes
import os
import signal
import sys
from contextlib import suppress

from services.kit.finish import finish

# prctl's option that sends a signal to a child when its parent dies (man 2 prctl).
_PR_SET_PDEATHSIG = 1
# How long the end of a killed process's output is waited for: another that inherited it may hold it open.
_PIPES_S = 2.0


def die_with_parent() -> None:
    """Has the kernel tell this process to stop when its parent dies; for `preexec_fn`.

    Linux only; elsewhere an orphan goes on until the next start of the platform meets it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


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
