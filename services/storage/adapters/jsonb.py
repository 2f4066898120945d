"""Records as JSONB rows of PostgreSQL."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from services.kit.errors import Aborted, InvalidArgument
from services.storage.ports import MAX_RECORD_BYTES, Record, check_names, too_large
from services.storage.sql import Database, open_database

_RECORDS = sa.table(
    "records",
    sa.column("organization", sa.Text),
    sa.column("collection", sa.Text),
    sa.column("id", sa.Text),
    sa.column("document", JSONB),
    sa.column("revision", sa.BigInteger),
)
_R = _RECORDS.c


class JsonbRecords:
    """Records in the table that `migrations/records` makes. Row-level security stands behind every condition."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, organization: str, collection: str, record_id: str) -> Record | None:
        """A document (`Records.get`)."""
        check_names(organization, collection, record_id)
        async with self._database.transaction(organization) as connection:
            row = (await connection.execute(_select(organization, collection).where(_R.id == record_id))).first()
        return None if row is None else Record(*row)

    async def put(
        self,
        organization: str,
        collection: str,
        record_id: str,
        document: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Record:
        """Stores a document whole (`Records.put`)."""
        check_names(organization, collection, record_id)
        _check(document)
        statement = _put(organization, collection, record_id, document, revision)
        async with self._database.transaction(organization) as connection:
            row = (await connection.execute(statement)).first()
        if row is None:
            raise Aborted(
                "REVISION_STALE",
                f"{record_id!r} changed since it was read. Read it again and repeat the change.",
                metadata={"revision": str(revision)},
            )
        return Record(record_id, document, row.revision)

    async def delete(self, organization: str, collection: str, record_id: str) -> None:
        """Deletes a document (`Records.delete`)."""
        check_names(organization, collection, record_id)
        async with self._database.transaction(organization) as connection:
            await connection.execute(sa.delete(_RECORDS).where(*_within(organization, collection), _R.id == record_id))

    async def list(
        self,
        organization: str,
        collection: str,
        *,
        where: Mapping[str, str | int | bool] | None = None,
        after: str = "",
        limit: int = 100,
    ) -> Sequence[Record]:
        """Documents by id (`Records.list`)."""
        check_names(organization, collection, *filter(None, [after]))
        query = _select(organization, collection).where(_R.id > after).order_by(_R.id).limit(limit)
        if where:
            _check(where)
            query = query.where(_R.document.contains(dict(where)))
        async with self._database.transaction(organization) as connection:
            return [Record(*row) for row in await connection.execute(query)]


@asynccontextmanager
async def open_jsonb_records(url: str, service: str, *, migrate_at_start: bool = True) -> AsyncIterator[JsonbRecords]:
    """Records in a service's PostgreSQL database."""
    migrations = Path(__file__).parent.parent / "migrations" / "records"
    async with open_database(
        url, service, migrations, version_table="alembic_version_records", migrate_at_start=migrate_at_start
    ) as database:
        yield JsonbRecords(database)


def _within(organization: str, collection: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _R.organization == organization, _R.collection == collection


def _select(organization: str, collection: str) -> sa.Select[Any]:
    return sa.select(_R.id, _R.document, _R.revision).where(*_within(organization, collection))


def _put(
    organization: str, collection: str, record_id: str, document: Mapping[str, Any], revision: int | None
) -> sa.Executable:
    new = insert(_RECORDS).values(
        organization=organization, collection=collection, id=record_id, document=document, revision=1
    )
    changes = {"document": document, "revision": _R.revision + 1}
    if revision is None:
        key = [_R.organization, _R.collection, _R.id]
        return new.on_conflict_do_update(index_elements=key, set_=changes).returning(_R.revision)
    if revision == 0:
        return new.on_conflict_do_nothing().returning(_R.revision)
    return (
        sa.update(_RECORDS)
        .where(*_within(organization, collection), _R.id == record_id, _R.revision == revision)
        .values(changes)
        .returning(_R.revision)
    )


def _check(document: Mapping[str, Any]) -> None:
    try:
        encoded = json.dumps(document, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgument("INVALID_ARGUMENT", "The document is no JSON. Store plain values only.") from error
    if len(encoded) > MAX_RECORD_BYTES:
        raise too_large("document", MAX_RECORD_BYTES)
    # A backslash is escaped itself, so an odd number of them leads an escape.
    if b"\\u0000" in encoded.replace(b"\\\\", b""):
        raise InvalidArgument("INVALID_ARGUMENT", "The document holds the character U+0000. Leave it out.")
