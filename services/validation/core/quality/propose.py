"""What may be expected of a table, by what its database declares and by what its rows are like now.

A proposal from the rows leaves room: a table that is right today must not fail for growing tomorrow.
"""

import enum
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.model import Severity
from services.validation.core.quality.exact import comparable
from services.validation.core.quality.model import ColumnFacts, Expectation
from services.validation.core.quality.queries import NUMERIC

# Of fewer rows than these, what is always so may be chance.
_ENOUGH = 30
_FEW_VALUES = 20
# A set of values is one where each is there this many times on average.
_TIMES_EACH = 5
_RECENT = timedelta(days=7)
_LENGTH = re.compile(r"(?:char|character|varying|text)\s*\((\d{1,6})\)", re.IGNORECASE)
_PATTERNS: Mapping[str, str] = {
    "e-mail addresses": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "UUIDs": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "web addresses": r"^https?://\S+$",
    "dates of ISO 8601": r"^\d{4}-\d{2}-\d{2}([T ].*)?$",
}
_STABLE = {"max_psi": 0.25}


class Origin(enum.StrEnum):
    """What a proposal was derived from."""

    CATALOG = "catalog"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An expectation, why, and what says so."""

    expectation: Expectation
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What was measured of a column; `values` are all of its values where they are few, `lengths` of texts.

    Where `hidden` is set, its values were left alone.
    """

    column: Column
    facts: ColumnFacts
    values: tuple[str, ...] = ()
    lengths: tuple[int, int] | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What was measured of a table."""

    table: Table
    rows: int
    columns: tuple[ColumnProfile, ...]
    foreign_keys: tuple[ForeignKey, ...] = field(default=())


def propose(profile: Profile, now: datetime) -> tuple[Proposal, ...]:
    """What may be expected of a table; what the database declares first for each column."""
    found = [*_of_table(profile)]
    keyed = {name for key in profile.foreign_keys for name in key.columns}
    for column in profile.columns:
        found += _of_nulls(profile, column)
        found += _of_uniqueness(column)
        if not column.hidden:
            found += _of_values(column, now, is_key=column.column.name in keyed or _identifies(column))
    return tuple(found)


def few_values(facts: ColumnFacts) -> bool:
    """Whether a column holds a set of values that may be listed."""
    return 0 < facts.distinct <= _FEW_VALUES and facts.non_null >= max(_ENOUGH, _TIMES_EACH * facts.distinct)


def _of_table(profile: Profile) -> Iterator[Proposal]:
    table, names = profile.table, [column.name for column in profile.table.columns]
    yield _declared("expect_table_columns_to_match_set", (), {"column_set": names}, "these are its columns now")
    if profile.rows >= _ENOUGH:
        least = profile.rows // 2
        reason = f"it has {profile.rows:,} rows now; half of them gone is worth a look"
        yield _seen("expect_table_row_count_to_be_between", (), {"min_value": least}, reason)
    primary = tuple(column.name for column in table.columns if column.is_primary_key)
    if len(primary) > 1:
        yield _declared("expect_compound_columns_to_be_unique", primary, {}, "they are the primary key together")
    for key in profile.foreign_keys:
        parameters = {"referred_table": key.referred_table, "referred_columns": list(key.referred_columns)}
        reason = f"declared as a foreign key to {key.referred_table}"
        yield _declared("expect_foreign_keys_to_exist", key.columns, parameters, reason)


def _of_nulls(profile: Profile, column: ColumnProfile) -> Iterator[Proposal]:
    name = (column.column.name,)
    nulls = profile.rows - column.facts.non_null
    if not column.column.nullable or column.column.is_primary_key:
        reason = "part of the primary key" if column.column.is_primary_key else "declared NOT NULL"
        yield _declared("expect_column_values_to_not_be_null", name, {}, reason)
    elif profile.rows >= _ENOUGH and nulls == 0:
        yield _seen("expect_column_values_to_not_be_null", name, {}, f"none of {profile.rows:,} rows is NULL")
    elif profile.rows >= _ENOUGH and nulls / profile.rows <= 0.1:
        # Twice the share of now is room enough.
        mostly = math.floor((1 - 2 * nulls / profile.rows) * 100) / 100
        reason = f"{nulls:,} of {profile.rows:,} rows are NULL"
        yield _seen("expect_column_values_to_not_be_null", name, {}, reason, mostly=mostly)


def _of_uniqueness(column: ColumnProfile) -> Iterator[Proposal]:
    name = (column.column.name,)
    if column.column.is_unique:
        yield _declared("expect_column_values_to_be_unique", name, {}, "declared unique")
        return
    # Measures differ by chance; what names something is text or a whole number.
    naming = column.column.type in {ColumnType.INTEGER, ColumnType.TEXT}
    if naming and column.facts.non_null >= _ENOUGH and column.facts.distinct == column.facts.non_null:
        reason = f"no two of {column.facts.non_null:,} values are the same"
        yield _seen("expect_column_values_to_be_unique", name, {}, reason)


def _of_values(column: ColumnProfile, now: datetime, *, is_key: bool) -> Iterator[Proposal]:
    kind = column.column.type
    if kind is ColumnType.TEXT:
        yield from _of_text(column)
    if column.values and kind in {ColumnType.TEXT, ColumnType.BOOLEAN} and not is_key:
        reason = f"all {column.facts.non_null:,} values are one of these {len(column.values)}"
        yield _seen(
            "expect_column_values_to_be_in_set", (column.column.name,), {"value_set": list(column.values)}, reason
        )
    if kind in NUMERIC and not is_key and column.facts.non_null >= _ENOUGH:
        yield from _of_numbers(column)
    if kind in {ColumnType.DATE, ColumnType.TIMESTAMP}:
        yield from _of_times(column, now)
    spread_known = kind in NUMERIC or bool(column.values)
    if spread_known and not is_key and column.facts.non_null >= 10 * _ENOUGH:
        reason = "its spread can be measured; above 0.25 the population stability index is taken as a shift"
        yield _seen("expect_column_distribution_to_be_stable", (column.column.name,), _STABLE, reason)


def _of_text(column: ColumnProfile) -> Iterator[Proposal]:
    name = (column.column.name,)
    declared = _LENGTH.search(column.column.native_type)
    if declared:
        most = {"max_value": int(declared[1])}
        yield _declared(
            "expect_column_value_lengths_to_be_between", name, most, f"declared {column.column.native_type}"
        )
    if column.lengths and column.facts.non_null >= _ENOUGH and column.lengths[0] == column.lengths[1] > 0:
        reason = f"every value has {column.lengths[0]} characters"
        yield _seen("expect_column_value_lengths_to_equal", name, {"value": column.lengths[0]}, reason)
    samples = column.column.samples
    for what, pattern in _PATTERNS.items():
        if len(samples) >= 2 and all(re.match(pattern, each) for each in samples):
            reason = f"all {len(samples)} values that were looked at are {what}"
            yield _seen("expect_column_values_to_match_regex", name, {"regex": pattern}, reason, mostly=0.99)


def _of_numbers(column: ColumnProfile) -> Iterator[Proposal]:
    least, most = comparable(column.facts.min), comparable(column.facts.max)
    if not isinstance(least, float) or not isinstance(most, float) or not math.isfinite(most - least):
        return
    # A tenth of the range to either side, and no sign that no value has.
    room = (most - least) / 10
    low = 0.0 if 0 <= least <= most else least - room
    high = 0.0 if least < 0 and most <= 0 else most + room
    bounds = {"min_value": _rounded(low, up=False), "max_value": _rounded(high, up=True)}
    reason = f"values go from {column.facts.min} to {column.facts.max} now, with a tenth of room"
    yield _seen("expect_column_values_to_be_between", (column.column.name,), bounds, reason)


def _of_times(column: ColumnProfile, now: datetime) -> Iterator[Proposal]:
    newest = comparable(column.facts.max)
    if not isinstance(newest, datetime) or not timedelta(0) <= now - newest <= _RECENT:
        return
    hours = max(24, math.ceil((now - newest) / timedelta(hours=1)) * 2)
    reason = f"the newest value is of {column.facts.max}, so the table is written to"
    yield _seen("expect_column_max_to_be_recent", (column.column.name,), {"max_age_hours": hours}, reason)


def _identifies(column: ColumnProfile) -> bool:
    return (
        column.column.is_primary_key
        or column.column.is_unique
        or bool(re.search(r"(^|_)id$", column.column.name, re.IGNORECASE))
    )


def _rounded(value: float, *, up: bool) -> float:
    """Two significant digits, away from the values."""
    if value == 0:
        return 0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    scaled = math.ceil(value / step) if up else math.floor(value / step)
    return round(scaled * step, 10)


def _declared(type_: str, columns: Sequence[str], parameters: Mapping[str, object], reason: str) -> Proposal:
    return Proposal(Expectation(type_, tuple(columns), parameters), reason, Origin.CATALOG)


def _seen(
    type_: str, columns: Sequence[str], parameters: Mapping[str, object], reason: str, *, mostly: float = 1.0
) -> Proposal:
    expectation = Expectation(type_, tuple(columns), parameters, mostly, Severity.WARNING)
    return Proposal(expectation, reason, Origin.PROFILE)
