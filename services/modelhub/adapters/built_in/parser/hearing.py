"""From actions back to the representation that they say."""

from collections.abc import Iterator, Sequence

from services.modelhub.adapters.built_in.ir import (
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    all_of,
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


def query_of(actions: Sequence[int], items: Items) -> Query:
    """The query that actions say.

    Raises:
        Unsayable: They do not follow the grammar, or say a literal that the question does not hold.
    """
    reader = _Reader(actions, items)
    try:
        return reader.query()
    except IndexError as error:
        raise Unsayable("the actions end early") from error


class _Reader:
    def __init__(self, actions: Sequence[int], items: Items) -> None:
        self._actions = actions
        self._items = items
        self._at = 0
        self._first_column = KEYWORDS + len(items.tables)
        self._first_value = self._first_column + len(items.columns)

    def _peek(self) -> int:
        return self._actions[self._at]

    def _next(self) -> int:
        self._at += 1
        return self._actions[self._at - 1]

    def _skip(self, keyword: Keyword) -> bool:
        found = self._peek() == keyword
        self._at += found
        return found

    def query(self) -> Query:
        """The query that starts here; what follows its end is left to whoever asked."""
        distinct = self._skip(Keyword.DISTINCT)
        select = [self._measure()]
        while self._peek() >= KEYWORDS or self._peek() in AGGREGATES:
            select.append(self._measure())
        where = self._filter() if self._skip(Keyword.WHERE) else None
        group = self._columns() if self._skip(Keyword.GROUP) else ()
        having = self._filter() if self._skip(Keyword.HAVING) else None
        order = tuple(self._orders())
        limit = self._limit() if self._skip(Keyword.LIMIT) else None
        through: list[str] = []
        if self._skip(Keyword.THROUGH):
            while self._peek() >= KEYWORDS:
                through.append(self._items.tables[self._next() - KEYWORDS])
        closing = self._next()
        if closing not in SETS and closing != Keyword.END:
            raise Unsayable("neither an end nor a set operator")
        return Query(
            select=tuple(select),
            distinct=distinct,
            where=where,
            group=group,
            having=having,
            order=order,
            limit=limit,
            through=tuple(through),
            set_operator=SETS.get(Keyword(closing)),
            other=self.query() if closing in SETS else None,
        )

    def _target(self) -> ColumnRef:
        action = self._next()
        if KEYWORDS <= action < self._first_column:
            return ColumnRef(self._items.tables[action - KEYWORDS])
        if self._first_column <= action < self._first_value:
            return self._items.columns[action - self._first_column]
        raise Unsayable("neither a table nor a column")

    def _measure(self) -> Measure:
        aggregate = AGGREGATES.get(Keyword(self._peek())) if self._peek() < KEYWORDS else None
        if aggregate is None:
            return Measure(self._target())
        self._next()
        distinct = self._skip(Keyword.DISTINCT)
        return Measure(self._target(), aggregate, distinct)

    def _columns(self) -> tuple[ColumnRef, ...]:
        found = [self._target()]
        while self._peek() >= KEYWORDS:
            found.append(self._target())
        return tuple(found)

    def _orders(self) -> Iterator[Order]:
        while self._peek() in {Keyword.ASC, Keyword.DESC}:
            descending = self._next() == Keyword.DESC
            yield Order(self._measure(), descending)
            while self._peek() >= KEYWORDS or self._peek() in AGGREGATES:
                yield Order(self._measure(), descending)

    def _limit(self) -> int:
        literal = self._literal(ColumnRef(""), Operator.EQ)
        if not literal.text.isdigit():
            raise Unsayable("a limit that is no number")
        return int(literal.text)

    def _filter(self) -> Condition | Junction:
        alternatives: list[list[Condition | Junction]] = [[self._condition()]]
        while self._peek() in {Keyword.AND, Keyword.OR}:
            if self._next() == Keyword.OR:
                alternatives.append([])
            alternatives[-1].append(self._condition())
        parts = [all_of(each) for each in alternatives]
        found = tuple(part for part in parts if part is not None)
        return found[0] if len(found) == 1 else Junction(found, any_of=True)

    def _condition(self) -> Condition:
        left = self._measure()
        action = self._next()
        if action >= KEYWORDS:
            raise Unsayable("no comparison")
        keyword = Keyword(action)
        if keyword in NULLS:
            return Condition(left, NULLS[keyword])
        if keyword == Keyword.BETWEEN:
            low, high = (self._literal(left.column, Operator.BETWEEN) for _ in range(2))
            return Condition(left, Operator.BETWEEN, (low, high))
        if keyword in PATTERNS:
            operator, form = PATTERNS[keyword]
            literal = self._literal(left.column, operator)
            return Condition(left, operator, (Literal(form.format(literal.text)),))
        if keyword not in COMPARISONS:
            raise Unsayable("no comparison")
        return Condition(left, COMPARISONS[keyword], (self._operand(left, COMPARISONS[keyword]),))

    def _operand(self, left: Measure, operator: Operator) -> Literal | Measure | Query:
        if self._skip(Keyword.OPEN):
            return self.query()
        action = self._peek()
        if action in AGGREGATES or KEYWORDS <= action < self._first_value:
            return self._measure()
        return self._literal(left.column, operator)

    def _literal(self, column: ColumnRef, operator: Operator) -> Literal:
        action = self._next()
        if action == Keyword.ONE:
            return Literal("1", is_number=True)
        if not 0 <= action - self._first_value < len(self._items.values):
            raise Unsayable("no literal")
        return self._items.values[action - self._first_value].literal(column, operator)
