"""Who may use a data source now: a few at once, and nobody while it is known not to answer."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from services.kit import metrics
from services.kit.catalog import ForeignKey, Table
from services.kit.errors import ResourceExhausted, Unavailable
from services.validation.core.breaker import Breaker
from services.validation.core.model import ColumnRef, ColumnValues, Limits, Part
from services.validation.core.plans.model import Index, Plan
from services.validation.core.ports import Engine


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How much of a data source, and of all together, is used at once."""

    # Operations on one data source at once.
    per_source: int = 8
    # Operations on all data sources at once.
    overall: int = 64
    # How long an operation waits for its turn.
    patience: timedelta = timedelta(seconds=5)
    # Sessions of one data source that are kept for the next operation, and for how long.
    idle: int = 2
    idle_lifetime: timedelta = timedelta(seconds=60)


class Slots:
    """A number of operations at once; the next waits a while for its turn, in the order of coming."""

    def __init__(self, count: int, patience: timedelta, message: str) -> None:
        self._free = asyncio.Semaphore(count)
        self._count = count
        self._used = 0
        self._patience = patience
        self._message = message

    @property
    def used(self) -> int:
        """How many are in use."""
        return self._used

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """One of them.

        Raises:
            ResourceExhausted: None became free in time.
        """
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._free.acquire()
        except TimeoutError as error:
            message = f"{self._message} (at most {self._count} at once). Try again in a moment."
            raise ResourceExhausted("DATA_SOURCE_BUSY", message, retry_after_s=2.0) from error
        self._used += 1
        try:
            yield
        finally:
            self._used -= 1
            self._free.release()


@dataclass(frozen=True, slots=True)
class Admission:
    """What every operation on a data source passes: its circuit breaker, its own slots, the slots of all."""

    breaker: Breaker
    own: Slots
    overall: Slots

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """One operation; its outcome tells the breaker whether the data source answers.

        Raises:
            ResourceExhausted: Too many run already.
            Unavailable: The data source is suspended.
        """
        started = time.perf_counter()
        async with self.own.one(), self.overall.one():
            metrics.OPERATION_WAIT_SECONDS.of().observe(time.perf_counter() - started)
            probe = self.breaker.admit()
            try:
                with metrics.OPERATIONS.of().track_inprogress():
                    yield
            except Unavailable as error:
                self.breaker.failed(error.message, probe=probe)
                raise
            except Exception:
                self.breaker.succeeded(probe=probe)
                raise
            except BaseException:
                self.breaker.abandoned(probe=probe)
                raise
            self.breaker.succeeded(probe=probe)


class AdmittedEngine:
    """`core.ports.Engine`, each of whose operations is admitted first."""

    def __init__(self, engine: Engine, admission: Admission) -> None:
        self._engine = engine
        self._admission = admission

    async def test(self) -> str:
        """See `core.ports.Engine`."""
        async with self._admission.operation():
            return await self._engine.test()

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """See `core.ports.Engine`."""
        async with self._admission.operation():
            return await self._engine.introspect()

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """See `core.ports.Engine`."""
        async with self._admission.operation():
            return await self._engine.sample_values(columns, limit, within)

    async def explain(self, sql: str, analyze: timedelta | None = None) -> Plan:
        """See `core.ports.Engine`."""
        async with self._admission.operation():
            return await self._engine.explain(sql, analyze)

    async def indexes(self) -> tuple[Index, ...]:
        """See `core.ports.Engine`."""
        async with self._admission.operation():
            return await self._engine.indexes()

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        async with self._admission.operation(), aclosing(self._engine.run(sql, limits)) as parts:
            async for part in parts:
                yield part
