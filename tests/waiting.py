"""How tests wait: for a condition, with a deadline, never for a time."""

import asyncio
import time
from collections.abc import Callable

_LOOK_EVERY_S = 0.02


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Waits until a condition holds, and lets the loop go on; fails after a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to pass within {seconds} s"
        await asyncio.sleep(_LOOK_EVERY_S)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    """The same where there is no loop; `what` says what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(_LOOK_EVERY_S)
