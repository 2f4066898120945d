"""What is seen of a service's own database: its pool as metrics, its statements as spans.

A span has the statement's text with its placeholders, never what is bound to them.
"""

import sqlalchemy as sa
from opentelemetry import trace
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from services.kit import metrics, telemetry

_SPAN = "candor.span"
# What is said beside every statement and every event, which would fill a trace with nothing.
_ASIDES = ("SELECT set_config(", "SELECT pg_notify(")


def observe(engine: AsyncEngine) -> None:
    """Has an engine's pool measured and its statements traced, from now on."""
    pool = engine.sync_engine.pool
    assert isinstance(pool, QueuePool), "a service shares its connections"
    metrics.DATABASE_CONNECTIONS.of("in_use").set_function(pool.checkedout)
    metrics.DATABASE_CONNECTIONS.of("idle").set_function(pool.checkedin)
    metrics.DATABASE_LIMIT.of().set(pool.size() + pool._max_overflow)  # noqa: SLF001  It has no other name.
    sa.event.listen(engine.sync_engine, "before_cursor_execute", _started)
    sa.event.listen(engine.sync_engine, "after_cursor_execute", _ended)
    sa.event.listen(engine.sync_engine, "handle_error", _failed)


def _started(
    connection: sa.Connection,
    _cursor: DBAPICursor,
    statement: str,
    _parameters: object,
    context: ExecutionContext | None,
    _many: bool,  # noqa: FBT001  SQLAlchemy's own order.
) -> None:
    if context is None or not telemetry.is_recording() or statement.startswith(_ASIDES):
        return
    operation = statement.split(None, 1)[0].upper()
    attributes = {"db.system.name": "postgresql", "db.operation.name": operation, "db.query.text": statement}
    name = connection.engine.url.database or "postgresql"
    span = telemetry.start_span(f"{operation} {name}", trace.SpanKind.CLIENT, attributes)
    setattr(context, _SPAN, span)


def _ended(
    _connection: sa.Connection,
    _cursor: DBAPICursor,
    _statement: str,
    _parameters: object,
    context: ExecutionContext | None,
    _many: bool,  # noqa: FBT001
) -> None:
    if span := getattr(context, _SPAN, None):
        span.end()


def _failed(failure: sa.engine.ExceptionContext) -> None:
    if span := getattr(failure.execution_context, _SPAN, None):
        span.set_attribute("error.type", type(failure.original_exception).__name__)
        span.set_status(trace.StatusCode.ERROR)
        span.end()
