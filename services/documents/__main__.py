"""Builds and serves documents: the only place where its adapters are chosen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from candor.documents.v1 import documents_service_pb2, documents_service_pb2_grpc

from services.documents.adapters.postgres_values import PostgresValues
from services.documents.adapters.validation import ValidationDatabases
from services.documents.core.keep_snapshots import Snapshots
from services.documents.core.open_retriever import Retrievers
from services.documents.core.sync_schema import SyncSchema
from services.documents.servicer import DocumentsServicer
from services.documents.settings import Settings
from services.kit.clock import SystemClock
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import Server, run_service
from services.kit.rpc.tokens import verifier_for
from services.storage.open import open_records
from services.storage.ports import Records
from services.storage.sql import Database, open_database

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[tuple[Database, Records]]:
    """What documents keeps."""
    records_url = settings.records_url if settings.records_url != "embedded:" else settings.database_url
    migrating = settings.migrate_at_start
    async with (
        open_database(settings.database_url, "documents", MIGRATIONS, migrate_at_start=migrating) as database,
        open_records(records_url, "documents", migrate_at_start=migrating) as records,
    ):
        yield database, records


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """The server, not yet started."""
    async with (
        open_channel(settings.accounts_address) as accounts,
        open_channel(settings.validation_address) as validation,
        open_storage(settings) as (database, records),
    ):
        snapshots, values = Snapshots(records), PostgresValues(database)
        sync_schema = SyncSchema(
            ValidationDatabases(validation), snapshots, values, SystemClock(), settings.sampling_timeout
        )
        retrievers = Retrievers(snapshots, values, settings.values_in_memory)
        servicer = Servicer(
            documents_service_pb2.DESCRIPTOR.services_by_name["DocumentsService"],
            documents_service_pb2_grpc.add_DocumentsServiceServicer_to_server,
            DocumentsServicer(sync_schema, snapshots, retrievers),
        )
        yield build_server(settings, [servicer], verify=verifier_for(accounts).verify)


if __name__ == "__main__":
    run_service("documents", Settings(), build, open_storage)
