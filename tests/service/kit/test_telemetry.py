"""Lines and spans as a collector and a reader of logs get them."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import pytest
from candor.accounts.v1 import accounts_service_pb2 as pb
from candor.accounts.v1 import accounts_service_pb2_grpc as rpc
from candor.generation.v1 import generation_service_pb2 as generation_pb
from candor.generation.v1 import generation_service_pb2_grpc as generation_rpc
from identities import Signer
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.openmetrics.exposition import generate_latest
from service.kit.test_rpc import ORGANIZATION, platform
from waiting import until

from services.kit import errors, metrics, telemetry

SAMPLED, LEFT_OUT = "00-{:032x}-00000000000000ab-01", "00-{:032x}-00000000000000ab-00"

SPEAKS = """
import logging, threading, warnings
from services.kit import telemetry
telemetry.configure("accounts")
telemetry.log("test").info("thing_done", count=3, question="How many customers?")
with telemetry.span("work"):
    telemetry.log("test").warning("thing_failed")
logging.getLogger("some.library").warning("it is %s", "late")
logging.getLogger("some.library").info("nobody reads this")
logging.getLogger("some.library").log(35, "between two levels")
warnings.warn("old", DeprecationWarning, stacklevel=1)
def boom(): raise RuntimeError("in a thread")
thread = threading.Thread(target=boom); thread.start(); thread.join()
raise RuntimeError("at the end")
"""


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=telemetry.sampler_for(1.0))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    return exporter


def lines() -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", SPEAKS], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_whatever_writes_a_line_it_is_one_json_object_with_the_same_fields() -> None:
    written = lines()
    assert [line["event"] for line in written] == [
        *("thing_done", "thing_failed", "library_spoke", "library_spoke", "library_spoke"),
        *("program_failed", "program_failed"),
    ]
    assert all({"timestamp", "level", "service", "event"} <= line.keys() for line in written)
    assert [line["message"] for line in written[2:4]] == ["it is late", "between two levels"]
    assert "in a thread" in written[5]["exception"]
    assert (written[6]["level"], written[6]["error"]) == ("critical", "RuntimeError")


def test_a_collector_that_is_away_holds_nobody_up_for_long() -> None:
    speaks = """
from services.kit import telemetry
telemetry.configure("accounts", otlp_endpoint="127.0.0.1:9")
for _ in range(1000):
    with telemetry.span("work"): pass
