"""accounts as others call it: signing in and out, delegation, and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from accounts_client import KEY, Accounts, bearer
from candor.accounts.v1 import accounts_service_pb2 as pb
from identities import Signer
from sqlalchemy.exc import DBAPIError

from services.accounts.settings import Settings
from services.kit import errors
from services.kit.clock import ManualClock
from services.kit.identity import ROLES, TokenVerifier
from services.kit.pages import encode_token
from services.kit.rpc.tokens import verifier_for
from services.storage.sql import sqlstate

Start = Callable[[Settings], Awaitable[Accounts]]
LOCAL = "organizations/local"


def execute(settings: Settings, statement: str, organization: str = "local") -> int:
    """Runs a statement in the service's database, as its own role: how many rows it touched."""
    engine = sa.create_engine(sa.make_url(settings.database_url))
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT set_config('candor.organization', :o, true)"), {"o": organization})
            return connection.execute(sa.text(statement)).rowcount
    finally:
        engine.dispose()


def verifier(accounts: Accounts, clock: ManualClock) -> TokenVerifier:
    """A verifier as in any other service, with the test's clock."""
    return TokenVerifier(verifier_for(accounts.channel)._fetch_keys, clock)


async def test_a_code_signs_the_owner_in(accounts: Accounts, clock: ManualClock) -> None:
    signed_in = await accounts.sign_in()
    caller = await accounts.caller(signed_in.token)
    assert (caller.subject, caller.display_name, caller.organization) == ("members/owner", "Ada", LOCAL)
    assert list(caller.roles) == ["owner"]
    assert set(caller.permissions) == ROLES["owner"]
    assert signed_in.expire_time.ToDatetime(UTC) == clock.now() + timedelta(minutes=15)
    assert signed_in.session_expire_time.ToDatetime(UTC) == clock.now() + timedelta(days=30)


async def test_a_code_works_once_for_twenty_who_try_at_once(accounts: Accounts) -> None:
    code = await accounts.create_code()
    outcomes = await asyncio.gather(*(accounts.redeem(code) for _ in range(20)), return_exceptions=True)
    refusals = [each for each in outcomes if isinstance(each, errors.Unauthenticated)]
    assert len(refusals) == 19
    assert {each.reason for each in refusals} == {"SIGN_IN_CODE_INVALID"}
    with pytest.raises(errors.Unauthenticated):
        await accounts.redeem(code)


async def test_unknown_used_and_expired_codes_are_answered_alike(accounts: Accounts, clock: ManualClock) -> None:
    used, expired = await accounts.create_code(), await accounts.create_code()
    await accounts.redeem(used)
    clock.advance(timedelta(minutes=10))
    refusals = set()
    for code in (used, expired, "local." + "x" * 43, "other." + "x" * 43, "x" * 43, "../../etc.passwd.x"):
        with pytest.raises(errors.Unauthenticated) as raised:
            await accounts.redeem(code)
        refusals.add((raised.value.reason, raised.value.message))
    assert len(refusals) == 1


async def test_a_code_works_until_just_before_it_expires(accounts: Accounts, clock: ManualClock) -> None:
    code = await accounts.create_code()
    clock.advance(timedelta(minutes=10) - timedelta(milliseconds=1))
    assert (await accounts.redeem(code)).token


async def test_only_the_platform_may_create_codes(accounts: Accounts) -> None:
    owner = (await accounts.sign_in()).token
    with pytest.raises(errors.PermissionDenied):
        await accounts.stub.CreateSignInCode(pb.CreateSignInCodeRequest(), metadata=bearer(owner))


async def test_a_session_renews_tokens_until_it_expires(accounts: Accounts, clock: ManualClock) -> None:
    session = (await accounts.sign_in()).session_secret
    clock.advance(timedelta(days=29))
    renewed = await accounts.renew(session)
    assert (await accounts.caller(renewed.token)).subject == "members/owner"
    assert renewed.session_secret == ""
    clock.advance(timedelta(days=1))
    with pytest.raises(errors.Unauthenticated) as raised:
        await accounts.renew(session)
    assert raised.value.reason == "SESSION_INVALID"


async def test_a_revoked_session_renews_nothing_and_another_goes_on(accounts: Accounts) -> None:
    one, two = [(await accounts.sign_in()).session_secret for _ in range(2)]
    for _ in range(2):
        await accounts.stub.RevokeSession(pb.RevokeSessionRequest(secret=one))
    await accounts.stub.RevokeSession(pb.RevokeSessionRequest(secret="local." + "x" * 43))
    with pytest.raises(errors.Unauthenticated) as raised:
        await accounts.renew(one)
    assert raised.value.reason == "SESSION_INVALID"
    await accounts.renew(two)


async def test_secrets_are_not_kept(accounts: Accounts, settings: Settings) -> None:
    code = await accounts.create_code()
    session = (await accounts.sign_in()).session_secret
    for secret in (code, session):
        for table in ("sign_in_codes", "sessions", "audit_events"):
            assert execute(settings, f"SELECT 1 FROM {table} t WHERE t::text LIKE '%{secret[6:]}%'") == 0


