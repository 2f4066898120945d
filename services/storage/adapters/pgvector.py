"""Vectors in PostgreSQL with the pgvector extension (https://github.com/pgvector/pgvector)."""

import math
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit.errors import InvalidArgument
from services.storage.ports import MAX_DIMENSIONS, Embedding, Match, check_names
from services.storage.sql import Database, open_database

_COLLECTIONS = sa.table(
    "vector_collections", sa.column("organization"), sa.column("collection"), sa.column("dimensions")
)
_VECTORS = sa.table(
    "vectors", sa.column("organization"), sa.column("collection"), sa.column("id"), sa.column("vector", Vector())
)
_C, _V = _COLLECTIONS.c, _VECTORS.c
# Rows of one INSERT: four parameters each, of the 65,535 that the protocol carries.
_BATCH = 1000


class PgVectors:
    """Vectors in the tables that `migrations/vectors` makes.

    A search reads the collection whole, found by the primary key, so it misses nothing. Row-level security stands
    behind every condition.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def upsert(self, organization: str, collection: str, embeddings: Sequence[Embedding]) -> None:
        """Stores vectors (`Vectors.upsert`)."""
        check_names(organization, collection, *(each.id for each in embeddings))
        if not embeddings:
            return
        dimensions = {_dimensions(each.vector) for each in embeddings}
        if len(dimensions) > 1:
            raise _invalid(f"The vectors are of different dimensions: {sorted(dimensions)}.")
        # Of those that share an id the last counts; in one order, so that two writers cannot lock each other out.
        rows: list[dict[str, object]] = [
            {"organization": organization, "collection": collection, "id": key, "vector": list(vector)}
            for key, vector in sorted({each.id: each.vector for each in embeddings}.items())
        ]
        async with self._database.transaction(organization) as connection:
            await connection.execute(
                insert(_COLLECTIONS)
                .values(organization=organization, collection=collection, dimensions=next(iter(dimensions)))
                .on_conflict_do_nothing()
            )
            # The lock keeps the collection from being deleted, and made anew with another dimension, before the commit.
            await _check_dimensions(connection, organization, collection, *dimensions, lock=True)
            for start in range(0, len(rows), _BATCH):
                await _write(connection, rows[start : start + _BATCH])

    async def search(
        self, organization: str, collection: str, vector: Sequence[float], *, limit: int
    ) -> Sequence[Match]:
        """The nearest by cosine (`Vectors.search`)."""
        check_names(organization, collection)
        dimensions = _dimensions(vector)
        distance = _V.vector.cosine_distance(list(vector)).label("distance")
        query = (
            sa.select(_V.id, distance)
            .where(_V.organization == organization, _V.collection == collection)
            .order_by(distance, _V.id)
            .limit(limit)
        )
        async with self._database.transaction(organization) as connection:
            await _check_dimensions(connection, organization, collection, dimensions)
            return [Match(row.id, 1.0 - row.distance) for row in await connection.execute(query)]

    async def delete(self, organization: str, collection: str, ids: Iterable[str] | None = None) -> None:
        """Deletes vectors, or a whole collection (`Vectors.delete`)."""
        ids = None if ids is None else list(ids)
        check_names(organization, collection, *(ids or ()))
        table = _COLLECTIONS if ids is None else _VECTORS
        where = [table.c.organization == organization, table.c.collection == collection]
        if ids is not None:
            where.append(_V.id == sa.any_(sa.literal(ids, sa.ARRAY(sa.Text))))
        async with self._database.transaction(organization) as connection:
            await connection.execute(sa.delete(table).where(*where))


@asynccontextmanager
async def open_pgvectors(url: str, service: str) -> AsyncIterator[PgVectors]:
    """Vectors in a service's PostgreSQL database, which must have the extension or let it be made."""
    migrations = Path(__file__).parent.parent / "migrations" / "vectors"
    async with open_database(url, service, migrations, version_table="alembic_version_vectors") as database:
        yield PgVectors(database)


async def _write(connection: AsyncConnection, rows: Sequence[dict[str, object]]) -> None:
    new = insert(_VECTORS).values(rows)
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=[_V.organization, _V.collection, _V.id], set_={"vector": new.excluded.vector}
        )
    )


async def _check_dimensions(
    connection: AsyncConnection, organization: str, collection: str, given: int, *, lock: bool = False
) -> None:
    query = sa.select(_C.dimensions).where(_C.organization == organization, _C.collection == collection)
    known = await connection.scalar(query.with_for_update(read=True) if lock else query)
    if known is not None and known != given:
        raise _invalid(f"The collection {collection!r} holds vectors of {known} dimensions, not {given}.")


def _dimensions(vector: Sequence[float]) -> int:
    if not 1 <= len(vector) <= MAX_DIMENSIONS:
        raise _invalid(f"A vector has 1 to {MAX_DIMENSIONS} dimensions, not {len(vector)}.")
    # Beyond these bounds single precision would make it infinite, or zero.
    length = math.hypot(*vector)
    if not 1e-18 < length < 1e18:
        raise _invalid("A vector is zero or not finite, so it has no direction.")
    return len(vector)


def _invalid(message: str) -> InvalidArgument:
    return InvalidArgument("INVALID_ARGUMENT", message, fields={"vector": "is not valid here"})
