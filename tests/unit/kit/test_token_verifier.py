"""When a verifier fetches keys: once for all who wait, not too often, and again when they have grown old."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from identities import Signer

from services.kit.clock import ManualClock
from services.kit.errors import Unauthenticated, Unavailable
from services.kit.identity import TokenVerifier


class Source:
    """Keys that a test changes, and how often they were fetched."""

    def __init__(self, *signers: Signer) -> None:
        self.keys = {signer.key_id: signer.key.public_key() for signer in signers}
        self.fetches = 0
        self.down = False

    async def fetch(self) -> dict[str, Any]:
        self.fetches += 1
        await asyncio.sleep(0)
        if self.down:
            raise Unavailable("SERVICE_UNAVAILABLE", "accounts does not answer.")
        return dict(self.keys)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


def tokens(signer: Signer, count: int) -> list[str]:
    """Different tokens, so that none is known from before."""
    return [signer.token(subject=f"members/m{each}", lifetime=timedelta(days=1)) for each in range(count)]


async def test_those_who_wait_for_the_first_keys_share_one_fetch(clock: ManualClock) -> None:
    signer = Signer()
    source = Source(signer)
    verifier = TokenVerifier(source.fetch, clock)
    principals = await asyncio.gather(*(verifier.verify(token) for token in tokens(signer, 20)))
    assert len({principal.subject for principal in principals}) == 20
    assert source.fetches == 1


async def test_unknown_keys_cannot_be_used_to_flood_accounts(clock: ManualClock) -> None:
    known, stranger = Signer("known"), Signer("stranger")
    source = Source(known)
    verifier = TokenVerifier(source.fetch, clock)
    for token in tokens(stranger, 50):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)
    assert source.fetches == 1
    clock.advance(timedelta(seconds=5))
    with pytest.raises(Unauthenticated):
        await verifier.verify(tokens(stranger, 1)[0])
    assert source.fetches == 2


async def test_a_key_that_was_taken_back_stops_working_when_the_keys_have_grown_old(clock: ManualClock) -> None:
    signer = Signer()
    source = Source(signer)
    verifier = TokenVerifier(source.fetch, clock)
    first, second, third = tokens(signer, 3)
    await verifier.verify(first)
    source.keys.clear()
    await verifier.verify(second)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(Unauthenticated):
        await verifier.verify(third)


async def test_known_keys_work_on_while_accounts_is_down(clock: ManualClock) -> None:
    signer = Signer()
    source = Source(signer)
    verifier = TokenVerifier(source.fetch, clock)
    all_tokens = tokens(signer, 12)
    await verifier.verify(all_tokens[0])
    source.down = True
    clock.advance(timedelta(minutes=10))
    for token in all_tokens[1:]:
        await verifier.verify(token)
    assert source.fetches == 2
    with pytest.raises(Unauthenticated):
        await verifier.verify(Signer("test").token(subject="members/forged"))


async def test_a_new_verifier_says_that_accounts_is_down(clock: ManualClock) -> None:
    signer = Signer()
    source = Source(signer)
    source.down = True
    with pytest.raises(Unavailable):
        await TokenVerifier(source.fetch, clock).verify(signer.token())


async def test_a_token_from_a_clock_that_is_ahead_is_no_forgery(clock: ManualClock) -> None:
    signer = Signer()
    verifier = TokenVerifier(Source(signer).fetch, clock)
    await verifier.verify(signer.token(iat=datetime.now(UTC) + timedelta(seconds=30)))
