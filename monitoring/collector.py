"""The OpenTelemetry Collector: traces are sampled when they are whole, log lines are read from files.

What either says passes a second wall before it leaves: an allow-list of keys, and patterns of what no value may hold.
Kubernetes is asked nothing: which pod wrote a line stands in the path of its file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.kit.telemetry import ALLOWED_FIELDS

Json = dict[str, Any]

# What the edge's lines say beside the services' fields.
_EDGE_FIELDS = frozenset({"rpc", "http", "grpc", "flags", "detail", "received", "sent", "traceparent", "dropped"})
# What spans may say: OpenTelemetry's names, ours, and Envoy's without people's addresses and browsers.
_SPAN_KEYS = frozenset(
    {
        *("rpc.system", "rpc.service", "rpc.method", "rpc.grpc.status_code", "error.type", "url.scheme"),
        *("db.system.name", "db.operation.name", "db.query.text", "db.response.returned_rows"),
        *("http.request.method", "http.response.status_code", "http.route", "http.response.start"),
        *("candor.candidates", "candor.fingerprint", "candor.organization", "candor.outcome", "candor.reason"),
        *("candor.rpc", "candor.span", "http.method", "http.protocol", "http.status_code", "http.url"),
        *("component", "guid:x-request-id", "request_size", "response_size", "response_flags", "upstream_cluster"),
        *("upstream_cluster.name", "grpc.path", "grpc.status_code", "error"),
    }
)
_RESOURCE_KEYS = frozenset(
    {
        *("service.name", "k8s.namespace.name", "k8s.pod.name", "k8s.pod.uid", "k8s.container.name"),
        *("k8s.container.restart_count", "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"),
        *("log.file.path", "log.iostream", "logtag", "log.file.name"),
    }
)
# What is masked wherever it stands: text in quotes, which in SQL is a literal; tokens; addresses of mail.
_MASKED = (
    r"'(?:[^']|'')*'",
    r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
    r"(?i)(?:code|token|password|secret)=[^\s&]+",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+",
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a collector listens and where it sends to; what is empty is left out.

    Attributes:
        listen: Where spans come in (OTLP over gRPC), host:port.
        metrics: Where it serves its own metrics, host:port.
        health: Where it says that it lives (HTTP), host:port.
        traces: Who keeps traces (OTLP over gRPC): Jaeger, host:port.
        logs: Who keeps logs (OTLP over HTTP): Loki, a URL.
        files: Patterns of the files whose lines are logs.
        notes: The folder where it notes how far it has read.
        is_pod: Whether files are those of a node's containers, whose lines stand in a frame of the container runtime.
    """

    metrics: str
    health: str
    listen: str = ""
    traces: str = ""
    logs: str = ""
    files: Sequence[str] = ()
    notes: str = ""
    is_pod: bool = False


def collector_config(places: Places, *, wait: str = "10s", kept_percent: float = 10) -> Json:
    """The collector's configuration.

    Args:
        places: Where it listens and sends to.
        wait: How long a trace may take to be whole, before it is decided whether it is kept.
        kept_percent: How many of the traces are kept that are neither slow nor have an error.
    """
    pipelines: Json = {}
    if places.traces:
        processors = ["memory_limiter", "tail_sampling", "redaction/spans", "batch"]
        pipelines["traces"] = {"receivers": ["otlp"], "processors": processors, "exporters": ["otlp_grpc/traces"]}
    if places.logs:
        processors = ["memory_limiter", "redaction/logs", "batch"]
        pipelines["logs"] = {"receivers": ["file_log"], "processors": processors, "exporters": ["otlp_http/logs"]}
    return {
        "extensions": {
            "health_check": {"endpoint": places.health},
            **({"file_storage": {"directory": places.notes, "create_directory": True}} if places.notes else {}),
        },
        "receivers": _receivers(places),
        "processors": _processors(places, wait, kept_percent),
        "exporters": _exporters(places),
        "service": {
            "extensions": ["health_check", *(["file_storage"] if places.notes else [])],
            "pipelines": pipelines,
            "telemetry": {"logs": {"encoding": "json"}, "metrics": _own_metrics(places.metrics)},
        },
    }


def _receivers(places: Places) -> Json:
    found: Json = {}
    if places.traces:
        found["otlp"] = {"protocols": {"grpc": {"endpoint": places.listen, "max_recv_msg_size_mib": 4}}}
    if places.logs:
        found["file_log"] = {
            "include": list(places.files),
            "include_file_path": places.is_pod,
            # Lines that were written before the collector came are read too.
            "start_at": "beginning",
            "max_log_size": "256KiB",
            "operators": [*([{"type": "container"}] if places.is_pod else []), *_LINES],
            **({"storage": "file_storage"} if places.notes else {}),
        }
    return found


# A line of ours is one JSON object. Anything else is a library's or the runtime's word, and kept as it is.
_OURS = 'body matches "^{"'
_LINES = (
    {
        "type": "json_parser",
        "if": _OURS,
        "parse_to": "body",
        "timestamp": {
            "parse_from": "body.timestamp",
            "layout_type": "gotime",
            "layout": "2006-01-02T15:04:05.999999999Z07:00",
        },
        "severity": {"parse_from": "body.level", "mapping": {"fatal": "critical"}},
        "on_error": "send_quiet",
    },
    {
        "type": "copy",
        "if": "type(body) == 'map' and 'service' in body",
        "from": "body.service",
        "to": 'resource["service.name"]',
    },
    {
        "type": "trace_parser",
        "if": "type(body) == 'map' and 'trace_id' in body",
        "trace_id": {"parse_from": "body.trace_id"},
        "span_id": {"parse_from": "body.span_id"},
        "on_error": "send_quiet",
    },
)


def _processors(places: Places, wait: str, kept_percent: float) -> Json:
    found: Json = {
        "memory_limiter": {"check_interval": "1s", "limit_percentage": 75, "spike_limit_percentage": 20},
        "batch": {"timeout": "1s"},
    }
    if places.traces:
        found["tail_sampling"] = {
            "decision_wait": wait,
            # At a question a second and twenty spans each, minutes of them.
            "num_traces": 50_000,
            "policies": [
                {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}},
                {"name": "slow", "type": "latency", "latency": {"threshold_ms": 5000}},
                {
                    "name": "some",
                    "type": "probabilistic",
                    "probabilistic": {"sampling_percentage": kept_percent},
                },
            ],
        }
        found["redaction/spans"] = _wall(_SPAN_KEYS | _RESOURCE_KEYS)
    if places.logs:
        found["redaction/logs"] = _wall(ALLOWED_FIELDS | _EDGE_FIELDS | _RESOURCE_KEYS)
    return found


def _wall(keys: frozenset[str]) -> Json:
    # Silent: the names of what was taken away could be what must not be told.
    return {"allowed_keys": sorted(keys), "blocked_values": list(_MASKED), "summary": "silent"}


def _exporters(places: Places) -> Json:
    found: Json = {}
    if places.traces:
        # Within the cluster's network, whose mesh encrypts.
        found["otlp_grpc/traces"] = {"endpoint": places.traces, "tls": {"insecure": True}}
    if places.logs:
        found["otlp_http/logs"] = {"endpoint": places.logs}
    return found


def _own_metrics(address: str) -> Json:
    host, _, port = address.rpartition(":")
    return {"readers": [{"pull": {"exporter": {"prometheus": {"host": host, "port": int(port)}}}}]}
