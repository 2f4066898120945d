"""Which expectations there are and what each takes: a table of data, and the check of one against it.

The table is an allow-list: what it does not name is refused, so no expectation runs code or SQL text of the caller's.
"""

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, NoReturn

from services.kit.errors import InvalidArgument
from services.validation.core.quality.model import Expectation

MAX_ITEMS = 1000
MAX_TEXT = 1000
_MAX_PATTERNS = 20
_COUNTS = {"none": (0, 0), "one": (1, 1), "two": (2, 2), "many": (1, 20)}
_IGNORED_OF_TWO = ("both_values_are_missing", "either_value_is_missing", "neither")
_IGNORED_OF_MANY = ("all_values_are_missing", "any_value_is_missing", "never")


@dataclass(frozen=True, slots=True)
class Kind:
    """An expectation of the table: see the head of `expectations.toml` for its fields."""

    about: str
    columns: str = "none"
    rows: bool = False
    reads: str = "typed"
    parameters: Mapping[str, str] = field(default_factory=dict)
    required: Sequence[str] = ()
    some: Sequence[str] = ()


@cache
def vocabulary() -> Mapping[str, Kind]:
    """Every expectation that may be asked for, by its name."""
    text = resources.files(__package__).joinpath("expectations.toml").read_text("utf-8")
    return {name: Kind(**fields) for name, fields in tomllib.loads(text).items()}


def check_expectation(expectation: Expectation) -> Kind:
    """The kind of an expectation that is well-formed.

    Raises:
        InvalidArgument: It is not known, or a parameter is unknown, missing or of another kind.
    """
    kind = vocabulary().get(expectation.type)
    if kind is None:
        refuse(expectation, "is not among the expectations that are allowed; the documentation lists them")
    least, most = _COUNTS[kind.columns]
    if not least <= len(expectation.columns) <= most:
        refuse(expectation, f"takes {kind.columns} column{'' if kind.columns == 'one' else 's'}")
    if len(set(expectation.columns)) < len(expectation.columns):
        refuse(expectation, "names a column twice")
    if expectation.mostly < 1 and not kind.rows:
        refuse(expectation, "is not judged row by row, so it takes no `mostly`")
    for name, value in expectation.parameters.items():
        wanted = kind.parameters.get(name)
        if wanted is None:
            refuse(expectation, f"has no parameter {name[:100]!r}; it takes {', '.join(kind.parameters) or 'none'}")
        if not _KINDS[wanted](value):
            refuse(expectation, f"takes as {name!r} {_WORDS[wanted]}")
    missing = [name for name in kind.required if name not in expectation.parameters]
    if missing or (kind.some and not set(kind.some) & set(expectation.parameters)):
        refuse(expectation, f"needs {' and '.join(missing) or ' or '.join(kind.some)}")
    referred = expectation.parameters.get("referred_columns")
    if referred is not None and len(referred) != len(expectation.columns):
        refuse(expectation, "needs as many referred columns as it has columns")
    return kind


def refuse(expectation: Expectation, what: str) -> NoReturn:
    """Says what is wrong with an expectation.

    Raises:
        InvalidArgument: Always.
    """
    name = expectation.type[:100]
    metadata = {"expectation": name}
    if expectation.columns:
        metadata["column"] = expectation.columns[0][:200]
    raise InvalidArgument("EXPECTATION_INVALID", f"The expectation {name!r} {what}.", metadata=metadata)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


def _count(value: Any) -> bool:
    return _number(value) and 0 <= value < 2**53 and float(value).is_integer()


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT


def _bound(value: Any) -> bool:
    return _number(value) or _text(value)


def _items(value: Any, each: Callable[[Any], bool], most: int) -> bool:
    return isinstance(value, list | tuple) and 0 < len(value) <= most and all(map(each, value))


def _value(value: Any) -> bool:
    return isinstance(value, bool) or _number(value) or (isinstance(value, str) and len(value) <= MAX_TEXT)


def _ranges(value: Any) -> bool:
    """Great Expectations' form: {"quantiles": [0.5], "value_ranges": [[1, 9]]}; null leaves a side open."""
    if not isinstance(value, Mapping) or set(value) != {"quantiles", "value_ranges"}:
        return False
    quantiles, ranges = value["quantiles"], value["value_ranges"]
    if not _items(quantiles, _share, 20) or not isinstance(ranges, list | tuple) or len(ranges) != len(quantiles):
        return False
    return all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(side is None or _number(side) for side in pair)
        for pair in ranges
    )


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "bound": _bound,
    "number": _number,
    "share": _share,
    "count": _count,
    "flag": lambda value: isinstance(value, bool),
    "text": _text,
    # Whether it is a regular expression is found where it runs: to compile one may take as long as to match it.
    "pattern": _text,
    "patterns": lambda value: _items(value, _text, _MAX_PATTERNS),
    "values": lambda value: _items(value, _value, MAX_ITEMS),
    "texts": lambda value: _items(value, _text, MAX_ITEMS),
    "ranges": _ranges,
    "rows_ignored_of_two": lambda value: value in _IGNORED_OF_TWO,
    "rows_ignored_of_many": lambda value: value in _IGNORED_OF_MANY,
    "match": lambda value: value in {"any", "all"},
}
_WORDS: Mapping[str, str] = {
    "bound": "a number, or a time as a text of ISO 8601",
    "number": "a number",
    "share": "a number from 0 to 1",
    "count": "a whole number from 0",
    "flag": "true or false",
    "text": f"a text of at most {MAX_TEXT} characters",
    "pattern": f"a regular expression of at most {MAX_TEXT} characters",
    "patterns": f"at most {_MAX_PATTERNS} regular expressions",
    "values": f"a list of at most {MAX_ITEMS} values",
    "texts": f"a list of at most {MAX_ITEMS} texts",
    "ranges": "the fields `quantiles` and `value_ranges`, one pair of numbers for each quantile",
    "rows_ignored_of_two": f"one of {', '.join(_IGNORED_OF_TWO)}",
    "rows_ignored_of_many": f"one of {', '.join(_IGNORED_OF_MANY)}",
    "match": '"any" or "all"',
}
