"""What is read of the data source for a sample, and the sample once it is read: keys whole, nothing private."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlglot import exp

from services.kit.catalog import Column, Table
from services.validation.core.catalog import Catalog
from services.validation.core.model import Cell
from services.validation.core.trials.model import Extraction, Sample
from services.validation.core.trials.synthesis import empty_rows, fill, repair

# A table with so small a part of the rows is taken whole: it may be a list of codes.
_LIST_SHARE = 0.01
# Rows of the largest table where all are made up.
_MADE_UP_ROWS = 1000

IsHidden = Callable[[str, Column], bool]


def plan(
    catalog: Catalog, read: Mapping[str, Sequence[str]], rows: int, is_hidden: IsHidden, *, extract: bool
) -> list[Extraction]:
    """What to read of each table.

    Args:
        catalog: Says what the tables are.
        read: The columns that the statement reads of each table.
        rows: How many rows of the largest table; the others are in proportion, where their sizes are known.
        is_hidden: Whether a column's values may not leave the data source.
        extract: Whether any rows may be read at all.
    """
    tables = {name: table for name in read if (table := catalog.table(name)) is not None}
    largest = max((table.row_estimate for table in tables.values()), default=-1)
    found = []
    for name, table in tables.items():
        hidden = {each.name for each in table.columns if not extract or is_hidden(name, each)}
        taken = [each for each in read[name] if each not in hidden]
        made_up = tuple(each for each in read[name] if each in hidden)
        limit = _limit(table, largest, rows)
        # Rows of which nothing may be read are still counted, by a column that may be.
        counted = taken or [each.name for each in table.columns if each.name not in hidden][:1]
        sql = _select(catalog, table, counted, hidden, limit) if counted and extract else ""
        found.append(Extraction(name, tuple(read[name]), made_up, sql, limit))
    return found


def _limit(table: Table, largest: int, rows: int) -> int:
    if largest <= rows or table.row_estimate < 0 or table.row_estimate <= _LIST_SHARE * largest:
        return rows
    return max(1, min(rows, round(rows * table.row_estimate / largest)))


def _select(catalog: Catalog, table: Table, columns: Sequence[str], hidden: set[str], limit: int) -> str:
    """One row more than is taken is asked for: it tells whether there are more."""
    relation = exp.table_(table.name, db=table.schema or None, quoted=True)
    query = exp.select(*(exp.column(each, quoted=True) for each in columns)).from_(relation).limit(limit + 1)
    key = [each.name for each in table.columns if each.is_primary_key]
    if key and not hidden & set(key) and table.kind == "table":
        query = query.order_by(*(exp.column(each, quoted=True) for each in key))
    return query.sql(catalog.dialect.name)


def sample_of(extraction: Extraction, rows: Sequence[Sequence[Cell]], *, complete: bool) -> Sample:
    """The sample of a table from what was read of it, the columns that are made up still without values."""
    taken = [each for each in extraction.columns if each not in extraction.made_up]
    places = [taken.index(each) if each in taken else None for each in extraction.columns]
    shaped = tuple(tuple(None if place is None else row[place] for place in places) for row in rows)
    return Sample(extraction.table, extraction.columns, shaped, complete, extraction.made_up)


def complete(catalog: Catalog, samples: Sequence[Sample], rows: int) -> tuple[list[Sample], int]:
    """The samples with values where they are to be made up and no reference that leads outside; how many led there.

    A table without rows gets as many as the largest has, all made up: a trial of nothing tells nothing.
    """
    stored = {each.table: table for each in samples if (table := catalog.table(each.table)) is not None}
    columns = {(name, each.name): each for name, table in stored.items() for each in table.columns}
    largest = max((len(each.rows) for each in samples), default=0)
    estimates = max((stored[each.table].row_estimate for each in samples), default=-1)
    shaped = []
    for sample in samples:
        if sample.rows:
            shaped.append(sample)
            continue
        share = stored[sample.table].row_estimate / estimates if estimates > 0 else 1.0
        count = max(1, round((largest or min(rows, _MADE_UP_ROWS)) * (share if share > 0 else 1.0)))
        shaped.append(replace(empty_rows(sample, count), complete=False))
    repaired, turned = repair(shaped, catalog.foreign_keys)
    return fill(repaired, columns, catalog.foreign_keys), turned
