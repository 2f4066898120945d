"""What a SELECT reads: its tables in joining order and the equations between them, by the keys or as it says itself."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.modelhub.adapters.built_in.ir import STAR, ColumnRef, Join, Query
from services.modelhub.adapters.built_in.joins import JoinTree
from services.modelhub.adapters.built_in.schema import Schema

MAX_TABLES = 8


@dataclass(frozen=True, slots=True)
class FromClause:
    """`tables` (columns "*") in joining order; `joins` equates each after the first with tables before it.

    `is_tied` says that the keys offer another way of the same length.
    """

    tables: tuple[ColumnRef, ...]
    joins: tuple[tuple[Join, ...], ...]
    is_tied: bool = False

    @property
    def equations(self) -> frozenset[frozenset[ColumnRef]]:
        """The sets of columns that are equal, directly or by way of others."""
        return equal_sets(join for joins in self.joins for join in joins)


def from_clause(query: Query, schema: Schema) -> FromClause | None:
    """The tables of one SELECT, without its nested queries; None when they do not connect or are too many."""
    if not all(table in schema.tables for table in query.tables):
        return None
    clause = _as_said(query) if query.joins else _by_keys(query, schema)
    return clause if clause is not None and 0 < len(clause.tables) <= MAX_TABLES else None


def equal_sets(joins: Iterable[Join]) -> frozenset[frozenset[ColumnRef]]:
    """Columns grouped by the equations between them."""
    groups: list[frozenset[ColumnRef]] = []
    for join in joins:
        touched = [group for group in groups if join.left in group or join.right in group]
        groups = [group for group in groups if group not in touched]
        groups.append(frozenset({join.left, join.right}).union(*touched))
    return frozenset(groups)


def _by_keys(query: Query, schema: Schema) -> FromClause | None:
    if any(column.copy for column in query.columns()):
        return None
    mentioned = frozenset((ref.table, ref.column) for ref in query.columns())
    tree = schema.joins.tree(query.tables, mentioned)
    if tree is None:
        return None
    tree = schema.joins.without_idle_leaves(tree, {ref.table for ref in query.columns() if ref.column != STAR})
    return FromClause(tuple(map(ColumnRef, tree.tables)), tuple(_equations(tree)), tree.is_tied)


def _equations(tree: JoinTree) -> Iterable[tuple[Join, ...]]:
    for edge in tree.edges:
        pairs = zip(edge.left_columns, edge.right_columns, strict=True)
        yield tuple(Join(ColumnRef(edge.left, left), ColumnRef(edge.right, right)) for left, right in pairs)


def _as_said(query: Query) -> FromClause | None:
    """The tables in the order in which the equations reach them."""
    joined = [side.whole for join in query.joins for side in (join.left, join.right)]
    wanted = dict.fromkeys([*joined, *(column.whole for column in query.columns()), *map(ColumnRef, query.through)])
    tables, joins, waiting = [joined[0]], [], list(query.joins)
    while waiting:
        step = next((join for join in waiting if (join.left.whole in tables) != (join.right.whole in tables)), None)
        if step is None:
            return None
        tables.append(step.right.whole if step.left.whole in tables else step.left.whole)
        ready = tuple(join for join in waiting if join.left.whole in tables and join.right.whole in tables)
        waiting = [join for join in waiting if join not in ready]
        joins.append(ready)
    return FromClause(tuple(tables), tuple(joins)) if set(tables) == set(wanted) else None
