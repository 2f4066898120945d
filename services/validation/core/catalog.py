"""A catalogue ready to be asked: names looked up by their keys, in the way of its dialect."""

from collections.abc import Sequence
from functools import cached_property

from services.kit.catalog import Column, ForeignKey, Table
from services.validation.core.dialects import Dialect, Scope


class Catalog:
    """What a data source holds, built once for each version of its schema and kept.

    Args:
        dialect: Decides how names are compared.
        tables: All tables and views that may be read.
        foreign_keys: The keys between them.
        search_path: The schemas that a name without a schema is looked for in; the dialect's own when empty.
        scope: The catalogues and schemas that a name may have in front; no catalogue and any schema when None.
    """

    def __init__(
        self,
        dialect: Dialect,
        tables: Sequence[Table],
        foreign_keys: Sequence[ForeignKey] = (),
        search_path: Sequence[str] = (),
        scope: Scope | None = None,
    ) -> None:
        self.dialect = dialect
        self.tables = tuple(tables)
        self.foreign_keys = tuple(foreign_keys)
        self.search_path = tuple(search_path) or dialect.default_schemas
        self.scope = scope or Scope(frozenset(), None)
        self._columns: dict[str, dict[str, Column]] = {}

    def find(self, schema: str, name: str, *, quoted: bool) -> Table | None:
        """The table that a statement means, or None. An empty `schema` means the search path."""
        key = self.dialect.key(name, quoted=quoted)
        if schema:
            return self._by_name.get((self.dialect.key(schema, quoted=quoted), key))
        found = (self._by_name.get((self.dialect.key(each, quoted=True), key)) for each in ("", *self.search_path))
        return next((table for table in found if table is not None), None)

    def columns(self, table: Table) -> dict[str, Column]:
        """A table's columns by their keys."""
        known = self._columns.get(table.qualified_name)
        if known is None:
            known = {self.dialect.key(column.name, quoted=True): column for column in table.columns}
            self._columns[table.qualified_name] = known
        return known

    def table(self, qualified_name: str) -> Table | None:
        """The table of a qualified name."""
        return self._by_qualified_name.get(qualified_name)

    def keys_into(self, table: Table) -> Sequence[ForeignKey]:
        """The foreign keys that refer to a table."""
        return self._keys_into.get(self.dialect.key(table.qualified_name, quoted=True), ())

    def keys_of(self, table: Table) -> Sequence[ForeignKey]:
        """The foreign keys that a table has."""
        return self.keys_of_name(self.dialect.key(table.qualified_name, quoted=True))

    def keys_of_name(self, name: str) -> Sequence[ForeignKey]:
        """The foreign keys of the table whose qualified name has a key."""
        return self._keys_of.get(name, ())

    @cached_property
    def _by_qualified_name(self) -> dict[str, Table]:
        return {table.qualified_name: table for table in self.tables}

    @cached_property
    def _keys_into(self) -> dict[str, list[ForeignKey]]:
        found: dict[str, list[ForeignKey]] = {}
        for each in self.foreign_keys:
            found.setdefault(self.dialect.key(each.referred_table, quoted=True), []).append(each)
        return found

    @cached_property
    def _keys_of(self) -> dict[str, list[ForeignKey]]:
        found: dict[str, list[ForeignKey]] = {}
        for each in self.foreign_keys:
            found.setdefault(self.dialect.key(each.table, quoted=True), []).append(each)
        return found

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Table]:
        key = self.dialect.key
        names = {(key(each.schema, quoted=True), key(each.name, quoted=True)): each for each in self.tables}
        for table in self.tables:
            if not table.schema:
                for schema in self.dialect.default_schemas:
                    names.setdefault((schema, key(table.name, quoted=True)), table)
        return names
