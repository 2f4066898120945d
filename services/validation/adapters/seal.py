"""Seals credentials: AES-256-GCM with a key for each organization, itself wrapped by the operator's master key."""

import base64
import binascii
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.kit.errors import Internal

_NONCE = 12


class Seal:
    """Seals and opens. What is sealed for one row of one organization opens nowhere else.

    Args:
        master_key: 32 bytes that only the operator has.
    """

    def __init__(self, master_key: bytes) -> None:
        assert len(master_key) == 32, "the master key has 256 bits"
        self._master = AESGCM(master_key)

    def new_key(self, organization: str) -> bytes:
        """A new key for an organization, wrapped."""
        return _seal(self._master, secrets.token_bytes(32), _identity("organization", organization))

    def seal(self, wrapped_key: bytes, plain: bytes, organization: str, row: str) -> bytes:
        """Something sealed for a row."""
        return _seal(self._key(wrapped_key, organization), plain, _identity("row", organization, row))

    def open(self, wrapped_key: bytes, sealed: bytes, organization: str, row: str) -> bytes:
        """What was sealed for a row.

        Raises:
            Internal: It was sealed with another master key, or for another row.
        """
        return _open(self._key(wrapped_key, organization), sealed, _identity("row", organization, row))

    def _key(self, wrapped: bytes, organization: str) -> AESGCM:
        return AESGCM(_open(self._master, wrapped, _identity("organization", organization)))


def master_key(encoded: str, path: Path) -> bytes:
    """The master key: from the setting where it is given, else from a file, which is made when it does not exist.

    Raises:
        ValueError: The setting is not 32 bytes in base64.
    """
    if encoded:
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ValueError("the master key is not base64") from error
        if len(key) != 32:
            raise ValueError("the master key has to be 32 bytes in base64")
        return key
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return base64.b64decode(path.read_text())
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)).decode())
    return base64.b64decode(path.read_text())


def _identity(*parts: str) -> bytes:
    return "\0".join(parts).encode()


def _seal(key: AESGCM, plain: bytes, identity: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + key.encrypt(nonce, plain, identity)


def _open(key: AESGCM, sealed: bytes, identity: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], identity)
    except InvalidTag as error:
        raise Internal(
            "INTERNAL",
            "The credentials of this data source do not open. Restore the master key that they were sealed with.",
        ) from error
