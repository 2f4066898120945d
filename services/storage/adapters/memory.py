"""A cache in the memory of one process: what another process sets or publishes is not seen."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kit.clock import Clock, SystemClock
from services.storage.ports import MAX_CACHE_VALUE_BYTES, MAX_WAITING_MESSAGES, check_names, too_large


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    expire_time: datetime


class MemoryCache:
    """A cache that forgets the least recently used first.

    Args:
        limit: How many bytes of keys and values it holds at most.
        clock: What time it is.
    """

    def __init__(self, limit: int = 64 * 1024 * 1024, clock: Clock | None = None) -> None:
        self._limit = limit
        self._clock = clock or SystemClock()
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._size = 0
        self._listeners: defaultdict[tuple[str, str], set[_Mailbox]] = defaultdict(set)

    async def get(self, organization: str, key: str) -> bytes | None:
        """The value (`Cache.get`)."""
        check_names(organization)
        entry = self._entries.get((organization, key))
        if entry is None:
            return None
        if entry.expire_time <= self._clock.now():
            self._forget((organization, key))
            return None
        self._entries.move_to_end((organization, key))
        return entry.value

    async def set(self, organization: str, key: str, value: bytes, *, ttl: timedelta) -> None:
        """Keeps a value (`Cache.set`)."""
        check_names(organization)
        if len(value) > MAX_CACHE_VALUE_BYTES:
            raise too_large("value", MAX_CACHE_VALUE_BYTES)
        place = (organization, key)
        self._forget(place)
        self._entries[place] = entry = _Entry(value, self._clock.now() + ttl)
        self._size += _size(place, entry)
        while self._size > self._limit:
            self._forget(next(iter(self._entries)))

    async def delete(self, organization: str, key: str) -> None:
        """Forgets a value (`Cache.delete`)."""
        check_names(organization)
        self._forget((organization, key))

    async def publish(self, organization: str, channel: str, message: bytes) -> None:
        """Sends a message to those who listen (`Cache.publish`)."""
        check_names(organization)
        for mailbox in self._listeners.get((organization, channel), ()):
            mailbox.put(message)

    @asynccontextmanager
    async def subscribe(self, organization: str, channel: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The messages from now on (`Cache.subscribe`)."""
        check_names(organization)
        mailbox = _Mailbox()
        listeners = self._listeners[organization, channel]
        listeners.add(mailbox)
        try:
            yield mailbox
        finally:
            listeners.discard(mailbox)
            if not listeners:
                self._listeners.pop((organization, channel), None)

    def _forget(self, place: tuple[str, str]) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            self._size -= _size(place, entry)


class _Mailbox:
    """The messages that wait for one listener."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING_MESSAGES)

    def put(self, message: bytes) -> None:
        """Adds a message, at the cost of the oldest where there is no room."""
        if self._messages.full():
            self._messages.get_nowait()
        self._messages.put_nowait(message)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await self._messages.get()


def _size(place: tuple[str, str], entry: _Entry) -> int:
    return sum(map(len, place)) + len(entry.value)
