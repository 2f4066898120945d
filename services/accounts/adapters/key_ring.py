"""Ed25519 signing keys (RFC 8037) in the database, sealed by AES-GCM under the master key, rotated by copies alike."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncConnection

from services.accounts.adapters.postgres import record
from services.accounts.adapters.tables import signing_keys
from services.accounts.core.model import PLATFORM
from services.accounts.core.rotate_keys import Plan, Rotation, plan, signing_key
from services.kit.clock import Clock
from services.kit.identity import ALGORITHM
from services.kit.ids import new_id
from services.storage.sql import Database

# How old the keys in memory may grow: another copy may have removed one out of turn.
_MAX_AGE = timedelta(minutes=1)
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair that signs from `sign_time` on."""

    id: str
    sign_time: datetime
    private_key: Ed25519PrivateKey

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The half that may be shown."""
        return self.private_key.public_key()


class KeyRing:
    """The signing keys of this moment. `load` reads and rotates them where it is time; `sign` uses what is loaded."""

    def __init__(self, database: Database, master_key: bytes, clock: Clock, rotation: Rotation) -> None:
        self._database = database
        self._seal = AESGCM(master_key)
        self._clock = clock
        self._rotation = rotation
        self._keys: tuple[SigningKey, ...] = ()
        self._loaded: datetime | None = None
        self._loading = asyncio.Lock()

    async def load(self) -> None:
        """Makes sure that the keys in memory are those of this moment.

        Raises:
            Unavailable: The database does not answer.
            ValueError: The master key does not open the keys.
        """
        if self._is_fresh():
            return
        async with self._loading:
            if not self._is_fresh():
                now = self._clock.now()
                self._keys, self._loaded = await self._rotated(now), now

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JSON Web Token, signed with the key of this moment (`Keys.sign`)."""
        key = signing_key(self._keys, self._clock.now())
        return jwt.encode(dict(claims), key.private_key, algorithm=ALGORITHM, headers={"kid": key.id})

    async def published(self) -> Mapping[str, bytes]:
        """The public keys as bytes (`Keys.published`)."""
        return {key_id: key.public_bytes_raw() for key_id, key in (await self.public_keys()).items()}

    async def public_keys(self) -> Mapping[str, Ed25519PublicKey]:
        """The keys that tokens may be signed with, and the next one, by key id."""
        await self.load()
        return {key.id: key.public_key for key in self._keys}

    def _is_fresh(self) -> bool:
        now = self._clock.now()
        return self._loaded is not None and now - self._loaded < _MAX_AGE and not plan(self._keys, now, self._rotation)

    async def _rotated(self, now: datetime) -> tuple[SigningKey, ...]:
        async with self._database.transaction(PLATFORM) as connection:
            # One copy rotates, the others wait and then see that nothing is to be done.
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('candor.signing_keys'))"))
            keys = await self._read(connection)
            change = plan(keys, now, self._rotation)
            if not change:
                return keys
            await self._apply(connection, change, now)
            return await self._read(connection)

    async def _apply(self, connection: AsyncConnection, change: Plan, now: datetime) -> None:
        acts = []
        if change.add is not None:
            key = SigningKey(new_id(), change.add, Ed25519PrivateKey.generate())
            await connection.execute(
                sa.insert(signing_keys).values(
                    id=key.id,
                    public_key=key.public_key.public_bytes_raw(),
                    sealed_private_key=self._sealed(key),
                    sign_time=key.sign_time,
                )
            )
            acts.append(("signing_key.created", key.id))
        for key_id in change.remove:
            await connection.execute(sa.delete(signing_keys).where(signing_keys.c.id == key_id))
            acts.append(("signing_key.removed", key_id))
        for action, key_id in acts:
            resource = f"signingKeys/{key_id}"
            await record(connection, PLATFORM, now, actor="services/accounts", action=action, resource=resource)

    async def _read(self, connection: AsyncConnection) -> tuple[SigningKey, ...]:
        rows = await connection.execute(sa.select(signing_keys).order_by(signing_keys.c.sign_time, signing_keys.c.id))
        return tuple(SigningKey(row.id, row.sign_time, self._opened(row.id, row.sealed_private_key)) for row in rows)

    def _sealed(self, key: SigningKey) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, key.private_key.private_bytes_raw(), _place(key.id))

    def _opened(self, key_id: str, sealed: bytes) -> Ed25519PrivateKey:
        try:
            raw = self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(key_id))
        except InvalidTag as error:
            raise ValueError(
                "the master key does not open the signing keys: restore the master key they were made with"
            ) from error
        return Ed25519PrivateKey.from_private_bytes(raw)


def _place(key_id: str) -> bytes:
    # The place a key was sealed for, so that it cannot be moved to another.
    return f"signing_keys/{key_id}".encode()