async def test_a_token_expires(accounts: Accounts, clock: ManualClock) -> None:
    token = (await accounts.sign_in()).token
    clock.advance(timedelta(minutes=15))
    with pytest.raises(errors.Unauthenticated) as raised:
        await accounts.caller(token)
    assert raised.value.reason == "TOKEN_EXPIRED"


async def test_a_service_speaks_for_itself_with_the_service_role(accounts: Accounts) -> None:
    caller = await accounts.caller((await accounts.service_token()).token)
    assert (caller.subject, caller.organization, list(caller.roles)) == ("services/generation", "", ["service"])
    with pytest.raises(errors.PermissionDenied):
        await accounts.events((await accounts.service_token()).token)


async def test_a_service_acts_for_a_member_with_the_roles_of_this_moment(
    accounts: Accounts, settings: Settings, clock: ManualClock
) -> None:
    verify = verifier(accounts, clock).verify
    principal = await verify((await accounts.service_token("local", "owner")).token)
    assert (principal.subject, principal.organization, principal.roles) == ("members/owner", "local", ("owner",))
    assert principal.actor == "services/generation"
    execute(settings, "UPDATE members SET roles = '{viewer}'")
    assert (await verify((await accounts.service_token("local", "owner")).token)).roles == ("viewer",)


async def test_who_is_no_member_any_more_is_not_acted_for(accounts: Accounts, settings: Settings) -> None:
    session = (await accounts.sign_in()).session_secret
    code = await accounts.create_code()
    execute(settings, "DELETE FROM members WHERE id = 'owner'")
    for organization, member in (("local", "owner"), ("local", "nobody"), ("other", "owner")):
        with pytest.raises(errors.PermissionDenied) as raised:
            await accounts.service_token(organization, member)
        assert raised.value.reason == "NOT_A_MEMBER"
    with pytest.raises(errors.Unauthenticated):
        await accounts.renew(session)
    with pytest.raises(errors.Unauthenticated):
        await accounts.redeem(code)


@pytest.mark.parametrize(("service", "key"), [("generation", KEY + "x"), ("unknown", KEY), ("generation", "x" * 200)])
async def test_a_wrong_service_key_is_refused(accounts: Accounts, service: str, key: str) -> None:
    with pytest.raises(errors.Unauthenticated) as raised:
        grant = pb.ServiceGrant(service=service, key=key, organization="local", member="owner")
        await accounts.stub.IssueToken(pb.IssueTokenRequest(service=grant))
    assert raised.value.reason == "SERVICE_KEY_INVALID"


async def test_half_a_delegation_is_refused(accounts: Accounts) -> None:
    for organization, member in (("local", ""), ("", "owner")):
        with pytest.raises(errors.InvalidArgument):
            await accounts.service_token(organization, member)


async def test_no_proof_is_refused(accounts: Accounts) -> None:
    with pytest.raises(errors.InvalidArgument):
        await accounts.stub.IssueToken(pb.IssueTokenRequest())


async def test_a_token_of_another_key_or_organization_is_refused(accounts: Accounts) -> None:
    token = (await accounts.sign_in()).token
    with pytest.raises(errors.Unauthenticated) as raised:
        await accounts.caller(Signer().token())
    assert raised.value.reason == "TOKEN_INVALID"
    other = "organizations/other"
    for call, request in (
        (accounts.stub.GetOrganization, pb.GetOrganizationRequest(name=other)),
        (accounts.stub.ListMembers, pb.ListMembersRequest(parent=other)),
        (accounts.stub.ListAuditEvents, pb.ListAuditEventsRequest(parent=other)),
    ):
        with pytest.raises(errors.PermissionDenied) as denied:
            await call(request, metadata=bearer(token))
        assert denied.value.reason == "ORGANIZATION_DENIED"


async def test_wrong_proofs_are_bounded_for_each_client(start: Start, settings: Settings, clock: ManualClock) -> None:
    accounts = await start(settings.model_copy(update={"attempts_per_minute": 5}))
    session = (await accounts.sign_in()).session_secret
    for _ in range(5):
        with pytest.raises(errors.Unauthenticated):
            await accounts.renew("local." + "x" * 43)
    await accounts.service_token()
    with pytest.raises(errors.ResourceExhausted) as raised:
        await accounts.renew(session)
    assert raised.value.retry_after_s == 60
    elsewhere = pb.IssueTokenRequest(session=pb.SessionGrant(secret=session))
    await accounts.stub.IssueToken(elsewhere, metadata=(("x-envoy-external-address", "192.0.2.7"),))
    clock.advance(timedelta(minutes=1))
    await accounts.renew(session)


