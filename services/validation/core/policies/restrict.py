"""What a catalogue is under a policy: what may not be read is not in it, so that nobody learns that it exists."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from services.kit.catalog import ForeignKey, Table
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import Dialect
from services.validation.core.policies.derive import Derived, Normal, derived_table, normal_form_of
from services.validation.core.policies.patterns import Part, Rules, TablePattern, column_pattern, table_pattern
from services.validation.core.policies.reading import Reading
from services.validation.core.policy import MaskMethod, Policy


class RestrictedCatalog(Catalog):
    """A catalogue that holds what a policy lets through, and knows the rest only to keep it out.

    Args:
        full: Everything that the data source holds.
        readings: How each table that is shown is read.
    """

    def __init__(self, full: Catalog, readings: Sequence[Reading]) -> None:
        tables = [_shown(each) for each in readings]
        keys = _keys_between(full, {table.qualified_name: table for table in tables}, readings)
        super().__init__(full.dialect, tables, keys, full.search_path, full.scope)
        self.full = full
        self._readings = {each.table.qualified_name: each for each in readings}
        self._derived: dict[str, Derived | None] = {}
        self._normal: dict[str, Normal] = {}

    def reading(self, table: Table) -> Reading | None:
        """How a table is read; None where it is not shown."""
        return self._readings.get(table.qualified_name)

    def hides_rows(self, table: str) -> bool:
        """Whether a table, by its qualified name, has rows that may not be read."""
        reading = self._readings.get(table)
        return reading is None or bool(reading.conditions) or reading.unfit

    def derived(self, reading: Reading) -> Derived | None:
        """The derived table that a table is read through; None where the policy no longer fits the table."""
        name = reading.table.qualified_name
        if name not in self._derived:
            self._derived[name] = derived_table(reading, self.dialect)
        return self._derived[name]

    def normal(self, reading: Reading) -> Normal | None:
        """The same in one spelling, to be compared by."""
        name = reading.table.qualified_name
        derived = self.derived(reading)
        if name not in self._normal and derived is not None:
            self._normal[name] = normal_form_of(derived, self.dialect)
        return self._normal.get(name)

    @cached_property
    def types(self) -> frozenset[str]:
        """The types of the columns that are shown, as the database writes them, in lower case."""
        return frozenset(column.native_type.lower() for table in self.tables for column in table.columns)


def restricted(catalog: Catalog, policy: Policy) -> Catalog:
    """A catalogue under a policy; the same one where the policy lets everything through."""
    if not policy.restricts:
        return catalog
    rules = _Rules(policy, catalog.dialect, catalog.search_path)
    missing = rules.without_a_column(catalog.tables)
    readings = [
        rules.reading(table, unfit=table.qualified_name in missing) for table in catalog.tables if rules.shows(table)
    ]
    return RestrictedCatalog(catalog, [each for each in readings if each.visible])


class _Rules:
    """A policy, ready to be asked about tables."""

    def __init__(self, policy: Policy, dialect: Dialect, search_path: Sequence[str]) -> None:
        self._dialect = dialect
        self._search_path = search_path
        self._allowed = [pattern for each in policy.allowed_tables if (pattern := table_pattern(each))]
        denied = [pattern for each in policy.denied_tables if (pattern := table_pattern(each))]
        self._denied = Rules(dialect, ((pattern, None) for pattern in denied))
        columns = [named for each in policy.denied_columns if (named := column_pattern(each))]
        self._hidden = Rules(dialect, columns)
        masks = [(named, each.method) for each in policy.masks if (named := column_pattern(each.column))]
        self._masks = Rules(dialect, ((table, (column, method)) for (table, column), method in masks))
        filters = ((pattern, each.condition) for each in policy.row_filters if (pattern := table_pattern(each.table)))
        self._filters = Rules(dialect, filters)
        self._named: list[tuple[TablePattern, Part]] = [
            (table, column)
            for table, column in (*columns, *(pattern for pattern, _ in masks))
            if table.exact and column.exact
        ]

    def shows(self, table: Table) -> bool:
        """Whether a table may be seen. A view reads past the rules of other tables, so it has to be named itself."""
        if any(True for _ in self._denied.about(table)):
            return False
        opening = [each for each in self._allowed if each.opens(table, self._dialect, self._search_path)]
        if table.kind == "view":
            return any(each.exact for each in opening)
        return bool(opening) or not self._allowed

    def reading(self, table: Table, *, unfit: bool) -> Reading:
        """How a table that is shown is read; of several masks of one column the strictest counts."""
        hidden = list(self._hidden.about(table))
        visible = tuple(column for column in table.columns if not any(part.means(column.name) for part in hidden))
        masks: dict[str, MaskMethod] = {}
        said = list(self._masks.about(table))
        for column in visible:
            methods = {method for part, method in said if part.means(column.name)}
            if methods:
                masks[column.name] = next(each for each in MaskMethod if each in methods)
        return Reading(table, visible, masks, tuple(self._filters.about(table)), unfit)

    def without_a_column(self, tables: Sequence[Table]) -> set[str]:
        """The tables that a rule names with a column which none of the tables has that the rule is about."""
        found: set[str] = set()
        by_rule: Rules[int] = Rules(self._dialect, ((table, place) for place, (table, _) in enumerate(self._named)))
        about: dict[int, list[Table]] = {}
        for table in tables:
            for place in by_rule.about(table):
                about.setdefault(place, []).append(table)
        for place, named in about.items():
            column = self._named[place][1]
            if not any(column.means(each.name) for table in named for each in table.columns):
                found.update(table.qualified_name for table in named)
        return found


def _shown(reading: Reading) -> Table:
    """A table as it is shown: masked columns are private and identify nothing; hidden rows leave no samples."""
    if reading.is_plain:
        return reading.table
    columns = tuple(
        replace(column, samples=(), is_sensitive=True, is_unique=False, is_primary_key=False)
        if column.name in reading.masks
        else replace(column, samples=())
        if reading.conditions
        else column
        for column in reading.visible
    )
    rows = -1 if reading.conditions else reading.table.row_estimate
    return replace(reading.table, columns=columns, row_estimate=rows)


def _keys_between(full: Catalog, shown: Mapping[str, Table], readings: Sequence[Reading]) -> list[ForeignKey]:
    """The keys whose columns are all shown as they are."""
    key = full.dialect.key
    plain = {
        key(each.table.qualified_name, quoted=True): {
            key(column.name, quoted=True) for column in each.visible if column.name not in each.masks
        }
        for each in readings
        if each.table.qualified_name in shown
    }

    def holds(table: str, columns: Sequence[str]) -> bool:
        known = plain.get(key(table, quoted=True), set())
        return all(key(column, quoted=True) in known for column in columns)

    return [
        each
        for each in full.foreign_keys
        if holds(each.table, each.columns) and holds(each.referred_table, each.referred_columns)
    ]
