"""Measures a table by aggregates, so that expectations can be proposed; private values are not looked at."""

from services.kit.catalog import Column, ColumnType
from services.kit.clock import Clock
from services.validation.core.model import ColumnRef, DataSource
from services.validation.core.quality import queries
from services.validation.core.quality.model import ColumnFacts, Target
from services.validation.core.quality.propose import ColumnProfile, Profile, Proposal, few_values, propose
from services.validation.core.quality.read_target import Found, ReadTarget

_LISTED = frozenset({ColumnType.TEXT, ColumnType.BOOLEAN})
# Wider tables are proposed for by their first columns; a person would not read more.
_MAX_COLUMNS = 200


class ProfileTable:
    """Profiles a table and proposes what may be expected of it.

    Args:
        target: Reads it.
        clock: What time it is, for freshness.
    """

    def __init__(self, target: ReadTarget, clock: Clock) -> None:
        self._target = target
        self._clock = clock

    async def __call__(self, source: DataSource, table: str) -> tuple[Profile, tuple[Proposal, ...]]:
        """The profile of a table and what it suggests.

        Raises:
            NotFound: There is no such table.
            DeadlineExceeded: It took too long.
        """
        found = await self._target.find(source, Target(table=table))
        assert found.relation.table is not None
        columns = found.columns[:_MAX_COLUMNS]
        masked = {each.column for each in found.masked if each.table == found.target.table}
        hidden = found.hidden | masked
        measured = [column for column in columns if column.name not in masked]
        facts = await self._target.facts(source, found, measured, hidden)
        profiles = []
        for column in measured:
            known = facts.columns[column.name]
            profiles.append(await self._column(source, found, column, known, hidden=column.name in hidden))
        keys = tuple(
            key
            for key in found.catalog.foreign_keys
            if key.table == found.target.table and not self._touches_masked(found, key.columns)
        )
        profile = Profile(found.relation.table, facts.rows, tuple(profiles), keys)
        return profile, propose(profile, self._clock.now())

    async def _column(
        self, source: DataSource, found: Found, column: Column, facts: ColumnFacts, *, hidden: bool
    ) -> ColumnProfile:
        if hidden or column.type not in _LISTED or not facts.non_null:
            return ColumnProfile(column, facts, hidden=hidden)
        values: tuple[str, ...] = ()
        if few_values(facts):
            rows = await self._target.all(source, queries.values_of(found.relation, column.name, facts.distinct))
            # A limit of the policy's may have cut them.
            values = tuple(sorted(str(value) for value, _ in rows)) if len(rows) == facts.distinct else ()
        lengths = None
        if column.type is ColumnType.TEXT:
            ((least, most),) = await self._target.all(source, queries.lengths_of(found.relation, column.name))
            lengths = (int(str(least or 0)), int(str(most or 0)))
        return ColumnProfile(column, facts, values, lengths)

    @staticmethod
    def _touches_masked(found: Found, columns: tuple[str, ...]) -> bool:
        return any(ColumnRef(found.target.table, column) in found.masked for column in columns)
