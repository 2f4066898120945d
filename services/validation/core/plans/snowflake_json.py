"""Snowflake's EXPLAIN USING JSON: see docs.snowflake.com/en/sql-reference/sql/explain."""

from collections.abc import Mapping
from typing import Any

from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind, Steps, number

_KINDS: tuple[tuple[str, StepKind], ...] = (
    ("TableScan", StepKind.SCAN),
    ("Join", StepKind.JOIN),
    ("Sort", StepKind.SORT),
    ("Aggregate", StepKind.AGGREGATE),
    ("GroupingSets", StepKind.AGGREGATE),
    ("WindowFunction", StepKind.AGGREGATE),
    ("Filter", StepKind.FILTER),
    ("Union", StepKind.UNION),
    ("WithClause", StepKind.MATERIALIZE),
    ("Limit", StepKind.LIMIT),
)


def read(text: str, document: Any) -> Plan:
    """The plan of a document.

    What is read: `bytesAssigned`, the bytes of the micro-partitions that are left after pruning, of each scan and of
    all together. Snowflake estimates neither rows nor cost.
    """
    steps = Steps()
    places: dict[Any, int] = {}
    for stage in document.get("Operations", ()):
        for operation in stage if isinstance(stage, list) else [stage]:
            above = operation.get("parentOperators") or [operation.get("parent", -1)]
            places[operation.get("id", -1)] = steps.add(_step(operation, places.get(above[0], -1)))
    read_in_all = number((document.get("GlobalStats") or {}).get("bytesAssigned"))
    return Plan(text, UNKNOWN, UNKNOWN, tuple(steps.found), UNKNOWN, read_in_all)


def _step(operation: Mapping[str, Any], parent: int) -> Step:
    word = str(operation.get("operation", ""))
    objects = operation.get("objects") or [""]
    return Step(
        kind=next((kind for part, kind in _KINDS if part in word), StepKind.UNSPECIFIED),
        operation=word,
        # "DATABASE.SCHEMA.TABLE": a data source is one database.
        table=".".join(str(objects[0]).split(".")[-2:]),
        condition=" AND ".join(map(str, operation.get("expressions") or ())),
        bytes=number(operation.get("bytesAssigned")),
        parent=parent,
    )
