"""The books of an organization in PostgreSQL. Row-level security shows each transaction its organization alone."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.accounts.adapters.tables import (
    audit_events,
    audit_heads,
    members,
    organizations,
    sessions,
    sign_in_codes,
)
from services.accounts.core.model import AuditEvent, Member, Organization, Session
from services.accounts.core.ports import Books
from services.kit import metrics
from services.kit.clock import Clock
from services.storage.sql import Database


class PostgresAccounts:
    """Opens the books of organizations (`Accounts`)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @asynccontextmanager
    async def open(self, organization: str) -> AsyncIterator[Books]:
        """The books of an organization, in a transaction of their own (`Accounts.open`)."""
        async with self._database.transaction(organization) as connection:
            yield PostgresBooks(connection, organization, self._clock.now())


class PostgresBooks:
    """The rows of one organization in one transaction at one time (`Books`).

    Every statement names the organization too, so that it uses the keys that lead with it.
    """

    def __init__(self, connection: AsyncConnection, organization: str, now: datetime) -> None:
        self._connection = connection
        self._organization = organization
        self._now = now

    async def add_organization(self, organization: Organization) -> bool:
        """Adds the organization (`Books.add_organization`)."""
        added = await self._connection.execute(
            insert(organizations)
            .values(
                organization=organization.id,
                display_name=organization.display_name,
                create_time=organization.create_time,
            )
            .on_conflict_do_nothing()
            .returning(sa.literal(1))
        )
        return added.first() is not None

    async def add_member(self, member: Member) -> bool:
        """Adds a member (`Books.add_member`)."""
        added = await self._connection.execute(
            insert(members)
            .values(
                organization=self._organization,
                id=member.id,
                display_name=member.display_name,
                roles=list(member.roles),
                create_time=member.create_time,
            )
            .on_conflict_do_nothing()
            .returning(sa.literal(1))
        )
        return added.first() is not None

    async def find_organization(self) -> Organization | None:
        """The organization (`Books.find_organization`)."""
        found = await self._connection.execute(
            sa.select(organizations).where(organizations.c.organization == self._organization)
        )
        row = found.first()
        return None if row is None else Organization(row.organization, row.display_name, row.create_time)

    async def find_member(self, member: str) -> Member | None:
        """The member of an id (`Books.find_member`)."""
        found = await self._connection.execute(
            sa.select(members).where(members.c.organization == self._organization, members.c.id == member)
        )
        row = found.first()
        return None if row is None else _member(row)

    async def list_members(self, after: str, limit: int) -> Sequence[Member]:
        """Members by id (`Books.list_members`)."""
        found = await self._connection.execute(
            sa.select(members)
            .where(members.c.organization == self._organization, members.c.id > after)
            .order_by(members.c.id)
            .limit(limit)
        )
        return [_member(row) for row in found]

    async def add_code(self, digest: bytes, member: str, expire_time: datetime) -> None:
        """Keeps a one-time code (`Books.add_code`)."""
        await self._forget_expired(sign_in_codes)
        await self._connection.execute(
            sa.insert(sign_in_codes).values(
                organization=self._organization, digest=digest, member=member, expire_time=expire_time
            )
        )

    async def take_code(self, digest: bytes) -> str | None:
        """Uses up a code (`Books.take_code`): a second taker waits for the first, then finds nothing."""
        member: str | None = await self._connection.scalar(
            sa.delete(sign_in_codes)
            .where(
                sign_in_codes.c.organization == self._organization,
                sign_in_codes.c.digest == digest,
                sign_in_codes.c.expire_time > self._now,
            )
            .returning(sign_in_codes.c.member)
        )
        return member

    async def add_session(self, session: Session, digest: bytes) -> None:
        """Keeps a session (`Books.add_session`)."""
        await self._forget_expired(sessions)
        await self._connection.execute(
            sa.insert(sessions).values(
                organization=self._organization,
                digest=digest,
                id=session.id,
                member=session.member,
                create_time=self._now,
                use_time=self._now,
                expire_time=session.expire_time,
            )
        )

    async def use_session(self, digest: bytes) -> Session | None:
        """The session of a secret (`Books.use_session`)."""
        return await self._change_session(digest, use_time=self._now)

    async def revoke_session(self, digest: bytes) -> Session | None:
        """Ends a session (`Books.revoke_session`)."""
        return await self._change_session(digest, revoke_time=self._now)

    async def record(self, actor: str, action: str, resource: str = "") -> None:
        """Adds an act (`Books.record`)."""
        await record(self._connection, self._organization, self._now, actor=actor, action=action, resource=resource)

    async def list_events(self, before: int | None, limit: int) -> Sequence[AuditEvent]:
        """Acts, newest first (`Books.list_events`)."""
        query = sa.select(audit_events).where(audit_events.c.organization == self._organization)
        if before is not None:
            query = query.where(audit_events.c.sequence < before)
        found = await self._connection.execute(query.order_by(audit_events.c.sequence.desc()).limit(limit))
        return [AuditEvent(row.sequence, row.create_time, row.actor, row.action, row.resource) for row in found]

    async def _change_session(self, digest: bytes, **changes: datetime) -> Session | None:
        changed = await self._connection.execute(
            sa.update(sessions)
            .where(
                sessions.c.organization == self._organization,
                sessions.c.digest == digest,
                sessions.c.expire_time > self._now,
                sessions.c.revoke_time.is_(None),
            )
            .values(changes)
            .returning(sessions.c.id, sessions.c.member, sessions.c.expire_time)
        )
        row = changed.first()
        return None if row is None else Session(*row)

    async def _forget_expired(self, table: sa.Table) -> None:
        await self._connection.execute(
            sa.delete(table).where(table.c.organization == self._organization, table.c.expire_time <= self._now)
        )


async def record(
    connection: AsyncConnection, organization: str, now: datetime, *, actor: str, action: str, resource: str
) -> None:
    """Adds an act to an organization's audit log, numbered without a gap: its head is locked until the commit."""
    head = insert(audit_heads).values(organization=organization, sequence=1)
    sequence = await connection.scalar(
        head.on_conflict_do_update(
            index_elements=[audit_heads.c.organization], set_={"sequence": audit_heads.c.sequence + 1}
        ).returning(audit_heads.c.sequence)
    )
    await connection.execute(
        sa.insert(audit_events).values(
            organization=organization,
            sequence=sequence,
            create_time=now,
            actor=actor,
            action=action,
            resource=resource,
        )
    )
    metrics.AUDIT_EVENTS.of(action).inc()


def _member(row: sa.Row[tuple[object, ...]]) -> Member:
    return Member(row.organization, row.id, row.display_name, tuple(row.roles), row.create_time)
