"""Rotation over any sequence of moments: never without a key, never one unpublished, never one dropped too soon."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.accounts.core.rotate_keys import Rotation, plan, signing_key

ROTATION = Rotation(interval=timedelta(days=30), lead=timedelta(hours=1), keep=timedelta(minutes=20))
START = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Key:
    id: str
    sign_time: datetime


# Minutes around a change of keys, and weeks between.
STEPS = (st.integers(0, 30) | st.integers(0, 45 * 24 * 60)).map(lambda minutes: timedelta(minutes=minutes))


@given(steps=st.lists(STEPS, max_size=40))
def test_keys_are_published_before_and_kept_after_they_sign(steps: list[timedelta]) -> None:
    now, keys = START, list[Key]()
    published: dict[str, datetime] = {}
    last_signed: dict[str, datetime] = {}
    for number, step in enumerate([timedelta(0), *steps]):
        now += step
        change = plan(keys, now, ROTATION)
        keys = [key for key in keys if key.id not in change.remove]
        if change.add is not None:
            keys.append(Key(f"k{number}", change.add))
        for key in keys:
            published.setdefault(key.id, now)
        assert not plan(keys, now, ROTATION), "one plan is enough for a moment"
        signer = signing_key(keys, now)
        last_signed[signer.id] = now
        assert signer.id == "k0" or now - published[signer.id] >= ROTATION.lead
        valid = {key for key, time in last_signed.items() if now - time < ROTATION.keep}
        assert valid <= {key.id for key in keys}
        assert len(keys) <= 3


@given(late=st.integers(0, 10_000))
def test_a_key_signs_for_the_interval_and_no_longer_than_the_lead_after_it_is_noticed(late: int) -> None:
    keys = [Key("a", START)]
    early = START + ROTATION.interval - ROTATION.lead
    assert not plan(keys, early - timedelta(microseconds=1), ROTATION)
    now = early + timedelta(minutes=late)
    added = plan(keys, now, ROTATION).add
    assert added == max(now + ROTATION.lead, START + ROTATION.interval)


def test_a_key_is_removed_when_the_last_of_its_tokens_has_expired() -> None:
    after = START + timedelta(days=30)
    keys = [Key("b", after), Key("a", START)]
    assert plan(keys, after + ROTATION.keep - timedelta(microseconds=1), ROTATION).remove == ()
    assert plan(keys, after + ROTATION.keep, ROTATION).remove == ("a",)


def test_a_slow_clock_signs_with_the_first_key() -> None:
    keys = [Key("b", START + timedelta(days=1)), Key("a", START)]
    assert signing_key(keys, START - timedelta(seconds=5)).id == "a"
