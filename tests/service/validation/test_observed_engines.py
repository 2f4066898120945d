"""What operators see of the users' databases: how runs ended, how many rows they read, and no word of them."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from service.validation.engine_stand import SLOW, Stand, rows, unused_port

from services.kit import metrics, telemetry
from services.kit.errors import CandorError
from services.validation.adapters.engines.observed import fingerprint
from services.validation.core.model import Limits, PostgresConnection, SqliteConnection
from services.validation.core.ports import Engine

SECRET = "SELECT 'hunter2' AS word UNION ALL SELECT 'hunter3'"


@pytest.fixture
def engine(stand: Stand, tmp_path: Path) -> Engine:
    (tmp_path / "shop.sqlite").touch()
    return stand.of(SqliteConnection(str(tmp_path / "shop.sqlite")))


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    return exporter


def counted(outcome: str, dialect: str = "sqlite") -> float:
    labels = {"engine": dialect, "outcome": outcome}
    return metrics.REGISTRY.get_sample_value("candor_statements_total", labels) or 0


async def stopped(engine: Engine) -> None:
    running = asyncio.create_task(rows(engine, SLOW))
    async with asyncio.timeout(20):
        while not metrics.OPERATIONS.of()._value.get():
            await asyncio.wait([running], timeout=0.01)
    running.cancel()
    await running


@pytest.mark.parametrize(
    ("sql", "limits", "outcome"),
    [
        (SECRET, Limits(), "completed"),
        (SECRET, Limits(max_rows=1), "cut"),
        ("SELECT nothing FROM nowhere", Limits(), "refused"),
        (SLOW, Limits(timeout=timedelta(seconds=0.2)), "timed_out"),
    ],
)
async def test_a_run_is_counted_by_how_it_ended(engine: Engine, sql: str, limits: Limits, outcome: str) -> None:
    before = counted(outcome)
    try:
        await rows(engine, sql, limits)
    except CandorError:
        assert outcome not in {"completed", "cut"}
    assert counted(outcome) == before + 1


async def test_a_run_that_is_cancelled_is_counted_so(engine: Engine) -> None:
    before = counted("cancelled")
    with pytest.raises(asyncio.CancelledError):
        await stopped(engine)
    assert counted("cancelled") == before + 1


async def test_a_reader_who_leaves_before_the_end_has_cancelled(engine: Engine) -> None:
    before = counted("cancelled")
    async with aclosing(engine.run(SECRET, Limits())) as parts:
        await anext(parts)
    assert counted("cancelled") == before + 1


async def test_a_database_that_does_not_answer_is_seen_by_its_breaker(stand: Stand) -> None:
    connection = PostgresConnection("127.0.0.1", "shop", "reader", port=unused_port())
    before = counted("unavailable", "postgres")
    for _ in range(5):
        with pytest.raises(CandorError):
            await rows(stand.of(connection, "away"), "SELECT 1")
    assert counted("unavailable", "postgres") == before + 5
    assert metrics.REGISTRY.get_sample_value("candor_data_source_breakers", {"state": "open"}) == 1


async def test_a_span_says_of_a_run_all_but_its_words(engine: Engine, spans: InMemorySpanExporter) -> None:
    await rows(engine, SECRET)
    (span,) = spans.get_finished_spans()
    assert span.attributes is not None
    assert {key: span.attributes[key] for key in ("db.system.name", "db.response.returned_rows", "candor.outcome")} == {
        "db.system.name": "sqlite",
        "db.response.returned_rows": 2,
        "candor.outcome": "completed",
    }
    assert span.attributes["candor.fingerprint"] == fingerprint(SECRET.replace("hunter2", "x"), "sqlite")
    assert "hunter" not in span.to_json()


@pytest.mark.parametrize("sql", ["SELECT 1 +", "", "EXPLAIN SELECT 'hunter2'", "SELECT 'a' -- hunter2"])
def test_a_fingerprint_is_made_of_anything(sql: str) -> None:
    assert "hunter" not in fingerprint(sql, "postgres")


def test_statements_that_differ_in_more_than_literals_have_other_fingerprints() -> None:
    texts = ["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b > 1", "SELECT c FROM t WHERE b = 1"]
    assert len({fingerprint(text, "postgres") for text in texts}) == 3
    assert fingerprint("SELECT a FROM t WHERE b = 'x' /* y */", "postgres") == fingerprint(texts[0], "postgres")
