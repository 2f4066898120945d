"""How large the constants are that a call is given: numbers, dates and simple arithmetic, without running anything."""

import math
import re
from collections.abc import Sequence
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
_AMOUNT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*([a-z]+)")


def constant(node: exp.Expr | None) -> float | None:
    """What a constant expression comes to, dates and intervals in seconds; None where it depends on data."""
    match node:
        case exp.Literal():
            return _literal(node)
        case exp.Paren() | exp.Cast() | exp.TryCast():
            return constant(node.this)
        case exp.Neg():
            value = constant(node.this)
            return None if value is None else -value
        case exp.Interval():
            return _interval(node)
        case exp.Subquery() if isinstance(node.this, exp.Select) and not node.this.args.get("from_"):
            return constant(node.this.expressions[0]) if node.this.expressions else None
        case exp.Alias():
            return constant(node.this)
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Pow():
            return _arithmetic(node)
    return None


def magnitude(node: exp.Expr) -> float:
    """The largest a constant part of an argument comes to; what depends on data counts as 1."""
    value = constant(node)
    if value is not None:
        return abs(value)
    if isinstance(node, (exp.Add, exp.Sub)):
        return magnitude(node.this) + magnitude(node.expression)
    if isinstance(node, (exp.Mul, exp.Pow)):
        return magnitude(node.this) * magnitude(node.expression)
    if isinstance(node, (exp.Paren, exp.Cast, exp.Neg)):
        return magnitude(node.this)
    if isinstance(node, exp.Func):
        return max((magnitude(each) for each in node.iter_expressions()), default=1.0)
    return 1.0


def steps(arguments: Sequence[exp.Expr]) -> float:
    """How many values a series from the first argument to the second has, by the third; 0 where it depends on data."""
    values = [constant(each) for each in arguments]
    numbers = [value for value in values if value is not None]
    if len(values) == 1:
        return abs(numbers[0]) if numbers else 0.0
    if len(numbers) < 2 or values[0] is None or values[1] is None:
        return max((abs(number) for number in numbers), default=0.0) if len(numbers) < len(values) else 0.0
    step = abs(values[2]) if len(values) > 2 and values[2] is not None else 1.0
    return math.inf if step == 0 else abs(values[1] - values[0]) / step + 1


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


def _arithmetic(node: exp.Binary) -> float | None:
    left, right = constant(node.this), constant(node.expression)
    if left is None or right is None:
        return None
    if isinstance(node, exp.Add):
        return left + right
    if isinstance(node, exp.Sub):
        return left - right
    if isinstance(node, exp.Mul):
        return left * right
    try:
        return float(left**right)
    except (OverflowError, ZeroDivisionError, ValueError, TypeError):
        return math.inf