async def test_the_organization_and_its_members_are_shown(accounts: Accounts, settings: Settings) -> None:
    token = (await accounts.sign_in()).token
    found = await accounts.stub.GetOrganization(pb.GetOrganizationRequest(name=LOCAL), metadata=bearer(token))
    assert (found.organization.name, found.organization.display_name) == (LOCAL, "Coffee")
    execute(
        settings,
        "INSERT INTO members SELECT 'local', 'm' || i, 'Member', '{viewer}', now() FROM generate_series(1, 4) i",
    )
    names: list[str] = []
    page_token = ""
    while True:
        request = pb.ListMembersRequest(parent=LOCAL, page_size=2, page_token=page_token)
        page = await accounts.stub.ListMembers(request, metadata=bearer(token))
        assert len(page.members) <= 2
        names += [member.name for member in page.members]
        page_token = page.next_page_token
        if not page_token:
            break
    assert names == [f"{LOCAL}/members/{member}" for member in ("m1", "m2", "m3", "m4", "owner")]


async def test_a_page_token_that_is_none_of_ours_is_refused(accounts: Accounts) -> None:
    token = (await accounts.sign_in()).token
    members, events = "members of local", "audit events of local"
    for forged in ("x", encode_token("\0", scope=members), encode_token("m", scope=events), "é" * 9):
        with pytest.raises(errors.InvalidArgument) as raised:
            request = pb.ListMembersRequest(parent=LOCAL, page_token=forged)
            await accounts.stub.ListMembers(request, metadata=bearer(token))
        assert raised.value.reason == "PAGE_TOKEN_INVALID"
    for forged in (encode_token("x", scope=events), encode_token("9" * 30, scope=events)):
        with pytest.raises(errors.InvalidArgument) as raised:
            again = pb.ListAuditEventsRequest(parent=LOCAL, page_token=forged)
            await accounts.stub.ListAuditEvents(again, metadata=bearer(token))
        assert raised.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_second_start_and_a_second_copy_change_nothing(start: Start, settings: Settings) -> None:
    first = await start(settings)
    second = await start(settings.model_copy(update={"owner_name": "Eve"}))
    token = (await first.sign_in()).token
    caller = await second.caller(token)
    assert caller.display_name == "Ada"
    assert [event.action for event in await second.events(token)][:2] == ["organization.created", "member.created"]


async def test_another_master_key_is_refused_with_what_to_do(start: Start, settings: Settings) -> None:
    await start(settings)
    settings.master_key_file.unlink()
    with pytest.raises(ValueError, match="restore the master key"):
        await start(settings)


async def test_the_audit_log_holds_every_act_once_and_no_refusal(accounts: Accounts, clock: ManualClock) -> None:
    signed_in = await accounts.sign_in()
    with pytest.raises(errors.Unauthenticated):
        await accounts.redeem("local." + "x" * 43)
    with pytest.raises(errors.PermissionDenied):
        await accounts.service_token("local", "nobody")
    clock.advance(timedelta(minutes=1))
    token = (await accounts.renew(signed_in.session_secret)).token
    await accounts.service_token("local", "owner")
    await accounts.stub.RevokeSession(pb.RevokeSessionRequest(secret=signed_in.session_secret))
    await accounts.stub.RevokeSession(pb.RevokeSessionRequest(secret=signed_in.session_secret))
    events = await accounts.events(token)
    owner = f"{LOCAL}/members/owner"
    session = events[3].resource
    assert session.startswith(f"{owner}/sessions/")
    assert [(event.actor, event.action, event.resource) for event in events] == [
        ("services/accounts", "organization.created", LOCAL),
        ("services/accounts", "member.created", owner),
        ("services/generation", "sign_in_code.created", owner),
        ("members/owner", "session.created", session),
        ("members/owner", "token.issued", session),
        ("services/generation", "token.issued", owner),
        ("members/owner", "session.revoked", session),
    ]
    assert [event.name for event in events] == [f"{LOCAL}/auditEvents/{each}" for each in range(1, 8)]
    assert events[4].create_time.ToDatetime(UTC) == datetime(2030, 1, 1, 0, 1, tzinfo=UTC)


async def test_parallel_acts_are_numbered_without_a_gap(accounts: Accounts) -> None:
    signed_in = await accounts.sign_in()
    await asyncio.gather(*(accounts.renew(signed_in.session_secret) for _ in range(20)))
    events = await accounts.events(signed_in.token)
    assert [event.name for event in events] == [f"{LOCAL}/auditEvents/{each}" for each in range(1, len(events) + 1)]
    assert sum(event.action == "token.issued" for event in events) == 20


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET actor = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"]
)
async def test_the_audit_log_is_only_ever_added_to(accounts: Accounts, settings: Settings, statement: str) -> None:
    with pytest.raises(DBAPIError) as raised:
        execute(settings, statement)
    assert sqlstate(raised.value) == "42501"


async def test_what_the_platform_does_for_itself_is_kept_apart(accounts: Accounts, settings: Settings) -> None:
    await accounts.service_token()
    kept = execute(settings, "SELECT 1 FROM audit_events WHERE action IN ('token.issued', 'signing_key.created')", "")
    assert kept == 2
    assert execute(settings, "SELECT 1 FROM audit_events WHERE action = 'signing_key.created'") == 0
