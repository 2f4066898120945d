"""Runs Envoy as a child and lets its calls end before it stops: told to stop, Envoy itself would cut them all."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta

from mesh.admin import ask, counts
from services.kit.child import die_with_parent

# How often is looked whether calls are still open.
_LOOK_EVERY_S = 0.05
_ACTIVE = "http.edge.downstream_rq_active"


async def run_until_drained(line: Sequence[str], admin: str, grace: timedelta) -> int:
    """Runs Envoy until it ends by itself, or is told to stop by SIGTERM or SIGINT and has drained.

    Args:
        line: The command line.
        admin: Envoy's admin interface.
        grace: How long open calls may take to end.

    Returns:
        Its exit status.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    # In a session of its own: Ctrl-C is this process's to hear.
    process = await asyncio.create_subprocess_exec(*line, preexec_fn=die_with_parent, start_new_session=True)
    ended = asyncio.create_task(process.wait())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not ended.done():
        await _drain(admin, grace, ended)
        if not ended.done():
            process.terminate()
    return await ended


async def _drain(admin: str, grace: timedelta, ended: asyncio.Task[int]) -> None:
    """Sends callers elsewhere, and returns when no call is open or the grace period is over."""
    try:
        async with asyncio.timeout(grace.total_seconds()):
            for order in ("/healthcheck/fail", "/drain_listeners?graceful"):
                await asyncio.to_thread(ask, admin, order, "POST")
            # Another program's counters raise no event.
            while not ended.done() and (await asyncio.to_thread(counts, admin, _ACTIVE)).get(_ACTIVE):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        # What is still open is cut, as was announced.
        return
    except OSError as error:
        # It has not come up yet, or is gone: nothing is open that could be waited for.
        sys.stderr.write(f"The edge stops without draining: {error}\n")
