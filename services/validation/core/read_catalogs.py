"""What each data source holds, read from the database and kept for a short while."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.kit.catalog import ForeignKey, Table
from services.kit.clock import Clock
from services.validation.core import model
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS, Scope
from services.validation.core.known_values import KnownValues
from services.validation.core.model import Check, DataSource
from services.validation.core.policies.restrict import restricted
from services.validation.core.policy import Policy
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
        self._values = KnownValues(engines, clock, keep)
        self._kept: dict[str, tuple[datetime, Catalog]] = {}
        # What a policy makes of a catalogue, beside what it was made from.
        self._restricted: dict[str, tuple[Catalog, Policy, Catalog]] = {}

    async def read(self, source: DataSource) -> Catalog:
        """The catalogue as it is now, under the data source's policy."""
        return self._under_policy(source, await self.read_all(source))

    async def read_all(self, source: DataSource) -> Catalog:
        """Everything that the data source holds now, whatever its policy lets through."""
        engine = self._engines.of(source)
        tables, foreign_keys = await engine.introspect()
        catalog = catalog_of(source, tables, foreign_keys)
        if len(self._kept) >= _MAX_KEPT:
            self._kept.clear()
            self._restricted.clear()
        self._kept[_key(source)] = (self._clock.now(), catalog)
        return catalog

    async def get(self, source: DataSource) -> Catalog:
        """The catalogue as it was a short while ago, under the policy as it is now."""
        kept = self._kept.get(_key(source))
        if kept is not None and self._clock.now() - kept[0] < self._keep:
            return self._under_policy(source, kept[1])
        return await self.read(source)

    def _under_policy(self, source: DataSource, catalog: Catalog) -> Catalog:
        key = _key(source)
        full, policy, made = self._restricted.get(key, (None, None, None))
        if made is None or full is not catalog or policy != source.policy:
            made = restricted(catalog, source.policy)
            self._restricted[key] = (catalog, source.policy, made)
        return made

    async def check(self, source: DataSource, sql: str, *, look_up_values: bool = False) -> Check:
        """Checks a statement against the data source's own catalogue, and its values where that is asked for."""
        check = await self._check(source, sql)
        return await self.look_up_values(source, sql, check) if look_up_values else check

    async def look_up_values(self, source: DataSource, sql: str, check: Check) -> Check:
        """A check with what is to say about the values that a statement compares with.

        Whatever catalogue the statement was checked against, the data source's own says what may be looked into.
        """
        return await self._values.look_up(source, sql, await self.get(source), check)

    async def _check(self, source: DataSource, sql: str) -> Check:
        catalog = await self.get(source)
        check = check_statement(sql, catalog)
        kept = self._kept.get(_key(source))
        fresh = kept is not None and self._clock.now() - kept[0] < timedelta(seconds=2)
        if fresh or not any(finding.reason in _UNKNOWN for finding in check.findings):
            return check
        # The name may be newer than what is kept.
        return check_statement(sql, await self.read(source))


def catalog_of(source: DataSource, tables: Sequence[Table], foreign_keys: Sequence[ForeignKey]) -> Catalog:
    """The catalogue of a data source that holds these tables: it knows where names without a schema are looked for."""
    database = model.database_of(source.connection)
    scope = Scope(frozenset({database.lower()} if database else ()), None)
    return Catalog(DIALECTS[source.dialect], tables, foreign_keys, model.search_path_of(source.connection), scope)


def _key(source: DataSource) -> str:
    # The connection is a part of it: a data source that is made anew elsewhere is another one.
    described = f"{source.organization}\0{source.id}\0{source.connection!r}\0{source.create_time}"
    return hashlib.sha256(described.encode()).hexdigest()
