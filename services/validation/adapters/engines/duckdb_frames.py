"""Messages between the service and its DuckDB processes: a head in JSON, and columns packed by what they hold.

Nothing that a process sends is run or trusted: it is numbers, text and JSON, of a bounded size.
"""

import json
import struct
from array import array
from collections.abc import Sequence
from typing import Any

from services.validation.core.model import Cell
from services.validation.core.results import cell

# The sizes of the head and of the packed columns, before them.
SIZES = struct.Struct(">II")
MAX_BYTES = 128 * 1024 * 1024
_SEPARATOR = "\x1f"
_NONE = type(None)
_NUMBERS = {int: "q", float: "d"}


def message(head: Any, packed: bytes = b"") -> bytes:
    """A whole message."""
    text = json.dumps(head, ensure_ascii=False, default=cell).encode("utf-8", "replace")
    return SIZES.pack(len(text), len(packed)) + text + packed


def pack(columns: Sequence[Sequence[Cell]]) -> tuple[list[list[Any]], bytes]:
    """Columns as bytes, and of each how it is packed, its size and where its NULLs are."""
    described, parts = [], []
    for column in columns:
        kinds = set(map(type, column))
        nulls = [position for position, each in enumerate(column) if each is None] if _NONE in kinds else []
        kinds.discard(_NONE)
        how, packed = _packed(column, next(iter(kinds)) if len(kinds) == 1 else None, bool(nulls))
        described.append([how, len(packed), nulls])
        parts.append(packed)
    return described, b"".join(parts)


def unpack(described: Sequence[Sequence[Any]], packed: bytes) -> tuple[list[Cell], ...]:
    """The columns again.

    Raises:
        ValueError: The bytes are not what the description says.
    """
    columns, start = [], 0
    for how, size, nulls in described:
        column = _unpacked(how, packed[start : start + size])
        for position in nulls:
            column[position] = None
        columns.append(column)
        start += size
    return tuple(columns)


def _packed(column: Sequence[Any], kind: type | None, has_nulls: bool) -> tuple[str, bytes]:  # noqa: FBT001  One caller.
    if kind in _NUMBERS:
        how = _NUMBERS[kind]
        return how, array(how, [each or 0 for each in column] if has_nulls else column).tobytes()
    if kind is bool:
        return "b", bytes([each or 0 for each in column] if has_nulls else column)
    if kind is str:
        joined = _SEPARATOR.join([each or "" for each in column] if has_nulls else column)
        if joined.count(_SEPARATOR) == len(column) - 1:
            return "s", joined.encode("utf-8", "replace")
    return "j", json.dumps(list(column), ensure_ascii=False).encode("utf-8", "replace")


def _unpacked(how: str, packed: bytes) -> list[Any]:
    if how in _NUMBERS.values():
        numbers = array(how)
        numbers.frombytes(packed)
        return numbers.tolist()
    if how == "b":
        return [each == 1 for each in packed]
    if how == "s":
        return packed.decode().split(_SEPARATOR)
    found = json.loads(packed)
    if not isinstance(found, list):
        raise ValueError("a column is a list")  # noqa: TRY004  The caller asks for the bytes' worth, not their type.
    return found
