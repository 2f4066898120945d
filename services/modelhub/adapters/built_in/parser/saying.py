"""From a representation to the actions that say it."""

from collections.abc import Iterator

from services.modelhub.adapters.built_in.ir import (
    STAR,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
)
from services.modelhub.adapters.built_in.parser.items import Items
from services.modelhub.adapters.built_in.parser.vocabulary import (
    AGGREGATES,
    COMPARISONS,
    KEYWORDS,
    NULLS,
    PATTERNS,
    SETS,
    Keyword,
    Unsayable,
)

_MAX_ALTERNATIVES = 8
_OF_AGGREGATE = {value: key for key, value in AGGREGATES.items()}
_OF_COMPARISON = {value: key for key, value in COMPARISONS.items()}
_OF_NULL = {value: key for key, value in NULLS.items()}
_OF_SET = {value: key for key, value in SETS.items()}


def actions_of(query: Query, items: Items) -> list[int]:
    """The actions that say a query, END included.

    Raises:
        Unsayable: It has something that no action says, or a table or column that is not among the items.
    """
    return list(_Writer(items).query(query))


class _Writer:
    def __init__(self, items: Items) -> None:
        self._items = items
        self._tables = {table: KEYWORDS + n for n, table in enumerate(items.tables)}
        after = KEYWORDS + len(items.tables)
        self._columns = {ref: after + n for n, ref in enumerate(items.columns)}
        self._first_value = after + len(items.columns)

    def query(self, query: Query) -> Iterator[int]:
        """The actions of a query, its nested ones and its second half, each with its own end."""
        if query.joins:
            raise Unsayable("explicit joins")
        if query.distinct:
            yield Keyword.DISTINCT
        for measure in query.select:
            yield from self._measure(measure)
        if query.where is not None:
            yield Keyword.WHERE
            yield from self._filter(query.where)
        yield from self._listed(Keyword.GROUP, [self._column(ref) for ref in query.group])
        if query.having is not None:
            yield Keyword.HAVING
            yield from self._filter(query.having)
        yield from self._order(query.order)
        if query.limit is not None:
            yield from (Keyword.LIMIT, self._number(str(query.limit)))
        yield from self._listed(Keyword.THROUGH, [self._table(table) for table in query.through])
        if query.set_operator is None or query.other is None:
            yield Keyword.END
        else:
            yield _OF_SET[query.set_operator]
            yield from self.query(query.other)

    def _listed(self, keyword: Keyword, actions: list[int]) -> list[int]:
        return [keyword, *actions] if actions else []

    def _order(self, order: tuple[Order, ...]) -> Iterator[int]:
        for n, each in enumerate(order):
            if n == 0 or each.descending != order[n - 1].descending:
                yield Keyword.DESC if each.descending else Keyword.ASC
            yield from self._measure(each.by)

    def _table(self, table: str) -> int:
        if table not in self._tables:
            raise Unsayable(f"table {table}")
        return self._tables[table]

    def _column(self, ref: ColumnRef) -> int:
        if ref not in self._columns:
            raise Unsayable(f"column {ref}")
        return self._columns[ref]

    def _measure(self, measure: Measure) -> Iterator[int]:
        if measure.aggregate is not None:
            yield _OF_AGGREGATE[measure.aggregate]
            if measure.distinct:
                yield Keyword.DISTINCT
        is_star = measure.column.column == STAR
        if measure.column.copy:
            raise Unsayable("copies of a table")
        yield self._table(measure.column.table) if is_star else self._column(measure.column)

    def _filter(self, tree: Condition | Junction) -> Iterator[int]:
        for n, alternative in enumerate(_alternatives(tree)):
            if n:
                yield Keyword.OR
            for m, condition in enumerate(alternative):
                if m:
                    yield Keyword.AND
                yield from self._condition(condition)

    def _condition(self, condition: Condition) -> Iterator[int]:
        if condition.factor != 1:
            raise Unsayable("a factor")
        yield from self._measure(condition.left)
        operator = condition.operator
        if operator in _OF_NULL:
            yield _OF_NULL[operator]
        elif operator == Operator.BETWEEN:
            yield Keyword.BETWEEN
            for side in condition.right:
                if not isinstance(side, Literal):
                    raise Unsayable("a range of expressions")
                yield self._literal(side, condition)
        elif operator in {Operator.LIKE, Operator.NOT_LIKE}:
            yield from self._pattern(condition)
        else:
            yield _OF_COMPARISON[operator]
            (side,) = condition.right
            if isinstance(side, Query):
                yield Keyword.OPEN
                yield from self.query(side)
            elif isinstance(side, Measure):
                yield from self._measure(side)
            else:
                yield self._literal(side, condition)

    def _pattern(self, condition: Condition) -> Iterator[int]:
        (side,) = condition.right
        if not isinstance(side, Literal):
            raise Unsayable("a pattern that is no text")
        body = side.text.strip("%")
        for keyword, (operator, form) in PATTERNS.items():
            if operator == condition.operator and form.format(body) == side.text:
                yield keyword
                yield self._literal(Literal(body), condition)
                return
        raise Unsayable(f"pattern {side.text}")

    def _literal(self, literal: Literal, condition: Condition) -> int:
        for wanted in (literal.text, literal.text.casefold()):
            for n, value in enumerate(self._items.values):
                said = value.literal(condition.left.column, condition.operator).text
                if said == wanted or said.casefold() == wanted or _same_number(said, wanted):
                    return self._first_value + n
        return Keyword.ONE if _same_number(literal.text, "1") else Keyword.UNSAID

    def _number(self, text: str) -> int:
        for n, value in enumerate(self._items.values):
            if value.kind == "number" and value.text == text:
                return self._first_value + n
        return Keyword.ONE if text == "1" else Keyword.UNSAID


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _alternatives(tree: Condition | Junction) -> list[list[Condition]]:
    """The filter as alternatives (OR) of conditions that all hold (AND): its disjunctive normal form.

    Raises:
        Unsayable: There are too many.
    """
    if isinstance(tree, Condition):
        if tree.operator in {Operator.IN, Operator.NOT_IN} and not isinstance(tree.right[0], Query):
            return _alternatives(_spread(tree))
        return [[tree]]
    parts = [_alternatives(part) for part in tree.parts]
    if tree.any_of:
        found = [alternative for part in parts for alternative in part]
    else:
        found = [[]]
        for part in parts:
            found = [[*one, *other] for one in found for other in part]
            if len(found) > _MAX_ALTERNATIVES:
                break
    if len(found) > _MAX_ALTERNATIVES:
        raise Unsayable("too many alternatives")
    return found


def _spread(condition: Condition) -> Condition | Junction:
    """`x IN (a, b)` as `x = a OR x = b`."""
    is_in = condition.operator == Operator.IN
    operator = Operator.EQ if is_in else Operator.NE
    parts = tuple(Condition(condition.left, operator, (side,)) for side in condition.right)
    return parts[0] if len(parts) == 1 else Junction(parts, any_of=is_in)
