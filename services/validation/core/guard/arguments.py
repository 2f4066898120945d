"""How large the constants are that a call is given: numbers, dates and simple arithmetic, without running anything."""

import math
import operator
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from sqlglot import exp

_SECONDS = {
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
    "week": 604800.0,
    "month": 2592000.0,
    "mon": 2592000.0,
    "quarter": 7776000.0,
    "year": 31536000.0,
    "decade": 315360000.0,
    "century": 3153600000.0,
}
_UNSIGNED = 2.0**64
_AMOUNT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*([a-z]+)")


def constant(node: exp.Expr | None) -> float | None:
    """What a constant expression comes to, dates and intervals in seconds; None where it depends on data."""
    match node:
        case exp.Literal():
            return _literal(node)
        case exp.HexString() | exp.BitString():
            return _digits(node.name, 16 if isinstance(node, exp.HexString) else 2)
        case exp.Paren() | exp.Cast() | exp.TryCast() | exp.Alias():
            return constant(node.this)
        case exp.CurrentDate() | exp.CurrentTimestamp() | exp.CurrentDatetime() | exp.Localtimestamp():
            return time.time()
        case exp.Neg() | exp.BitwiseNot():
            return _turned(node)
        case exp.Interval():
            return _interval(node)
        case exp.Subquery() | exp.Values():
            return _only_value(node)
        case exp.Kwarg() | exp.PropertyEQ():
            return constant(node.expression)
    if node is None or type(node) not in _CALCULATIONS:
        return None
    return _calculated(_CALCULATIONS[type(node)], node)


def magnitude(node: exp.Expr) -> float:
    """The largest that an argument's constants come to; what depends on data counts as 1."""
    value = constant(node)
    if value is not None:
        return abs(value)
    match node:
        case exp.Add() | exp.Sub():
            return magnitude(node.this) + magnitude(node.expression)
        case exp.Mul() | exp.Pow():
            return magnitude(node.this) * magnitude(node.expression)
        case exp.Div() | exp.IntDiv():
            return magnitude(node.this)
        case exp.Rand() | exp.Uniform() | exp.Where() | exp.Having() | exp.Join():
            return 1.0
    return max((magnitude(each) for each in node.iter_expressions()), default=1.0)


def steps(arguments: Sequence[exp.Expr]) -> float:
    """How many values a series from the first argument to the second has, by the third; 0 where it depends on data."""
    values = [constant(each) for each in arguments]
    if len(values) < 2:
        return abs(values[0]) if values and values[0] is not None else 0.0
    start, stop = values[:2]
    if start is None or stop is None:
        # From a number to what the data says; between dates, the data says how many.
        known = [
            value for value, node in zip(values, arguments[:2], strict=False) if value is not None and counts(node)
        ]
        return max(map(abs, known), default=0.0)
    if len(values) > 2 and values[2] is None:
        return 0.0
    step = abs(values[2]) if len(values) > 2 and values[2] is not None else _step(arguments)
    return math.inf if step == 0 else abs(stop - start) / step + 1


def counts(node: exp.Expr) -> bool:
    """Whether a constant is a number, and not a moment."""
    return not any(literal.is_string for literal in node.find_all(exp.Literal)) and not node.find(
        exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime, exp.Localtimestamp, exp.Interval
    )


def _step(arguments: Sequence[exp.Expr]) -> float:
    """The step that is meant where none is written: a day between dates, else one."""
    return 1.0 if all(map(counts, arguments)) else _SECONDS["day"]


def _turned(node: exp.Neg | exp.BitwiseNot) -> float | None:
    value = constant(node.this)
    if value is None or isinstance(node, exp.Neg):
        return None if value is None else -value
    # ~0 is the largest number where numbers have no sign.
    return _UNSIGNED if value >= 0 else -value - 1


def _only_value(node: exp.Expr) -> float | None:
    """The value of a subquery that reads no table and has one."""
    inner = node.this if isinstance(node, exp.Subquery) else node
    if isinstance(inner, exp.Values) and inner.expressions:
        first = inner.expressions[0]
        return constant(first.expressions[0] if isinstance(first, exp.Tuple) else first)
    if isinstance(inner, exp.Select) and not inner.args.get("from_") and inner.expressions:
        return constant(inner.expressions[0])
    return None


def _literal(node: exp.Literal) -> float | None:
    if node.is_string:
        return _moment(node.name) if "-" in node.name[1:] else _amounts(node.name) or _number(node.name)
    return _number(node.name)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _amounts(text: str) -> float | None:
    found = [
        float(amount) * _SECONDS[unit.rstrip("s")]
        for amount, unit in _AMOUNT.findall(text.lower())
        if unit.rstrip("s") in _SECONDS
    ]
    return sum(found) if found else None


def _interval(node: exp.Interval) -> float | None:
    amount, unit = node.this, str(node.args.get("unit") or "").lower().rstrip("s")
    if isinstance(amount, exp.Literal) and unit in _SECONDS:
        value = _number(amount.name)
        return None if value is None else value * _SECONDS[unit]
    return _amounts(amount.name) if isinstance(amount, exp.Literal) else None


def _digits(text: str, base: int) -> float | None:
    try:
        return float(int(text, base))
    except (ValueError, OverflowError):
        return None


_CALCULATIONS: Mapping[type[exp.Expr], Callable[[float, float], float]] = {
    exp.Add: operator.add,
    exp.Sub: operator.sub,
    exp.Mul: operator.mul,
    exp.Div: operator.truediv,
    exp.IntDiv: operator.floordiv,
    exp.Mod: operator.mod,
    exp.Pow: operator.pow,
    exp.BitwiseLeftShift: lambda left, right: left * 2.0**right,
    exp.BitwiseRightShift: lambda left, right: left / 2.0**right,
    # At most what both have together.
    exp.BitwiseOr: lambda left, right: abs(left) + abs(right),
    exp.BitwiseXor: lambda left, right: abs(left) + abs(right),
    exp.BitwiseAnd: lambda left, right: min(abs(left), abs(right)),
}


def _calculated(calculate: Callable[[float, float], float], node: exp.Expr) -> float | None:
    left, right = constant(node.this), constant(node.args.get("expression"))
    if left is None or right is None:
        return None
    try:
        return float(calculate(left, right))
    except (OverflowError, ZeroDivisionError, ValueError, TypeError):
        return math.inf
