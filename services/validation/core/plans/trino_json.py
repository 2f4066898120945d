"""Trino's EXPLAIN (FORMAT JSON), distributed or logical: trino.io/docs/current/sql/explain.html."""

import re
from collections.abc import Mapping
from typing import Any

from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind, Steps, number, total

_KINDS: tuple[tuple[re.Pattern[str], StepKind], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"^(TableScan|ScanFilter|ScanProject|ScanFilterProject)$", StepKind.SCAN),
        (r"IndexSource", StepKind.INDEX_SCAN),
        (r"Join", StepKind.JOIN),
        (r"^(Sort|PartialSort|TopN|TopNPartial)", StepKind.SORT),
        (r"Aggregat|Window|Distinct|RowNumber", StepKind.AGGREGATE),
        (r"^Filter", StepKind.FILTER),
        (r"Union|Intersect|Except", StepKind.UNION),
        (r"Exchange|RemoteSource|RemoteMerge|LocalMerge", StepKind.EXCHANGE),
        (r"Limit", StepKind.LIMIT),
    )
)


def read(text: str, document: Any) -> Plan:
    """The plan of a document: fragments by their numbers, or one tree.

    What is read: the first estimate of each step that reads a table, which is that of the table before its
    conditions; unknown where the connector has no statistics. Trino's cost is CPU, memory and network apart, so none
    is given here.
    """
    steps = Steps()
    fragments = document if "name" not in document else {"0": document}
    if fragments:
        first = next(iter(fragments))
        _add(fragments[first], -1, fragments, steps)
    reads = [step for step in steps.found if step.reads]
    return Plan(
        text,
        steps.found[0].rows if steps.found else UNKNOWN,
        UNKNOWN,
        tuple(steps.found),
        total(step.rows_read for step in reads) if reads else 0.0,
        total(step.bytes for step in reads) if reads else 0.0,
    )


def _add(node: Mapping[str, Any], parent: int, fragments: Mapping[str, Any], steps: Steps) -> None:
    here = steps.add(_step(node, parent))
    for each in node.get("children", ()):
        _add(each, here, fragments, steps)
    # A fragment's rows come out of others, each of which feeds one alone.
    for source in re.findall(r"\w+", str((node.get("descriptor") or {}).get("sourceFragmentIds", ""))):
        if source in fragments:
            _add(fragments[source], here, fragments, steps)


def _step(node: Mapping[str, Any], parent: int) -> Step:
    word, about = str(node.get("name", "")), node.get("descriptor") or {}
    kind = next((kind for pattern, kind in _KINDS if pattern.search(word)), StepKind.UNSPECIFIED)
    estimates = node.get("estimates") or [{}]
    table = _table(str(about.get("table", ""))) if kind in {StepKind.SCAN, StepKind.INDEX_SCAN} else ""
    return Step(
        kind=kind,
        operation=word,
        table=table,
        condition=str(about.get("filterPredicate") or about.get("criteria") or about.get("filter") or ""),
        rows=number(estimates[-1].get("outputRowCount")),
        bytes=number(estimates[0].get("outputSizeInBytes")),
        rows_read=number(estimates[0].get("outputRowCount")) if table else UNKNOWN,
        parent=parent,
    )


def _table(handle: str) -> str:
    """A table's qualified name out of its handle: "tpch:tiny:customer", "hive:sales:orders buckets=4"."""
    parts = re.split(r"[:.]", handle.split(" ", 1)[0])
    return ".".join(parts[1:3]) if len(parts) >= 3 else handle
