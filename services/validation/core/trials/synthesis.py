"""Values that are made up, where none may be read or there are none: of the column's type, with its keys kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.kit.catalog import Column, ColumnType, ForeignKey
from services.validation.core.model import Cell
from services.validation.core.trials.model import Sample

_FIRST_DAY = date(2020, 1, 1)
_DAYS = 1461
_CATEGORIES = 50
_NULL_EVERY = 20
# Prime, so that rows that follow one another refer to rows that do not.
_STEP = 7919


def make_up(column: Column, number: int) -> Cell:
    """The value of row `number` (from 0): one of its own where the column is a key, else one of a few, some NULL."""
    is_key = column.is_primary_key or column.is_unique
    if not is_key and column.nullable and number % _NULL_EVERY == _NULL_EVERY - 1:
        return None
    kind = number if is_key else number * _STEP % 1000
    match column.type:
        case ColumnType.INTEGER:
            return number + 1 if is_key else kind
        case ColumnType.NUMBER:
            return f"{number + 1}" if is_key else f"{kind / 100:.2f}"
        case ColumnType.BOOLEAN:
            return number % 3 == 0
        case ColumnType.DATE:
            return (_FIRST_DAY + timedelta(days=number if is_key else kind % _DAYS)).isoformat()
        case ColumnType.TIMESTAMP:
            moment = datetime(2020, 1, 1) + timedelta(minutes=number if is_key else kind * 60)  # noqa: DTZ001  A wall clock.
            return moment.isoformat(" ")
        case ColumnType.BINARY:
            return f"{number:08x}"
        case ColumnType.JSON:
            return "{}"
    return f"{column.name}-{number if is_key else kind % _CATEGORIES}"


def fill(
    samples: Sequence[Sample], columns: Mapping[tuple[str, str], Column], keys: Iterable[ForeignKey]
) -> list[Sample]:
    """The samples with the columns that are `made_up` filled in; a foreign key among them refers to a row there is."""
    filled = {
        each.table: _with(each, {name: _values(each, columns[each.table, name]) for name in each.made_up})
        for each in samples
    }
    # A key may refer to a column that is itself a foreign key: as many rounds as there are keys settle all of them.
    single = [key for key in keys if key.table in filled and key.referred_table in filled]
    for _ in single:
        changed = False
        for key in single:
            child, parent = filled[key.table], filled[key.referred_table]
            if not set(key.columns) <= set(child.made_up) or not set(key.referred_columns) <= set(parent.columns):
                continue
            places = [parent.columns.index(each) for each in key.referred_columns]
            referred = [tuple(row[place] for place in places) for row in parent.rows]
            if not referred:
                continue
            chosen = [referred[number * _STEP % len(referred)] for number in range(len(child.rows))]
            renewed = _with(child, {name: [row[place] for row in chosen] for place, name in enumerate(key.columns)})
            changed = changed or renewed.rows != child.rows
            filled[key.table] = renewed
        if not changed:
            break
    return [filled[each.table] for each in samples]


def repair(samples: Sequence[Sample], keys: Iterable[ForeignKey]) -> tuple[list[Sample], int]:
    """The samples with references to rows that were not sampled turned to rows that were; how many were turned.

    All rows that share a key still share one: keys that lead outside are given to rows that none refers to first, then
    to all in turn. Nothing is changed where the referred table is complete.
    """
    found = {each.table: each for each in samples}
    turned = 0
    for key in keys:
        child, parent = found.get(key.table), found.get(key.referred_table)
        if child is None or parent is None or parent.complete or child.table == parent.table:
            continue
        if not set(key.columns) <= set(child.columns) or not set(key.referred_columns) <= set(parent.columns):
            continue
        there = _tuples(parent, key.referred_columns)
        referring = _tuples(child, key.columns)
        known = set(there)
        lost = [each for each in dict.fromkeys(referring) if None not in each and each not in known]
        if not lost or not there:
            continue
        used = set(referring)
        order = [each for each in there if each not in used] + there
        new = {each: order[number % len(order)] for number, each in enumerate(lost)}
        turned += sum(each in new for each in referring)
        values = [new.get(each, each) for each in referring]
        found[child.table] = _with(
            child, {name: [row[place] for row in values] for place, name in enumerate(key.columns)}
        )
    return [found[each.table] for each in samples], turned


def empty_rows(sample: Sample, count: int) -> Sample:
    """A sample of so many rows, all of whose columns are to be made up."""
    return replace(sample, rows=((None,) * len(sample.columns),) * count, made_up=sample.columns)


def _values(sample: Sample, column: Column) -> list[Cell]:
    return [make_up(column, number) for number in range(len(sample.rows))]


def _tuples(sample: Sample, names: Sequence[str]) -> list[tuple[Cell, ...]]:
    places = [sample.columns.index(each) for each in names]
    return [tuple(row[place] for place in places) for row in sample.rows]


def _with(sample: Sample, values: Mapping[str, Sequence[Cell]]) -> Sample:
    """The sample with some columns' values replaced."""
    if not values:
        return sample
    places = {sample.columns.index(name): column for name, column in values.items()}
    rows = tuple(
        tuple(places[place][number] if place in places else value for place, value in enumerate(row))
        for number, row in enumerate(sample.rows)
    )
    return replace(sample, rows=rows)
