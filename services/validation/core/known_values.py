"""The values that columns have, read from the database and kept for a short while."""

import sys
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.kit.clock import Clock
from services.kit.errors import CandorError
from services.validation.core.catalog import Catalog
from services.validation.core.guard.guard import guard
from services.validation.core.model import Check, ColumnRef, ColumnValues, DataSource, Finding
from services.validation.core.policies.restrict import RestrictedCatalog
from services.validation.core.ports import Engines
from services.validation.core.semantics.review import read_queries
from services.validation.core.semantics.values import Compared, compared_values, missing

# A column with more values is not one that a misspelt name could be found in.
MAX_VALUES = 1000
MAX_COLUMNS = 10_000
MAX_BYTES = 64 * 1024 * 1024
MAX_COLUMNS_A_CALL = 16
WITHIN = timedelta(seconds=2)
# Engines whose comparisons do not tell letter case apart, unless a column says otherwise.
_IGNORE_CASE = frozenset({"mysql", "tsql"})

_Key = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a column. No values where it has too many: then whether it has a value is not known."""

    values: tuple[str, ...] | None
    read: datetime
    size: int


class KnownValues:
    """Says of the texts in a statement which of them no row has.

    What was read is kept by organization, data source, connection and column: at most `MAX_COLUMNS` columns and
    `MAX_BYTES` of texts, of which those that nobody asked for longest go first.

    Args:
        engines: Reach the databases.
        clock: What time it is.
        keep: How long values are taken to be true.
    """

    def __init__(self, engines: Engines, clock: Clock, keep: timedelta) -> None:
        self._engines = engines
        self._clock = clock
        self._keep = keep
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._size = 0

    async def look_up(self, source: DataSource, sql: str, catalog: Catalog, check: Check) -> Check:
        """A check with the findings about values that no row has; as it is where the statement may not run.

        Only a column that was read to its end gives findings. A database that does not answer gives none.

        Args:
            source: The data source.
            sql: The statement that was checked.
            catalog: What it was checked against: what that hides is not looked into.
            check: What the check said.
        """
        if not check.allowed:
            return check
        compared = self._compared(sql, catalog)
        wanted = list(dict.fromkeys(each.column for each in compared))[:MAX_COLUMNS_A_CALL]
        known = await self._values(source, wanted) if wanted else {}
        ignores_case = catalog.dialect.name in _IGNORE_CASE
        found: list[Finding] = []
        for each in compared:
            values = known.get(each.column)
            finding = missing(each, values, ignores_case=ignores_case) if values is not None else None
            found.extend([finding] if finding is not None else ())
        return replace(check, findings=(*check.findings, *found))

    def _compared(self, sql: str, catalog: Catalog) -> list[Compared]:
        guarded = guard(sql, catalog.dialect, catalog)
        if guarded.tree is None:
            return []
        queries = [query for query, _ in read_queries(guarded.tree, catalog)]
        return [each for each in compared_values(guarded.text, queries) if _is_open(catalog, each.column)]

    async def _values(self, source: DataSource, columns: Sequence[ColumnRef]) -> dict[ColumnRef, tuple[str, ...]]:
        keys = {column: _key(source, column) for column in columns}
        now = self._clock.now()
        kept = {column: self._kept[key] for column, key in keys.items() if key in self._kept}
        fresh = {column: each for column, each in kept.items() if now - each.read < self._keep}
        for column in fresh:
            self._kept.move_to_end(keys[column])
        unknown = [column for column in columns if column not in fresh]
        if unknown:
            for found in await self._read(source, unknown):
                if found.column in keys:
                    fresh[found.column] = self._put(keys[found.column], found)
        return {column: each.values for column, each in fresh.items() if each.values is not None}

    async def _read(self, source: DataSource, columns: Sequence[ColumnRef]) -> tuple[ColumnValues, ...]:
        try:
            return await self._engines.of(source).sample_values(columns, MAX_VALUES, WITHIN)
        except CandorError:
            # The check stands without this: values are a help, and the database may be slow or away.
            return ()

    def _put(self, key: _Key, found: ColumnValues) -> _Kept:
        values = None if found.truncated else found.values
        size = sum(sys.getsizeof(each) for each in values or ()) + 512
        kept = _Kept(values, self._clock.now(), size)
        before = self._kept.pop(key, None)
        self._size += size - (before.size if before is not None else 0)
        self._kept[key] = kept
        while self._kept and (len(self._kept) > MAX_COLUMNS or self._size > MAX_BYTES):
            self._size -= self._kept.popitem(last=False)[1].size
        return kept


def _is_open(catalog: Catalog, column: ColumnRef) -> bool:
    """Whether all rows of a column's table may be read: the values of hidden ones must not be told."""
    table = catalog.table(column.table)
    if table is None or table.kind == "view":
        # A view may be as slow as any statement.
        return False
    reading = catalog.reading(table) if isinstance(catalog, RestrictedCatalog) else None
    return reading is None or not reading.conditions


def _key(source: DataSource, column: ColumnRef) -> _Key:
    # A data source that is made anew with another connection is another one.
    made = f"{source.create_time}\0{hash(source.connection)}"
    return source.organization, source.id, made, column.table, column.column
