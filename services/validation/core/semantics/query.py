"""One SELECT made ready for the rules: its sources with their keys, its conditions, groups and aggregates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from services.kit.catalog import Column, Table
from services.validation.core.catalog import Catalog
from services.validation.core.semantics.shapes import Shapes
from services.validation.core.sources import Output, Source, Sources

# A column of a source: the keys of both names.
Ref = tuple[str, str]
Keys = tuple[frozenset[str], ...]

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Is, exp.NullSafeEQ)


_MOST_STARS = 10


@dataclass(slots=True)
class Relation:
    """A source of a SELECT.

    `keys` are the sets of columns that no two rows share, None where that is not known; a source of one row has the
    empty set. `optional` where an outer join fills its columns with NULL. `aside` where it only filters (SEMI, ANTI).
    `is_distinct` where it is a set operation that leaves equal rows out.
    """

    key: str
    name: str
    outputs: Mapping[str, Output] | None
    keys: Keys | None = None
    table: Table | None = None
    inner: "Query | None" = None
    optional: bool = False
    aside: bool = False
    is_distinct: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of WHERE or ON that every row has to meet. `joined` is the source whose ON it is, empty for WHERE.

    `outer` is the side of that join ("LEFT"), empty where the condition keeps rows out altogether.
    """

    expression: exp.Expr
    joined: str = ""
    outer: str = ""


@dataclass(slots=True)
class Query:
    """A SELECT. What stands in its subqueries is theirs: no list here holds a node of a subquery."""

    catalog: Catalog
    select: exp.Select
    relations: dict[str, Relation] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    # Where a comma or a JOIN without condition brings in a source.
    bare_joins: list[tuple[str, exp.Expr]] = field(default_factory=list)
    merged: set[str] = field(default_factory=set)
    groups: list[exp.Expr] = field(default_factory=list)
    group_refs: set[Ref] = field(default_factory=set)
    has_grouping_sets: bool = False
    aggregates: list[exp.Expr] = field(default_factory=list)
    columns: list[exp.Column] = field(default_factory=list)
    comparisons: list[exp.Expr] = field(default_factory=list)
    # The divisions, those that are grouped by left out.
    divisions: list[exp.Div] = field(default_factory=list)
    # What each column of the result is: a column of a source, or an expression. None where it cannot be known.
    given: dict[str, Ref | exp.Expr] | None = None
    # Whether FROM has a shape that is not read here (a pivot, joins within brackets): nothing is said of its rows.
    is_opaque: bool = False
    is_outermost: bool = False
    # The names of result columns that are given by AS.
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    # The sets of result columns that no two rows share, None where that is not known.
    result_keys: Keys | None = None
    _shapes: Shapes | None = None
    _ref: dict[int, Ref | None] = field(default_factory=dict)
    _refs: dict[int, frozenset[Ref]] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """A source as a person knows it: its alias, and its table where the alias does not say it."""
        relation = self.relations[name]
        if relation.table is None or relation.table.name.lower() == relation.name.lower():
            return relation.name
        return f"{relation.name} ({relation.table.name})"

    @property
    def is_grouped(self) -> bool:
        """Whether a row of the result stands for many rows of the sources."""
        return bool(self.select.args.get("group") or self.aggregates)

    def ref(self, column: exp.Expr) -> Ref | None:
        """The column of a source that a name means; None where it is an alias, of a query around this, or not known."""
        if type(column) is not exp.Column:
            return None
        if id(column) not in self._ref:
            self._ref[id(column)] = self._find(column)
        return self._ref[id(column)]

    @property
    def shapes(self) -> Shapes:
        """Says which expressions are written alike."""
        if self._shapes is None:
            self._shapes = Shapes(self.ref)
        return self._shapes

    def groups_alike(self) -> set[int]:
        """The marks of the expressions grouped by that are more than a column."""
        return {self.shapes.mark(each) for each in self.groups if type(each) is not exp.Column}

    def refs(self, expression: exp.Expr) -> frozenset[Ref]:
        """The columns of sources that an expression names, those in its subqueries left out."""
        known = self._refs.get(id(expression))
        if known is None:
            found = (self.ref(node) for node in own(expression) if type(node) is exp.Column)
            known = self._refs[id(expression)] = frozenset(each for each in found if each is not None)
        return known

    def stored(self, ref: Ref) -> Column | None:
        """The column of a table that a column of a source comes from."""
        outputs = self.relations[ref[0]].outputs
        output = outputs.get(ref[1]) if outputs else None
        if output is None or output.origin is None:
            return None
        table = self.catalog.table(output.origin.table)
        key = self.catalog.dialect.key(output.origin.column, quoted=True)
        return self.catalog.columns(table).get(key) if table else None

    def shown(self, ref: Ref) -> str:
        """A column as a person would write it."""
        relation = self.relations[ref[0]]
        output = (relation.outputs or {}).get(ref[1])
        return f"{relation.name}.{output.name if output else ref[1]}"

    def key_of(self, identifier: exp.Expr) -> str:
        """What an identifier is compared by."""
        return self.catalog.dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))

    def _find(self, column: exp.Expr) -> Ref | None:
        if isinstance(column.this, exp.Star):
            return None
        key, table = self.key_of(column.this), column.args.get("table")
        if table is not None:
            relation = self.relations.get(self.key_of(table))
            known = relation is not None and (relation.outputs is None or key in relation.outputs)
            return (relation.key, key) if known and relation is not None else None
        return next(
            ((name, key) for name, relation in self.relations.items() if relation.outputs and key in relation.outputs),
            None,
        )


