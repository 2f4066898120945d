"""Two engines' results for one statement compared: the same rows, as exactly as both write them."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from services.validation.core.model import Cell
from services.validation.core.trials.model import Comparison, Rows, Verdict

_RELATIVE = 1e-9
# Engines cut averages after so many digits, each its own; fewer than these are a column's own scale and exact.
_CUT_DIGITS = 4
_SHOWN = 5
_MIDNIGHT = re.compile(r"^(\d{4,}-\d\d-\d\d)[T ]00:00:00(?:\.0+)?(?:\+00(?::?00)?)?$")
_MOMENT = re.compile(r"^(\d{4,}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:(\.\d*?)0*)?(?:\+00(?::?00)?|Z)?$")

Key = Decimal | float | str | None


def compare(
    engine: str, theirs: Rows | None, spark: Rows | None, ordered_by: Sequence[int] = (), *, what: str = "sample"
) -> Comparison:
    """Whether both gave the same rows, in the same order of the columns that the statement sorts by.

    Numbers are the same within a part in 1e9, or within the last digit of the one that is written with fewer digits,
    where these are at least four; a day is the same as its midnight.
    """
    if theirs is None or spark is None:
        message = "The result is too large to be compared. Ask for fewer rows, or aggregate."
        return Comparison(Verdict.NOT_COMPARED, engine, message)
    ours, other = [_row(each) for each in spark], [_row(each) for each in theirs]
    only_ours, only_theirs = _unmatched(ours, other)
    sizes = (len(other), len(ours))
    if only_ours or only_theirs:
        shown = [("spark", _texts(spark[each])) for each in only_ours[:_SHOWN]]
        shown += [(engine, _texts(theirs[each])) for each in only_theirs[:_SHOWN]]
        message = (
            f"On the {what}, Spark gives {len(ours):,} rows and {engine} {len(other):,}; "
            f"{len(only_ours):,} of Spark's and {len(only_theirs):,} of {engine}'s have no counterpart. "
            "Look at what does not carry over, and at LIMIT without an order that is total."
        )
        return Comparison(Verdict.DIFFERENT, engine, message, *sizes, tuple(shown))
    for number, (mine, their) in enumerate(zip(ours, other, strict=True)):
        if any(not _same(mine[each], their[each]) for each in ordered_by):
            message = (
                f"On the {what}, Spark and {engine} give the same {len(ours):,} rows, but in another order from row "
                f"{number + 1} on: they sort texts or NULLs differently."
            )
            shown = [("spark", _texts(spark[number])), (engine, _texts(theirs[number]))]
            return Comparison(Verdict.DIFFERENT, engine, message, *sizes, tuple(shown))
    order = ", in the same order" if ordered_by else ""
    message = f"On the {what}, Spark and {engine} give the same {len(ours):,} rows{order}."
    return Comparison(Verdict.EQUAL, engine, message, *sizes)


def _row(row: Sequence[Cell]) -> tuple[Key, ...]:
    return tuple(_key(each) for each in row)


def _key(value: Cell) -> Key:
    """A value in the form that engines share: truth and numbers as numbers, moments without what is zero."""
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return value
    if value is None:
        return None
    if (midnight := _MIDNIGHT.match(value)) is not None:
        return midnight[1]
    if (moment := _MOMENT.match(value)) is not None:
        fraction = moment[3] if moment[3] and moment[3] != "." else ""
        return f"{moment[1]} {moment[2]}{fraction}"
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    # A code such as "007" or "1e3" is a text, not a number; a decimal has its plain form.
    return number if number.is_finite() and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", value) else value


def _same(one: Key, other: Key) -> bool:
    if one is None or other is None or isinstance(one, str) or isinstance(other, str):
        return one == other
    first, second = float(one), float(other)
    if first == second or (math.isnan(first) and math.isnan(second)):
        return True
    scales = [_scale(each) for each in (one, other)]
    least = min(scales)
    if scales == [least, least] and least < math.inf:
        return one == other
    last_digit = 10.0**-least if _CUT_DIGITS <= least < math.inf else 0.0
    return math.isclose(first, second, rel_tol=_RELATIVE, abs_tol=last_digit)


def _scale(value: Decimal | float) -> float:
    if isinstance(value, float):
        return math.inf
    exponent = value.as_tuple().exponent
    return float(max(0, -exponent)) if isinstance(exponent, int) else math.inf


def _unmatched(ours: Sequence[tuple[Key, ...]], other: Sequence[tuple[Key, ...]]) -> tuple[list[int], list[int]]:
    """The positions of the rows that only one side has: first by equality, the rest one by one, within tolerance."""
    left_ours = _without(ours, Counter(map(_hashable, other)))
    left_other = _without(other, Counter(map(_hashable, ours)))
    waiting: dict[tuple[object, ...], list[int]] = {}
    for position in left_other:
        waiting.setdefault(_group(other[position]), []).append(position)
    only_ours: list[int] = []
    for position in left_ours:
        row = ours[position]
        among = waiting.get(_group(row), [])
        match = next((each for each in among if _all_same(row, other[each])), None)
        if match is None:
            only_ours.append(position)
        else:
            among.remove(match)
    return only_ours, sorted(each for positions in waiting.values() for each in positions)


def _without(rows: Sequence[tuple[Key, ...]], counted: Counter[tuple[object, ...]]) -> list[int]:
    left = []
    for position, row in enumerate(rows):
        key = _hashable(row)
        if counted[key] > 0:
            counted[key] -= 1
        else:
            left.append(position)
    return left


def _hashable(row: tuple[Key, ...]) -> tuple[object, ...]:
    return tuple("NaN" if isinstance(each, float) and math.isnan(each) else each for each in row)


def _group(row: tuple[Key, ...]) -> tuple[object, ...]:
    """What two rows that are the same within tolerance share for certain: everything but their numbers."""
    return tuple(each if each is None or isinstance(each, str) else 0 for each in row)


def _all_same(one: tuple[Key, ...], other: tuple[Key, ...]) -> bool:
    return len(one) == len(other) and all(_same(left, right) for left, right in zip(one, other, strict=True))


def _texts(row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple("NULL" if each is None else str(each)[:200] for each in row)
