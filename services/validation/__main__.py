"""Builds and serves validation: the only place where its adapters are chosen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from candor.validation.v1 import validation_service_pb2, validation_service_pb2_grpc

from services.kit.clock import SystemClock
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import Server, run_service
from services.kit.rpc.tokens import verifier_for
from services.kit.settings import state_folder
from services.storage.sql import open_database
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.seal import Seal, master_key
from services.validation.adapters.sql import SqlDataSources
from services.validation.core.keep_data_sources import KeepDataSources
from services.validation.core.model import DataSource, Limits, PostgresConnection, TlsMode
from services.validation.core.reach import Reach
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement
from services.validation.servicer import ValidationServicer
from services.validation.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """The server, not yet started."""
    seal = Seal(master_key(settings.master_key.get_secret_value(), settings.master_key_file))
    closed = (state_folder(), settings.master_key_file.parent)
    reach = Reach(settings.private_hosts, settings.file_roots, closed)
    async with (
        open_channel(settings.accounts_address) as accounts,
        open_database(settings.database_url, "validation", MIGRATIONS) as database,
    ):
        with closing(OpenEngines(reach, settings.sqlite_threads, settings.duckdb_memory)) as engines:
            sources = SqlDataSources(database, seal)
            if settings.sample_host:
                await sources.put_own(_sample(settings))
            catalogs = ReadCatalogs(engines, SystemClock(), settings.catalog_lifetime)
            limits = Limits(settings.max_rows, settings.max_bytes, settings.statement_timeout)
            implementation = ValidationServicer(
                sources,
                engines,
                catalogs,
                KeepDataSources(sources, engines, catalogs, settings.sampling_timeout),
                RunStatement(catalogs, engines, limits),
            )
            servicer = Servicer(
                validation_service_pb2.DESCRIPTOR.services_by_name["ValidationService"],
                validation_service_pb2_grpc.add_ValidationServiceServicer_to_server,
                implementation,
            )
            yield build_server(
                settings,
                [servicer],
                verify=verifier_for(accounts).verify,
                layers=[database.per_rpc],
                replays=database,
            )


def _sample(settings: Settings) -> DataSource:
    connection = PostgresConnection(
        host=settings.sample_host,
        database=settings.sample_database,
        user=settings.sample_user,
        tls_mode=TlsMode.DISABLE if settings.sample_host.startswith("/") else TlsMode.PREFER,
    )
    return DataSource(settings.sample_organization, settings.sample_id, connection, "Sample", own=True)


if __name__ == "__main__":
    run_service("validation", Settings(), build)