def own(node: exp.Expr) -> Iterator[exp.Expr]:
    """A node and what is in it, without what stands in its subqueries."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        if type(each) is not exp.Column and type(each) is not exp.Literal:
            stack.extend(child for child in each.iter_expressions() if not isinstance(child, exp.Query))


def text_of(query: Query, node: exp.Expr) -> str | None:
    """The text that a node stands for; in SQLite a name in double quotes that no source has is one too."""
    node = node.unnest()
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else None
    may_be = query.catalog.dialect.quoted_may_be_text and type(node) is exp.Column and not node.args.get("table")
    if may_be and node.this.args.get("quoted") and query.ref(node) is None:
        return str(node.name)
    return None


def conjuncts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """The parts of a condition that all have to hold."""
    stack = [condition] if condition is not None else []
    while stack:
        each = stack.pop().unnest()
        if isinstance(each, exp.And):
            stack.extend((each.args["expression"], each.this))
        else:
            yield each


def read(scope: Scope, catalog: Catalog, sources: Sources, inner: Mapping[int, Query]) -> Query:
    """The model of a scope whose expression is a SELECT; `inner` has those that were read before it, by their scopes.

    The keys of its sources are left to `keys.add_keys`.
    """
    select = scope.expression
    assert isinstance(select, exp.Select), "only a SELECT has a model"
    query = Query(catalog, select)
    query.aliases = {
        query.key_of(each.args["alias"]): each.this for each in select.expressions if isinstance(each, exp.Alias)
    }
    for key, source in sources.of(scope).items():
        query.relations[key] = _relation(key, source, inner)
    _read_joins(query, select)
    for part in conjuncts((select.args.get("where") or exp.Where()).this):
        query.conditions.append(Condition(part))
    _read_nodes(query, select)
    _read_given(query, select, sources, scope)
    _read_groups(query, select)
    return query


def _relation(key: str, source: Source, inner: Mapping[int, Query]) -> Relation:
    within = inner.get(id(source.scope)) if source.scope is not None and not source.renamed else None
    operation = source.scope.expression if source.scope is not None else None
    distinct = isinstance(operation, exp.SetOperation) and bool(operation.args.get("distinct"))
    return Relation(key, source.name or key, source.outputs, None, source.table, within, is_distinct=distinct)


def _read_joins(query: Query, select: exp.Expr) -> None:
    from_ = select.args.get("from_")
    first = from_.this if from_ is not None else None
    seen: list[str] = []
    for node, join in [(first, None), *((each.this, each) for each in select.args.get("joins") or ())]:
        if node is None:
            continue
        if node.args.get("joins") or node.args.get("pivots") or not node.alias_or_name:
            query.is_opaque = True
            return
        alias = node.args.get("alias")
        named = alias.this if isinstance(alias, exp.TableAlias) and alias.this is not None else node.this
        name = query.key_of(named) if isinstance(named, exp.Identifier) else node.alias_or_name
        relation = query.relations.get(name)
        if relation is None:
            query.is_opaque = True
            return
        if join is not None:
            _read_join(query, join, relation, seen)
        seen.append(name)
    query.is_opaque = query.is_opaque or len(seen) != len(query.relations)


def _read_join(query: Query, join: exp.Join, relation: Relation, before: list[str]) -> None:
    side = join.side or ""
    relation.aside = join.kind in {"SEMI", "ANTI"}
    relation.optional = side in {"LEFT", "FULL"}
    if side in {"RIGHT", "FULL"}:
        for name in before:
            query.relations[name].optional = True
    on, using = join.args.get("on"), join.args.get("using")
    names = [query.key_of(each) for each in using or ()]
    if join.method == "NATURAL":
        here = relation.outputs or {}
        names = [name for name in here if any(name in (query.relations[each].outputs or {}) for each in before)]
        query.is_opaque = query.is_opaque or relation.outputs is None
    elif join.method:
        query.is_opaque = True
    for name in names:
        query.merged.add(name)
        left = next((each for each in before if name in (query.relations[each].outputs or {})), None)
        if left is not None:
            equal = exp.EQ(this=_column(left, name), expression=_column(relation.key, name))
            query.conditions.append(Condition(equal, relation.key, side))
    for part in conjuncts(on):
        if part != exp.true():
            query.conditions.append(Condition(part, relation.key, side))
    if not names and (on is None or on == exp.true()):
        query.bare_joins.append((relation.key, join.this))


def _column(table: str, name: str) -> exp.Column:
    """A column by the keys of its names, which quoting keeps as they are where that matters."""
    return exp.Column(this=exp.Identifier(this=name, quoted=True), table=exp.Identifier(this=table, quoted=True))


def _read_nodes(query: Query, select: exp.Expr) -> None:
    """Sorts the nodes of a SELECT by what the rules look at, in one walk."""
    for name, value in select.args.items():
        if name in {"with_", "from_", "laterals"} or not value:
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, exp.Join):
                part = part.args.get("on")  # noqa: PLW2901  Only the condition of a join is of this SELECT.
            if isinstance(part, exp.Expr) and not isinstance(part, exp.Query):
                for node in own(part):
                    _sort(query, name, node)


def _sort(query: Query, clause: str, node: exp.Expr) -> None:
    if type(node) is exp.Column:
        query.columns.append(node)
    elif isinstance(node, _COMPARISONS):
        query.comparisons.append(node)
    elif isinstance(node, exp.Div):
        query.divisions.extend([node] if clause != "group" else ())
    elif isinstance(node, exp.AggFunc) and is_aggregate(node):
        query.aggregates.append(node)


def is_aggregate(node: exp.Expr) -> bool:
    """Whether a function makes one value of many rows: not in a window, and not the greatest of several arguments."""
    if not isinstance(node, exp.AggFunc) or (isinstance(node, (exp.Max, exp.Min)) and node.expressions):
        return False
    holder = node.parent
    while isinstance(holder, (exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)):
        node, holder = holder, holder.parent
    return not (isinstance(holder, exp.Window) and node.arg_key == "this")


def _read_given(query: Query, select: exp.Expr, sources: Sources, scope: Scope) -> None:
    given: dict[str, Ref | exp.Expr] = {}
    if sum(each.is_star for each in select.expressions) > _MOST_STARS:
        return
    for projection in select.expressions:
        if projection.is_star:
            star = projection.find(exp.Star)
            wanted = [each for each in query.relations.values() if not each.aside]
            if isinstance(projection, exp.Column):
                named = query.relations.get(query.key_of(projection.args["table"]))
                wanted = [named] if named else []
            if star is None or any(star.args.values()) or any(each.outputs is None for each in wanted):
                return
            for relation in wanted:
                for name in relation.outputs or ():
                    given.setdefault(name, (relation.key, name))
            continue
        expression = projection.unalias()
        ref = query.ref(expression)
        given[_output_key(query, projection)] = ref or expression
    outputs = sources.outputs(scope)
    # The names may be given anew from outside: WITH t(a, b).
    if outputs is not None and len(outputs) == len(given):
        query.given = dict(zip(outputs, given.values(), strict=True))


def _output_key(query: Query, projection: exp.Expr) -> str:
    identifier = projection.args.get("alias") if isinstance(projection, exp.Alias) else projection.this
    if isinstance(identifier, exp.Identifier):
        return query.key_of(identifier)
    return query.catalog.dialect.key(projection.output_name or f"?{id(projection)}", quoted=False)


def _read_groups(query: Query, select: exp.Expr) -> None:
    group = select.args.get("group")
    if group is None:
        return
    several: list[Any] = []
    for kind in ("rollup", "cube", "grouping_sets"):
        several.extend(group.args.get(kind) or ())
    for each in group.expressions:
        nested = isinstance(each, (exp.Rollup, exp.Cube, exp.GroupingSets))
        several.extend([each] if nested else ())
        query.groups.extend(() if nested else _meant(query, select, each))
    query.has_grouping_sets = bool(several)
    for each in several:
        if isinstance(each, exp.Expr):
            query.groups.extend(part for part in own(each) if type(part) is exp.Column)
    for expression in query.groups:
        ref = query.ref(expression)
        if ref is not None:
            query.group_refs.add(ref)


def _meant(query: Query, select: exp.Expr, grouped: exp.Expr) -> list[exp.Expr]:
    """What is grouped by: a position and an alias stand for a column of the result."""
    grouped = grouped.unnest()
    if isinstance(grouped, exp.Tuple):
        return [each for part in grouped.expressions for each in _meant(query, select, part)]
    if isinstance(grouped, exp.Literal) and not grouped.is_string:
        at = int(grouped.this) - 1 if grouped.this.isdecimal() else -1
        return [select.expressions[at].unalias()] if 0 <= at < len(select.expressions) else []
    found = [grouped]
    if type(grouped) is exp.Column and not grouped.table:
        named = query.aliases.get(query.key_of(grouped.this))
        found.extend([named] if named is not None else ())
    return found
