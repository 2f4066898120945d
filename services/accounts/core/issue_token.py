"""Tokens: the claims that `services.kit.identity` reads, for a member or a service of the platform."""

from datetime import timedelta
from typing import Any

from services.accounts.core.model import Member, Token
from services.accounts.core.ports import Keys
from services.kit.clock import Clock
from services.kit.identity import AUDIENCE, ISSUER


class TokenIssuer:
    """Issues tokens that are valid for one lifetime."""

    def __init__(self, keys: Keys, clock: Clock, lifetime: timedelta) -> None:
        self._keys = keys
        self._clock = clock
        self._lifetime = lifetime

    def for_member(self, member: Member, *, actor: str | None = None) -> Token:
        """A token with a member's roles of this moment; `actor` is the service that acts for the member."""
        act = {"act": {"sub": actor}} if actor else {}
        return self._issue(sub=f"members/{member.id}", org=member.organization, roles=list(member.roles), **act)

    def for_service(self, service: str) -> Token:
        """A token with which a service of the platform speaks for itself, in no organization."""
        return self._issue(sub=f"services/{service}", roles=["service"])

    def _issue(self, **claims: Any) -> Token:
        # A token counts whole seconds.
        now = self._clock.now().replace(microsecond=0)
        expire_time = now + self._lifetime
        return Token(
            self._keys.sign(claims | {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": expire_time}), expire_time
        )
