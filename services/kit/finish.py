"""Work that must come to its end, whoever stops waiting for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def finish(work: Coroutine[Any, Any, None], *, within_s: float | None = None) -> None:
    """Waits until work is done, also where the waiting is cancelled, which is passed on afterwards.

    Args:
        work: What would be left half done if it were cancelled.
        within_s: After how long it is given up after all, in seconds; None is never.

    Raises:
        asyncio.CancelledError: The waiting was cancelled; the work has ended.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    until = None if within_s is None else loop.time() + within_s
    cancelled: asyncio.CancelledError | None = None
    while not task.done() and (until is None or loop.time() < until):
        try:
            await asyncio.wait([task], timeout=None if until is None else until - loop.time())
        except asyncio.CancelledError as error:
            cancelled = error
    if not task.done():
        task.cancel()
    elif cancelled is None:
        task.result()
    if cancelled is not None:
        raise cancelled
