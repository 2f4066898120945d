"""EXPLAIN FORMAT=JSON of MySQL (both versions of its format) and of MariaDB, and MariaDB's ANALYZE FORMAT=JSON.

MySQL's first format and MariaDB's describe query blocks, MySQL's second (since 8.3, `explain_json_format_version=2`)
a tree of iterators. See dev.mysql.com/doc/refman/8.4/en/explain.html and mariadb.com/kb/en/explain-format-json/.
"""

import re
from collections.abc import Mapping
from typing import Any

from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind, Steps, number, total

# What stands around tables in the format of blocks.
_BLOCKS: Mapping[str, StepKind] = {
    "ordering_operation": StepKind.SORT,
    "filesort": StepKind.SORT,
    "read_sorted_file": StepKind.SORT,
    "grouping_operation": StepKind.AGGREGATE,
    "duplicates_removal": StepKind.AGGREGATE,
    "windowing": StepKind.AGGREGATE,
    "window_functions_computation": StepKind.AGGREGATE,
    "temporary_table": StepKind.MATERIALIZE,
    "buffer_result": StepKind.MATERIALIZE,
    "materialized": StepKind.MATERIALIZE,
    "materialized_from_subquery": StepKind.MATERIALIZE,
    "expression_cache": StepKind.MATERIALIZE,
    "union_result": StepKind.UNION,
    "block-nl-join": StepKind.JOIN,
}
_WHOLE = frozenset({"ALL", "index", "table", "index_scan"})
_CONDITIONS = ("attached_condition", "index_condition", "condition", "having_condition")
# MySQL's second format: the words that its sentences begin with.
_ITERATORS: tuple[tuple[re.Pattern[str], StepKind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"^(covering )?(index lookup|index range|single-row|multi-range)|^constant row", StepKind.INDEX_SCAN),
        (r"^(table scan|(covering )?index scan)", StepKind.SCAN),
        (r"join", StepKind.JOIN),
        (r"^sort", StepKind.SORT),
        (r"aggregate|^group|^window|deduplicate|duplicates", StepKind.AGGREGATE),
        (r"^filter", StepKind.FILTER),
        (r"^union|^append|^intersect|^except", StepKind.UNION),
        (r"materialize|^temporary table|^stream results|^hash$", StepKind.MATERIALIZE),
        (r"^limit", StepKind.LIMIT),
    )
)


def read(text: str, document: Any) -> Plan:
    """The plan of a document as the server gives it; tables are named by their aliases.

    What is read: the rows that each table is looked at for, times the rows that the tables before it in the same
    nested loop leave (MySQL says so itself, MariaDB gives the share that is left). Bytes are left to the table's
    statistics, of which the share of its rows that is read counts. MariaDB before 11 has no cost.
    """
    steps = Steps()
    if isinstance(document, Mapping) and "query_block" not in document:
        _iterator(document.get("query_plan") or document, -1, 1.0, steps)
        cost = number((steps.found[0] if steps.found else Step(StepKind.UNSPECIFIED, "")).cost)
    else:
        block = document["query_block"]
        _block(block, "query_block", -1, 1.0, steps)
        cost = number((block.get("cost_info") or {}).get("query_cost", block.get("cost")))
    found = steps.found
    reads = [step for step in found if step.reads]
    first = next((step.rows for step in found if step.rows >= 0), UNKNOWN)
    rows_read = total(step.rows_read for step in reads) if reads else 0.0
    return Plan(text, first, cost, tuple(found), rows_read)


def _block(node: Mapping[str, Any], name: str, parent: int, loops: float, steps: Steps) -> float:
    """Adds what a block holds; gives how many rows leave it for each of its loops."""
    if name in _BLOCKS:
        spills = bool(node.get("r_used_priority_queue") is False and number(node.get("r_sort_passes")) > 0)
        parent = steps.add(Step(_BLOCKS[name], name, spills=spills, parent=parent))
    rows = 1.0
    for key, value in node.items():
        if key == "table":
            rows = _table(value, parent, loops, steps)
        elif key == "nested_loop":
            rows = _nested(value, parent, loops, steps)
        elif isinstance(value, Mapping) and key != "cost_info":
            rows = max(rows, _block(value, key, parent, loops, steps))
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, Mapping):
                    _block(each, key, parent, loops, steps)
    return rows


