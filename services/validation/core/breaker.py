"""A circuit breaker: leaves alone for a while what failed several times in a row, then tries it once.

The pattern is Michael Nygard's ("Release It!", 2007): closed lets all through, open nothing, half-open one probe.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kit.clock import Clock
from services.kit.errors import Unavailable


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """After how many failures in a row it opens, for how long at first, and at the longest: each time doubles it."""

    failures: int = 5
    pause: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=5)


class Breaker:
    """The breaker of one data source. Only failures to reach it count: what it answers, an error too, is a success.

    Args:
        clock: Tells how long it has been open.
        limits: When it opens and for how long.
    """

    def __init__(self, clock: Clock, limits: BreakerLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._failures = 0
        self._pause = limits.pause
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._why = ""
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether calls are refused, but for a probe when the time has come."""
        return self._until is not None

    def admit(self) -> bool:
        """Lets a call through; whether it is the probe, which is to be said again with its outcome.

        Raises:
            Unavailable: The breaker is open, or a probe is under way.
        """
        if self._until is None:
            return False
        now = self._clock.now()
        if self._probing or now < self._until:
            wait = max(1.0, (self._until - now).total_seconds())
            assert self._since is not None
            raise Unavailable(
                "DATA_SOURCE_SUSPENDED",
                f"The data source has not answered since {self._since:%H:%M:%S} UTC and is left alone for a while: "
                f"{self._why} It is tried again in {wait:.0f} s.",
                metadata={"since": self._since.isoformat(timespec="seconds")},
                retry_after_s=wait,
            )
        self._probing = True
        return True

    def succeeded(self, *, probe: bool) -> None:
        """The call reached it. While open only the probe's word counts: others began before it failed."""
        if probe:
            self._probing = False
            self._since = self._until = None
            self._pause = self._limits.pause
        if self._until is None:
            self._failures = 0
            self._since = None

    def failed(self, why: str, *, probe: bool) -> None:
        """The call did not reach it; `why` is told to those who are refused."""
        now = self._clock.now()
        if probe:
            self._probing = False
            self._pause = min(2 * self._pause, self._limits.longest)
        elif self._until is not None:
            return
        self._failures += 1
        self._since = self._since or now
        if self._failures >= self._limits.failures:
            self._why = why
            self._until = now + self._pause

    def abandoned(self, *, probe: bool) -> None:
        """The call ended without a word, by cancelling: the next is the probe in its place."""
        if probe:
            self._probing = False
