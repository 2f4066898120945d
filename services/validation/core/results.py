"""Rows on their way out: every value as a cell that has one exact form, in batches, within limits."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from services.kit.catalog import ColumnType
from services.validation.core.model import Batch, Cell, Limits, Summary

BATCH_ROWS = 1000
BATCH_BYTES = 256 * 1024
_INT64 = 1 << 63


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

    @property
    def full(self) -> bool:
        """Whether a limit was reached; nothing more is taken then."""
        return bool(self._limit)

    @property
    def wanted(self) -> int:
        """How many rows are worth fetching next: one more than fit tells whether there are more."""
        return min(BATCH_ROWS, self._limits.max_rows - self._rows + 1)

    @property
    def summary(self) -> Summary:
        """What was taken in all."""
        return Summary(self._rows, self._limit)

    def take(self, rows: Sequence[Sequence[Any]]) -> Iterator[Batch]:
        """The batches made of the rows that fit."""
        taken: list[tuple[Cell, ...]] = []
        size = 0
        for row in rows:
            cells = tuple(map(cell, row))
            weight = sum(len(each) if isinstance(each, str) else 8 for each in cells)
            if self._rows >= self._limits.max_rows or self._bytes + weight > self._limits.max_bytes:
                self._limit = "max_rows" if self._rows >= self._limits.max_rows else "max_bytes"
                break
            taken.append(cells)
            self._rows += 1
            self._bytes += weight
            size += weight
            if size >= BATCH_BYTES:
                yield _batch(taken)
                taken, size = [], 0
        if taken:
            yield _batch(taken)


def _batch(rows: list[tuple[Cell, ...]]) -> Batch:
    return Batch(len(rows), tuple(zip(*rows, strict=True)))
