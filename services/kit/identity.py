"""Who is asking and what their roles grant; tokens are read here and made in accounts."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from services.kit.clock import Clock, SystemClock
from services.kit.errors import DeadlineExceeded, PermissionDenied, Unauthenticated, Unavailable

ISSUER = "candor"
AUDIENCE = "candor"
ALGORITHM = "EdDSA"
COOKIE = "candor_token"

_VIEWER = frozenset({"signed_in", "organization_read", "data_sources_read", "schemas_read", "generations_read"})
_EDITOR = _VIEWER | {"schemas_sync", "statements_check", "statements_run", "models_use", "generations_write"}
_OWNER = _EDITOR | {"data_sources_write", "audit_read"}

# What each role grants: permissions of `candor.access.v1.Permission`, in lower case without their prefix.
ROLES: Mapping[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "editor": _EDITOR,
    "owner": _OWNER,
    "service": frozenset({"signed_in", "sign_in_codes_create"}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a call is made for.

    `subject` is "members/{member}" or "services/{service}"; `actor` is the service that acts for a member,
    where one does; `token` is what was shown, to be shown again to the next service.
    """

    subject: str
    organization: str | None
    roles: tuple[str, ...]
    expire_time: datetime
    actor: str | None = None
    token: str = field(default="", repr=False)

    @property
    def permissions(self) -> frozenset[str]:
        """What the roles grant together; a role that is not known grants nothing."""
        return frozenset[str]().union(*(ROLES.get(role, frozenset()) for role in self.roles))


_current: ContextVar[Principal | None] = ContextVar("principal", default=None)


def current_principal() -> Principal:
    """Who the call in progress is made for.

    Raises:
        Unauthenticated: Nobody is signed in on this call.
    """
    principal = _current.get()
    if principal is None:
        raise Unauthenticated("TOKEN_MISSING", "Sign in first: this call needs a token.")
    return principal


def find_principal() -> Principal | None:
    """Who the call in progress is made for, or None on a public call."""
    return _current.get()


def set_principal(principal: Principal | None) -> None:
    """Says who the work of this task is done for."""
    _current.set(principal)


def authorize(principal: Principal, permission: str, organizations: set[str]) -> None:
    """Lets a principal pass who holds the permission and speaks for every organization that is named.

    Raises:
        PermissionDenied: The permission is missing, or an organization is another's (or does not exist: the two
            are told apart to nobody).
    """
    if permission not in principal.permissions:
        raise PermissionDenied(
            "PERMISSION_DENIED",
            f"Your roles do not hold the permission {permission!r}. Ask an owner of the organization for it.",
            metadata={"permission": permission},
        )
    foreign = organizations - {principal.organization}
    if foreign:
        raise PermissionDenied(
            "ORGANIZATION_DENIED",
            "You are not a member of that organization, or it does not exist. Check the name.",
        )


Keys = Mapping[str, Any]


class TokenVerifier:
    """Reads tokens. A verified token is remembered by its hash until it expires, for checking costs 130 µs.

    Args:
        fetch_keys: Fetches the public keys by key id, to be passed to PyJWT.
        clock: What time it is.
        min_refresh: How often keys are fetched at most, so that unknown key ids cannot be used to flood accounts.
        max_age: How old keys may grow, so that one that was taken back stops working. While they cannot be fetched,
            those that are known go on working.
    """

    def __init__(
        self,
        fetch_keys: Callable[[], Awaitable[Keys]],
        clock: Clock | None = None,
        min_refresh: timedelta = timedelta(seconds=5),
        max_age: timedelta = timedelta(minutes=10),
    ) -> None:
        self._fetch_keys = fetch_keys
        self._clock = clock or SystemClock()
        self._min_refresh = min_refresh
        self._max_age = max_age
        self._keys: Keys = {}
        self._fetched = datetime.min.replace(tzinfo=UTC)
        self._fetching = asyncio.Lock()
        self._verified: dict[bytes, Principal] = {}

    async def verify(self, token: str) -> Principal:
        """The principal that a token speaks for.

        Raises:
            Unauthenticated: The token is malformed, expired, for another audience, or signed by another key.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        now = self._clock.now()
        if known is not None and known.expire_time > now:
            return known
        principal = await self._read(token, now)
        if len(self._verified) >= 10_000:
            self._verified.clear()
        self._verified[digest] = principal
        return principal

    async def _read(self, token: str, now: datetime) -> Principal:
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")), now)
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # Expiry is checked below, by our clock; a clock that is behind must not refuse a new token.
                options={
                    "require": ["exp", "iat", "sub", "aud", "iss"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated("TOKEN_INVALID", "The token is not one of ours. Sign in again.") from error
        expire_time = datetime.fromtimestamp(claims["exp"], UTC)
        if expire_time <= now:
            raise Unauthenticated("TOKEN_EXPIRED", "The token has expired. Ask for a new one.")
        return Principal(
            subject=str(claims["sub"]),
            organization=claims.get("org"),
            roles=tuple(claims.get("roles", ())),
            expire_time=expire_time,
            actor=(claims.get("act") or {}).get("sub"),
            token=token,
        )

    async def _key(self, key_id: str, now: datetime) -> Any:
        if self._wants_keys(key_id, now):
            # Those who wait for the first fetch use what it brought.
            async with self._fetching:
                if self._wants_keys(key_id, now):
                    await self._refresh(key_id, now)
        if key_id not in self._keys:
            raise jwt.InvalidKeyError("the key id is not known")
        return self._keys[key_id]

    def _wants_keys(self, key_id: str, now: datetime) -> bool:
        age = now - self._fetched
        return age >= (self._max_age if key_id in self._keys else self._min_refresh)

    async def _refresh(self, key_id: str, now: datetime) -> None:
        try:
            self._keys, self._fetched = await self._fetch_keys(), now
        except (Unavailable, DeadlineExceeded):
            if key_id not in self._keys:
                raise
            # Not on every call: what does not answer may take long to say so.
            self._fetched = now - self._max_age + self._min_refresh
