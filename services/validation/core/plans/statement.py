"""A statement that rewrites change in place, with what its names mean."""

import re
from collections.abc import Iterator
from functools import cached_property

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from services.kit.catalog import Column, ColumnType, Table
from services.validation.core.catalog import Catalog
from services.validation.core.sources import Source, Sources

# Warehouses note keys and do not keep them.
_KEEP_KEYS = frozenset({"postgres", "mysql", "sqlite", "duckdb", "tsql"})
_WITH_ZONE = re.compile(r"with time zone|with local time zone|tz|offset")


class Statement:
    """A tree with its scopes.

    Args:
        tree: Changed by rewrites.
        catalog: What its names mean.

    Raises:
        SqlglotError: Two sources of one FROM have the same name.
    """

    def __init__(self, tree: exp.Expr, catalog: Catalog) -> None:
        self.tree = tree
        self.catalog = catalog
        self._sources = Sources(catalog)
        root = build_scope(tree)
        self._scopes = list(root.traverse()) if root is not None else []

    @property
    def dialect(self) -> str:
        """The dialect's name."""
        return self.catalog.dialect.name

    def selects(self) -> Iterator[tuple[exp.Expr, dict[str, Source]]]:
        """Every SELECT with its sources by their keys."""
        for scope in self._scopes:
            if isinstance(scope.expression, exp.Select):
                yield scope.expression, self._sources.of(scope)

    def sources_of(self, select: exp.Expr | None) -> dict[str, Source]:
        """The sources of a SELECT by their keys."""
        scope = self._by_select.get(id(select))
        return self._sources.of(scope) if scope is not None else {}

    def stored(self, column: exp.Expr) -> tuple[str, Table, Column] | None:
        """The source's key, the table and its column that a name means in its own SELECT; None for anything else."""
        if type(column) is not exp.Column or not isinstance(column.this, exp.Identifier):
            return None
        here, key = self.sources_of(column.parent_select), self.key(column.this)
        if column.args.get("table"):
            owner = self.key(column.args["table"])
            candidates = [owner] if owner in here else []
        else:
            candidates = [name for name, source in here.items() if source.outputs is None or key in source.outputs]
        source = here[candidates[0]] if len(candidates) == 1 else None
        if source is None or source.table is None or source.renamed:
            return None
        found = self.catalog.columns(source.table).get(key)
        return (candidates[0], source.table, found) if found is not None else None

    def is_never_null(self, column: exp.Expr) -> bool:
        """Whether a name means a stored column without NULLs, from a source that no outer join fills with NULLs."""
        found = self.stored(column)
        if found is None or found[0] in optional_sources(self, column.parent_select):
            return False
        return self.has_no_nulls(found[2])

    def has_no_nulls(self, column: Column) -> bool:
        """Whether the engine keeps NULLs out of a column. SQLite lets them into a primary key that is no row id."""
        is_row_id = column.native_type.upper() == "INTEGER"
        return not column.nullable and (self.dialect != "sqlite" or not column.is_primary_key or is_row_id)

    def unique_keys(self, table: Table) -> list[frozenset[str]]:
        """The sets of columns, by their keys, that no two rows of a table share, unless one of them is NULL."""
        if self.dialect not in _KEEP_KEYS or table.kind == "view":
            return []
        quoted = {column.name: self.catalog.dialect.key(column.name, quoted=True) for column in table.columns}
        primary = frozenset(quoted[column.name] for column in table.columns if column.is_primary_key)
        found = [primary] if primary else []
        return found + [frozenset({quoted[column.name]}) for column in table.columns if column.is_unique]

    def key(self, identifier: exp.Expr) -> str:
        """What an identifier is compared by."""
        return self.catalog.dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))

    @cached_property
    def _by_select(self) -> dict[int, Scope]:
        return {id(scope.expression): scope for scope in self._scopes}


def joins(select: exp.Expr | None) -> list[exp.Join]:
    """The joins of a SELECT, commas among them."""
    return list(select.args.get("joins") or ()) if select is not None else []


def optional_sources(statement: Statement, select: exp.Expr | None) -> set[str]:
    """The sources of a SELECT whose columns an outer join may fill with NULLs."""
    found: set[str] = set()
    from_ = select.args.get("from_") if select is not None else None
    before = [source_key(statement, from_.this)] if from_ is not None else []
    for join in joins(select):
        key = source_key(statement, join.this)
        if join.side in {"LEFT", "FULL"}:
            found.add(key)
        if join.side in {"RIGHT", "FULL"}:
            found.update(before)
        before.append(key)
    return found


def source_key(statement: Statement, node: exp.Expr) -> str:
    """The key of the name that a source of a FROM has."""
    alias = node.args.get("alias")
    named = alias.this if isinstance(alias, exp.TableAlias) and alias.this is not None else node.this
    return statement.key(named) if isinstance(named, exp.Identifier) else node.alias_or_name.lower()


def is_plain(select: exp.Expr) -> bool:
    """Whether a SELECT gives a row for each row of its FROM that meets WHERE: no groups, limits, windows or sets."""
    if not isinstance(select, exp.Select) or any(
        select.args.get(part)
        for part in ("group", "having", "limit", "offset", "fetch", "qualify", "laterals", "sample")
    ):
        return False
    inner = (node for part in select.expressions for node in part.walk())
    return not any(isinstance(node, (exp.AggFunc, exp.Window, exp.UDTF)) for node in inner)


def has_no_zone(column: Column) -> bool:
    """Whether a date or a time stands for itself, whatever zone the session is in."""
    native = column.native_type.lower()
    return column.type is ColumnType.DATE or (
        column.type is ColumnType.TIMESTAMP and _WITH_ZONE.search(native) is None and native != "timestamp_ltz"
    )
