"""When signing keys come and go, decided from the keys alone, so that copies of the service decide alike.

A key is published, then signs from its `sign_time` until the next one's, and is kept until its tokens have expired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol, TypeVar


class Key(Protocol):
    """What rotation asks of a key."""

    @property
    def id(self) -> str:
        """The key id."""

    @property
    def sign_time(self) -> datetime:
        """From when on it signs."""


K = TypeVar("K", bound=Key)


@dataclass(frozen=True, slots=True)
class Rotation:
    """How long a key signs, how long before it is published, and how long after it is kept."""

    interval: timedelta
    lead: timedelta
    keep: timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: add a key that signs from a time on, remove keys."""

    add: datetime | None = None
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.add is not None or bool(self.remove)


def signing_key(keys: Sequence[K], now: datetime) -> K:
    """The key that signs now: the newest whose time has come, or the first where a slow clock sees none."""
    ready = [key for key in keys if key.sign_time <= now]
    return max(ready, key=_order) if ready else min(keys, key=_order)


def plan(keys: Sequence[Key], now: datetime, rotation: Rotation) -> Plan:
    """What is to be done with these keys now."""
    if not keys:
        return Plan(add=now)
    ordered = sorted(keys, key=_order)
    newest = ordered[-1].sign_time
    due = newest <= now and now >= newest + rotation.interval - rotation.lead
    gone = [key.id for key, after in pairwise(ordered) if after.sign_time + rotation.keep <= now]
    return Plan(add=max(now + rotation.lead, newest + rotation.interval) if due else None, remove=tuple(gone))


def _order(key: Key) -> tuple[datetime, str]:
    return key.sign_time, key.id
