"""Rows on their way out: every value as a cell that has one exact form, in batches, within limits."""

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from operator import methodcaller
from typing import Any

from services.kit.catalog import ColumnType
from services.validation.core.model import Batch, Cell, Limits, Summary

BATCH_BYTES = 256 * 1024
# The first rows are few, so that they come soon and wide ones fit; the next are as many as fill a batch.
_FIRST_ROWS = 200
_MOST_ROWS = 2000
_INT64 = 1 << 63
_NO_TEXT = 8
# What is a cell as it is, whatever its value; without texts all of one weight.
_PLAIN = frozenset({bool, float, type(None)})
_CELLS = _PLAIN | {str}
# What has one form that needs no look at each value's type.
_FORM: Mapping[type, Callable[[Any], str]] = {
    date: date.isoformat,
    datetime: methodcaller("isoformat", " "),
    Decimal: methodcaller("__format__", "f"),
}


def cell(value: Any) -> Cell:
    """A value as a cell: truth, numbers of 64 bits and text stay, everything else becomes its exact text."""
    match value:
        case None | bool() | float() | str():
            return value
        case int():
            return value if -_INT64 <= value < _INT64 else str(value)
        case Decimal():
            return format(value, "f")
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case dict() | list() | tuple():
            return json.dumps(value, default=cell, ensure_ascii=False)
    return str(value)


def cells(values: Sequence[Any]) -> tuple[Sequence[Cell], int]:
    """A column's values, one at least, as cells (`cell` of each), and their weight in bytes.

    Most columns hold one type, which is seen from the first value and tried on all of them at once.
    """
    try:
        if type(values[0]) is str:
            return values, len("".join(values))
        if type(values[0]) is int:
            # Raises where one is no integer of 64 bits.
            struct.pack(f"{len(values)}q", *values)
            return values, _NO_TEXT * len(values)
    except (TypeError, struct.error):
        pass
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return values, _NO_TEXT * len(values)
    exact = values if kinds <= _CELLS else list(map(_FORM.get(kinds.pop(), cell) if len(kinds) == 1 else cell, values))
    texts = [each for each in exact if isinstance(each, str)]
    return exact, len("".join(texts)) + _NO_TEXT * (len(exact) - len(texts))


def type_of(values: Iterable[Cell | bytes]) -> ColumnType:
    """The type that values have together, for engines whose columns have none of their own."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return ColumnType.BOOLEAN
    if kinds == {int}:
        return ColumnType.INTEGER
    if kinds and kinds <= {int, float}:
        return ColumnType.NUMBER
    if kinds == {str}:
        return ColumnType.TEXT
    return ColumnType.BINARY if kinds == {bytes} else ColumnType.OTHER


class Collector:
    """Puts rows into batches and stops at the limits.

    Args:
        limits: What the result may hold; its time is the engine's to keep.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = 0
        self._bytes = 0
        self._limit = ""
        self._next = _FIRST_ROWS

    @property
    def full(self) -> bool:
        """Whether a limit was reached; nothing more is taken then."""
        return bool(self._limit)

    @property
    def wanted(self) -> int:
        """How many rows are worth fetching next: one more than fit tells whether there are more."""
        return self.wanted_after(0)

    def wanted_after(self, coming: int) -> int:
        """How many are worth fetching when so many are on their way to be taken; 0 where those are enough."""
        return max(0, min(self._next, self._limits.max_rows - self._rows - coming + 1))

    @property
    def summary(self) -> Summary:
        """What was taken in all."""
        return Summary(self._rows, self._limit)

    def take(self, rows: Sequence[Sequence[Any]]) -> Iterator[Batch]:
        """The batches made of the rows that fit."""
        weighed = [cells(values) for values in zip(*rows, strict=True)]
        columns = [each[0] for each in weighed]
        count, weight = len(rows), sum(each[1] for each in weighed)
        self._next = max(1, min(_MOST_ROWS, 4 * self._next, count * BATCH_BYTES // max(1, weight)))
        fits = self._rows + count <= self._limits.max_rows and self._bytes + weight <= self._limits.max_bytes
        if fits and weight < 2 * BATCH_BYTES:
            self._rows += count
            self._bytes += weight
            if count:
                yield Batch(count, tuple(columns))
            return
        start = 0
        for end in self._cuts(columns, count):
            yield Batch(end - start, tuple(each[start:end] for each in columns))
            start = end

    def _cuts(self, columns: Sequence[Sequence[Any]], count: int) -> Iterator[int]:
        """Where one batch ends and the next begins, row by row, up to the limit."""
        size = begun = 0
        for row in range(count):
            weight = sum(len(each[row]) if isinstance(each[row], str) else _NO_TEXT for each in columns)
            if self._rows >= self._limits.max_rows or self._bytes + weight > self._limits.max_bytes:
                self._limit = "max_rows" if self._rows >= self._limits.max_rows else "max_bytes"
                if row > begun:
                    yield row
                return
            self._rows += 1
            self._bytes += weight
            size += weight
            if size >= BATCH_BYTES:
                yield row + 1
                size, begun = 0, row + 1
        if count > begun:
            yield count
