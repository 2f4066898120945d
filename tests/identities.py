"""Tokens for tests, signed with a key of the tests' own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit.identity import ALGORITHM, AUDIENCE, ISSUER, TokenVerifier


class Signer:
    """Makes tokens, and a verifier that trusts them."""

    def __init__(self, key_id: str = "test") -> None:
        self.key_id = key_id
        self.key = Ed25519PrivateKey.generate()

    def token(
        self,
        organization: str | None = "local",
        *,
        roles: tuple[str, ...] = ("owner",),
        subject: str = "members/owner",
        lifetime: timedelta = timedelta(minutes=15),
        **claims: Any,
    ) -> str:
        now = datetime.now(UTC)
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "org": organization,
            "roles": list(roles),
            "iat": now,
            "exp": now + lifetime,
            **claims,
        }
        return jwt.encode(payload, self.key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def metadata(self, organization: str | None = "local", **kwargs: Any) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token(organization, **kwargs)}"),)

    def verifier(self) -> TokenVerifier:
        async def fetch_keys() -> dict[str, Any]:
            return {self.key_id: self.key.public_key()}

        return TokenVerifier(fetch_keys)
