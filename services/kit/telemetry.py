"""Logs and traces: structured lines with allow-listed fields, and spans in W3C trace context.

Spans are named and described by OpenTelemetry's semantic conventions
(https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ and /database/database-spans/). No attribute holds a question, a
literal or a row.
"""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, Sampler, TraceIdRatioBased

from services.kit import metrics
from services.kit.errors import CandorError

# What a log line may say. A field that is not here is a bug: it could be a secret, a literal or a question.
ALLOWED_FIELDS = frozenset(
    {
        *("event", "level", "timestamp", "service", "part", "trace_id", "span_id", "exception", "error", "reason"),
        *("method", "code", "ms", "organization", "subject", "actor", "request_id", "attempt", "state", "message"),
        *("address", "signal", "resource", "version", "tables", "columns", "values", "rows", "count", "fingerprint"),
        *("job", "queue", "fence", "step", "candidates", "allowed", "outcome", "model", "duration", "path"),
    }
)
# The statuses that are the server's fault; the others are answers.
_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
_CODES: dict[str, int] = {code.name: code.value[0] for code in grpc.StatusCode}
# What an exporter may hold a stopping program up for, in seconds.
_EXPORT_TIMEOUT_S = 3

_tracer = trace.get_tracer("candor")


def configure(service: str, *, level: str = "info", otlp_endpoint: str = "", trace_ratio: float = 1.0) -> None:
    """Sets up logging to stdout as JSON and tracing for this process.

    Args:
        service: What the lines and spans say that they come from.
        level: The least severe line of ours that is written; of libraries it is warnings.
        otlp_endpoint: Where spans go, host:port; empty for nowhere.
        trace_ratio: Which share of the traces is recorded, from 0 to 1, chosen by trace id: the same in every service.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _service(service),
            _in_trace,
            structlog.processors.format_exc_info,
            allow_listed,
            _counted,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda ended: _log_uncaught(ended.exc_type, ended.exc_value, ended.exc_traceback)
    # gRPC's core writes lines of its own to stderr; what it has to say comes back as statuses.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    _configure_traces(service, otlp_endpoint, trace_ratio)


def log(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger. Events are past-tense snake_case with fields, not sentences."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return logger


def allow_listed(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A structlog processor: fields that may not be logged are left out and named in `dropped`."""
    dropped = sorted(event.keys() - ALLOWED_FIELDS)
    kept = {key: value for key, value in event.items() if key in ALLOWED_FIELDS}
    return kept | {"dropped": dropped} if dropped else kept


def start_server_span(path: str, metadata: Mapping[str, str]) -> trace.Span:
    """Starts the span of a gRPC call that came with this metadata, in its caller's trace."""
    return _start_rpc_span(path, propagate.extract(metadata), trace.SpanKind.SERVER)


def start_client_span(path: str) -> trace.Span:
    """Starts the span of a gRPC call to another service, in the trace in progress."""
    return _start_rpc_span(path, None, trace.SpanKind.CLIENT)


def end_rpc_span(span: trace.Span, code: str, reason: str | None = None) -> None:
    """Ends a call's span with its status; for a caller every error is one, for a server those that are its fault."""
    if span.is_recording():
        span.set_attribute("rpc.grpc.status_code", _CODES.get(code, 2))
        if reason:
            span.set_attribute("candor.reason", reason)
        if code in _FAULTS or (code != "OK" and getattr(span, "kind", None) is trace.SpanKind.CLIENT):
            span.set_attribute("error.type", code)
            span.set_status(trace.StatusCode.ERROR)
    span.end()


