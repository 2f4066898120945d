"""The real collector with the platform's configuration: what arrives, what is left out, what is masked on the way."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml
from collector import Collector, Span, collecting
from go_programs import program
from monitored import Kept, collecting_for_real, keeping_logs
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from waiting import wait_for

from monitoring import kubernetes
from monitoring.__main__ import documents

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("collector")]

LINE = {
    "timestamp": "2026-02-03T04:05:06.789012Z",
    "level": "warning",
    "service": "generation",
    "event": "question_answered",
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "span_id": "b7ad6b7169203331",
}


@dataclass(frozen=True)
class Wall:
    """A collector, what came out of it behind, and the folder whose files it reads."""

    spans: Collector
    logs: Kept
    folder: Path
    listen: str
    metrics: str

    @contextmanager
    def tracing(self) -> Iterator[trace.Tracer]:
        """A program that makes spans; they are sent when the context ends."""
        provider = TracerProvider(resource=Resource.create({"service.name": "validation"}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=self.listen, insecure=True)))
        yield provider.get_tracer("test")
        provider.shutdown()

    def arrived(self, name: str) -> Span:
        wait_for(lambda: any(each.name == name for each in self.spans.spans), f"the span {name}", 30)
        return next(each for each in self.spans.spans if each.name == name)

    def logged(self, name: str, line: str) -> list[dict[str, object]]:
        """What comes of a line that stands in a file of its own."""
        file = self.folder / f"{name}.log"
        file.write_text(line + "\n")
        found: list[dict[str, object]] = []

        def came() -> bool:
            found[:] = [each for each in self.logs.lines if each["attributes"].get("log.file.name") == file.name]
            return bool(found)

        wait_for(came, f"the line of {name}", 30)
        return found


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    folder = tmp_path_factory.mktemp("collector")
    with ExitStack() as stack:
        behind, logs = stack.enter_context(collecting()), stack.enter_context(keeping_logs())
        started = collecting_for_real(folder, traces=behind.address, logs=logs.url, kept_percent=0)
        places = stack.enter_context(started)
        yield Wall(behind, logs, folder, places.listen, places.metrics)


def test_the_collector_takes_every_configuration_that_is_made_for_it(tmp_path: Path) -> None:
    clusters = [
        each["spec"]["config"]
        for each in kubernetes.documents()["collectors.yaml"]
        if each["kind"] == "OpenTelemetryCollector"
    ]
    made = [yaml.safe_load(documents()["monitoring/generated/collector.yaml"]), *clusters]
    assert len(made) == 3
    for index, config in enumerate(made):
        file = tmp_path / f"{index}.yaml"
        file.write_text(yaml.safe_dump(config))
        command = [str(program("collector")), "validate", "--config", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "deprecated" not in done.stderr


def test_a_trace_with_an_error_is_kept_whole_and_one_without_is_not(wall: Wall) -> None:
    with wall.tracing() as tracer:
        with tracer.start_as_current_span("all is well"):
            pass
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner") as inner:
            inner.set_status(trace.StatusCode.ERROR)
    assert wall.arrived("outer").trace == wall.arrived("inner").trace
    # Both were judged at the same time.
    assert not any(each.name == "all is well" for each in wall.spans.spans)


def test_a_slow_trace_is_kept(wall: Wall) -> None:
    second = 1_000_000_000
    with wall.tracing() as tracer:
        tracer.start_span("slow", start_time=second).end(end_time=7 * second)
    assert wall.arrived("slow").service == "validation"


def test_a_span_passes_the_wall_without_what_it_may_not_say(wall: Wall) -> None:
    said = {
        "rpc.method": "RunStatement",
        "db.query.text": "SELECT 1 FROM people WHERE name = 'Ada Lovelace'",
        "candor.question": "How many people are called Ada?",
        "user_agent": "Firefox",
        "http.url": "/signin?code=abc",
        "candor.organization": "ada@example.com",
    }
    with wall.tracing() as tracer, tracer.start_as_current_span("telltale", attributes=said) as span:
        span.set_status(trace.StatusCode.ERROR)
    attributes = wall.arrived("telltale").attributes
    assert attributes.keys() == {"rpc.method", "db.query.text", "http.url", "candor.organization"}
    assert attributes["rpc.method"] == "RunStatement"
    assert attributes["db.query.text"].startswith("SELECT 1 FROM people WHERE name = ")
    for secret in ("Ada", "Lovelace", "abc", "example.com"):
        assert secret not in json.dumps(attributes)


def test_a_line_keeps_its_time_its_severity_its_program_and_its_trace(wall: Wall) -> None:
    (line,) = wall.logged("whole", json.dumps(LINE))
    assert line["severity"] == "warning"
    assert line["resource"] == {"service.name": "generation"}
    assert line["body"] == LINE
    assert line["time"] == "2026-02-03T04:05:06.789012Z"
    assert line["trace_id"] == LINE["trace_id"]


def test_a_line_passes_the_wall_without_what_it_may_not_say(wall: Wall) -> None:
    told = {"question": "How many?", "message": "no user 'Ada' with token=abc", "exception": "for ada@example.com"}
    (line,) = wall.logged("telltale", json.dumps(LINE | told))
    text = json.dumps(line)
    assert "How many" not in text
    for secret in ("Ada", "abc", "example.com"):
        assert secret not in text
    assert "no user" in text


def test_a_line_that_is_no_json_arrives_as_it_is(wall: Wall) -> None:
    (line,) = wall.logged("plain", "Killed by the kernel")
    assert line["body"] == "Killed by the kernel"


def test_a_line_in_the_frame_of_a_container_arrives_with_the_name_of_its_pod(tmp_path: Path) -> None:
    file = tmp_path / "candor_generation-5d9c-x2x_49cc7c1f-d370/app/0.log"
    file.parent.mkdir(parents=True)
    file.write_text(f"2026-02-03T04:05:07.000000001Z stdout F {json.dumps(LINE)}\n")
    with keeping_logs() as kept, collecting_for_real(tmp_path, logs=kept.url, is_pod=True):
        wait_for(lambda: bool(kept.lines), "the line", 30)
    (line,) = kept.lines
    assert line["body"] == LINE
    assert line["resource"]["service.name"] == "generation"
    assert line["resource"]["k8s.pod.name"] == "generation-5d9c-x2x"
    assert line["resource"]["k8s.container.name"] == "app"


def test_the_collector_counts_what_it_loses(wall: Wall) -> None:
    text = httpx.get(f"http://{wall.metrics}/metrics").text
    assert "otelcol_receiver_refused_spans" in text
