"""How often proofs may be wrong: buckets that refill, for each kind of proof one a client and one for all."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from services.kit.clock import Clock
from services.kit.errors import ResourceExhausted, Unauthenticated

_MAX_CLIENTS = 10_000
_EVERYONE = ""
# What all clients together may get wrong, as a multiple of what one may.
_EVERYONE_FACTOR = 50


@dataclass(slots=True)
class _Bucket:
    left: float
    time: datetime


class Attempts:
    """Counts wrong proofs in the memory of this copy; right ones cost nothing.

    Args:
        per_minute: How many wrong proofs one client has, and gets back each minute.
        clock: What time it is.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    @contextmanager
    def by(self, client: str, kind: str) -> Iterator[None]:
        """The block in which a client shows a proof of a kind; what is wrong of one kind holds up no other.

        Raises:
            ResourceExhausted: Too many were wrong (`OVERLOADED`).
        """
        buckets = [(self._bucket((kind, client)), 1.0), (self._bucket((kind, _EVERYONE)), 1.0 / _EVERYONE_FACTOR)]
        if any(bucket.left < 1 for bucket, _ in buckets):
            raise ResourceExhausted(
                "OVERLOADED", "Too many wrong attempts. Wait a minute and try again.", retry_after_s=60.0
            )
        try:
            yield
        except Unauthenticated:
            for bucket, cost in buckets:
                bucket.left -= cost
            raise

    def _bucket(self, key: tuple[str, str]) -> _Bucket:
        now = self._clock.now()
        bucket = self._buckets.setdefault(key, _Bucket(self._per_minute, now))
        minutes = (now - bucket.time).total_seconds() / 60
        bucket.left = min(self._per_minute, bucket.left + minutes * self._per_minute)
        bucket.time = now
        self._buckets.move_to_end(key)
        while len(self._buckets) > _MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return bucket
