"""Reads what is judged, by statements that pass the guard and the policy as everybody's do."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.kit.catalog import Column, Table
from services.kit.errors import InvalidArgument, NotFound
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import require_allowed
from services.validation.core.model import Batch, Cell, ColumnRef, DataSource, Limits, Part
from services.validation.core.policies.restrict import RestrictedCatalog
from services.validation.core.quality import queries
from services.validation.core.quality.model import Expectation, Facts, Target
from services.validation.core.quality.queries import Relation
from services.validation.core.quality.vocabulary import refuse
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement

# Columns whose aggregates are asked for together: more make a statement that no one can read in a plan.
_TOGETHER = 20
_ORPHAN_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A target that exists and may be read.

    `columns` are a table's; a statement's are known when it runs. The values of `hidden` columns may be counted and
    never shown: of a statement that reads such a one, no column's. Those of `masked` columns are not what the database
    holds, so nothing is judged on them.
    """

    target: Target
    relation: Relation
    catalog: Catalog
    columns: tuple[Column, ...] = ()
    hidden: frozenset[str] = frozenset()
    masked: frozenset[ColumnRef] = frozenset()

    def require(self, expectation: Expectation) -> None:
        """Refuses an expectation about a column that is not there, or is masked.

        Raises:
            InvalidArgument: It is about such a column.
        """
        if expectation.type == "expect_column_to_exist":
            return
        names = {column.name for column in self.columns}
        for name in expectation.columns:
            if name not in names:
                refuse(expectation, f"is about {name[:200]!r}, and {self.title} has no such column")
            if ColumnRef(self.target.table, name) in self.masked:
                refuse(expectation, f"is about {name!r}, whose values are masked by the data source's policy")

    @property
    def title(self) -> str:
        """The target in a sentence."""
        return f"the table {self.target.table!r}" if self.target.table else "the result"

    def with_result(self, columns: Sequence[Column]) -> "Found":
        """The same with the columns of the result."""
        names = frozenset(column.name for column in columns)
        return replace(self, columns=tuple(columns), hidden=names if self.hidden else self.hidden)


