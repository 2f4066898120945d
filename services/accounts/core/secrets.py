"""Secrets that name their organization, so that row-level security holds before anybody is known."""

import hashlib
import re
import secrets

_SECRET = re.compile(r"([a-z0-9][a-z0-9-]{0,62})\.[A-Za-z0-9_-]{43}")


def new_secret(organization: str) -> str:
    """A secret of 256 bits: "local.Zm9v…". A plain hash keeps one that cannot be guessed."""
    return f"{organization}.{secrets.token_urlsafe(32)}"


def organization_in(secret: str) -> str | None:
    """The organization that a secret names, or None where it is not of the form of one."""
    match = _SECRET.fullmatch(secret)
    return match[1] if match else None


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()