"""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", speaks], capture_output=True, text=True, timeout=60, check=False)
    assert time.monotonic() - started < 15
    assert (done.returncode, done.stderr) == (0, "")
    assert {json.loads(line)["event"] for line in done.stdout.splitlines()} == {"library_spoke"}


def test_a_field_that_may_not_be_logged_is_left_out_and_named() -> None:
    first = lines()[0]
    assert (first["count"], first["dropped"]) == (3, ["question"])
    assert "customers" not in json.dumps(first)


def test_a_line_within_a_span_says_which() -> None:
    outside, inside = lines()[:2]
    assert "trace_id" not in outside
    assert (len(inside["trace_id"]), len(inside["span_id"])) == (32, 16)


async def test_a_call_has_a_span_at_both_ends_of_one_trace(spans: InMemorySpanExporter) -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with telemetry.span("test"):
            await rpc.AccountsServiceStub(channel).GetOrganization(ORGANIZATION, metadata=signer.metadata())
        served, called = await both_ends(spans, "GetOrganization")
    (test,) = [each for each in spans.get_finished_spans() if each.name == "test"]
    assert (served.kind, called.kind) == (trace.SpanKind.SERVER, trace.SpanKind.CLIENT)
    assert (parent_of(served), parent_of(called)) == (called.context.span_id, test.context.span_id)  # type: ignore[union-attr]
    wanted = {
        "rpc.system": "grpc",
        "rpc.service": "candor.accounts.v1.AccountsService",
        "rpc.method": "GetOrganization",
        "rpc.grpc.status_code": 0,
    }
    assert dict(served.attributes or {}) == wanted == dict(called.attributes or {})


async def test_a_fault_is_an_error_at_both_ends_and_an_answer_at_one(spans: InMemorySpanExporter) -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        stub = rpc.AccountsServiceStub(channel)
        with pytest.raises(errors.NotFound):
            await stub.ListAuditEvents(
                pb.ListAuditEventsRequest(parent="organizations/local"), metadata=signer.metadata()
            )
        with pytest.raises(errors.Internal):
            await stub.ListMembers(pb.ListMembersRequest(parent="organizations/local"), metadata=signer.metadata())
        answered, asked = await both_ends(spans, "ListAuditEvents")
        broke, hit = await both_ends(spans, "ListMembers")
    assert [each.status.is_ok for each in (answered, asked, broke, hit)] == [True, False, False, False]
    assert [(each.attributes or {})["candor.reason"] for each in (answered, broke)] == ["TABLE_NOT_FOUND", "INTERNAL"]
    # What was raised may say a secret.
    assert "boom" not in "".join(each.to_json() for each in spans.get_finished_spans())


async def test_a_stream_that_its_reader_leaves_ends_as_cancelled_where_it_began(
    spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    signer = Signer()
    async with platform(signer) as (channel, generations):
        stream = generation_rpc.GenerationServiceStub(channel).WatchGeneration(
            generation_pb.WatchGenerationRequest(name="organizations/local/generations/g"), metadata=signer.metadata()
        )
        async for _ in stream:
            break
        stream.cancel()
        await asyncio.wait_for(generations.stopped.wait(), 10)
        await until(lambda: any(each.kind is trace.SpanKind.SERVER for each in spans.get_finished_spans()))
    (served,) = [each for each in spans.get_finished_spans() if each.kind is trace.SpanKind.SERVER]
    assert (served.attributes or {})["rpc.grpc.status_code"] == 1
    # OpenTelemetry logs a span that is left in another context than it was entered in.
    assert "detach" not in caplog.text


async def test_an_example_of_a_slow_call_leads_to_its_trace(spans: InMemorySpanExporter) -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        await rpc.AccountsServiceStub(channel).GetOrganization(ORGANIZATION, metadata=signer.metadata())
        await both_ends(spans, "GetOrganization")
    recorded = {trace.format_trace_id(each.context.trace_id) for each in spans.get_finished_spans()}  # type: ignore[union-attr]
    shown = generate_latest(metrics.REGISTRY).decode()
    examples = [line for line in shown.splitlines() if "GetOrganization" in line and "trace_id" in line]
    assert any(found in line for line in examples for found in recorded)


async def test_a_call_is_counted_by_both_ends(spans: InMemorySpanExporter) -> None:
    labels = {"service": "accounts", "method": "ListMembers", "code": "INTERNAL"}

    def counted() -> list[float]:
        names = ("candor_rpc_seconds_count", "candor_rpc_client_seconds_count")
        return [metrics.REGISTRY.get_sample_value(name, labels) or 0 for name in names]

    before, signer = counted(), Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.Internal):
            await rpc.AccountsServiceStub(channel).ListMembers(
                pb.ListMembersRequest(parent="organizations/local"), metadata=signer.metadata()
            )
        await until(lambda: counted() == [each + 1 for each in before])
    in_progress = {"service": "accounts", "method": "ListMembers"}
    assert metrics.REGISTRY.get_sample_value("candor_rpc_in_progress", in_progress) == 0


@pytest.mark.parametrize(("ratio", "share"), [(0.0, (0, 0)), (0.1, (60, 140)), (1.0, (1000, 1000))])
def test_a_share_of_the_traces_is_recorded_whatever_callers_want(ratio: float, share: tuple[int, int]) -> None:
    recorded = sum(is_recorded(ratio, SAMPLED.format(pseudorandom(index))) for index in range(1, 1001))
    assert share[0] <= recorded <= share[1]


def test_a_trace_that_its_caller_leaves_out_is_left_out() -> None:
    assert not any(is_recorded(1.0, LEFT_OUT.format(pseudorandom(index))) for index in range(1, 101))


def test_every_service_chooses_the_same_traces() -> None:
    chosen = [[is_recorded(0.3, SAMPLED.format(pseudorandom(index))) for index in range(1, 101)] for _ in range(2)]
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("sent", ["", "x", "00-" + "0" * 32 + "-00000000000000ab-01", "00-a-b-01", "\x00", "9" * 9000])
def test_a_header_that_is_none_begins_a_trace(spans: InMemorySpanExporter, sent: str) -> None:
    with telemetry.span("work", parent=sent):
        pass
    (span,) = spans.get_finished_spans()
    assert span.parent is None


def is_recorded(ratio: float, traceparent: str) -> bool:
    parent = propagate.extract({"traceparent": traceparent}, Context())
    tracer = TracerProvider(sampler=telemetry.sampler_for(ratio)).get_tracer("test")
    return tracer.start_span("work", parent).is_recording()


def pseudorandom(index: int) -> int:
    return index * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128


async def both_ends(spans: InMemorySpanExporter, method: str) -> tuple[ReadableSpan, ReadableSpan]:
    """The spans of a call where it was served and where it was made; a caller may be done before the server is."""

    def found() -> dict[trace.SpanKind, ReadableSpan]:
        return {each.kind: each for each in spans.get_finished_spans() if each.name.endswith(f"/{method}")}

    await until(lambda: len(found()) == 2)
    return found()[trace.SpanKind.SERVER], found()[trace.SpanKind.CLIENT]


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id
