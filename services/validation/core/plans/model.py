"""A plan in the same words for every engine: steps, what they read, and the indexes that they may use."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = -1.0


class StepKind(enum.StrEnum):
    """What a step does, in one word for all engines."""

    UNSPECIFIED = "unspecified"
    SCAN = "scan"
    INDEX_SCAN = "index_scan"
    JOIN = "join"
    SORT = "sort"
    AGGREGATE = "aggregate"
    FILTER = "filter"
    UNION = "union"
    MATERIALIZE = "materialize"
    EXCHANGE = "exchange"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan; figures are `UNKNOWN` where the engine does not say.

    Args:
        operation: The engine's own word.
        table: The table that is read, as the engine names it until `tables.name_tables` looks it up.
        rows: How many rows come out.
        cost: What it takes with all before it, in the planner's unit.
        bytes: What comes out, in bytes; what is read where the step reads a table.
        rows_read: How many rows of its table are looked at, over all its repetitions.
        columns: The columns that are read, where the engine says; all of them when empty.
        outer: The position of the step each of whose rows has this one done again; -1 where it is done once, or where
            the figures hold the repetitions already.
        parent: The position of the step that this one feeds; -1 for the last.
    """

    kind: StepKind
    operation: str
    table: str = ""
    index: str = ""
    condition: str = ""
    rows: float = UNKNOWN
    cost: float = UNKNOWN
    bytes: float = UNKNOWN
    rows_read: float = UNKNOWN
    actual_rows: float = UNKNOWN
    actual_ms: float = UNKNOWN
    spills: bool = False
    columns: tuple[str, ...] = ()
    outer: int = -1
    parent: int = -1

    @property
    def reads(self) -> bool:
        """Whether it reads a table."""
        return bool(self.table) and self.kind in {StepKind.SCAN, StepKind.INDEX_SCAN}


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: the database's own words, the planner's estimates, and the steps, the last one first.

    `rows_read` and `bytes_read` are what is read from tables in all, where the engine says so itself; what it leaves
    open is worked out from the steps by `tables.name_tables`. `sizes` are those of the tables by their qualified names,
    where the engine gives them beside the plan.
    """

    text: str
    estimated_rows: float = UNKNOWN
    estimated_cost: float = UNKNOWN
    steps: tuple[Step, ...] = ()
    rows_read: float = UNKNOWN
    bytes_read: float = UNKNOWN
    sizes: Mapping[str, "TableSize"] = field(default_factory=dict)

    @property
    def scans(self) -> tuple[Step, ...]:
        """The steps that read a table whole."""
        return tuple(step for step in self.steps if step.reads and step.kind is StepKind.SCAN)


@dataclass(frozen=True, slots=True)
class TableSize:
    """How many rows and bytes a table has, by the engine's own statistics."""

    rows: float = UNKNOWN
    bytes: float = UNKNOWN


Sizes = Mapping[str, TableSize]


@dataclass(frozen=True, slots=True)
class Index:
    """An index: its columns in order, an empty text where it holds an expression; `is_partial` where not all rows."""

    table: str
    name: str
    columns: tuple[str, ...]
    is_unique: bool = False
    is_partial: bool = False


def indexes_of(rows: Iterable[tuple[str, str, bool, bool, str]]) -> tuple[Index, ...]:
    """Indexes out of rows of table, name, is unique, is partial and column, those of an index together and in order."""
    found: dict[tuple[str, str], list[tuple[bool, bool, str]]] = {}
    for table, name, is_unique, is_partial, column in rows:
        found.setdefault((table, name), []).append((is_unique, is_partial, column))
    return tuple(
        Index(table, name, tuple(column for _, _, column in parts), parts[0][0], parts[0][1])
        for (table, name), parts in found.items()
    )


@dataclass(slots=True)
class Steps:
    """Gathers steps from the last to the first; `add` gives the position that the steps before it name as parent."""

    found: list[Step] = field(default_factory=list)

    def add(self, step: Step) -> int:
        """Adds a step."""
        self.found.append(step)
        return len(self.found) - 1


def total(figures: Iterable[float]) -> float:
    """The sum of figures; unknown where one of them is, or where there are none."""
    known = list(figures)
    return sum(known) if known and all(each >= 0 for each in known) else UNKNOWN


def number(value: Any) -> float:
    """A figure of a document as a number; unknown where it is missing or no finite number."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return UNKNOWN
    return found if 0 <= found < float("inf") else UNKNOWN
