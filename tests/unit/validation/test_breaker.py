"""The circuit breaker, against a small account of what it ought to do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kit.clock import ManualClock
from services.kit.errors import Unavailable
from services.validation.core.breaker import Breaker, BreakerLimits

LIMITS = BreakerLimits(failures=3, pause=timedelta(seconds=30), longest=timedelta(seconds=100))
START = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


class Calls(RuleBasedStateMachine):
    """Calls begin, and end in any order, while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock(START)
        self.breaker = Breaker(self.clock, LIMITS)
        self.running: list[bool] = []
        # What is known from outside: failures in a row, until when it rests and for how long, whether one probes.
        self.failures = 0
        self.until: datetime | None = None
        self.pause = LIMITS.pause

    @rule()
    def begin(self) -> None:
        now = self.clock.now()
        probes = any(self.running)
        if self.until is not None and (now < self.until or probes):
            with pytest.raises(Unavailable) as raised:
                self.breaker.admit()
            assert raised.value.reason == "DATA_SOURCE_SUSPENDED"
            assert raised.value.retry_after_s is not None
            assert 1 <= raised.value.retry_after_s <= LIMITS.longest.total_seconds()
            assert "nothing answers" in raised.value.message
            return
        probe = self.breaker.admit()
        assert probe == (self.until is not None)
        self.running.append(probe)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        probe = self._end(data)
        self.breaker.failed("nothing answers.", probe=probe)
        if probe:
            self.pause = min(2 * self.pause, LIMITS.longest)
            self.until = self.clock.now() + self.pause
        elif self.until is None:
            self.failures += 1
            if self.failures >= LIMITS.failures:
                self.until = self.clock.now() + self.pause

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        probe = self._end(data)
        self.breaker.succeeded(probe=probe)
        if probe:
            self.until, self.pause = None, LIMITS.pause
        if self.until is None:
            self.failures = 0

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        self.breaker.abandoned(probe=self._end(data))

    @rule(seconds=st.integers(0, 120))
    def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @invariant()
    def is_open_as_long_as_it_should_be(self) -> None:
        assert self.breaker.open == (self.until is not None)
        assert sum(self.running) <= 1

    def _end(self, data: st.DataObject) -> bool:
        return self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))


TestCalls = Calls.TestCase


def test_a_closed_breaker_says_nothing_of_failures_that_a_success_came_between() -> None:
    breaker = Breaker(ManualClock(START), LIMITS)
    for _ in range(10):
        for _ in range(2):
            breaker.failed("nothing answers.", probe=breaker.admit())
        breaker.succeeded(probe=breaker.admit())
    assert not breaker.open


def test_the_refusal_says_since_when_and_why_and_when_to_come_back() -> None:
    clock = ManualClock(START)
    breaker = Breaker(clock, LIMITS)
    for _ in range(3):
        breaker.failed("db:5432 cannot be reached.", probe=breaker.admit())
        clock.advance(timedelta(seconds=1))
    with pytest.raises(Unavailable) as raised:
        breaker.admit()
    assert "since 03:04:05 UTC" in raised.value.message
    assert "db:5432 cannot be reached." in raised.value.message
    assert raised.value.retry_after_s == pytest.approx(29)
