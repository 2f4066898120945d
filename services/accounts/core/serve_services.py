"""Tokens for the platform's own services, for themselves or for the person whose job they run."""

import hashlib
import hmac
import re
from collections.abc import Mapping

from services.accounts.core.issue_token import TokenIssuer
from services.accounts.core.model import PLATFORM, Token
from services.accounts.core.ports import Accounts
from services.kit.errors import InvalidArgument, PermissionDenied, Unauthenticated

_ENTRY = re.compile(r"([a-z]{2,32}):([0-9a-f]{64})")


def read_service_keys(text: str) -> Mapping[str, frozenset[bytes]]:
    """The digests of each service's keys from "generation:<sha256 in hexadecimal>,…"; several while one is replaced.

    Raises:
        ValueError: An entry is malformed.
    """
    keys: dict[str, frozenset[bytes]] = {}
    for entry in filter(None, (each.strip() for each in text.split(","))):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise ValueError("a service key is written as service:sha256, the digest as 64 hexadecimal digits")
        keys[match[1]] = keys.get(match[1], frozenset()) | {bytes.fromhex(match[2])}
    return keys


class ServiceTokens:
    """Issues tokens to services that show their key."""

    def __init__(self, accounts: Accounts, tokens: TokenIssuer, keys: Mapping[str, frozenset[bytes]]) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._keys = keys

    async def issue(self, service: str, key: str, organization: str, member_id: str) -> Token:
        """A token for a service; for a member, with the roles of this moment, where one is named.

        Raises:
            Unauthenticated: The key is wrong, or the service has none (`SERVICE_KEY_INVALID`).
            PermissionDenied: The person is not a member, or no longer (`NOT_A_MEMBER`).
            InvalidArgument: Only one of organization and member is named.
        """
        self._check(service, key)
        if bool(organization) != bool(member_id):
            raise InvalidArgument(
                "INVALID_ARGUMENT",
                "Name the organization and the member, or neither.",
                fields={"service.member": "goes with service.organization"},
            )
        actor = f"services/{service}"
        if not organization:
            async with self._accounts.open(PLATFORM) as books:
                token = self._tokens.for_service(service)
                await books.record(actor, "token.issued", actor)
            return token
        async with self._accounts.open(organization) as books:
            member = await books.find_member(member_id)
            if member is None:
                raise PermissionDenied(
                    "NOT_A_MEMBER", "The person is not, or no longer, a member of the organization: do not go on."
                )
            token = self._tokens.for_member(member, actor=actor)
            await books.record(actor, "token.issued", member.name)
        return token

    def _check(self, service: str, key: str) -> None:
        shown = hashlib.sha256(key.encode()).digest()
        # Each is compared whole, also after one was right, so that time tells nothing.
        matches = [hmac.compare_digest(shown, digest) for digest in self._keys.get(service, ())]
        if not any(matches):
            raise Unauthenticated("SERVICE_KEY_INVALID", "The service key is wrong. Check the platform's settings.")
