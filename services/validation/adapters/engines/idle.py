"""Sessions that wait to be used again: few, for a while, and none of a data source that is no more."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from datetime import timedelta
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> Awaitable[None]:
        """Lets go of it."""


S = TypeVar("S", bound=Closable)


class IdleSessions(Generic[S]):
    """The idle sessions of one data source.

    Args:
        most: How many may wait.
        lifetime: How long each may wait.
    """

    def __init__(self, most: int, lifetime: timedelta) -> None:
        self._most = most
        self._lifetime = lifetime
        self._waiting: deque[tuple[S, asyncio.TimerHandle]] = deque()
        self._closing: set[asyncio.Future[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def wanted(self) -> bool:
        """Whether one more may wait."""
        return not self._closed and len(self._waiting) < self._most

    @property
    def closing(self) -> bool:
        """Whether some are being closed now."""
        return bool(self._closing)

    def pop(self) -> S | None:
        """The session that was used last; None where none waits. It may have ended meanwhile."""
        if not self._waiting:
            return None
        session, timer = self._waiting.pop()
        timer.cancel()
        return session

    def push(self, session: S) -> bool:
        """Keeps a clean session; False where it is not wanted, and the caller's to close."""
        if not self.wanted:
            return False
        timer = asyncio.get_running_loop().call_later(self._lifetime.total_seconds(), self._expire, session)
        self._waiting.append((session, timer))
        return True

    def retire(self) -> None:
        """Begins to close those that wait, and keeps none from now on: those in use are closed after their use."""
        self._closed = True
        while (session := self.pop()) is not None:
            self._close(session)

    async def close(self) -> None:
        """Closes them, and waits until they are."""
        self.retire()
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _expire(self, session: S) -> None:
        for entry in list(self._waiting):
            if entry[0] is session:
                self._waiting.remove(entry)
                self._close(session)

    def _close(self, session: S) -> None:
        closing = asyncio.ensure_future(session.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
