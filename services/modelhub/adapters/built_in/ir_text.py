"""A representation as one line of text that people can read and programs can read back.

    query   := show [distinct] measure, ... [where filter] [group by column, ...] [having filter]
               [order by measure [desc], ...] [limit number] [through table, ...] [joined by column = column, ...]
               [(union | intersect | except) query]
    measure := column | distinct (column) | aggregate ([distinct] column)
    column  := table[#copy].name | table[#copy].*
    filter  := part | part and part ... | part or part ... | all ([filter]) | any ([filter])
    part    := (filter) | measure operator [number *] operands
    operand := 'text' | number ['text'] | measure | (query)

BETWEEN has two operands with "and" between, IN a list in parentheses or a query, tests of null none, all others one.
`all` and `any` are filters of fewer than two parts, `number 'text'` what was written as a number and is none. Names of
other characters than letters, digits and underscores are in double quotes; in quotes a character that cannot be
printed is a backslash, a "u" and six hexadecimal digits.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from services.modelhub.adapters.built_in.ir import (
    STAR,
    Aggregate,
    ColumnRef,
    Condition,
    Join,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    SetOperator,
)

_Side = Literal | Measure | Query
_T = TypeVar("_T")

MAX_DEPTH = 40
_NAME = r"[^\W\d]\w*"
_TABLE = rf"{_NAME}(?:\.{_NAME})*"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_COLUMN = re.compile(rf"({_QUOTED}|{_TABLE})(?:\#(-?[0-9]{{1,300}}))?\.({_QUOTED}|{_NAME}|\*)")
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<column>(?:{_QUOTED}|{_TABLE})(?:\#-?[0-9]{{1,300}})?\.(?:{_QUOTED}|{_NAME}|\*))
      | (?P<name>{_QUOTED})
      | (?P<word>{_NAME})
      | (?P<text>'(?:[^'\\]|\\.)*')
      | (?P<number>{_NUMBER})
      | (?P<mark>!=|>=|<=|[=<>(),*])
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(u[0-9a-f]{6}|.)")
_CLAUSES = frozenset({"where", "group", "having", "order", "limit", "through", "joined", *SetOperator, "show"})
_NULL_TESTS = frozenset({Operator.IS_NULL, Operator.NOT_NULL})
_LISTS = frozenset({Operator.IN, Operator.NOT_IN})
_LONGEST_FIRST = sorted(Operator, key=lambda operator: -len(operator.split()))


class Unreadable(ValueError):
    """Text that is no representation; the message says what was expected where."""


def print_query(query: Query) -> str:
    """The query on one line, as `parse_query` reads it."""
    return " ".join(_clauses(query))


def parse_query(text: str) -> Query:
    """The query that `print_query` wrote.

    Raises:
        Unreadable: The text follows another grammar, or nests more than `MAX_DEPTH` levels.
    """
    reader = _Reader(text)
    query = reader.query()
    reader.end()
    return query


def _clauses(query: Query) -> Iterator[str]:
    assert (query.set_operator is None) == (query.other is None)
    yield "show distinct" if query.distinct else "show"
    if query.select:
        yield _listed(_measure, query.select)
    if query.where is not None:
        yield f"where {_filter(query.where)}"
    if query.group:
        yield f"group by {_listed(_column, query.group)}"
    if query.having is not None:
        yield f"having {_filter(query.having)}"
    if query.order:
        yield f"order by {_listed(_order, query.order)}"
    if query.limit is not None:
        yield f"limit {query.limit}"
    if query.through:
        yield f"through {_listed(_table, query.through)}"
    if query.joins:
        yield f"joined by {_listed(_join, query.joins)}"
    if query.set_operator is not None and query.other is not None:
        yield f"{query.set_operator} {print_query(query.other)}"


def _listed(write: Callable[[_T], str], parts: tuple[_T, ...]) -> str:
    return ", ".join(map(write, parts))


def _table(table: str) -> str:
    return table if re.fullmatch(_NAME, table) and table not in _CLAUSES else _quoted(table, '"')


def _column(ref: ColumnRef) -> str:
    table = ref.table if re.fullmatch(_TABLE, ref.table) else _quoted(ref.table, '"')
    copy = f"#{ref.copy}" if ref.copy else ""
    is_plain = ref.column == STAR or re.fullmatch(_NAME, ref.column)
    name = ref.column if is_plain else _quoted(ref.column, '"')
    return f"{table}{copy}.{name}"


def _measure(measure: Measure) -> str:
    column = _column(measure.column)
    if measure.aggregate is None:
        return f"distinct({column})" if measure.distinct else column
    return f"{measure.aggregate}({'distinct ' if measure.distinct else ''}{column})"


def _order(order: Order) -> str:
    return _measure(order.by) + (" desc" if order.descending else "")


def _join(join: Join) -> str:
    return f"{_column(join.left)} = {_column(join.right)}"


def _filter(tree: Condition | Junction) -> str:
    if isinstance(tree, Condition):
        return _condition(tree)
    if len(tree.parts) < 2:
        return f"{'any' if tree.any_of else 'all'} ({''.join(map(_filter, tree.parts))})"
    parts = [
        f"({_filter(part)})" if isinstance(part, Junction) and len(part.parts) > 1 else _filter(part)
        for part in tree.parts
    ]
    return (" or " if tree.any_of else " and ").join(parts)


def _condition(condition: Condition) -> str:
    start = f"{_measure(condition.left)} {condition.operator}"
    if condition.factor != 1:
        start += f" {condition.factor} *"
    right = condition.right
    if condition.operator in _NULL_TESTS:
        assert not right
        return start
    if condition.operator in _LISTS:
        is_nested = len(right) == 1 and isinstance(right[0], Query)
        return f"{start} {_side(right[0]) if is_nested else f'({_listed(_side, right)})'}"
    assert len(right) == (2 if condition.operator == Operator.BETWEEN else 1)
    return f"{start} {' and '.join(map(_side, right))}"


def _side(side: _Side) -> str:
    if isinstance(side, Query):
        return f"({print_query(side)})"
    if isinstance(side, Measure):
        return _measure(side)
    if side.is_number and re.fullmatch(_NUMBER, side.text):
        return side.text
    return ("number " if side.is_number else "") + _quoted(side.text, "'")


def _quoted(text: str, mark: str) -> str:
    def escape(character: str) -> str:
        if character in {mark, "\\"}:
            return f"\\{character}"
        return character if character.isprintable() else f"\\u{ord(character):06x}"

    return mark + "".join(map(escape, text)) + mark


def _unquoted(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 1:
            return code
        if int(code[1:], 16) > 0x10FFFF:
            raise Unreadable(f"\\{code} is no character")
        return chr(int(code[1:], 16))

    return _ESCAPED.sub(plain, text[1:-1])


def _unquoted_name(text: str) -> str:
    return _unquoted(text) if text.startswith('"') else text


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def _tokens(text: str) -> Iterator[_Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise Unreadable(f"nothing that is known starts at character {place}")
        yield _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        place = match.end()
    yield _Token("end", "", end)


class _Reader:
    """Reads tokens from left to right, one method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self._depth = 0

    def query(self) -> Query:
        self._expect("show")
        distinct = not self._is("distinct", "(") and self._take("distinct")
        query = Query(
            select=self._list(self._measure) if self._starts_measure() else (),
            distinct=distinct,
            where=self._filter() if self._take("where") else None,
            group=self._list(self._column) if self._take("group", "by") else (),
            having=self._filter() if self._take("having") else None,
            order=self._list(self._order) if self._take("order", "by") else (),
            limit=self._whole_number() if self._take("limit") else None,
            through=self._list(self._table) if self._take("through") else (),
            joins=self._list(self._join) if self._take("joined", "by") else (),
        )
        for operator in SetOperator:
            if self._take(operator):
                return replace(query, set_operator=operator, other=self._nested(self.query))
        return query

    def end(self) -> None:
        """Refuses whatever is left."""
        if self._next.kind != "end":
            raise self._unexpected("the end")

    def _filter(self) -> Condition | Junction:
        first = self._part()
        word = next((word for word in ("and", "or") if self._is(word)), None)
        if word is None:
            return first
        parts = [first]
        while self._take(word):
            parts.append(self._part())
        return Junction(tuple(parts), any_of=word == "or")

    def _part(self) -> Condition | Junction:
        for word in ("all", "any"):
            if self._take(word, "("):
                parts = () if self._is(")") else (self._nested(self._filter),)
                self._expect(")")
                return Junction(parts, any_of=word == "any")
        if self._take("("):
            inner = self._nested(self._filter)
            self._expect(")")
            return inner
        return self._condition()

    def _condition(self) -> Condition:
        left = self._measure()
        operator = next((each for each in _LONGEST_FIRST if self._take(*each.split())), None)
        if operator is None:
            raise self._unexpected("a comparison")
        factor = 1
        if self._next.kind == "number" and self._tokens[self._place + 1].text == "*":
            factor = self._whole_number()
            self._expect("*")
        return Condition(left, operator, self._operands(operator), factor)

    def _operands(self, operator: Operator) -> tuple[_Side, ...]:
        if operator in _NULL_TESTS:
            return ()
        if operator in _LISTS:
            if self._is("(", "show"):
                return (self._side(),)
            self._expect("(")
            sides = () if self._is(")") else self._list(self._side)
            self._expect(")")
            return sides
        first = self._side()
        if operator != Operator.BETWEEN:
            return (first,)
        self._expect("and")
        return (first, self._side())

    def _side(self) -> _Side:
        if self._take("("):
            query = self._nested(self.query)
            self._expect(")")
            return query
        if self._next.kind == "number":
            return Literal(self._advance().text, is_number=True)
        is_number = self._take("number")
        if self._next.kind == "text":
            return Literal(_unquoted(self._advance().text), is_number)
        if is_number:
            raise self._unexpected("a text")
        return self._measure()

    def _starts_measure(self) -> bool:
        return self._next.kind == "column" or any(self._is(word, "(") for word in ("distinct", *Aggregate))

    def _measure(self) -> Measure:
        for aggregate in Aggregate:
            if self._take(aggregate, "("):
                distinct = self._take("distinct")
                return Measure(self._closed_column(), aggregate, distinct)
        if self._take("distinct", "("):
            return Measure(self._closed_column(), distinct=True)
        return Measure(self._column())

    def _closed_column(self) -> ColumnRef:
        column = self._column()
        self._expect(")")
        return column

    def _column(self) -> ColumnRef:
        match = _COLUMN.fullmatch(self._next.text) if self._next.kind == "column" else None
        if match is None:
            raise self._unexpected("a column")
        self._advance()
        return ColumnRef(_unquoted_name(match[1]), _unquoted_name(match[3]), int(match[2] or 0))

    def _order(self) -> Order:
        return Order(self._measure(), self._take("desc"))

    def _join(self) -> Join:
        left = self._column()
        self._expect("=")
        return Join(left, self._column())

    def _table(self) -> str:
        if self._next.kind not in {"word", "name"}:
            raise self._unexpected("a table")
        return _unquoted_name(self._advance().text)

    def _whole_number(self) -> int:
        if self._next.kind != "number" or "." in self._next.text or len(self._next.text) > 300:
            raise self._unexpected("a whole number")
        return int(self._advance().text)

    def _list(self, read: Callable[[], _T]) -> tuple[_T, ...]:
        found = [read()]
        while self._take(","):
            found.append(read())
        return tuple(found)

    def _nested(self, read: Callable[[], _T]) -> _T:
        if self._depth >= MAX_DEPTH:
            raise Unreadable(f"more than {MAX_DEPTH} levels")
        self._depth += 1
        found = read()
        self._depth -= 1
        return found

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _advance(self) -> _Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _is(self, *texts: str) -> bool:
        ahead = self._tokens[self._place : self._place + len(texts)]
        return [token.text for token in ahead if token.kind in {"word", "mark"}] == list(texts)

    def _take(self, *texts: str) -> bool:
        found = self._is(*texts)
        self._place += len(texts) if found else 0
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(text)

    def _unexpected(self, wanted: str) -> Unreadable:
        found = self._next.text or "the end"
        return Unreadable(f"{wanted} was expected at character {self._next.start}, not {found}")
