"""The programs that watch a platform, started for real: Prometheus, Jaeger and the collector; Loki's place is taken.

Loki is no program that these tests may build, so `keeping_logs` answers where it would, and keeps what it is told.
"""

import base64
import gzip
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from go_programs import program
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from waiting import wait_for

from monitoring.collector import Places, collector_config
from services.cli.demo import free_ports


@contextmanager
def running(command: Sequence[str], ready: str) -> Iterator[None]:
    """A program, from when it answers at an address; what it wrote is shown where it does not."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        wait_for(lambda: process.poll() is not None or _answers(ready), f"{command[0]} at {ready}", 60)
        assert process.poll() is None, "".join(lines[-20:])
        yield
    finally:
        process.terminate()
        process.wait(20)
        reader.join(5)
        if process.stdout:
            process.stdout.close()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@contextmanager
def collecting_for_real(
    folder: Path, *, traces: str = "", logs: str = "", kept_percent: float = 10, is_pod: bool = False
) -> Iterator[Places]:
    """The collector with the platform's configuration; it follows each `*.log` below the folder."""
    port = free_ports(3)
    places = Places(
        listen=f"127.0.0.1:{port}" if traces else "",
        metrics=f"127.0.0.1:{port + 1}",
        health=f"127.0.0.1:{port + 2}",
        traces=traces,
        logs=logs,
        files=[str(folder / "**" / "*.log")] if logs else [],
        notes=str(folder / "notes") if logs else "",
        is_pod=is_pod,
    )
    config = folder / "collector.yaml"
    config.write_text(yaml.safe_dump(collector_config(places, wait="1s", kept_percent=kept_percent)))
    with running([str(program("collector")), "--config", str(config)], f"http://{places.health}"):
        yield places


@dataclass(frozen=True, slots=True)
class Jaeger:
    """Where Jaeger takes spans (OTLP over gRPC) and answers questions (HTTP)."""

    spans: str
    query: str

    def trace(self, trace: str) -> list[dict[str, Any]]:
        """The spans of a trace as Jaeger tells of them, each with the name of its service."""
        answer = httpx.get(f"http://{self.query}/api/traces/{trace}").json()
        return [
            span | {"service": found["processes"][span["processID"]]["serviceName"]}
            for found in answer["data"] or ()
            for span in found["spans"]
        ]


@contextmanager
def jaeger(folder: Path) -> Iterator[Jaeger]:
    """Jaeger, which keeps traces in memory."""
    port = free_ports(3)
    found = Jaeger(f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}")
    query = {
        "storage": {"traces": "memory"},
        "http": {"endpoint": found.query},
        "grpc": {"endpoint": f"127.0.0.1:{port + 2}"},
    }
    config = folder / "jaeger.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "extensions": {
                    "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 1000}}}},
                    "jaeger_query": query,
                },
                "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": found.spans}}}},
                "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
                "service": {
                    "extensions": ["jaeger_storage", "jaeger_query"],
                    "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
                    "telemetry": {"metrics": {"level": "none"}},
                },
            }
        )
    )
    with running([str(program("jaeger")), "--config", str(config)], f"http://{found.query}/api/services"):
        yield found


@dataclass(slots=True)
class Kept:
    """Lines of logs that came, each with the attributes of what wrote it; `url` is where they go."""

    url: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def keeping_logs() -> Iterator[Kept]:
    """Answers at Loki's address for OTLP, in its place."""
    kept = Kept()

    class Keeper(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/otlp/v1/logs"
            request = MessageToDict(logs_service_pb2.ExportLogsServiceRequest.FromString(body))
            for resource in request["resourceLogs"]:
                about = _read_map(resource.get("resource", {}).get("attributes", ()))
                for scope in resource["scopeLogs"]:
                    kept.lines.extend(_read_line(each, about) for each in scope["logRecords"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keeper)
    kept.url = f"http://127.0.0.1:{server.server_port}/otlp"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _read_line(record: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    return {
        "body": _read(record["body"]),
        "severity": record.get("severityText", ""),
        "time": _read_time(record.get("timeUnixNano", "0")),
        # JSON has bytes in base64.
        "trace_id": base64.b64decode(record.get("traceId", "")).hex(),
        "attributes": _read_map(record.get("attributes", ())),
        "resource": about,
    }


def _read_time(nanoseconds: str) -> str:
    return datetime.fromtimestamp(int(nanoseconds) / 1e9, UTC).isoformat().replace("+00:00", "Z")


def _read(value: dict[str, Any]) -> Any:
    if "kvlistValue" in value:
        return _read_map(value["kvlistValue"].get("values", ()))
    return next(iter(value.values()), None)


def _read_map(pairs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {each["key"]: _read(each.get("value", {})) for each in pairs}


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus."""

    address: str

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """The series that an expression gives now.

        Raises:
            AssertionError: Prometheus refuses it.
        """
        answer = httpx.get(f"http://{self.address}/api/v1/query", params={"query": expr}).json()
        assert answer["status"] == "success", f"{expr}: {answer.get('error')}"
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def firing(self, alert: str) -> list[dict[str, str]]:
        """The labels of an alert's firing instances."""
        alerts = httpx.get(f"http://{self.address}/api/v1/alerts").json()["data"]["alerts"]
        return [each["labels"] for each in alerts if each["labels"]["alertname"] == alert and each["state"] == "firing"]


@contextmanager
def prometheus(folder: Path, config: dict[str, Any], rules: dict[str, Any]) -> Iterator[Prometheus]:
    """Prometheus with a configuration whose rules are `rules/*.yaml`."""
    installed = shutil.which("prometheus")
    if installed is None:
        pytest.skip("prometheus is not installed")
    (folder / "rules").mkdir()
    for name, body in rules.items():
        (folder / "rules" / f"{name}.yaml").write_text(yaml.safe_dump(body))
    file = folder / "prometheus.yaml"
    file.write_text(json.dumps(config))
    address = f"127.0.0.1:{free_ports(1)}"
    command = [
        installed,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    ]
    with running(command, f"http://{address}/-/ready"):
        yield Prometheus(address)
