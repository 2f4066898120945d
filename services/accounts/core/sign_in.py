"""Signing in and out: a one-time code becomes a session, a session renews tokens until it ends."""

from services.accounts.core.issue_token import TokenIssuer
from services.accounts.core.model import LOCAL, OWNER, Lifetimes, Member, Secret, Session, Token
from services.accounts.core.ports import Accounts, Books
from services.accounts.core.secrets import digest_of, new_secret, organization_in
from services.kit.clock import Clock
from services.kit.errors import Unauthenticated
from services.kit.ids import new_id


class SignIn:
    """Codes and sessions. A proof that does not work says nothing of why: unknown, used, expired are one answer."""

    def __init__(self, accounts: Accounts, tokens: TokenIssuer, clock: Clock, lifetimes: Lifetimes) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._clock = clock
        self._lifetimes = lifetimes

    async def create_code(self, actor: str) -> Secret:
        """A code that signs the local owner in once."""
        code = Secret(new_secret(LOCAL), self._clock.now() + self._lifetimes.code)
        async with self._accounts.open(LOCAL) as books:
            await books.add_code(digest_of(code.text), OWNER, code.expire_time)
            await books.record(actor, "sign_in_code.created", f"organizations/{LOCAL}/members/{OWNER}")
        return code

    async def redeem_code(self, code: str) -> tuple[Token, Secret]:
        """A token, and the secret of a new session, for a one-time code.

        Raises:
            Unauthenticated: The code does not work (`SIGN_IN_CODE_INVALID`).
        """
        organization = organization_in(code)
        if organization is None:
            raise _code_invalid()
        secret = Secret(new_secret(organization), self._clock.now() + self._lifetimes.session)
        session_id = new_id()
        async with self._accounts.open(organization) as books:
            member_id = await books.take_code(digest_of(code))
            member = await books.find_member(member_id) if member_id else None
            if member is None:
                raise _code_invalid()
            await books.add_session(Session(session_id, member.id, secret.expire_time), digest_of(secret.text))
            token = self._tokens.for_member(member)
            await books.record(f"members/{member.id}", "session.created", _session_name(member, session_id))
        return token, secret

    async def renew(self, secret: str) -> Token:
        """A token for a session, with the member's roles of this moment.

        Raises:
            Unauthenticated: The session does not work (`SESSION_INVALID`).
        """
        organization = organization_in(secret)
        if organization is None:
            raise _session_invalid()
        async with self._accounts.open(organization) as books:
            session = await books.use_session(digest_of(secret))
            member = await _member_of(books, session)
            if session is None or member is None:
                raise _session_invalid()
            token = self._tokens.for_member(member)
            await books.record(f"members/{member.id}", "token.issued", _session_name(member, session.id))
        return token

    async def revoke(self, secret: str) -> None:
        """Ends a session. One that is unknown has ended already."""
        organization = organization_in(secret)
        if organization is None:
            return
        async with self._accounts.open(organization) as books:
            session = await books.revoke_session(digest_of(secret))
            member = await _member_of(books, session)
            if session is not None and member is not None:
                await books.record(f"members/{member.id}", "session.revoked", _session_name(member, session.id))


async def _member_of(books: Books, session: Session | None) -> Member | None:
    return await books.find_member(session.member) if session else None


def _session_name(member: Member, session_id: str) -> str:
    return f"{member.name}/sessions/{session_id}"


def _code_invalid() -> Unauthenticated:
    return Unauthenticated(
        "SIGN_IN_CODE_INVALID", "The sign-in code is unknown, used or expired. Open the newest link from the terminal."
    )


def _session_invalid() -> Unauthenticated:
    return Unauthenticated("SESSION_INVALID", "The session is unknown, signed out or expired. Sign in again.")
