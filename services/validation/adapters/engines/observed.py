"""What is seen of the users' databases: a span and figures for each operation, with no literal and no row in them."""

import hashlib
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import timedelta

import sqlglot
from opentelemetry.trace import SpanKind
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.kit import metrics, telemetry
from services.kit.catalog import ForeignKey, Table
from services.validation.core.model import Batch, ColumnRef, ColumnValues, Limits, Part, Summary
from services.validation.core.plans.model import Index, Plan
from services.validation.core.ports import Engine

# OpenTelemetry's names of the systems (https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/).
_SYSTEMS = {"postgres": "postgresql", "bigquery": "gcp.bigquery", "tsql": "microsoft.sql_server"}
# How a run ended, by the code of its error.
_OUTCOMES = {
    "DEADLINE_EXCEEDED": "timed_out",
    "CANCELLED": "cancelled",
    "FAILED_PRECONDITION": "refused",
    "INVALID_ARGUMENT": "refused",
    "UNAVAILABLE": "unavailable",
}


class ObservedEngine:
    """`core.ports.Engine`, whose operations are traced and whose runs are counted."""

    def __init__(self, engine: Engine, dialect: str) -> None:
        self._engine = engine
        self._dialect = dialect
        self._about = {"db.system.name": _SYSTEMS.get(dialect, dialect)}

    async def test(self) -> str:
        """See `core.ports.Engine`."""
        with telemetry.span("test_data_source", SpanKind.CLIENT, attributes=self._about):
            return await self._engine.test()

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """See `core.ports.Engine`."""
        with telemetry.span("introspect", SpanKind.CLIENT, attributes=self._about):
            return await self._engine.introspect()

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """See `core.ports.Engine`."""
        with telemetry.span("sample_values", SpanKind.CLIENT, attributes=self._about):
            return await self._engine.sample_values(columns, limit, within)

    async def explain(self, sql: str, analyze: timedelta | None = None) -> Plan:
        """See `core.ports.Engine`."""
        with telemetry.span("EXPLAIN", SpanKind.CLIENT, attributes=self._about):
            return await self._engine.explain(sql, analyze)

    async def indexes(self) -> tuple[Index, ...]:
        """See `core.ports.Engine`."""
        with telemetry.span("read_indexes", SpanKind.CLIENT, attributes=self._about):
            return await self._engine.indexes()

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        started, rows = time.perf_counter(), 0
        try:
            with telemetry.streamed("SELECT", self._about | {"db.operation.name": "SELECT"}, _OUTCOMES) as seen:
                if seen.span.is_recording():
                    seen.span.set_attribute("candor.fingerprint", fingerprint(sql, self._dialect))
                async with aclosing(self._engine.run(sql, limits)) as parts:
                    async for part in parts:
                        if isinstance(part, Batch):
                            rows += part.row_count
                            seen.span.set_attribute("db.response.returned_rows", rows)
                        elif isinstance(part, Summary):
                            seen.outcome = "cut" if part.limit else "completed"
                        yield part
        finally:
            seconds = time.perf_counter() - started
            metrics.STATEMENTS.of(self._dialect, seen.outcome).inc()
            metrics.STATEMENT_ROWS.of(self._dialect).inc(rows)
            metrics.STATEMENT_SECONDS.of(self._dialect).observe(seconds, telemetry.exemplar(seen.span))


def fingerprint(sql: str, dialect: str) -> str:
    """Sixteen digits that statements share which differ in their literals alone; empty for what cannot be read."""
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
    except SqlglotError:
        return ""
    bare = tree.transform(lambda node: exp.Placeholder() if isinstance(node, exp.Literal) else node)
    return hashlib.sha256(bare.sql(dialect, comments=False).encode()).hexdigest()[:16]
