"""What a SELECT can name: the columns that each of its sources gives, followed through subqueries to the tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from services.kit.catalog import Table
from services.validation.core.catalog import Catalog
from services.validation.core.guard.relations import resolve
from services.validation.core.model import ColumnRef


@dataclass(frozen=True, slots=True)
class Output:
    """A column that a source gives: its name as it was made, and the stored column it comes from, if from one alone."""

    name: str
    origin: ColumnRef | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a FROM clause reads. `outputs` is None where what it gives cannot be known beforehand.

    A stored table has `table`, a subquery or WITH query has `scope`, anything else has neither. `only_tested` where
    only the condition of its own join sees it.
    """

    name: str
    outputs: Mapping[str, Output] | None
    table: Table | None = None
    scope: Scope | None = None
    renamed: bool = False
    only_tested: bool = False


class Sources:
    """The sources of every scope of a statement, worked out once each.

    Args:
        catalog: Says what the tables hold.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._selected: dict[int, dict[str, Source]] = {}
        self._outputs: dict[int, Mapping[str, Output] | None] = {}

    def of(self, scope: Scope) -> dict[str, Source]:
        """The sources of a scope by the keys of their names, in the order they are written."""
        known = self._selected.get(id(scope))
        if known is None:
            hidden = {table.alias_or_name for table in scope.expression.find_all(exp.Table) if _is_hidden(table)}
            known = {}
            for name, (node, source) in scope.selected_sources.items():
                if name not in hidden:
                    known[self._key_of(node, name)] = self._source(node, name, source)
            # What a SEMI or ANTI JOIN asks for by ON is in sight of that condition, though nothing is selected from it.
            for join in scope.expression.args.get("joins") or ():
                name = join.this.alias_or_name
                if join.kind in {"SEMI", "ANTI"} and name not in hidden and name in scope.sources:
                    tested = replace(self._source(join.this, name, scope.sources[name]), only_tested=True)
                    known.setdefault(self._key_of(join.this, name), tested)
            self._selected[id(scope)] = known
        return known

    def outputs(self, scope: Scope) -> Mapping[str, Output] | None:
        """The columns that a subquery gives, by their keys, or None where they cannot be known."""
        if id(scope) not in self._outputs:
            # A recursive query meets itself here: what it gives is not known until it is worked out.
            self._outputs[id(scope)] = None
            self._outputs[id(scope)] = self._work_out(scope)
        return self._outputs[id(scope)]

    def expand(self, scope: Scope, star: exp.Expr) -> Iterator[Output] | None:
        """The columns that `*` or `t.*` stands for, or None where they cannot be known."""
        sources = self.of(scope)
        wanted = [source for source in sources.values() if not source.only_tested]
        if isinstance(star, exp.Column) and star.table:
            named = sources.get(self._identifier_key(star.args["table"]))
            wanted = [named] if named is not None else []
        if not wanted or any(source.outputs is None for source in wanted):
            return None
        return (output for source in wanted for output in (source.outputs or {}).values())

    def _source(self, node: exp.Expr, name: str, source: object) -> Source:
        renamed = _column_aliases(node)
        if isinstance(source, Scope):
            return Source(name, self._renamed(self.outputs(source), renamed), None, source, bool(renamed))
        table = None
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier) and not source.args.get("pivots"):
            found = resolve(self._catalog, source)
            table = found if isinstance(found, Table) else None
        if table is None:
            outputs = {self._identifier_key(each): Output(each.name) for each in renamed} if renamed else None
            return Source(name, outputs)
        stored = {
            key: Output(column.name, ColumnRef(table.qualified_name, column.name))
            for key, column in self._catalog.columns(table).items()
        }
        return Source(name, self._renamed(stored, renamed), table, renamed=bool(renamed))

    def _renamed(
        self, outputs: Mapping[str, Output] | None, names: list[exp.Identifier]
    ) -> Mapping[str, Output] | None:
        if not names:
            return outputs
        if outputs is None:
            return {self._identifier_key(each): Output(each.name) for each in names}
        given = list(outputs.values())
        first = {
            self._identifier_key(each): Output(each.name, old.origin) for each, old in zip(names, given, strict=False)
        }
        return first | dict(list(outputs.items())[len(names) :])

    def _work_out(self, scope: Scope) -> Mapping[str, Output] | None:
        names = [exp.to_identifier(name) for name in scope.outer_columns] or _names_of_recursion(scope)
        lateral = scope.sources.get("")
        if scope.set_operation_scopes:
            inner = self.outputs(scope.set_operation_scopes[0])
        elif isinstance(scope.expression, exp.Select):
            inner = self._projections(scope, scope.expression)
        elif isinstance(scope.expression, exp.Lateral) and isinstance(lateral, Scope):
            inner = self.outputs(lateral)
        else:
            inner = None
        return self._renamed(inner, names)

    def _projections(self, scope: Scope, select: exp.Select) -> Mapping[str, Output] | None:
        found: dict[str, Output] = {}
        for projection in select.expressions:
            if projection.is_star:
                expanded = self.expand(scope, projection)
                if expanded is None or (star := projection.find(exp.Star)) is None or _changes_columns(star):
                    return None
                found.update({self._catalog.dialect.key(each.name, quoted=True): each for each in expanded})
                continue
            if not projection.output_name:
                return None
            origin = self._origin(scope, projection.unalias())
            found[self._output_key(projection)] = Output(projection.output_name, origin)
        return found

    def _origin(self, scope: Scope, column: exp.Expr) -> ColumnRef | None:
        if not isinstance(column, exp.Column):
            return None
        sources = self.of(scope)
        wanted = [sources.get(self._identifier_key(column.args["table"]))] if column.table else list(sources.values())
        key = self._identifier_key(column.this)
        for source in wanted:
            if source is not None and source.outputs and key in source.outputs:
                return source.outputs[key].origin
        return None

    def _output_key(self, projection: exp.Expr) -> str:
        identifier = projection.args.get("alias") if isinstance(projection, exp.Alias) else projection.this
        if isinstance(identifier, exp.Identifier):
            return self._identifier_key(identifier)
        return self._catalog.dialect.key(projection.output_name, quoted=False)

    def _identifier_key(self, identifier: exp.Expr) -> str:
        return self._catalog.dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))

    def _key_of(self, node: exp.Expr, name: str) -> str:
        alias = node.args.get("alias")
        identifier = alias.this if isinstance(alias, exp.TableAlias) and alias.this else node.this
        quoted = isinstance(identifier, exp.Identifier) and bool(identifier.args.get("quoted"))
        return self._catalog.dialect.key(name, quoted=quoted)


def _column_aliases(node: exp.Expr) -> list[exp.Identifier]:
    alias = node.args.get("alias")
    columns = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    return [each.this if isinstance(each, exp.ColumnDef) else each for each in columns or ()]


def _names_of_recursion(scope: Scope) -> list[exp.Identifier]:
    """The column names of WITH RECURSIVE t(a, b), for its first part, which is what the second part reads as t."""
    node = scope.expression
    while isinstance(node.parent, exp.SetOperation) and node.arg_key == "this":
        node = node.parent
    return _column_aliases(node.parent) if scope.is_cte and isinstance(node.parent, exp.CTE) else []


def _changes_columns(star: exp.Expr) -> bool:
    return any(star.args.get(change) for change in ("except_", "except", "replace", "rename"))


def _is_hidden(table: exp.Table) -> bool:
    join = table.parent
    return (
        isinstance(join, exp.Join) and join.kind in {"SEMI", "ANTI"} and not join.args.get("on") and join.this is table
    )
