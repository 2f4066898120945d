"""The type of a sampled column on Spark, chosen so that every value keeps its exact form."""

import re
from collections.abc import Sequence
from datetime import date

from services.kit.catalog import Column, ColumnType
from services.validation.core.model import Cell

BIGINT, DOUBLE, STRING, BOOLEAN, BINARY = "BIGINT", "DOUBLE", "STRING", "BOOLEAN", "BINARY"
_MAX_DIGITS = 38
_NUMBER = re.compile(r"-?\d+(?:\.(\d*))?$")
_DECLARED = re.compile(r"(?:numeric|decimal|number|dec)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", re.IGNORECASE)
_ZONED = re.compile(r"timestamptz|with time zone|datetimeoffset|timestamp_ltz|timestamp_tz", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?$")
# Dialects whose columns hold any value: what is there decides, not what is declared.
_BY_VALUE = frozenset({"sqlite"})


def spark_type(column: Column, dialect: str, values: Sequence[Cell]) -> str:
    """Spark's type for a column, by what it is declared as and what it holds. Whole numbers always have 64 bits."""
    kinds = {type(value) for value in values if value is not None}
    if dialect in _BY_VALUE:
        return _by_value(column, kinds, values)
    match column.type:
        case ColumnType.BOOLEAN if kinds <= {bool}:
            return BOOLEAN
        case ColumnType.INTEGER if kinds <= {int}:
            return BIGINT
        case ColumnType.INTEGER | ColumnType.NUMBER:
            return _number(column, kinds, values)
        case ColumnType.DATE if all(_is_moment(value) for value in values):
            return "DATE"
        case ColumnType.TIMESTAMP if all(_is_moment(value) for value in values):
            return "TIMESTAMP" if _ZONED.search(column.native_type) else "TIMESTAMP_NTZ"
        case ColumnType.BINARY:
            return BINARY
    return BOOLEAN if kinds == {bool} else STRING


def _by_value(column: Column, kinds: set[type], values: Sequence[Cell]) -> str:
    if str in kinds:
        if column.type is ColumnType.NUMBER and all(value is None or _NUMBER.match(str(value)) for value in values):
            return DOUBLE
        return BINARY if column.type is ColumnType.BINARY and kinds == {str} else STRING
    if float in kinds:
        return DOUBLE
    if kinds:
        return BIGINT
    by_declaration = {ColumnType.INTEGER: BIGINT, ColumnType.NUMBER: DOUBLE, ColumnType.BOOLEAN: BIGINT}
    return by_declaration.get(column.type, STRING)


def _number(column: Column, kinds: set[type], values: Sequence[Cell]) -> str:
    if float in kinds or (not kinds and not _DECLARED.search(column.native_type)):
        return DOUBLE
    texts = [str(value) for value in values if value is not None]
    if not all(_NUMBER.match(each) for each in texts):
        # NaN and infinity, which decimals do not have.
        return DOUBLE
    scales = [len(match[1] or "") for each in texts if (match := _NUMBER.match(each)) is not None]
    declared = _DECLARED.search(column.native_type)
    if declared is not None:
        digits, scale = int(declared[1]), int(declared[2] or 0)
        if digits <= _MAX_DIGITS and max(scales, default=0) <= scale:
            return f"DECIMAL({digits},{scale})"
    scale = max(scales, default=0)
    whole = max((len(each.lstrip("-").partition(".")[0]) for each in texts), default=1)
    if whole + scale > _MAX_DIGITS:
        return DOUBLE
    return f"DECIMAL({_MAX_DIGITS},{scale})" if scale <= _MAX_DIGITS - whole else DOUBLE


def _is_moment(value: Cell) -> bool:
    if value is None:
        return True
    if not isinstance(value, str) or _MOMENT.match(value) is None:
        return False
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True
