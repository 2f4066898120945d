"""A tree of SQL as a representation: aliases and joins go, what is asked for stays."""

from dataclasses import replace

from sqlglot import exp

from services.modelhub.adapters.built_in.ir import (
    STAR,
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    SetOperator,
)
from services.modelhub.adapters.built_in.join_free import ROWS, without_joins
from services.modelhub.adapters.built_in.realize import AGGREGATES, COMPARISONS, SETS
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.scope import NotRepresentable, Scope, conjuncts, open_scope, refuse_other

__all__ = ["NotRepresentable", "from_sqlglot"]

_Side = Literal | Measure | Query
_AGGREGATES: dict[type[exp.Expr], Aggregate] = {node: aggregate for aggregate, node in AGGREGATES.items()}
_COMPARISONS: dict[type[exp.Expr], Operator] = {node: operator for operator, node in COMPARISONS.items()}
_SETS: dict[type[exp.Expr], SetOperator] = {node: operator for operator, node in SETS.items()}
_MIRRORED = {
    Operator.EQ: Operator.EQ,
    Operator.NE: Operator.NE,
    Operator.GT: Operator.LT,
    Operator.LT: Operator.GT,
    Operator.GE: Operator.LE,
    Operator.LE: Operator.GE,
}
_NEGATED = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.LIKE: Operator.NOT_LIKE,
    Operator.NOT_LIKE: Operator.LIKE,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
    Operator.IS_NULL: Operator.NOT_NULL,
    Operator.NOT_NULL: Operator.IS_NULL,
}
_CLAUSES = frozenset({"expressions", "from_", "joins", "where", "group", "having", "order", "limit", "distinct"})


def from_sqlglot(tree: exp.Query, schema: Schema) -> Query:
    """The query that a tree of SQL asks for, in the schema's own names.

    Raises:
        NotRepresentable: It says something that has no place in a representation, or names what is not there.
    """
    if isinstance(tree, exp.Subquery):
        refuse_other(tree, {"this", "alias"})
        return from_sqlglot(tree.this, schema)
    if isinstance(tree, exp.Select):
        return _select(tree, schema)
    if type(tree) in _SETS and isinstance(tree, exp.SetOperation):
        return _combined(tree, schema)
    raise NotRepresentable(f"a {tree.key} statement")


def _combined(tree: exp.SetOperation, schema: Schema) -> Query:
    """`(a op b) op c` as a chain read from left to right."""
    refuse_other(tree, {"this", "expression", "distinct", "order", "limit"})
    if not tree.args.get("distinct"):
        raise NotRepresentable(f"{tree.key} all")
    first, second = from_sqlglot(tree.this, schema), from_sqlglot(tree.expression, schema)
    if first.order or first.limit is not None or second.order or second.limit is not None or second.other:
        raise NotRepresentable("a part of a combined query that is ordered or combined itself")
    whole = _chained(first, _SETS[type(tree)], second)
    reader = _Reader(open_scope(_first(tree), schema), _first(tree))
    shown = reader.shown()
    keys = [(shown.index(key.by) if key.by in shown else None, key.descending) for key in reader.order(tree)]
    order = tuple(Order(whole.select[at], descending) for at, descending in keys if at is not None)
    if len(order) != len(keys):
        raise NotRepresentable("a combined query ordered by what it does not show")
    return replace(whole, order=order, limit=_limit(tree))


def _first(tree: exp.Query) -> exp.Select:
    while not isinstance(tree, exp.Select):
        tree = tree.this
    return tree


def _chained(first: Query, operator: SetOperator, second: Query) -> Query:
    if first.other is None:
        return replace(first, set_operator=operator, other=second)
    return replace(first, other=_chained(first.other, operator, second))


def _select(select: exp.Select, schema: Schema) -> Query:
    refuse_other(select, _CLAUSES)
    scope = open_scope(select, schema)
    filters = list(scope.filters)
    for part in conjuncts(select.args.get("where")):
        equation = scope.equation(part)
        if equation is None or scope.are_connected(equation.left, equation.right):
            filters.append(part)
        else:
            scope.joins.append(equation)
    if not scope.is_connected():
        raise NotRepresentable("tables joined without an equation")
    reader = _Reader(scope, select)
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise NotRepresentable("DISTINCT ON")
    having = select.args.get("having")
    query = Query(
        select=reader.shown(),
        distinct=distinct is not None,
        where=reader.filter(exp.and_(*filters)) if filters else None,
        group=reader.group(),
        having=reader.filter(having.this) if having is not None else None,
        order=reader.order(select),
        limit=_limit(select),
    )
    return without_joins(query, scope)


