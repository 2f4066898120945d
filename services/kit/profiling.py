"""Profiles of a running program, taken from within: no privilege, no restart, no debugger, nothing on disk.

py-spy and other samplers from outside need ptrace, which a container without capabilities does not have. So a thread
looks at what every thread of the program is doing, a hundred times a second. A sampler that has to hold the
interpreter's lock sees a thread where it lets go of it: time inside a C function is its caller's.
"""

import asyncio
import sys
import threading
import time
import tracemalloc
from collections import Counter
from types import FrameType

# How often the sampler looks; a prime beside round timers, so as not to keep step with them.
SAMPLES_PER_S = 97
# The longest profile that is taken over the operator's port.
MAX_SECONDS = 60.0
# Deeper stacks are cut, and only so many allocations are listed.
_MAX_DEPTH = 120
_MAX_ALLOCATIONS = 50
# How many frames are kept of every allocation while they are traced.
_ALLOCATION_FRAMES = 4

_one_at_a_time = asyncio.Lock()


class AlreadyProfiling(Exception):
    """A profile is being taken; two would measure each other."""


async def profile_cpu(seconds: float) -> str:
    """What every thread does for a while, in the folded form that flame graphs are drawn from.

    Each line is a stack, outermost first, its frames separated by semicolons, and how often it was seen
    (https://github.com/brendangregg/FlameGraph#2-fold-stacks); speedscope.app reads it too.

    Raises:
        AlreadyProfiling: Another profile is being taken.
    """
    async with _alone():
        return await asyncio.to_thread(_sampled, seconds)


async def profile_memory(seconds: float) -> str:
    """What is allocated during a while and still held at its end, by the lines that did it, the largest first.

    Tracing makes the program slower for that while.

    Raises:
        AlreadyProfiling: Another profile is being taken.
    """
    async with _alone():
        tracemalloc.start(_ALLOCATION_FRAMES)
        try:
            await asyncio.sleep(seconds)
            snapshot = await asyncio.to_thread(tracemalloc.take_snapshot)
        finally:
            tracemalloc.stop()
    ours = snapshot.filter_traces([tracemalloc.Filter(inclusive=False, filename_pattern=tracemalloc.__file__)])
    found = ours.statistics("traceback")[:_MAX_ALLOCATIONS]
    return "\n".join(f"{each.size} bytes in {each.count} blocks\n" + _lines(each) for each in found)


def _alone() -> asyncio.Lock:
    if _one_at_a_time.locked():
        raise AlreadyProfiling
    return _one_at_a_time


def _sampled(seconds: float) -> str:
    own, seen = threading.get_ident(), Counter[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        names = {each.ident: each.name for each in threading.enumerate()}
        for ident, frame in sys._current_frames().items():  # noqa: SLF001  The documented way to see other threads.
            if ident != own:
                seen[f"{names.get(ident, 'thread')};{_stack(frame)}"] += 1
        time.sleep(1 / SAMPLES_PER_S)
    return "".join(f"{stack} {count}\n" for stack, count in seen.most_common())


def _stack(frame: FrameType | None) -> str:
    found: list[str] = []
    while frame is not None and len(found) < _MAX_DEPTH:
        code = frame.f_code
        found.append(f"{code.co_qualname} ({frame.f_globals.get('__name__', '?')}:{code.co_firstlineno})")
        frame = frame.f_back
    return ";".join(reversed(found))


def _lines(allocation: tracemalloc.Statistic) -> str:
    return "".join(f"    {each.filename}:{each.lineno}\n" for each in reversed(allocation.traceback))
