"""Rotation of the signing keys as a verifier and a second copy of the service see it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import jwt
import pytest
import sqlalchemy as sa
from accounts_client import Accounts
from candor.accounts.v1 import accounts_service_pb2 as pb

from services.accounts.settings import Settings
from services.kit import errors
from services.kit.clock import ManualClock
from services.kit.identity import TokenVerifier
from services.kit.rpc.tokens import verifier_for

Start = Callable[[Settings], Awaitable[Accounts]]


async def published(accounts: Accounts) -> list[str]:
    return [key.kid for key in (await accounts.stub.GetJwks(pb.GetJwksRequest())).keys]


async def signing(accounts: Accounts) -> str:
    return str(jwt.get_unverified_header((await accounts.service_token()).token)["kid"])


async def test_a_key_is_published_before_it_signs_and_kept_until_its_tokens_expire(
    accounts: Accounts, clock: ManualClock
) -> None:
    (first,) = await published(accounts)
    assert await signing(accounts) == first
    clock.advance(timedelta(days=30) - timedelta(hours=1))
    both = await published(accounts)
    assert both[0] == first
    assert len(both) == 2
    assert await signing(accounts) == first
    clock.advance(timedelta(hours=1))
    assert await signing(accounts) == both[1]
    clock.advance(timedelta(minutes=19))
    assert await published(accounts) == both
    clock.advance(timedelta(minutes=1))
    assert await published(accounts) == both[1:]


async def test_a_verifier_follows_a_rotation_and_tokens_of_the_old_key_stay_valid(
    accounts: Accounts, clock: ManualClock
) -> None:
    verifier = TokenVerifier(verifier_for(accounts.channel)._fetch_keys, clock)
    clock.advance(timedelta(days=30) - timedelta(minutes=70))
    await published(accounts)
    # Idle until after the interval: the next key is made then, and signs only after its lead.
    clock.advance(timedelta(hours=2))
    old = (await accounts.service_token()).token
    await verifier.verify(old)
    clock.advance(timedelta(minutes=55))
    late = (await accounts.service_token()).token
    clock.advance(timedelta(minutes=5))
    new = (await accounts.service_token()).token
    assert jwt.get_unverified_header(late)["kid"] != jwt.get_unverified_header(new)["kid"]
    assert (await verifier.verify(new)).subject == "services/generation"
    assert (await verifier.verify(late)).subject == "services/generation"


async def test_two_copies_rotate_to_the_same_keys(start: Start, settings: Settings, clock: ManualClock) -> None:
    one, two = await start(settings), await start(settings)
    assert await published(one) == await published(two)
    clock.advance(timedelta(days=31))
    keys = await published(one)
    assert len(keys) == 2
    assert await published(two) == keys
    clock.advance(timedelta(hours=1))
    assert await signing(two) == await signing(one) == keys[1]
    token = (await two.service_token()).token
    assert (await one.caller(token)).subject == "services/generation"


async def test_a_key_that_was_taken_back_stops_working(
    accounts: Accounts, settings: Settings, clock: ManualClock
) -> None:
    verifier = TokenVerifier(verifier_for(accounts.channel)._fetch_keys, clock)
    one, two = (await accounts.service_token()).token, (await accounts.service_token("local", "owner")).token
    await verifier.verify(one)
    engine = sa.create_engine(sa.make_url(settings.database_url))
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM signing_keys"))
    engine.dispose()
    clock.advance(timedelta(minutes=10))
    with pytest.raises(errors.Unauthenticated):
        await verifier.verify(two)


async def test_the_private_keys_are_sealed_for_their_place(
    accounts: Accounts, settings: Settings, start: Start
) -> None:
    engine = sa.create_engine(sa.make_url(settings.database_url))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE signing_keys SET id = 'moved'"))
    engine.dispose()
    with pytest.raises(ValueError, match="does not open"):
        await start(settings)
