"""DuckDB's EXPLAIN (FORMAT JSON), and EXPLAIN (ANALYZE, FORMAT JSON)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind, Steps, number

_KINDS: tuple[tuple[re.Pattern[str], StepKind], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"INDEX_SCAN", StepKind.INDEX_SCAN),
        (r"CTE_SCAN|COLUMN_DATA_SCAN|DELIM_SCAN|DUMMY_SCAN", StepKind.UNSPECIFIED),
        (r"SCAN", StepKind.SCAN),
        (r"JOIN|CROSS_PRODUCT", StepKind.JOIN),
        (r"^ORDER_BY|^TOP_N", StepKind.SORT),
        (r"GROUP_BY|AGGREGATE|WINDOW", StepKind.AGGREGATE),
        (r"^FILTER", StepKind.FILTER),
        (r"^UNION|^EXCEPT|^INTERSECT|^RECURSIVE", StepKind.UNION),
        (r"^CTE", StepKind.MATERIALIZE),
        (r"LIMIT", StepKind.LIMIT),
    )
)
_CONDITIONS = ("Filters", "Conditions", "Expression", "Dynamic Filters")
# What ANALYZE puts around the statement.
_WRAPPERS = frozenset({"RESULT_COLLECTOR", "EXPLAIN_ANALYZE"})


def read(text: str, document: Any) -> Plan:
    """The plan of a document as DuckDB gives it.

    DuckDB has cardinalities and no cost. A scan's cardinality is what is left after its conditions, so what is read of
    a table that is scanned whole is left to the catalogue, and its bytes to the columns that the scan names: DuckDB
    keeps columns apart. Whether it uses an index DuckDB decides while it runs, so a plan never says it, and what is
    read is the most. After ANALYZE the rows that were scanned are known.
    """
    steps = Steps()
    for top in _tops(document):
        _add(top, -1, steps)
    first = steps.found[0] if steps.found else None
    return Plan(text, first.rows if first else UNKNOWN, UNKNOWN, tuple(steps.found))


def _tops(document: Any) -> Iterator[Mapping[str, Any]]:
    """The last steps of the plan, below what ANALYZE puts around them."""
    if isinstance(document, Mapping) and "operator" in document:
        document = document["operator"]
    for node in document if isinstance(document, list) else [document]:
        if _name(node) in _WRAPPERS or not _name(node):
            yield from _tops(node.get("children", []))
        else:
            yield node


def _add(node: Mapping[str, Any], parent: int, steps: Steps) -> None:
    here = steps.add(_step(node, parent))
    for each in node.get("children", ()):
        _add(each, here, steps)


def _step(node: Mapping[str, Any], parent: int) -> Step:
    about = node.get("extra_info") or {}
    name = _name(node)
    by_index = "index" in str(about.get("Type", "")).lower()
    table = _table(str(about.get("Table", "")))
    kind = next((kind for pattern, kind in _KINDS if pattern.search(name)), StepKind.UNSPECIFIED)
    if table and kind is StepKind.SCAN and by_index:
        kind = StepKind.INDEX_SCAN
    rows = number(about.get("Estimated Cardinality"))
    seconds = number(node.get("timing"))
    return Step(
        kind=kind,
        operation=name,
        table=table,
        condition=" AND ".join(_text(about[each]) for each in _CONDITIONS if about.get(each)),
        rows=rows,
        rows_read=number(node.get("rows_scanned")) if table else UNKNOWN,
        actual_rows=number(node.get("intermediate_rows", node.get("operator_cardinality"))),
        actual_ms=seconds * 1000 if seconds >= 0 else UNKNOWN,
        columns=_columns(about.get("Projections")) if table else (),
        parent=parent,
    )


def _name(node: Mapping[str, Any]) -> str:
    return str(node.get("name") or node.get("type") or node.get("operator_type") or "").strip()


def _table(path: str) -> str:
    """A table's name without the database in front, nor the schema that names without one are looked for in."""
    parts = [part.strip('"') for part in path.split(".")]
    if len(parts) > 2:
        parts = parts[-2:]
    return ".".join(parts[1:] if parts[0] == "main" and len(parts) > 1 else parts)


def _columns(projections: Any) -> tuple[str, ...]:
    if isinstance(projections, list):
        return tuple(map(str, projections))
    return (str(projections),) if projections else ()


def _text(condition: Any) -> str:
    return " AND ".join(map(str, condition)) if isinstance(condition, list) else str(condition)
