"""Cells as columns of pandas: by their type, as they are, or as text; and how their values are spread."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from services.kit.catalog import ColumnType
from services.validation.core.quality.drift import OTHER
from services.validation.core.quality.model import Distribution

TIMES = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP})
NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.NUMBER})
_MAX_TEXT = 200
# A column of so few values is counted value by value; one of more values than that, in tenths.
_FEW = 20
_MAX_VALUES = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_JULIAN = 2440587.5
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:$|[T ])")
_TENTHS = np.linspace(0, 1, 11)


@dataclass
class Column:
    """The cells of a column that came from the database, NULL as None."""

    name: str
    type: ColumnType
    cells: list[Any] = field(default_factory=list)

    @cached_property
    def raw(self) -> "pd.Series[Any]":
        """The cells as they came."""
        return pd.Series(self.cells, dtype=object)

    @cached_property
    def text(self) -> "pd.Series[Any]":
        """The cells as text."""
        return pd.Series([None if each is None else shown(each) for each in self.cells], dtype=object)

    @cached_property
    def typed(self) -> "pd.Series[Any]":
        """Numbers and times as such, times in UTC without a zone; what cannot be read is missing."""
        if self.type in NUMBERS:
            return pd.to_numeric(self.raw, errors="coerce")
        return read_times(self.cells) if self.type in TIMES else self.raw

    @cached_property
    def unreadable(self) -> int:
        """How many cells hold something that is not of the column's type, as SQLite lets them."""
        return int(self.typed.isna().sum()) - int(self.raw.isna().sum())

    @cached_property
    def ordered(self) -> "pd.Series[float] | None":
        """The finite values as numbers, times as seconds since 1970; None where values have no such order."""
        if self.type in NUMBERS:
            values = self.typed.dropna().astype(float)
            return values[np.isfinite(values)]
        if self.type in TIMES:
            return _seconds(self.typed.dropna())
        present = [each for each in self.cells if each is not None]
        if self.type is ColumnType.TEXT and all(isinstance(each, str) and _TIME.match(each) for each in present):
            # SQLite has times as text, and the result of a statement says no more.
            times = read_times(present)
            return None if times.isna().any() else _seconds(times)
        return None

    def of_values(self, values: Sequence[str]) -> "pd.Series[Any]":
        """The cells as text, those that are none of the values as one value more."""
        known = set(values)
        return self.text.map(lambda each: each if each is None or each in known else OTHER)


def _seconds(times: "pd.Series[Any]") -> "pd.Series[float]":
    return times.astype("int64") / 1e6


def read_times(cells: Sequence[Any]) -> "pd.Series[Any]":
    """Times from texts of ISO 8601; whole numbers are seconds since 1970 and others Julian days, as in SQLite.

    Source: https://www.sqlite.org/datatype3.html#date_and_time_datatype
    """
    if all(isinstance(each, str | None) for each in cells):
        times = pd.to_datetime(pd.Series(cells, dtype=object), format="ISO8601", utc=True, errors="coerce")
    else:
        read = pd.Series([_read_time(each) for each in cells], dtype=object)
        times = pd.to_datetime(read, utc=True, errors="coerce")
    # Microseconds, since nanoseconds end in 2262.
    return times.dt.as_unit("us").dt.tz_localize(None)


def _read_time(value: Any) -> datetime | None:
    try:
        match value:
            case bool():
                return None
            case int():
                return _EPOCH + timedelta(seconds=value)
            case float():
                return _EPOCH + timedelta(days=value - _EPOCH_JULIAN)
            case str():
                time = datetime.fromisoformat(value)
                return time if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return None


def shown(value: Any) -> str:
    """A value as a text of bounded length, for a person."""
    if isinstance(value, pd.Timestamp):
        return str(value)[:_MAX_TEXT].removesuffix(" 00:00:00")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))[:_MAX_TEXT]
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(each)}" for name, each in value.items())[:_MAX_TEXT]
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))[:_MAX_TEXT]
    return "NULL" if value is None or value is pd.NaT else str(value)[:_MAX_TEXT]


def spread(column: Column, reference: Distribution | None) -> Distribution | None:
    """How a column's values are spread: as the reference counts them, else in ranges of a tenth of the rows each.

    None where there are too many values to count and none has an order.
    """
    missing = int(column.raw.isna().sum())
    ordered = column.ordered
    if reference is not None and reference.edges:
        return None if ordered is None else _in_ranges(column.name, ordered, reference.edges, missing)
    counted: Counter[str] = Counter(each for each in column.text if each is not None)
    if reference is not None:
        return _of_values(column.name, counted, reference.values, missing)
    if ordered is not None and len(counted) > _FEW:
        edges = np.unique(np.quantile(ordered, _TENTHS)) if len(ordered) else np.array([])
        if len(edges) > 2:
            return _in_ranges(column.name, ordered, [float(each) for each in edges], missing)
    if len(counted) > _MAX_VALUES and len(counted) > sum(counted.values()) / 2:
        return None
    return _of_values(column.name, counted, [value for value, _ in counted.most_common(_MAX_VALUES)], missing)


def _in_ranges(name: str, values: "pd.Series[float]", edges: Sequence[float], missing: int) -> Distribution:
    places = np.searchsorted(np.array(edges[1:-1]), values.to_numpy(), side="right")
    counts = np.bincount(places, minlength=len(edges) - 1)
    return Distribution(name, tuple(map(int, counts)), edges=tuple(edges), missing_count=missing)


def _of_values(name: str, counted: Counter[str], values: Sequence[str], missing: int) -> Distribution:
    counts = tuple(counted[value] for value in values)
    other = sum(counted.values()) - sum(counts)
    return Distribution(name, counts, values=tuple(values), other_count=other, missing_count=missing)