class ReadTarget:
    """Finds targets and reads them.

    Args:
        catalogs: Know what there is.
        run: Runs statements.
        limits: What reading a target's rows may take.
    """

    def __init__(self, catalogs: ReadCatalogs, run: RunStatement, limits: Limits) -> None:
        self._catalogs = catalogs
        self._run = run
        self.limits = limits

    async def find(self, source: DataSource, target: Target) -> Found:
        """The target.

        Raises:
            NotFound: There is no such table.
            InvalidArgument: The guard refuses the statement.
        """
        if target.table:
            return await self._find_table(source, target)
        check = await self._catalogs.check(source, target.sql)
        require_allowed(check)
        if target.sql.lstrip()[:7].upper() == "EXPLAIN":
            raise InvalidArgument("INVALID_ARGUMENT", "A plan is no data: give the statement without EXPLAIN.")
        catalog = await self._catalogs.get(source)
        masked = masked_columns(catalog)
        private = {
            ColumnRef(table.qualified_name, column.name)
            for table in catalog.tables
            for column in table.columns
            if column.is_sensitive
        }
        if read := next((each for each in check.columns if each in masked), None):
            raise InvalidArgument(
                "EXPECTATION_INVALID",
                f"The statement reads {read.column!r}, whose values are masked by the data source's policy, so its "
                "result cannot be judged. Leave the column out.",
                metadata={"column": read.column},
            )
        # One name stands for all of them until the result's are known.
        hidden = frozenset({"*"}) if private & set(check.columns) else frozenset()
        return Found(target, Relation(source.dialect, sql=target.sql), catalog, hidden=hidden)

    async def _find_table(self, source: DataSource, target: Target) -> Found:
        catalog = await self._catalogs.get(source)
        table = table_named(catalog, target.table)
        if table is None:
            # It may be newer than what is kept.
            catalog = await self._catalogs.read(source)
            table = table_named(catalog, target.table)
        if table is None:
            raise NotFound(
                "TABLE_NOT_FOUND",
                f"There is no table {target.table!r}. Write it as the schema shows it.",
                metadata={"table": target.table},
            )
        return Found(
            Target(table=table.qualified_name),
            Relation(source.dialect, table),
            catalog,
            table.columns,
            frozenset(column.name for column in table.columns if column.is_sensitive),
            masked_columns(catalog),
        )

    async def rows(self, source: DataSource, found: Found, columns: Sequence[str]) -> AsyncGenerator[str | Part, None]:
        """The parts of a target's rows, as far as the limits go."""
        sql = queries.rows_of(found.relation, columns)
        async with aclosing(self._run(source, sql, self.limits)) as parts:
            async for part in parts:
                yield part

    async def facts(
        self, source: DataSource, found: Found, columns: Sequence[Column], hidden: frozenset[str] = frozenset()
    ) -> Facts:
        """Aggregates over all rows."""
        if not columns:
            query = queries.facts_of(found.relation, ())
            return query.read(await self._row(source, query.sql))
        known = Facts(0, {})
        for start in range(0, len(columns), _TOGETHER):
            query = queries.facts_of(found.relation, columns[start : start + _TOGETHER], hidden)
            part = query.read(await self._row(source, query.sql))
            known = Facts(part.rows, {**known.columns, **part.columns})
        return known

    async def duplicates(self, source: DataSource, found: Found, column: str) -> int:
        """How many rows share their value with another."""
        (count,) = await self._row(source, queries.duplicates_of(found.relation, column))
        return int(str(count or 0))

    async def orphans(self, source: DataSource, found: Found, expectation: Expectation) -> tuple[int, int, int]:
        """Rows in all, rows whose key refers to nothing for a NULL, and rows whose key is found nowhere."""
        referred = self.referred(found, expectation)
        row = await self._row(source, queries.orphans_of(found.relation, expectation, referred))
        rows, missing, lost = (int(str(each or 0)) for each in row)
        return rows, missing, lost

    async def orphan_examples(self, source: DataSource, found: Found, expectation: Expectation) -> list[str]:
        """A few keys that are found nowhere."""
        referred = self.referred(found, expectation)
        sql = queries.orphan_examples_of(found.relation, expectation, referred, _ORPHAN_EXAMPLES)
        return [", ".join(str(each)[:200] for each in row) for row in await self.all(source, sql)]

    def referred(self, found: Found, expectation: Expectation) -> Table:
        """The table that a key refers to.

        Raises:
            InvalidArgument: There is no such table, or it has no such column.
        """
        name = str(expectation.parameters["referred_table"])
        table = table_named(found.catalog, name)
        if table is None:
            refuse(expectation, f"refers to {name[:200]!r}, and there is no such table")
        known = {column.name for column in table.columns}
        for column in expectation.parameters["referred_columns"]:
            if column not in known:
                refuse(expectation, f"refers to {column[:200]!r}, and {table.qualified_name!r} has no such column")
            if ColumnRef(table.qualified_name, column) in found.masked:
                refuse(expectation, f"refers to {column!r}, whose values are masked by the data source's policy")
        return table

    async def all(self, source: DataSource, sql: str) -> list[tuple[Cell, ...]]:
        """All rows of a small result."""
        rows: list[tuple[Cell, ...]] = []
        async with aclosing(self._run(source, sql, self.limits)) as parts:
            async for part in parts:
                if isinstance(part, Batch):
                    rows.extend(zip(*part.columns, strict=True))
        return rows

    async def _row(self, source: DataSource, sql: str) -> tuple[Cell, ...]:
        (row,) = await self.all(source, sql)
        return row


def masked_columns(catalog: Catalog) -> frozenset[ColumnRef]:
    """The columns in whose place something else is shown."""
    if not isinstance(catalog, RestrictedCatalog):
        return frozenset()
    readings = [(table, catalog.reading(table)) for table in catalog.tables]
    return frozenset(
        ColumnRef(table.qualified_name, column) for table, reading in readings if reading for column in reading.masks
    )


def table_named(catalog: Catalog, name: str) -> Table | None:
    """The table that a catalogue writes so, or that the search path finds."""
    exact = next((table for table in catalog.tables if table.qualified_name == name), None)
    schema, _, bare = name.rpartition(".")
    return exact or catalog.find(schema, bare, quoted=True) or catalog.find(schema, bare, quoted=False)
