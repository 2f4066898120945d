"""Where the columns of a result come from: a graph from stored columns, by way of subqueries, to the result."""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from services.kit.catalog import Table
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import read_statement, require_allowed
from services.validation.core.guard.relations import resolve
from services.validation.core.model import Check, Finding, Severity

MAX_EXPRESSION = 500
RESULT = ""


class NodeKind(enum.StrEnum):
    """What a column of the graph is."""

    STORED = "stored"
    DERIVED = "derived"
    RESULT = "result"


class EdgeKind(enum.StrEnum):
    """How a column goes into another; FILTER: it decides which rows are there."""

    COPY = "copy"
    EXPRESSION = "expression"
    AGGREGATE = "aggregate"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Node:
    """A column: of a table, of a subquery or WITH query, or of the result, whose relation has no name."""

    kind: NodeKind
    relation: str
    column: str
    expression: str = ""


@dataclass(slots=True)
class Lineage:
    """The graph. Edges are (position of the source, position of the target, kind), without circles."""

    nodes: list[Node] = field(default_factory=list)
    edges: dict[tuple[int, int, EdgeKind], None] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def trace_statement(sql: str, catalog: Catalog) -> Lineage:
    """The lineage of a statement that the guard lets through.

    Raises:
        InvalidArgument: It does not, or a name does not resolve; the reason is that of the first finding.
    """
    read = read_statement(sql, catalog)
    require_allowed(Check(read.findings))
    assert read.guarded.tree is not None, "what is allowed was read"
    return trace_lineage(read.guarded.tree, catalog)


