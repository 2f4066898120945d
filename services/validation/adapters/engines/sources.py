"""The engines of data sources: each with its breaker, its slots and its idle sessions, shared with no other."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from services.kit import metrics
from services.kit.clock import Clock
from services.validation.adapters.engines.admission import Admission, AdmittedEngine, PoolLimits, Slots
from services.validation.adapters.engines.idle import IdleSessions
from services.validation.adapters.engines.observed import ObservedEngine
from services.validation.adapters.engines.open import OpenEngines
from services.validation.core.breaker import Breaker, BreakerLimits
from services.validation.core.model import Connection, DataSource
from services.validation.core.ports import Engine

# How many data sources are remembered; the one not used for longest is forgotten first.
_REMEMBERED = 2000
BREAKER = BreakerLimits()


@dataclass(frozen=True, slots=True)
class _Used:
    """What is kept of a data source between its uses."""

    connection: Connection
    own: bool
    admission: Admission
    idle: IdleSessions[Any]


class SourceEngines:
    """`core.ports.Engines`.

    Args:
        opener: Opens engines.
        clock: Tells the breakers the time.
        limits: How much is used at once, and kept.
        breaker: When a data source is left alone.
    """

    def __init__(
        self,
        opener: OpenEngines,
        clock: Clock,
        limits: PoolLimits,
        breaker: BreakerLimits = BREAKER,
    ) -> None:
        self._opener = opener
        self._clock = clock
        self._limits = limits
        self._breaker = breaker
        self._overall = Slots(limits.overall, limits.patience, "Too many statements run on this installation")
        self._used: OrderedDict[tuple[str, str], _Used] = OrderedDict()
        self._retired: set[IdleSessions[Any]] = set()
        metrics.BREAKERS.of("closed").set_function(lambda: self._breakers(is_open=False))
        metrics.BREAKERS.of("open").set_function(lambda: self._breakers(is_open=True))

    def open(self, connection: Connection) -> Engine:
        """See `core.ports.Engines`."""
        return self._opener.open(connection)

    def of(self, source: DataSource) -> Engine:
        """See `core.ports.Engines`."""
        used = self._kept(source)
        engine = self._opener.open(source.connection, own=source.own, idle=used.idle)
        return AdmittedEngine(ObservedEngine(engine, source.dialect), used.admission)

    async def forget(self, organization: str, source: str) -> None:
        """See `core.ports.Engines`."""
        used = self._used.pop((organization, source), None)
        if used is not None:
            await used.idle.close()

    async def aclose(self) -> None:
        """Lets go of all sessions, threads and processes."""
        for key in list(self._used):
            await self.forget(*key)
        for idle in self._retired:
            await idle.close()
        await self._opener.aclose()

    def _breakers(self, *, is_open: bool) -> int:
        return sum(used.admission.breaker.open is is_open for used in self._used.values())

    def _kept(self, source: DataSource) -> _Used:
        key = (source.organization, source.id)
        used = self._used.get(key)
        if used is not None and (used.connection, used.own) != (source.connection, source.own):
            # It leads elsewhere now: nothing of the old way is used again.
            self._retire(used)
            used = None
        if used is None:
            own = Slots(self._limits.per_source, self._limits.patience, "Too many statements run on this data source")
            admission = Admission(Breaker(self._clock, self._breaker), own, self._overall)
            idle = IdleSessions[Any](self._limits.idle, self._limits.idle_lifetime)
            used = self._used[key] = _Used(source.connection, source.own, admission, idle)
        self._used.move_to_end(key)
        if len(self._used) > _REMEMBERED:
            self._retire(self._used.popitem(last=False)[1])
        return used

    def _retire(self, used: _Used) -> None:
        used.idle.retire()
        self._retired = {idle for idle in self._retired | {used.idle} if idle.closing}
