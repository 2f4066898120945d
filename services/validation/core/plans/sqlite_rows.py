"""SQLite's EXPLAIN QUERY PLAN: rows of an id, the id of the row above, and a sentence. See sqlite.org/eqp.html."""

import re
from collections.abc import Sequence

from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind

_READ = re.compile(
    r"^(?P<how>SCAN|SEARCH) (?:TABLE )?(?P<table>\"(?:[^\"]|\"\")+\"|\S+)(?: AS (?P<alias>\S+))?"
    r"(?: USING (?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?(?P<by>INDEX|INTEGER PRIMARY KEY|PRIMARY KEY|ROWID SEARCH)"
    r"(?: (?P<index>[^\s(]+))?)?(?: \((?P<condition>.*)\))?(?: VIRTUAL TABLE.*)?(?: LEFT-JOIN)?$"
)
_KINDS: tuple[tuple[str, StepKind], ...] = (
    ("USE TEMP B-TREE FOR ORDER BY", StepKind.SORT),
    ("USE TEMP B-TREE FOR", StepKind.AGGREGATE),
    ("UNION", StepKind.UNION),
    ("COMPOUND", StepKind.UNION),
    ("INTERSECT", StepKind.UNION),
    ("EXCEPT", StepKind.UNION),
    ("MERGE", StepKind.UNION),
    ("MATERIALIZE", StepKind.MATERIALIZE),
    ("LIST SUBQUERY", StepKind.MATERIALIZE),
)
# What SQLite's planner assumes of an equality by an index when there are no statistics (sqlite3DefaultRowEst).
_EQUAL_ROWS = 10.0


def read(rows: Sequence[tuple[int, int, str]]) -> Plan:
    """The plan of the rows (id, parent, detail).

    SQLite gives neither cost nor rows. What is scanned whole is left to the catalogue. By a key one row is read, by an
    index ten for an equality and a quarter of the table for a range: what SQLite's planner assumes itself where there
    are no statistics. The tables of one FROM are nested loops, each done for every row of the one before.
    """
    steps: list[Step] = []
    places: dict[int, int] = {}
    driving: dict[int, int] = {}
    depths: dict[int, int] = {}
    lines = []
    for identity, above, detail in rows:
        depths[identity] = depths.get(above, -1) + 1
        lines.append("  " * depths[identity] + detail)
        place = len(steps)
        # A correlated subquery is done for every row that is read beside it; what it reads repeats with it.
        outer = driving.get(above, -1)
        step = _step(detail, places.get(above, -1), outer)
        steps.append(step)
        places[identity] = place
        if step.reads:
            driving[above] = place
        elif detail.startswith(("CORRELATED", "MULTI-INDEX OR", "INDEX ")):
            driving[identity] = outer
    return Plan("\n".join(lines), steps=tuple(steps))


def _step(detail: str, parent: int, outer: int) -> Step:
    found = _READ.match(detail)
    if found is None or found["table"].startswith("("):
        kind = next((kind for word, kind in _KINDS if detail.startswith(word)), StepKind.UNSPECIFIED)
        return Step(kind, detail, parent=parent)
    condition = found["condition"] or ""
    search = found["how"] == "SEARCH"
    return Step(
        kind=StepKind.INDEX_SCAN if search else StepKind.SCAN,
        operation=detail.split(" ", 1)[0] + (f" USING {found['by']}" if found["by"] else ""),
        table=(found["alias"] or found["table"]).strip('"'),
        index=found["index"] or "",
        condition=condition,
        rows=_rows(found["by"] or "", condition) if search else UNKNOWN,
        outer=outer,
        parent=parent,
    )


def _rows(by: str, condition: str) -> float:
    """How many rows one search reads, `UNKNOWN` for a range."""
    if "=" not in condition.replace(">=", "").replace("<=", ""):
        return UNKNOWN
    return 1.0 if by != "INDEX" else _EQUAL_ROWS
