"""Keeps every version of a data source's catalogue, and knows which is the newest.

Three collections of records: `catalogs` holds the catalogues, `schema_versions` what is known of each version, and
`schemas` which version is current. They are written in this order, so that what is current is always whole.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from services.documents.core.model import DataSource, Snapshot, Version
from services.kit.catalog import Catalog, Column, ColumnType, ForeignKey, Table
from services.kit.errors import NotFound
from services.storage.ports import Records

CATALOGS, VERSIONS, CURRENT = "catalogs", "schema_versions", "schemas"
# Versions are listed newest first by an id that counts down from here, in milliseconds since 1970.
_LAST_MS = 9_999_999_999_999


class Snapshots:
    """The versions of all data sources, kept as records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def current(self, source: DataSource) -> Version:
        """The newest version.

        Raises:
            NotFound: The data source was never synced.
        """
        record = await self._records.get(source.organization, CURRENT, source.id)
        if record is None:
            raise NotFound(
                "SCHEMA_NOT_FOUND",
                f"The schema of data source {source.id!r} has not been read yet. Sync it first.",
                metadata={"data_source": source.id},
            )
        return _version_from_document(record.document)

    async def get(self, source: DataSource, version_id: str = "") -> Snapshot:
        """The snapshot of a version, of the newest when none is named.

        Raises:
            NotFound: The data source was never synced, or has no such version.
        """
        version = await self.find(source, version_id) if version_id else await self.current(source)
        record = (
            await self._records.get(source.organization, CATALOGS, f"{source.id}.{version.id}") if version else None
        )
        if version is None or record is None:
            raise NotFound(
                "SCHEMA_NOT_FOUND",
                f"Data source {source.id!r} has no schema version {version_id[:128]!r}. List its versions.",
                metadata={"data_source": source.id},
            )
        return Snapshot(version, catalog_from_document(record.document))

    async def find(self, source: DataSource, version_id: str) -> Version | None:
        """What is known of a version."""
        where = {"data_source": source.id, "id": version_id}
        found = await self._records.list(source.organization, VERSIONS, where=where, limit=1)
        return _version_from_document(found[0].document) if found else None

    async def list(self, source: DataSource, *, after: str, limit: int) -> list[tuple[str, Version]]:
        """Versions, newest first, each with its place in the list; those behind the place `after`."""
        where = {"data_source": source.id}
        found = await self._records.list(source.organization, VERSIONS, where=where, after=after, limit=limit)
        return [(record.id, _version_from_document(record.document)) for record in found]

    async def put(self, source: DataSource, snapshot: Snapshot) -> None:
        """Keeps a snapshot and makes it the newest; repeating it changes nothing."""
        version = snapshot.version
        document = {"data_source": source.id, **_version_to_document(version)}
        place = f"{source.id}.{_LAST_MS - int(version.create_time.timestamp() * 1000):013d}.{version.id}"
        put, organization = self._records.put, source.organization
        await put(organization, CATALOGS, f"{source.id}.{version.id}", catalog_to_document(snapshot.catalog))
        await put(organization, VERSIONS, place, document)
        await put(organization, CURRENT, source.id, document)


def version_of(catalog: Catalog) -> str:
    """The id of the version that a catalogue is: made from what a person would call the schema.

    Samples and row estimates change with the data, and the order of tables and keys with the database's mood: they do
    not count.
    """
    tables = sorted(
        (
            replace(table, row_estimate=-1, columns=tuple(replace(column, samples=()) for column in table.columns))
            for table in catalog.tables
        ),
        key=lambda table: (table.schema, table.name),
    )
    keys = sorted(
        catalog.foreign_keys, key=lambda key: (key.table, key.columns, key.referred_table, key.referred_columns)
    )
    document = catalog_to_document(Catalog(catalog.dialect, tuple(tables), tuple(keys)))
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


def catalog_to_document(catalog: Catalog) -> dict[str, Any]:
    """A catalogue as JSON."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(catalog)))
    return document


def catalog_from_document(document: Mapping[str, Any]) -> Catalog:
    """The catalogue that `catalog_to_document` wrote."""
    return Catalog(
        dialect=document["dialect"],
        tables=tuple(
            Table(**{**table, "columns": tuple(_column_from_document(column) for column in table["columns"])})
            for table in document["tables"]
        ),
        foreign_keys=tuple(
            ForeignKey(key["table"], tuple(key["columns"]), key["referred_table"], tuple(key["referred_columns"]))
            for key in document["foreign_keys"]
        ),
    )


def _column_from_document(column: Mapping[str, Any]) -> Column:
    return Column(**{**column, "type": ColumnType(column["type"]), "samples": tuple(column["samples"])})


def _version_to_document(version: Version) -> dict[str, Any]:
    return {
        "id": version.id,
        "create_time": version.create_time.astimezone(UTC).isoformat(),
        "sync_time": version.sync_time.astimezone(UTC).isoformat(),
        "indexed_values": version.indexed_values,
    }


def _version_from_document(document: Mapping[str, Any]) -> Version:
    return Version(
        id=document["id"],
        create_time=datetime.fromisoformat(document["create_time"]),
        sync_time=datetime.fromisoformat(document["sync_time"]),
        indexed_values=document["indexed_values"],
    )
