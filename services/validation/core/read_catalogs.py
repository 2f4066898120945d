"""What each data source holds, read from the database and kept for a short while."""

import hashlib
from datetime import datetime, timedelta

from services.kit.clock import Clock
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Check, DataSource, PostgresConnection
from services.validation.core.ports import Engines

_MAX_KEPT = 64
_UNKNOWN = frozenset({"SQL_TABLE_UNKNOWN", "SQL_COLUMN_UNKNOWN"})


class ReadCatalogs:
    """Reads catalogues and keeps them, so that a statement is checked in milliseconds.

    Args:
        engines: Reach the databases.
        clock: What time it is.
        keep: How long a catalogue is taken to be true; a name that it does not know has it read again at once.
    """

    def __init__(self, engines: Engines, clock: Clock, keep: timedelta) -> None:
        self._engines = engines
        self._clock = clock
        self._keep = keep
        self._kept: dict[str, tuple[datetime, Catalog]] = {}

    async def read(self, source: DataSource) -> Catalog:
        """The catalogue as it is now."""
        engine = self._engines.open(source.connection, own=source.own)
        tables, foreign_keys = await engine.introspect()
        catalog = Catalog(DIALECTS[source.dialect], tables, foreign_keys, search_path_of(source))
        if len(self._kept) >= _MAX_KEPT:
            self._kept.clear()
        self._kept[_key(source)] = (self._clock.now(), catalog)
        return catalog

    async def get(self, source: DataSource) -> Catalog:
        """The catalogue as it was a short while ago."""
        kept = self._kept.get(_key(source))
        if kept is not None and self._clock.now() - kept[0] < self._keep:
            return kept[1]
        return await self.read(source)

    async def check(self, source: DataSource, sql: str) -> Check:
        """Checks a statement against the data source's own catalogue."""
        catalog = await self.get(source)
        check = check_statement(sql, catalog)
        kept = self._kept.get(_key(source))
        fresh = kept is not None and self._clock.now() - kept[0] < timedelta(seconds=2)
        if fresh or not any(finding.reason in _UNKNOWN for finding in check.findings):
            return check
        # The name may be newer than what is kept.
        return check_statement(sql, await self.read(source))


def search_path_of(source: DataSource) -> tuple[str, ...]:
    """The schemas that a name without one is looked for in; the dialect's own when empty."""
    return source.connection.schemas if isinstance(source.connection, PostgresConnection) else ()


def _key(source: DataSource) -> str:
    # The connection is a part of it: a data source that is made anew elsewhere is another one.
    described = f"{source.organization}\0{source.id}\0{source.connection!r}\0{source.create_time}"
    return hashlib.sha256(described.encode()).hexdigest()
