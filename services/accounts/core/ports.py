"""What accounts needs of its database and of its signing keys."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from services.accounts.core.model import AuditEvent, Member, Organization, Session


class Books(Protocol):
    """The rows of one organization within one transaction: acts and their audit events are kept together or not."""

    async def add_organization(self, organization: Organization) -> bool:
        """Adds the organization; False where it exists."""

    async def add_member(self, member: Member) -> bool:
        """Adds a member; False where one of that id exists."""

    async def find_organization(self) -> Organization | None:
        """The organization."""

    async def find_member(self, member: str) -> Member | None:
        """The member of an id."""

    async def list_members(self, after: str, limit: int) -> Sequence[Member]:
        """Members by id, after an id."""

    async def add_code(self, digest: bytes, member: str, expire_time: datetime) -> None:
        """Keeps a one-time code, and forgets those that have expired."""

    async def take_code(self, digest: bytes) -> str | None:
        """Uses up a code that has not expired: the member it signs in, for the first taker alone."""

    async def add_session(self, session: Session, digest: bytes) -> None:
        """Keeps a session, and forgets those that have expired."""

    async def use_session(self, digest: bytes) -> Session | None:
        """The session of a secret that is neither expired nor revoked; notes when it was last used."""

    async def revoke_session(self, digest: bytes) -> Session | None:
        """Ends the session of a secret; None where it has ended or never was."""

    async def record(self, actor: str, action: str, resource: str = "") -> None:
        """Adds an act to the audit log; last in a transaction, for others wait for it."""

    async def list_events(self, before: int | None, limit: int) -> Sequence[AuditEvent]:
        """Acts, newest first, before a sequence number."""


class Accounts(Protocol):
    """The database."""

    def open(self, organization: str) -> AbstractAsyncContextManager[Books]:
        """The books of an organization, committed when the block ends well.

        Raises:
            Unavailable: The database does not answer.
        """


class Keys(Protocol):
    """The signing keys, in memory: signing waits for nothing, so it may happen within a transaction."""

    async def load(self) -> None:
        """Makes sure that the keys in memory are those of this moment; before a transaction, for it needs its own."""

    async def published(self) -> Mapping[str, bytes]:
        """The public keys by key id, the next one among them."""

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JSON Web Token of these claims, signed with the key of this moment."""
