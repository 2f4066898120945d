"""A typed, join-free representation between question and SQL: what is asked for, not how tables are joined.

Columns are named by table and name; FROM and JOIN follow from the tables that a query mentions (`Query.tables`).
Every node is a frozen dataclass, so representations compare, hash and differ field by field.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

STAR = "*"


class Aggregate(StrEnum):
    """Functions over the rows of a group."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"


class Operator(StrEnum):
    """Comparisons; NOT_ forms are operators of their own, so that a condition is one node."""

    EQ = "="
    NE = "!="
    GT = ">"
    LT = "<"
    GE = ">="
    LE = "<="
    BETWEEN = "between"
    LIKE = "like"
    NOT_LIKE = "not like"
    IN = "in"
    NOT_IN = "not in"
    IS_NULL = "is null"
    NOT_NULL = "is not null"


class SetOperator(StrEnum):
    """How two queries of the same width are combined."""

    UNION = "union"
    INTERSECT = "intersect"
    EXCEPT = "except"


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column by `Table.qualified_name` and name; `column` is "*" for all columns, or for rows under COUNT.

    `copy` tells apart the uses of a table that a query joins to itself: 0 is the first.
    """

    table: str
    column: str = STAR
    copy: int = 0

    @property
    def origin(self) -> "ColumnRef":
        """The column as the schema knows it, whichever copy of its table it is read from."""
        return ColumnRef(self.table, self.column) if self.copy else self

    @property
    def whole(self) -> "ColumnRef":
        """All columns of the same copy of its table."""
        return ColumnRef(self.table, STAR, self.copy)


@dataclass(frozen=True, slots=True)
class Measure:
    """A column, or an aggregate of it."""

    column: ColumnRef
    aggregate: Aggregate | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant as the question or the data writes it; `is_number` when it was written as a number."""

    text: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `right` holds no operand for null tests, two for BETWEEN, several for IN, else one.

    `factor` multiplies a nested query, as in "more than twice the average".
    """

    left: Measure
    operator: Operator
    right: tuple["Literal | Measure | Query", ...] = ()
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions that all hold (`any_of` false) or of which one holds."""

    parts: tuple["Condition | Junction", ...]
    any_of: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A sort key."""

    by: Measure
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """Two columns that are equal in every row of a join."""

    left: ColumnRef
    right: ColumnRef


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT, or two combined when `set_operator` is given; `through` names tables joined but not mentioned.

    Of combined queries `other` may combine further ones, taken from left to right; `order` and `limit` of the first
    are those of the whole. `joins` is empty where the keys of the schema say how the tables are joined, as they
    nearly always do; otherwise it holds every equation, and joins all tables of this SELECT.
    """

    select: tuple[Measure, ...]
    distinct: bool = False
    where: Condition | Junction | None = None
    group: tuple[ColumnRef, ...] = ()
    having: Condition | Junction | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    through: tuple[str, ...] = ()
    set_operator: SetOperator | None = None
    other: "Query | None" = None
    joins: tuple[Join, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables this SELECT (not its nested queries) needs, each once, in order of mention."""
        names = [column.table for column in self.columns()]
        joined = [column.table for join in self.joins for column in (join.left, join.right)]
        return tuple(dict.fromkeys([*names, *self.through, *joined]))

    def columns(self) -> Iterator[ColumnRef]:
        """Every column of this SELECT, in order of mention, not those of nested queries."""
        for measure in self.select:
            yield measure.column
        for tree in (self.where, self.having):
            for condition in conditions(tree):
                yield condition.left.column
                yield from (side.column for side in condition.right if isinstance(side, Measure))
        yield from self.group
        for order in self.order:
            yield order.by.column


def conditions(tree: Condition | Junction | None) -> Iterator[Condition]:
    """The comparisons of a filter, left to right."""
    if isinstance(tree, Condition):
        yield tree
    elif tree is not None:
        for part in tree.parts:
            yield from conditions(part)


def changed(tree: Condition | Junction | None, change: Callable[[Condition], Condition]) -> Condition | Junction | None:
    """The filter with each of its comparisons changed, left to right; its nested queries are the change's business."""
    if tree is None or isinstance(tree, Condition):
        return None if tree is None else change(tree)
    return replace(tree, parts=tuple(part for old in tree.parts if (part := changed(old, change)) is not None))


def all_of(parts: list[Condition | Junction]) -> Condition | Junction | None:
    """The filter that holds when every part does; None when there are none."""
    return parts[0] if len(parts) == 1 else Junction(tuple(parts)) if parts else None


def queries(query: Query) -> Iterator[Query]:
    """The query, its nested queries and its second halves."""
    yield query
    for tree in (query.where, query.having):
        for condition in conditions(tree):
            for side in condition.right:
                if isinstance(side, Query):
                    yield from queries(side)
    if query.other is not None:
        yield from queries(query.other)
