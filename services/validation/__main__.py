"""Builds and serves validation: the only place where its adapters are chosen."""

import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path
from types import ModuleType

from candor.validation.v1 import (
    analysis_service_pb2,
    analysis_service_pb2_grpc,
    quality_service_pb2,
    quality_service_pb2_grpc,
    trial_service_pb2,
    trial_service_pb2_grpc,
    validation_service_pb2,
    validation_service_pb2_grpc,
)
from sqlalchemy.engine import make_url

from services.kit.clock import SystemClock
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import Server, run_service
from services.kit.rpc.tokens import verifier_for
from services.kit.settings import state_folder
from services.storage.sql import Database, open_database
from services.validation.adapters.engines.admission import PoolLimits
from services.validation.adapters.engines.duckdb_workers import DuckdbWorkers
from services.validation.adapters.engines.open import OpenEngines
from services.validation.adapters.engines.sources import SourceEngines
from services.validation.adapters.judging.judges import ProcessJudges
from services.validation.adapters.quality_reports import SqlReports
from services.validation.adapters.seal import Seal, master_key
from services.validation.adapters.spark.trials import SparkPlace, SparkTrials
from services.validation.adapters.sql import SqlDataSources
from services.validation.core.explain_plan import ExplainPlan
from services.validation.core.keep_data_sources import KeepDataSources
from services.validation.core.model import DataSource, Limits, PostgresConnection, TlsMode
from services.validation.core.ports import Engines
from services.validation.core.quality.check_quality import CheckQuality
from services.validation.core.quality.profile_table import ProfileTable
from services.validation.core.quality.read_target import ReadTarget
from services.validation.core.reach import Reach
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement
from services.validation.core.trials.model import Bounds
from services.validation.core.trials.run_trial import RunTrial
from services.validation.servicer.analysis import AnalysisServicer
from services.validation.servicer.quality import QualityServicer
from services.validation.servicer.trials import TrialServicer
from services.validation.servicer.validation import ValidationServicer
from services.validation.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def open_storage(settings: Settings) -> AbstractAsyncContextManager[Database]:
    """What validation keeps."""
    return open_database(settings.database_url, "validation", MIGRATIONS, migrate_at_start=settings.migrate_at_start)


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """The server, not yet started."""
    seal = Seal(master_key(settings.master_key.get_secret_value(), settings.master_key_file))
    closed = (state_folder(), settings.master_key_file.parent)
    reach = Reach(settings.private_hosts, settings.file_roots, closed, closed_addresses(settings))
    opener = OpenEngines(reach, settings.sqlite_threads, DuckdbWorkers(settings.duckdb_memory, spare=True))
    pools = PoolLimits(
        per_source=settings.source_operations,
        overall=settings.operations,
        idle=settings.idle_sessions,
        idle_lifetime=settings.idle_lifetime,
    )
    clock = SystemClock()
    async with (
        open_channel(settings.accounts_address) as accounts,
        open_storage(settings) as database,
        aclosing(SourceEngines(opener, clock, pools)) as engines,
    ):
        sources = SqlDataSources(database, seal)
        if settings.sample_host:
            await sources.put_own(_sample(settings))
        catalogs = ReadCatalogs(engines, clock, settings.catalog_lifetime)
        limits = Limits(settings.max_rows, settings.max_bytes, settings.statement_timeout)
        run_statement = RunStatement(catalogs, engines, limits)
        validation = ValidationServicer(
            sources,
            catalogs,
            KeepDataSources(sources, engines, catalogs, settings.sampling_timeout),
            run_statement,
            ExplainPlan(catalogs, engines, limits),
        )
        quality = _quality(settings, sources, engines, catalogs, SqlReports(database, settings.quality_reports))
        run_trial = RunTrial(catalogs, run_statement, _spark(settings), _bounds(settings), clock)
        faces = [
            _face(validation_service_pb2, validation_service_pb2_grpc, "ValidationService", validation),
            _face(
                analysis_service_pb2, analysis_service_pb2_grpc, "AnalysisService", AnalysisServicer(sources, catalogs)
            ),
            _face(quality_service_pb2, quality_service_pb2_grpc, "QualityService", quality),
            _face(trial_service_pb2, trial_service_pb2_grpc, "TrialService", TrialServicer(sources, run_trial)),
        ]
        yield build_server(
            settings,
            faces,
            verify=verifier_for(accounts).verify,
            layers=[database.per_rpc],
            replays=database,
        )


def _face(messages: ModuleType, stubs: ModuleType, name: str, implementation: object) -> Servicer:
    """One of the gRPC services: its contract, its registration, and what answers."""
    contract = messages.DESCRIPTOR.services_by_name[name]
    return Servicer(contract, getattr(stubs, f"add_{name}Servicer_to_server"), implementation)


def _quality(
    settings: Settings, sources: SqlDataSources, engines: Engines, catalogs: ReadCatalogs, reports: SqlReports
) -> QualityServicer:
    # More rows than a person would look at, by the same door.
    limits = Limits(settings.quality_rows, settings.quality_bytes, settings.quality_timeout)
    target = ReadTarget(catalogs, RunStatement(catalogs, engines, limits), limits)
    judges = ProcessJudges(settings.quality_processes, settings.quality_memory)
    clock = SystemClock()
    check_quality = CheckQuality(target, judges, reports, clock)
    return QualityServicer(sources, ProfileTable(target, clock), check_quality, reports)


def closed_addresses(settings: Settings) -> tuple[tuple[str, int], ...]:
    """Where the platform's own servers listen, as far as this service knows: no data source leads there."""
    known = [*settings.closed_addresses, settings.address, settings.accounts_address]
    pairs = [each.rpartition(":") for each in known if not each.startswith("unix:")]
    found = [(host.strip("[]"), int(port)) for host, _, port in pairs]
    if "://" in settings.database_url:
        database = make_url(settings.database_url)
        if database.host:
            found.append((database.host, database.port or 5432))
    return tuple(found)


def _spark(settings: Settings) -> SparkTrials:
    place = SparkPlace(
        settings.spark_master,
        settings.spark_memory,
        settings.spark_folder,
        settings.spark_shared_folder,
        settings.spark_options,
    )
    return SparkTrials(place)


def _bounds(settings: Settings) -> Bounds:
    sampled = min(settings.trial_sample_rows, settings.max_rows)
    return Bounds(sampled, settings.max_bytes, settings.trial_rows, settings.spark_timeout)


def _sample(settings: Settings) -> DataSource:
    connection = PostgresConnection(
        host=settings.sample_host,
        database=settings.sample_database,
        user=settings.sample_user,
        tls_mode=TlsMode.DISABLE if settings.sample_host.startswith("/") else TlsMode.PREFER,
    )
    return DataSource(settings.sample_organization, settings.sample_id, connection, "Sample", own=True)


if __name__ == "__main__":
    # Rows are many objects and no cycles: looking for cycles among them took a fifth of the time of a large result.
    gc.set_threshold(100_000, 50, 100)
    run_service("validation", Settings(), build, open_storage)
