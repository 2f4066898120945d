"""Logs and traces: structured lines with allow-listed fields, and W3C trace context."""

import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased

# What a log line may say. A field that is not here is a bug: it could be a secret, a literal or a question.
ALLOWED_FIELDS = frozenset(
    {
        *("event", "level", "timestamp", "service", "part", "trace_id", "exception", "error", "reason"),
        *("method", "code", "ms", "organization", "subject", "actor", "request_id", "attempt", "state"),
        *("address", "signal", "resource", "version", "tables", "columns", "values", "rows", "count", "fingerprint"),
        *("job", "queue", "fence", "step", "candidates", "allowed", "outcome", "model", "duration", "path"),
    }
)


def configure(service: str, *, level: str = "info", otlp_endpoint: str = "") -> None:
    """Sets up logging to stdout as JSON and tracing for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _service(service),
            structlog.processors.format_exc_info,
            allow_listed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    _configure_traces(service, otlp_endpoint)


def log(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger. Events are past-tense snake_case with fields, not sentences."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return logger


def allow_listed(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A structlog processor: fields that may not be logged are left out and named in `dropped`."""
    dropped = sorted(event.keys() - ALLOWED_FIELDS)
    kept = {key: value for key, value in event.items() if key in ALLOWED_FIELDS}
    return kept | {"dropped": dropped} if dropped else kept


def start_span(name: str, metadata: Mapping[str, str]) -> trace.Span:
    """Starts the server's span of a call that came with this metadata."""
    return trace.get_tracer("candor").start_span(name, context=propagate.extract(metadata), kind=trace.SpanKind.SERVER)


def start_trace(name: str) -> AbstractContextManager[trace.Span]:
    """A trace of its own, in progress while the context lasts, for work that no call waits for."""
    return trace.get_tracer("candor").start_as_current_span(name, context=Context())


def trace_id() -> str:
    """The id of the trace in progress, as 32 hexadecimal digits; zeros outside any trace."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


def trace_headers() -> dict[str, str]:
    """The headers that carry the trace in progress to the next service."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


def _service(service: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.setdefault("service", service)
        return event

    return add


def _configure_traces(service: str, otlp_endpoint: str) -> None:
    # Without a collector spans are made but not recorded: ids still travel, at a fraction of the cost.
    sampler = ParentBased(TraceIdRatioBased(1.0)) if otlp_endpoint else ALWAYS_OFF
    provider = TracerProvider(sampler=sampler, resource=Resource.create({"service.name": service}))
    if otlp_endpoint:
        # The exporter takes 0.3 s and 40 MiB to import, so it is imported where it is wanted.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint, insecure=True)))
    trace.set_tracer_provider(provider)
