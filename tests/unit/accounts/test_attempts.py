"""How wrong proofs are counted."""

from datetime import UTC, datetime, timedelta

import pytest

from services.accounts.core.limit_attempts import Attempts
from services.kit.clock import ManualClock
from services.kit.errors import NotFound, ResourceExhausted, Unauthenticated


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 1, tzinfo=UTC))


def fail(attempts: Attempts, client: str) -> None:
    with pytest.raises(Unauthenticated), attempts.by(client, "session"):
        raise Unauthenticated("SESSION_INVALID", "No.")


def test_wrong_proofs_run_out_and_come_back(clock: ManualClock) -> None:
    attempts = Attempts(3, clock)
    for _ in range(3):
        fail(attempts, "a")
    with pytest.raises(ResourceExhausted), attempts.by("a", "session"):
        pytest.fail("the block of a refused client is not entered")
    with attempts.by("b", "session"), attempts.by("a", "service"):
        pass
    clock.advance(timedelta(seconds=20))
    fail(attempts, "a")
    with pytest.raises(ResourceExhausted), attempts.by("a", "session"):
        pass
    clock.advance(timedelta(days=1))
    for _ in range(3):
        fail(attempts, "a")
    with pytest.raises(ResourceExhausted), attempts.by("a", "session"):
        pass


def test_right_proofs_and_other_errors_cost_nothing(clock: ManualClock) -> None:
    attempts = Attempts(1, clock)
    for _ in range(100):
        with attempts.by("a", "session"):
            pass
        with pytest.raises(NotFound), attempts.by("a", "session"):
            raise NotFound("ORGANIZATION_NOT_FOUND", "No.")
    fail(attempts, "a")


def test_many_clients_together_are_bounded_too(clock: ManualClock) -> None:
    attempts = Attempts(2, clock)
    with pytest.raises(ResourceExhausted):
        for number in range(200):
            fail(attempts, f"client{number}")


def test_what_is_remembered_of_clients_is_bounded(clock: ManualClock) -> None:
    attempts = Attempts(2, clock)
    for number in range(20_000):
        with attempts.by(f"client{number}", "session"):
            pass
    assert len(attempts._buckets) <= 10_001
