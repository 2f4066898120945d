"""A few values of each column, from the first rows of a table; none of what is sensitive."""

from collections.abc import Sequence
from typing import Any

from services.kit.catalog import Column
from services.validation.core.results import cell

SAMPLE_ROWS = 200
MAX_SAMPLES = 5
MAX_CHARACTERS = 100


def samples_of(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[tuple[str, ...]]:
    """For each column its first distinct values as text, cut to a readable length."""
    found: list[tuple[str, ...]] = []
    for position, column in enumerate(columns):
        values: dict[str, None] = {}
        for row in rows if not column.is_sensitive else ():
            if row[position] is not None and not isinstance(row[position], bytes):
                values.setdefault(str(cell(row[position]))[:MAX_CHARACTERS])
            if len(values) == MAX_SAMPLES:
                break
        found.append(tuple(values))
    return found
