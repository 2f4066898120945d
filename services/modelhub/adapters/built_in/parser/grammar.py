"""Which actions may follow which: a push-down automaton over the grammar in `vocabulary`.

A state is a tuple of frames, the innermost query last; the empty tuple is the end. States are small and hashable, so
what may follow each is computed once.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from services.modelhub.adapters.built_in.parser.vocabulary import (
    AGGREGATES,
    COMPARISONS,
    NULLS,
    PATTERNS,
    SETS,
    Keyword,
)

MAX_DEPTH = 3


class Pointer(IntEnum):
    """Classes of actions that point at an item; negative, so that none is a keyword."""

    TABLE = -1
    COLUMN = -2
    NUMERIC_COLUMN = -3
    VALUE = -4
    NUMBER_VALUE = -5


class Clause(IntEnum):
    """Parts of a query, in the order in which they are said."""

    SELECT = 0
    WHERE = 1
    GROUP = 2
    HAVING = 3
    ORDER = 4
    LIMIT = 5
    THROUGH = 6


class Expect(IntEnum):
    """What the next action is."""

    MEASURE = 0
    TARGET = 1
    DISTINCT_TARGET = 2
    MORE = 3
    OPERATOR = 4
    OPERAND = 5
    NESTED = 6
    TEXT = 7
    LOW = 8
    HIGH = 9
    COLUMN = 10
    LIMIT = 11
    TABLE = 12


@dataclass(frozen=True, slots=True)
class Frame:
    """One query being said. `width` counts what it selects; `wanted` is how much it must select, 0 for any number."""

    clause: Clause = Clause.SELECT
    expect: Expect = Expect.MEASURE
    aggregate: int = 0
    width: int = 0
    wanted: int = 0
    is_distinct: bool = False
    is_star: bool = False
    is_grouped: bool = False
    is_nested: bool = False
    is_second: bool = False


State = tuple[Frame, ...]
START: State = (Frame(),)

_AGGREGATES = frozenset(int(each) for each in AGGREGATES)
_COMPARISONS = frozenset(int(each) for each in COMPARISONS) - {Keyword.IN, Keyword.NOT_IN}
_SETS = frozenset(int(each) for each in SETS)
_OPENERS = {
    Keyword.WHERE: (Clause.WHERE, Expect.MEASURE),
    Keyword.GROUP: (Clause.GROUP, Expect.COLUMN),
    Keyword.HAVING: (Clause.HAVING, Expect.MEASURE),
    Keyword.ASC: (Clause.ORDER, Expect.MEASURE),
    Keyword.DESC: (Clause.ORDER, Expect.MEASURE),
    Keyword.LIMIT: (Clause.LIMIT, Expect.LIMIT),
    Keyword.THROUGH: (Clause.THROUGH, Expect.TABLE),
}


_FIXED = {
    Expect.DISTINCT_TARGET: frozenset({Pointer.COLUMN}),
    Expect.COLUMN: frozenset({Pointer.COLUMN}),
    Expect.NESTED: frozenset({Keyword.OPEN}),
    Expect.TEXT: frozenset({Pointer.VALUE}),
    Expect.LOW: frozenset({Pointer.VALUE, Keyword.ONE}),
    Expect.HIGH: frozenset({Pointer.VALUE, Keyword.ONE}),
    Expect.LIMIT: frozenset({Pointer.NUMBER_VALUE, Keyword.ONE}),
    Expect.TABLE: frozenset({Pointer.TABLE}),
}


@lru_cache(maxsize=16_384)
def allowed(state: State) -> frozenset[int]:
    """Keywords and classes of pointers that may come next; nothing at the end."""
    if not state:
        return frozenset()
    frame = state[-1]
    if frame.expect in _FIXED:
        return _FIXED[frame.expect]
    if frame.expect == Expect.OPERAND:
        nested = {Keyword.OPEN} if len(state) < MAX_DEPTH else set()
        other = {Pointer.COLUMN} if frame.clause == Clause.WHERE else set()
        return frozenset({Pointer.VALUE, Keyword.ONE, *nested, *other})
    by_frame = {Expect.MEASURE: _measures, Expect.TARGET: _targets, Expect.OPERATOR: _operators, Expect.MORE: _more}
    return by_frame[frame.expect](frame)


def _measures(frame: Frame) -> frozenset[int]:
    if frame.clause == Clause.WHERE:
        return frozenset({Pointer.COLUMN})
    if frame.clause == Clause.HAVING:
        return _AGGREGATES
    first = frame.clause == Clause.SELECT and frame.width == 0
    star = {Pointer.TABLE} if first and not frame.wanted else set()
    distinct = {Keyword.DISTINCT} if first and not frame.is_distinct else set()
    return frozenset({*_AGGREGATES, Pointer.COLUMN, *star, *distinct})


def _targets(frame: Frame) -> frozenset[int]:
    if frame.aggregate == Keyword.COUNT:
        return frozenset({Keyword.DISTINCT, Pointer.COLUMN, Pointer.TABLE})
    if frame.aggregate in {Keyword.SUM, Keyword.AVG}:
        return frozenset({Pointer.NUMERIC_COLUMN})
    return frozenset({Pointer.COLUMN})


def _more(frame: Frame) -> frozenset[int]:
    """What may follow a complete part: more of the clause, a later clause, or the end."""
    found: set[int] = set()
    if frame.clause == Clause.SELECT:
        if not frame.is_star and (not frame.wanted or frame.width < frame.wanted):
            found |= {*_AGGREGATES, Pointer.COLUMN}
        if frame.wanted and frame.width < frame.wanted:
            return frozenset(found)
    elif frame.clause in {Clause.WHERE, Clause.HAVING}:
        found |= {Keyword.AND, Keyword.OR}
    elif frame.clause == Clause.GROUP:
        found |= {Pointer.COLUMN}
    elif frame.clause == Clause.ORDER:
        found |= {*_AGGREGATES, Pointer.COLUMN, Keyword.ASC, Keyword.DESC}
    elif frame.clause == Clause.THROUGH:
        found |= {Pointer.TABLE}
    found |= {keyword for keyword, (clause, _) in _OPENERS.items() if clause > frame.clause}
    if not frame.is_grouped:
        found -= {Keyword.HAVING}
    return frozenset({*found, Keyword.END, *(set() if frame.is_second or frame.is_nested else _SETS)})


def _operators(frame: Frame) -> frozenset[int]:
    if frame.aggregate:
        return frozenset({*_COMPARISONS, Keyword.BETWEEN})
    return frozenset({*_COMPARISONS, Keyword.BETWEEN, Keyword.IN, Keyword.NOT_IN, *PATTERNS, *NULLS})


@lru_cache(maxsize=65_536)
def after(state: State, action: int) -> State:
    """The state after an allowed action, given as a keyword or as the class of what it points at."""
    frame, outer = state[-1], state[:-1]
    if frame.expect in {Expect.MEASURE, Expect.MORE} and action in _AGGREGATES:
        return (*outer, replace(frame, expect=Expect.TARGET, aggregate=action))
    if frame.expect == Expect.MEASURE and action == Keyword.DISTINCT:
        return (*outer, replace(frame, is_distinct=True))
    if frame.expect == Expect.TARGET and action == Keyword.DISTINCT:
        return (*outer, replace(frame, expect=Expect.DISTINCT_TARGET))
    if frame.expect in {Expect.MEASURE, Expect.TARGET, Expect.DISTINCT_TARGET}:
        return (*outer, _measured(frame, action))
    if frame.expect == Expect.MORE:
        return _after_part(outer, frame, action)
    if frame.expect == Expect.OPERATOR:
        return (*outer, replace(frame, expect=_operand_of(action)))
    if frame.expect == Expect.LOW:
        return (*outer, replace(frame, expect=Expect.HIGH))
    if action == Keyword.OPEN:
        waiting = replace(frame, expect=Expect.MORE, aggregate=0)
        return (*outer, waiting, Frame(wanted=1, is_nested=True))
    return (*outer, replace(frame, expect=Expect.MORE, aggregate=0))


def _measured(frame: Frame, action: int) -> Frame:
    """A measure is complete: in a filter it is compared, elsewhere it stands for itself."""
    if frame.clause in {Clause.WHERE, Clause.HAVING}:
        return replace(frame, expect=Expect.OPERATOR)
    star = frame.clause == Clause.SELECT and action == Pointer.TABLE and not frame.aggregate
    width = frame.width + (frame.clause == Clause.SELECT)
    return replace(frame, expect=Expect.MORE, aggregate=0, width=width, is_star=frame.is_star or star)


def _after_part(outer: State, frame: Frame, action: int) -> State:
    if action == Keyword.END:
        return outer
    if action in _SETS:
        return (*outer, Frame(wanted=frame.width, is_second=True))
    if action in {Keyword.AND, Keyword.OR}:
        return (*outer, replace(frame, expect=Expect.MEASURE))
    if action in {Pointer.COLUMN, Pointer.TABLE}:
        return (*outer, _measured(frame, action) if frame.clause in {Clause.SELECT, Clause.ORDER} else frame)
    clause, expect = _OPENERS[Keyword(action)]
    return (*outer, replace(frame, clause=clause, expect=expect, is_grouped=frame.is_grouped or clause == Clause.GROUP))


def _operand_of(action: int) -> Expect:
    if action in NULLS:
        return Expect.MORE
    if action in PATTERNS:
        return Expect.TEXT
    if action == Keyword.BETWEEN:
        return Expect.LOW
    return Expect.NESTED if action in {Keyword.IN, Keyword.NOT_IN} else Expect.OPERAND