def trace_lineage(tree: exp.Expr, catalog: Catalog) -> Lineage:
    """The lineage of a statement whose names are known to resolve.

    Every subquery is looked at once, so the cost grows with the statement, not with the paths through it.
    """
    dialect = catalog.dialect.name
    try:
        named = normalize_identifiers(tree.copy(), dialect=dialect)
        qualified = qualify(
            named,
            schema=_schema(named, catalog),
            dialect=dialect,
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
        root = build_scope(qualified)
    except (SqlglotError, RecursionError, ValueError, KeyError) as error:
        return Lineage(findings=(_untraced(type(error).__name__),))
    if root is None:
        return Lineage(findings=(_untraced("no query"),))
    graph = _Graph(catalog)
    graph.outputs(root, RESULT)
    return graph.lineage


def _schema(tree: exp.Expr, catalog: Catalog) -> MappingSchema:
    """The columns of the tables that the statement reads: a schema of everything would cost more than the tracing."""
    schema = MappingSchema(dialect=catalog.dialect.name, normalize=False)
    for table in tree.find_all(exp.Table):
        found = resolve(catalog, table) if isinstance(table.this, exp.Identifier) else None
        if isinstance(found, Table):
            bare = exp.Table(this=table.this.copy(), db=table.args.get("db"), catalog=table.args.get("catalog"))
            schema.add_table(bare, dict.fromkeys(catalog.columns(found), "text"))
    return schema


def _untraced(why: str) -> Finding:
    return Finding("SQL_CONSTRUCT_REFUSED", f"The statement cannot be traced ({why}).", Severity.WARNING)


class _Graph:
    """The graph while it grows: the columns of each scope are worked out once."""

    def __init__(self, catalog: Catalog) -> None:
        self.lineage = Lineage()
        self._catalog = catalog
        self._positions: dict[tuple[str, int, str], int] = {}
        self._done: dict[int, Mapping[str, int]] = {}

    def outputs(self, scope: Scope, name: str) -> Mapping[str, int]:
        """The positions of a scope's columns by their names."""
        known = self._done.get(id(scope))
        if known is None:
            # A recursive query meets itself here: its first part has to do.
            self._done[id(scope)] = {}
            known = self._done[id(scope)] = self._work_out(scope, name)
        return known

    def _work_out(self, scope: Scope, name: str) -> Mapping[str, int]:
        select = scope.expression
        if scope.set_operation_scopes:
            return self._put_together(scope, name)
        lateral = scope.sources.get("")
        if isinstance(select, exp.Lateral) and isinstance(lateral, Scope):
            return self.outputs(lateral, name)
        if not isinstance(select, exp.Select):
            return {}
        filters = list(self._sources_of(scope, _deciding(select)))
        made: dict[str, int] = {}
        for projection in select.selects:
            expression = projection.unalias()
            position = self._node(scope, name, projection.alias_or_name, expression)
            made[projection.alias_or_name] = position
            kind = _kind(expression)
            for source in self._sources_of(scope, [expression]):
                self._edge(source, position, kind)
            for source in filters:
                self._edge(source, position, EdgeKind.FILTER)
        return made

    def _put_together(self, scope: Scope, name: str) -> Mapping[str, int]:
        """The columns of a set operation: each from the columns of its parts in the same place."""
        parts = [
            list(self.outputs(part, f"{name}#{number}" if name else f"part {number}").values())
            for number, part in enumerate(scope.set_operation_scopes or (), 1)
        ]
        assert isinstance(scope.expression, exp.Query), "only queries are put together"
        names = [each.alias_or_name for each in scope.expression.selects]
        made: dict[str, int] = {}
        for place, column in enumerate(names):
            made[column] = self._node(scope, name, column, None)
            for part in parts:
                if place < len(part):
                    self._edge(part[place], made[column], EdgeKind.COPY)
        return made

    def _sources_of(self, scope: Scope, expressions: list[exp.Expr]) -> Iterator[int]:
        for expression in expressions:
            for node in expression.walk():
                if isinstance(node, exp.Column):
                    found = self._source_of(scope, node)
                    if found is not None:
                        yield found

    def _source_of(self, scope: Scope, column: exp.Column) -> int | None:
        """The column that a name means, in this query or, where it is correlated, in one around it."""
        inner: Scope | None = scope
        while inner is not None:
            source = inner.sources.get(column.table)
            if isinstance(source, exp.Table):
                return self._stored(source, column)
            if isinstance(source, Scope):
                return self.outputs(source, column.table).get(column.name)
            inner = inner.parent
        for subquery in scope.subquery_scopes:
            if column.find_ancestor(exp.Select) is subquery.expression and subquery is not scope:
                return self._source_of(subquery, column)
        return None

    def _stored(self, table: exp.Table, column: exp.Column) -> int | None:
        found = resolve(self._catalog, table)
        if not isinstance(found, Table):
            return None
        stored = self._catalog.columns(found).get(column.name)
        name = stored.name if stored is not None else column.name
        return self._add((found.qualified_name, 0, name), Node(NodeKind.STORED, found.qualified_name, name))

    def _node(self, scope: Scope, name: str, column: str, expression: exp.Expr | None) -> int:
        written = expression.sql(self._catalog.dialect.name)[:MAX_EXPRESSION] if expression is not None else ""
        kind = NodeKind.RESULT if name == RESULT else NodeKind.DERIVED
        return self._add((name, id(scope), column), Node(kind, name, column, written))

    def _add(self, key: tuple[str, int, str], node: Node) -> int:
        position = self._positions.get(key)
        if position is None:
            position = self._positions[key] = len(self.lineage.nodes)
            self.lineage.nodes.append(node)
        return position

    def _edge(self, source: int, target: int, kind: EdgeKind) -> None:
        if source != target:
            self.lineage.edges[source, target, kind] = None


def _kind(expression: exp.Expr) -> EdgeKind:
    if isinstance(expression, exp.Column):
        return EdgeKind.COPY
    return EdgeKind.AGGREGATE if expression.find(exp.AggFunc, exp.Window) else EdgeKind.EXPRESSION


def _deciding(select: exp.Select) -> list[exp.Expr]:
    """The parts of a SELECT that decide which rows there are, and of which each is made."""
    parts = [select.args.get(each) for each in ("where", "group", "having", "qualify")]
    parts.extend(join.args.get("on") for join in select.args.get("joins") or ())
    return [part for part in parts if part is not None]