@contextmanager
def span(
    name: str,
    kind: trace.SpanKind = trace.SpanKind.INTERNAL,
    *,
    parent: str | None = None,
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[trace.Span]:
    """A span, in progress while the context lasts; what is raised within it is its error, by type and never by text.

    Args:
        name: What is done, with nothing in it that somebody wrote.
        kind: Its part in a conversation.
        parent: The `traceparent` to continue in the place of the trace in progress; "" begins a trace.
        attributes: What is known when it starts.
    """
    context = None if parent is None else propagate.extract({"traceparent": parent}, Context())
    started = _tracer.start_span(name, context, kind, attributes)
    with trace.use_span(started, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield started
        except Exception as error:
            # What is cancelled or no longer read has not failed, and passes by.
            started.set_attribute("error.type", getattr(error, "reason", None) or type(error).__name__)
            started.set_status(trace.StatusCode.ERROR)
            raise


def start_span(name: str, kind: trace.SpanKind, attributes: Mapping[str, str | int]) -> trace.Span:
    """Starts a span in the trace in progress, which does not become the one in progress; who starts it ends it."""
    return _tracer.start_span(name, None, kind, attributes)


@dataclass(slots=True)
class Streamed:
    """A span around something that is read part by part, and what came of it."""

    span: trace.Span
    outcome: str = "failed"


@contextmanager
def streamed(name: str, attributes: Mapping[str, str | int], outcomes: Mapping[str, str]) -> Iterator[Streamed]:
    """A client's span around a stream, not in progress: between two parts its reader is, in other contexts.

    Args:
        name: What is done, with nothing in it that somebody wrote.
        attributes: What is known when it starts.
        outcomes: What came of it by the code of the error that ended it; any other is "failed". Who stops reading
            before an outcome was said has "cancelled" it.
    """
    seen = Streamed(start_span(name, trace.SpanKind.CLIENT, attributes))
    try:
        yield seen
    except CandorError as error:
        seen.outcome = outcomes.get(error.code, "failed")
        seen.span.set_attribute("error.type", error.reason)
        seen.span.set_status(trace.StatusCode.ERROR)
        raise
    except (asyncio.CancelledError, GeneratorExit):
        seen.outcome = "cancelled" if seen.outcome == "failed" else seen.outcome
        raise
    finally:
        seen.span.set_attribute("candor.outcome", seen.outcome)
        seen.span.end()


def is_recording() -> bool:
    """Whether the trace in progress is recorded, so that describing what happens is worth its cost."""
    return trace.get_current_span().is_recording()


def trace_id() -> str:
    """The id of the trace in progress, as 32 hexadecimal digits; zeros outside any trace."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


def exemplar(of: trace.Span) -> dict[str, str] | None:
    """The example that a histogram keeps of a recorded span; None where nothing is recorded."""
    return {"trace_id": trace.format_trace_id(of.get_span_context().trace_id)} if of.is_recording() else None


def trace_headers(of: trace.Span | None = None) -> dict[str, str]:
    """The headers that carry a span, or the one in progress, to the next service."""
    headers: dict[str, str] = {}
    propagate.inject(headers, trace.set_span_in_context(of) if of is not None else None)
    return headers


def _start_rpc_span(path: str, context: Context | None, kind: trace.SpanKind) -> trace.Span:
    name = path.removeprefix("/")
    service, _, method = name.partition("/")
    attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
    return _tracer.start_span(name, context, kind, attributes)


def _service(service: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.setdefault("service", service)
        return event

    return add


def _in_trace(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _counted(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    metrics.LOG_LINES.of(event["level"]).inc()
    return event


class _Libraries(logging.Handler):
    """Writes what libraries log as lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        # Levels between the known ones are written as the one below.
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        structlog.get_logger(part=record.name).log(
            level, "library_spoke", message=record.getMessage(), exc_info=record.exc_info or None
        )


def _log_uncaught(kind: type[BaseException], error: BaseException | None, traceback: Any) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log("process").critical("program_failed", error=kind.__name__, exc_info=(kind, error, traceback))


def sampler_for(ratio: float) -> Sampler:
    """Records a share of the traces. A caller may leave its trace out, but not have more recorded than that."""
    chosen = TraceIdRatioBased(ratio)
    return ParentBased(chosen, remote_parent_sampled=chosen)


def _configure_traces(service: str, otlp_endpoint: str, ratio: float) -> None:
    # Without a collector spans are made but not recorded: ids still travel, at a fraction of the cost.
    sampler = sampler_for(ratio) if otlp_endpoint else ALWAYS_OFF
    provider = TracerProvider(sampler=sampler, resource=Resource.create({"service.name": service}))
    if otlp_endpoint:
        # The exporter takes 0.3 s and 40 MiB to import, so it is imported where it is wanted.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        exporter = OTLPSpanExporter(endpoint=otlp_endpoint, insecure=True, timeout=_EXPORT_TIMEOUT_S)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