def _limit(tree: exp.Query) -> int | None:
    limit = tree.args.get("limit")
    if limit is None:
        return None
    count = limit.expression if isinstance(limit, exp.Limit) else None
    if not isinstance(count, exp.Literal) or not count.is_int:
        raise NotRepresentable("a LIMIT that is no whole number")
    return int(count.this)


class _Reader:
    """Reads the parts of one SELECT by the names of its scope."""

    def __init__(self, scope: Scope, select: exp.Select) -> None:
        self._scope = scope
        self._select = select
        self._aliases: dict[str, exp.Expr] = {
            each.alias.lower(): each.this for each in select.expressions if isinstance(each, exp.Alias)
        }

    def shown(self) -> tuple[Measure, ...]:
        """What is selected; `*` is all columns of every table."""
        found: list[Measure] = []
        for node in self._select.expressions:
            if isinstance(node, exp.Star):
                refuse_other(node, frozenset())
                found.extend(map(Measure, self._scope.tables.values()))
            else:
                found.append(self._measure(node))
        return tuple(found)

    def group(self) -> tuple[ColumnRef, ...]:
        """The columns grouped by."""
        clause = self._select.args.get("group")
        if clause is None:
            return ()
        refuse_other(clause, {"expressions"})
        found = [self._measure(self._selected(node, prefer_alias=False)) for node in clause.expressions]
        if any(measure.aggregate is not None for measure in found):
            raise NotRepresentable("GROUP BY an aggregate")
        return tuple(measure.column for measure in found)

    def order(self, tree: exp.Query) -> tuple[Order, ...]:
        """The sort keys of this SELECT, or of the combined query that it opens."""
        clause = tree.args.get("order")
        if clause is None:
            return ()
        return tuple(
            Order(self._measure(self._selected(node.this, prefer_alias=True)), bool(node.args.get("desc")))
            for node in clause.expressions
        )

    def filter(self, node: exp.Expr, *, negated: bool = False) -> Condition | Junction:
        """A condition; NOT moves inwards, where each operator has its opposite."""
        if isinstance(node, exp.Paren):
            return self.filter(node.this, negated=negated)
        if isinstance(node, exp.Not):
            return self.filter(node.this, negated=not negated)
        if node.args.get("negate"):
            negated = not negated
        if isinstance(node, exp.And | exp.Or):
            any_of = isinstance(node, exp.Or) != negated
            parts: list[Condition | Junction] = []
            for side in (node.this, node.expression):
                part = self.filter(side, negated=negated)
                parts.extend(part.parts if isinstance(part, Junction) and part.any_of == any_of else [part])
            return Junction(tuple(parts), any_of)
        return self._condition(node, negated=negated)

    def _condition(self, node: exp.Expr, *, negated: bool) -> Condition | Junction:
        if isinstance(node, exp.Between):
            left, low, high = self._measure(node.this), self._side(node.args["low"]), self._side(node.args["high"])
            if not negated:
                return Condition(left, Operator.BETWEEN, (low, high))
            below, above = Condition(left, Operator.LT, (low,)), Condition(left, Operator.GT, (high,))
            return Junction((below, above), any_of=True)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            found = Condition(self._measure(node.this), Operator.IS_NULL)
        elif isinstance(node, exp.In):
            query = node.args.get("query")
            sides = [query] if query is not None else node.expressions
            if not sides:
                raise NotRepresentable("IN without a list or query")
            found = Condition(self._measure(node.this), Operator.IN, tuple(map(self._side, sides)))
        elif type(node) in _COMPARISONS and isinstance(node, exp.Binary):
            found = self._comparison(node, _COMPARISONS[type(node)])
        else:
            raise NotRepresentable(f"the condition {node.sql(dialect='sqlite')}")
        return replace(found, operator=_NEGATED[found.operator]) if negated else found

    def _comparison(self, node: exp.Binary, operator: Operator) -> Condition:
        """A comparison with a column or aggregate on its left."""
        (left, factor), (right, other) = self._scaled(node.this), self._scaled(node.expression)
        if not isinstance(left, Measure):
            if not isinstance(right, Measure) or operator not in _MIRRORED:
                raise NotRepresentable(f"the condition {node.sql(dialect='sqlite')}")
            left, right, factor, other, operator = right, left, other, factor, _MIRRORED[operator]
        if factor != 1:
            raise NotRepresentable(f"the arithmetic in {node.sql(dialect='sqlite')}")
        return Condition(left, operator, (right,), other)

    def _scaled(self, node: exp.Expr) -> tuple[_Side, int]:
        """A side of a comparison and the whole number that it is multiplied by."""
        if isinstance(node, exp.Mul):
            for number, rest in ((node.this, node.expression), (node.expression, node.this)):
                if isinstance(number, exp.Literal) and number.is_int:
                    return self._side(rest), int(number.this)
        return self._side(node), 1

    def _side(self, node: exp.Expr) -> _Side:
        if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            return from_sqlglot(node, self._scope.schema)
        if isinstance(node, exp.Paren):
            return self._side(node.this)
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
            return Literal(f"-{node.this.this}", is_number=True)
        if isinstance(node, exp.Literal):
            return Literal(node.this, is_number=not node.is_string)
        if isinstance(node, exp.Boolean):
            return Literal(str(node.this).lower())
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star) and self._is_text(node):
            return Literal(node.name)
        return self._measure(node)

    def _is_text(self, node: exp.Column) -> bool:
        return node.name.lower() not in self._aliases and self._scope.column(node) is None

    def _measure(self, node: exp.Expr) -> Measure:
        if isinstance(node, exp.Paren | exp.Alias):
            return self._measure(node.this)
        if isinstance(node, exp.Column):
            return Measure(self._scope.rows(node)) if isinstance(node.this, exp.Star) else self._named(node)
        if type(node) in _AGGREGATES:
            return self._aggregated(node)
        raise NotRepresentable(f"the expression {node.sql(dialect='sqlite')}")

    def _named(self, node: exp.Column) -> Measure:
        """The column of that name, or what the SELECT gives that name to."""
        alias = None if node.table else self._aliases.get(node.name.lower())
        try:
            ref = self._scope.column(node)
        except NotRepresentable:
            if alias is None:
                raise
            ref = None
        if ref is not None:
            return Measure(ref)
        if alias is None:
            raise NotRepresentable(f"the text {node.name} where a column is wanted")
        return self._measure(alias)

    def _aggregated(self, node: exp.Expr) -> Measure:
        argument = node.this
        aggregate = _AGGREGATES[type(node)]
        distinct = isinstance(argument, exp.Distinct)
        if distinct:
            if len(argument.expressions) != 1:
                raise NotRepresentable(f"the expression {node.sql(dialect='sqlite')}")
            argument = argument.expressions[0]
        counts_rows = isinstance(argument, exp.Star) or (isinstance(argument, exp.Literal) and not distinct)
        if aggregate == Aggregate.COUNT and counts_rows and not node.expressions:
            return Measure(ROWS, aggregate)
        if node.expressions or isinstance(argument, exp.Star):
            raise NotRepresentable(f"the expression {node.sql(dialect='sqlite')}")
        inner = self._measure(argument)
        if inner.aggregate is not None or inner.column.column == STAR:
            raise NotRepresentable(f"the expression {node.sql(dialect='sqlite')}")
        return Measure(inner.column, aggregate, distinct)

    def _selected(self, node: exp.Expr, *, prefer_alias: bool) -> exp.Expr:
        """What an ordinal or a name given in SELECT stands for, else the node itself."""
        if isinstance(node, exp.Literal) and node.is_int and 0 < int(node.this) <= len(self._select.expressions):
            node = self._select.expressions[int(node.this) - 1]
        elif prefer_alias and isinstance(node, exp.Column) and not node.table:
            node = self._aliases.get(node.name.lower(), node)
        return node
