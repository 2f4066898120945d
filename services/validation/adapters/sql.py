"""Data sources in PostgreSQL: each organization sees its own rows alone, connections are sealed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit.errors import AlreadyExists, NotFound
from services.storage.sql import Database
from services.validation.adapters.policies import POLICIES, policy_of, put_policy
from services.validation.adapters.seal import Seal
from services.validation.core.model import DIALECT_OF, Connection, DataSource, TlsMode
from services.validation.core.policy import Policy

_METADATA = sa.MetaData()
DATA_SOURCES = sa.Table(
    "data_sources",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("engine", sa.Text, nullable=False),
    sa.Column("sealed_connection", sa.LargeBinary, nullable=False),
    # Made by the operator's settings, not by a user: it may lead where users' may not.
    sa.Column("own", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("create_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)
ORGANIZATION_KEYS = sa.Table(
    "organization_keys",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("create_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)
_WITH_POLICY = sa.select(DATA_SOURCES, POLICIES.c.document, POLICIES.c.version, POLICIES.c.update_time).join_from(
    DATA_SOURCES,
    POLICIES,
    (POLICIES.c.organization == DATA_SOURCES.c.organization) & (POLICIES.c.data_source == DATA_SOURCES.c.id),
    isouter=True,
)
_KINDS: dict[str, type[Connection]] = {name: kind for kind, name in DIALECT_OF.items()}
_READ: dict[str, Callable[[Any], Any]] = {"schemas": tuple, "tls_mode": TlsMode}


class SqlDataSources:
    """`core.ports.DataSources`.

    Args:
        database: The service's own.
        seal: Seals connections.
    """

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    async def create(self, source: DataSource) -> DataSource:
        """See `core.ports.DataSources`."""
        connection = await self._database.connection()
        row = await self._row(connection, source)
        try:
            async with connection.begin_nested():
                await connection.execute(sa.insert(DATA_SOURCES).values(row))
        except IntegrityError as error:
            raise AlreadyExists(
                "DATA_SOURCE_EXISTS",
                f"There is a data source {source.id!r} already. Choose another id, or delete that one first.",
                metadata={"data_source": source.id},
            ) from error
        created = await connection.execute(
            _WITH_POLICY.where(DATA_SOURCES.c.organization == source.organization, DATA_SOURCES.c.id == source.id)
        )
        return await self._source(connection, created.one())

    async def put_own(self, source: DataSource) -> None:
        """Keeps a data source of the operator's, in place of what was there by that id."""
        async with self._database.transaction(source.organization) as connection:
            row = await self._row(connection, source)
            changed = {name: row[name] for name in ("display_name", "engine", "sealed_connection", "own")}
            await connection.execute(
                insert(DATA_SOURCES)
                .values(row)
                .on_conflict_do_update(index_elements=["organization", "id"], set_=changed)
            )

    async def get(self, organization: str, source: str) -> DataSource:
        """See `core.ports.DataSources`."""
        async with self._database.transaction(organization) as connection:
            found = await connection.execute(
                _WITH_POLICY.where(DATA_SOURCES.c.organization == organization, DATA_SOURCES.c.id == source)
            )
            row = found.one_or_none()
            if row is None:
                raise _not_found(source)
            return await self._source(connection, row)

    async def list(self, organization: str, *, after: str, limit: int) -> Sequence[DataSource]:
        """See `core.ports.DataSources`."""
        async with self._database.transaction(organization) as connection:
            found = await connection.execute(
                _WITH_POLICY.where(DATA_SOURCES.c.organization == organization, DATA_SOURCES.c.id > after)
                .order_by(DATA_SOURCES.c.id)
                .limit(limit)
            )
            return [await self._source(connection, row) for row in found.all()]

    async def put_policy(self, source: DataSource, policy: Policy) -> Policy:
        """See `core.ports.DataSources`."""
        connection = await self._database.connection()
        locked = await connection.execute(
            sa.select(DATA_SOURCES.c.id)
            .where(DATA_SOURCES.c.organization == source.organization, DATA_SOURCES.c.id == source.id)
            .with_for_update()
        )
        if locked.one_or_none() is None:
            raise _not_found(source.id)
        return await put_policy(connection, source.organization, source.id, policy)

    async def delete(self, organization: str, source: str) -> None:
        """See `core.ports.DataSources`."""
        connection = await self._database.connection()
        deleted = await connection.execute(
            sa.delete(DATA_SOURCES).where(DATA_SOURCES.c.organization == organization, DATA_SOURCES.c.id == source)
        )
        if not deleted.rowcount:
            raise _not_found(source)

    async def _row(self, connection: AsyncConnection, source: DataSource) -> dict[str, Any]:
        plain = json.dumps(asdict(source.connection)).encode()
        key = await self._key(connection, source.organization)
        return {
            "organization": source.organization,
            "id": source.id,
            "display_name": source.display_name,
            "engine": source.dialect,
            "sealed_connection": self._seal.seal(key, plain, source.organization, source.id),
            "own": source.own,
        }

    async def _source(self, connection: AsyncConnection, row: sa.Row[Any]) -> DataSource:
        key = await self._key(connection, row.organization)
        plain = self._seal.open(key, row.sealed_connection, row.organization, row.id)
        return DataSource(
            organization=row.organization,
            id=row.id,
            connection=_connection(row.engine, json.loads(plain)),
            display_name=row.display_name,
            create_time=row.create_time,
            own=row.own,
            policy=policy_of(row.document, row.version, row.update_time),
        )

    async def _key(self, connection: AsyncConnection, organization: str) -> bytes:
        """The organization's wrapped key, made on its first use."""
        query = sa.select(ORGANIZATION_KEYS.c.wrapped_key).where(ORGANIZATION_KEYS.c.organization == organization)
        found = (await connection.execute(query)).scalar_one_or_none()
        if found is None:
            new = {"organization": organization, "wrapped_key": self._seal.new_key(organization)}
            await connection.execute(insert(ORGANIZATION_KEYS).values(new).on_conflict_do_nothing())
            found = (await connection.execute(query)).scalar_one()
        return bytes(found)


def _connection(engine: str, fields: dict[str, Any]) -> Connection:
    """A connection as it was sealed: JSON knows no tuples and no words of an enumeration."""
    read = {name: _READ[name](value) if name in _READ else value for name, value in fields.items()}
    return _KINDS[engine](**read)


def _not_found(source: str) -> NotFound:
    return NotFound(
        "DATA_SOURCE_NOT_FOUND",
        f"There is no data source {source!r}. List the data sources to see what there is.",
        metadata={"data_source": source},
    )