def _nested(tables: list[Mapping[str, Any]], parent: int, loops: float, steps: Steps) -> float:
    here = parent
    if len(tables) > 1:
        here = steps.add(Step(StepKind.JOIN, "nested_loop", parent=parent))
    rows = 1.0
    for each in tables:
        rows *= _block(each, "", here, loops * max(rows, 1.0), steps)
    return rows


def _table(table: Mapping[str, Any], parent: int, loops: float, steps: Steps) -> float:
    """Adds a table; gives how many of its rows are left for each time that it is read."""
    access = str(table.get("access_type", ""))
    name = str(table.get("table_name", ""))
    looked_at = number(table.get("rows_examined_per_scan", table.get("rows")))
    share = number(table.get("filtered"))
    left = looked_at * share / 100 if looked_at >= 0 and share >= 0 else looked_at
    joined = number(table.get("rows_produced_per_join"))
    # MariaDB lets a condition on columns without statistics pass for one that keeps every row.
    unjudged = share == 100 and "attached_condition" in table
    buffered = "using_join_buffer" in table or "block-nl-join" in table
    times = 1.0 if buffered else loops
    cost = table.get("cost_info") or {}
    measured = number(table.get("r_rows"))
    stored = bool(name) and not name.startswith("<")
    here = steps.add(
        Step(
            kind=StepKind.SCAN if access in _WHOLE else StepKind.INDEX_SCAN if access else StepKind.UNSPECIFIED,
            operation=access or "table",
            table=name if stored else "",
            index=str(table.get("key", "")),
            condition=" AND ".join(str(table[each]) for each in _CONDITIONS if table.get(each)),
            rows=joined if joined >= 0 else left * loops if left >= 0 and not unjudged else UNKNOWN,
            cost=number(cost.get("prefix_cost", table.get("cost"))),
            rows_read=looked_at * times if looked_at >= 0 and stored else UNKNOWN,
            actual_rows=measured * max(0.0, number(table.get("r_loops"))) if measured >= 0 else UNKNOWN,
            actual_ms=number(table.get("r_table_time_ms", table.get("r_total_time_ms"))),
            parent=parent,
        )
    )
    for key, value in table.items():
        if isinstance(value, Mapping) and (key in _BLOCKS or key == "query_block"):
            _block(value, key, here, 1.0, steps)
        elif isinstance(value, list) and key.endswith("subqueries"):
            for each in value:
                _block(each, key, here, loops * max(looked_at, 1.0) if each.get("dependent") else 1.0, steps)
    return left if left >= 0 else 1.0


def _iterator(node: Mapping[str, Any], parent: int, loops: float, steps: Steps) -> None:
    """Adds an iterator of MySQL's second format and those that feed it."""
    operation = str(node.get("operation", node.get("access_type", "")))
    kind = next((kind for pattern, kind in _ITERATORS if pattern.search(operation)), StepKind.UNSPECIFIED)
    rows = number(node.get("estimated_rows"))
    table = str(node.get("alias") or node.get("table_name") or "")
    stored = bool(table) and not table.startswith("<") and kind in {StepKind.SCAN, StepKind.INDEX_SCAN}
    here = parent
    if operation:
        measured = number(node.get("actual_rows"))
        times = max(0.0, number(node.get("actual_loops")))
        last = number(node.get("actual_last_row_ms"))
        here = steps.add(
            Step(
                kind=kind,
                operation=operation,
                table=table if stored else "",
                index=str(node.get("index_name", "")),
                condition=str(node.get("condition", node.get("lookup_condition", ""))),
                rows=rows,
                cost=number(node.get("estimated_total_cost")),
                rows_read=rows * loops if stored and rows >= 0 else UNKNOWN,
                actual_rows=measured * times if measured >= 0 else UNKNOWN,
                actual_ms=last * times if last >= 0 else UNKNOWN,
                parent=parent,
            )
        )
    below = [each for each in node.get("inputs", ()) if isinstance(each, Mapping)]
    is_loop = "nested loop" in operation.lower()
    for position, each in enumerate(below):
        driven = is_loop and position > 0
        times = loops * max(1.0, number(below[0].get("estimated_rows"))) if driven else loops
        _iterator(each, here, times, steps)
