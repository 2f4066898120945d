"""What operators see of jobs: the trace of who asked goes on in the work, and the queue is measured."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from contract.test_jobs import MIGRATIONS, ORGANIZATION, accept, dispatching, ended
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from waiting import until

from services.kit import metrics, telemetry
from services.kit.jobs import Ending, Job, JobContext, JobState, Ledger
from services.storage.embedded import EmbeddedPostgres
from services.storage.migrate import migrate
from services.storage.sql import Database, open_database


@pytest.fixture
async def database(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    url = postgres.ensure_database(f"traces_{abs(hash(request.node.nodeid)) % 10**9}")
    async with open_database(url.render_as_string(hide_password=False), "generation", MIGRATIONS) as opened:
        yield opened


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database.transaction, lease=timedelta(seconds=1))


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    return exporter


def jobs(event: str) -> float:
    return metrics.REGISTRY.get_sample_value("candor_jobs_total", {"event": event}) or 0


async def test_the_work_at_a_job_goes_on_with_the_trace_that_asked_for_it(
    database: Database, ledger: Ledger, spans: InMemorySpanExporter
) -> None:
    seen: list[str] = []

    async def work(_job: Job, _context: JobContext) -> Ending:
        seen.append(telemetry.trace_id())
        return ended(JobState.SUCCEEDED, "done")

    async with dispatching(database, ledger, work) as dispatcher:
        with telemetry.span("ask") as asking:
            job = await accept(database, dispatcher)
        await until(lambda: any(each.name == "run_job" for each in spans.get_finished_spans()))
    assert seen == [trace.format_trace_id(asking.get_span_context().trace_id)]
    (ran,) = [each for each in spans.get_finished_spans() if each.name == "run_job"]
    assert ran.kind is trace.SpanKind.CONSUMER
    assert ran.parent is not None
    assert ran.parent.span_id == asking.get_span_context().span_id
    found = await ledger.find(ORGANIZATION, job)
    assert found is not None
    assert seen[0] in found.traceparent


async def test_what_happens_to_jobs_is_counted(database: Database, ledger: Ledger) -> None:
    events = ("accepted", "claimed", "succeeded")
    before = [jobs(each) for each in events]
    async with dispatching(database, ledger) as dispatcher:
        await accept(database, dispatcher)
        await until(lambda: [jobs(each) for each in events] == [each + 1 for each in before])
    assert metrics.REGISTRY.get_sample_value("candor_jobs_running") == 0


async def test_the_queue_is_measured_with_the_age_of_its_oldest_job(database: Database, ledger: Ledger) -> None:
    async with dispatching(database, ledger) as dispatcher:
        async with database.engine.begin() as connection:
            waiting = "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
            await connection.execute(
                sa.text(waiting + "SELECT 'default', 'run_job', now() + interval '1 hour' FROM generate_series(1, 3)")
            )
            await connection.execute(sa.text("UPDATE procrastinate_events SET at = now() - interval '90 seconds'"))
        await dispatcher._measure_queue()
    assert metrics.REGISTRY.get_sample_value("candor_jobs_queued", {"queue": "default"}) == 3
    oldest = metrics.REGISTRY.get_sample_value("candor_jobs_oldest_seconds", {"queue": "default"})
    assert oldest is not None
    assert 90 <= oldest < 150


async def test_jobs_of_before_the_column_begin_traces_of_their_own(
    postgres: EmbeddedPostgres, spans: InMemorySpanExporter, request: pytest.FixtureRequest
) -> None:
    url = postgres.ensure_database(f"older_{abs(hash(request.node.nodeid)) % 10**9}")
    migrate(url, MIGRATIONS)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE jobs DROP COLUMN traceparent"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'generation_0001'"))
    engine.dispose()
    async with open_database(url.render_as_string(hide_password=False), "generation", MIGRATIONS) as older:
        ledger = Ledger(older.transaction)
        async with dispatching(older, ledger) as dispatcher:
            await accept(older, dispatcher)
            await until(lambda: any(each.name == "run_job" for each in spans.get_finished_spans()))
    (ran,) = [each for each in spans.get_finished_spans() if each.name == "run_job"]
    assert ran.parent is None
