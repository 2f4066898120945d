"""The joins of SQL left out of a representation, as far as the keys of the schema give them back."""

from dataclasses import replace

from services.modelhub.adapters.built_in.from_clause import equal_sets, from_clause
from services.modelhub.adapters.built_in.ir import ColumnRef, Condition, Join, Measure, Query, changed
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.scope import NotRepresentable, Scope

# Stands for the rows that COUNT(*) counts until it is known which table they are of.
ROWS = ColumnRef("")


def without_joins(query: Query, scope: Scope) -> Query:
    """The query with as little said about its tables as the keys need to give back those of the FROM."""
    wanted = set(scope.tables.values())
    query = _with_rows(query, _counted(query, scope))
    plain = query
    for whole in scope.tables.values():
        clause = from_clause(plain, scope.schema) if plain.tables else None
        if whole.table not in plain.tables and (clause is None or whole not in clause.tables):
            plain = replace(plain, through=(*plain.through, whole.table))
    clause = from_clause(plain, scope.schema)
    if clause is not None and set(clause.tables) == wanted and clause.equations == equal_sets(scope.joins):
        return plain
    if not scope.joins:
        raise NotRepresentable("tables that the keys do not give back")
    return replace(query, joins=tuple(scope.joins))


def _counted(query: Query, scope: Scope) -> ColumnRef:
    """The table whose rows COUNT(*) counts: the one not asked for otherwise, or the one that refers to the others."""
    wholes = list(scope.tables.values())
    named = [column.table for column in query.columns() if column != ROWS]
    tree = scope.schema.joins.tree(list(dict.fromkeys(named))) if named else None
    reached = tree.tables if tree is not None else tuple(named)
    left = [whole for whole in wholes if whole.table not in reached]
    if len(left) == 1:
        return left[0]
    referred = {target for join in scope.joins if (target := _referred(join, scope.schema)) is not None}
    referring = [
        side.whole for join in scope.joins if _referred(join, scope.schema) for side in (join.left, join.right)
    ]
    return next((whole for whole in wholes if whole in referring and whole not in referred), wholes[0])


def _referred(join: Join, schema: Schema) -> ColumnRef | None:
    """The table that a join's key refers to, None where the join is by no key."""
    for edge in schema.joins.edges_between(join.left.table, join.right.table):
        for one, other in ((join.left, join.right), (join.right, join.left)):
            pairs = zip(edge.left_columns, edge.right_columns, strict=True)
            if edge.left == one.table and (one.column, other.column) in pairs:
                return other.whole
    return None


def _with_rows(query: Query, table: ColumnRef) -> Query:
    """The query with COUNT(*) counting the rows of that table."""

    def placed(measure: Measure) -> Measure:
        return replace(measure, column=table) if measure.column == ROWS else measure

    def placed_in(test: Condition) -> Condition:
        right = tuple(placed(side) if isinstance(side, Measure) else side for side in test.right)
        return replace(test, left=placed(test.left), right=right)

    return replace(
        query,
        select=tuple(map(placed, query.select)),
        where=changed(query.where, placed_in),
        having=changed(query.having, placed_in),
        order=tuple(replace(order, by=placed(order.by)) for order in query.order),
    )
