"""PostgreSQL's EXPLAIN (FORMAT JSON, VERBOSE), with ANALYZE and BUFFERS or without."""

from collections.abc import Mapping
from typing import Any

from services.validation.core.plans.model import UNKNOWN, Plan, Sizes, Step, StepKind, Steps, TableSize, number, total

_KINDS: Mapping[str, StepKind] = {
    "Seq Scan": StepKind.SCAN,
    "Sample Scan": StepKind.SCAN,
    "Foreign Scan": StepKind.SCAN,
    "Index Scan": StepKind.INDEX_SCAN,
    "Index Only Scan": StepKind.INDEX_SCAN,
    "Bitmap Heap Scan": StepKind.INDEX_SCAN,
    "Bitmap Index Scan": StepKind.INDEX_SCAN,
    "Tid Scan": StepKind.INDEX_SCAN,
    "Tid Range Scan": StepKind.INDEX_SCAN,
    "Nested Loop": StepKind.JOIN,
    "Hash Join": StepKind.JOIN,
    "Merge Join": StepKind.JOIN,
    "Sort": StepKind.SORT,
    "Incremental Sort": StepKind.SORT,
    "Aggregate": StepKind.AGGREGATE,
    "Group": StepKind.AGGREGATE,
    "WindowAgg": StepKind.AGGREGATE,
    "Unique": StepKind.AGGREGATE,
    "Append": StepKind.UNION,
    "Merge Append": StepKind.UNION,
    "Recursive Union": StepKind.UNION,
    "SetOp": StepKind.UNION,
    "Hash": StepKind.MATERIALIZE,
    "Materialize": StepKind.MATERIALIZE,
    "Memoize": StepKind.MATERIALIZE,
    "Gather": StepKind.EXCHANGE,
    "Gather Merge": StepKind.EXCHANGE,
    "Limit": StepKind.LIMIT,
    "Result": StepKind.FILTER,
}
_CONDITIONS = ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "One-Time Filter")
# What keeps its rows, so that what is below it is done once however often it is read.
_KEEPS = frozenset({"Hash", "Materialize"})


def read(text: str, document: Any, sizes: Sizes) -> Plan:
    """The plan of a document as PostgreSQL gives it.

    What is read: a table that is scanned whole counts the rows and bytes of its statistics (`sizes`, by qualified
    names); by an index, the rows that the planner expects of it, times their width, and no more than the table has.
    Rows count as often as a nested loop or a correlated subquery reads them; bytes of a whole table count once,
    because the next reading finds them in memory. A condition that an index does not know keeps rows out of the
    planner's figure that are read all the same, so that figure is the least. Figures of parallel workers are each
    worker's; those of whole tables are not.
    """
    top = document[0]["Plan"]
    steps = Steps()
    _add(top, -1, 1.0, sizes, steps)
    reads = [step for step in steps.found if step.reads]
    return Plan(
        text,
        number(top.get("Plan Rows")),
        number(top.get("Total Cost")),
        tuple(steps.found),
        total(step.rows_read for step in reads) if reads else 0.0,
        total(step.bytes for step in reads) if reads else 0.0,
    )


def tables(document: Any) -> set[tuple[str, str]]:
    """The schemas and names of the tables that a document speaks of."""
    found, stack = set(), [document[0]["Plan"]]
    while stack:
        node = stack.pop()
        if node.get("Relation Name") and node.get("Schema"):
            found.add((node["Schema"], node["Relation Name"]))
        stack.extend(node.get("Plans", ()))
    return found


def _add(node: Mapping[str, Any], parent: int, loops: float, sizes: Sizes, steps: Steps) -> None:
    """Adds a node and what is below it; `loops` is how often the planner expects it to be done."""
    here = steps.add(_step(node, parent, loops, sizes))
    below = node.get("Plans", ())
    driving = next((each for each in below if each.get("Parent Relationship") == "Outer"), None)
    for each in below:
        relation, times = each.get("Parent Relationship"), loops
        if node["Node Type"] in _KEEPS or relation == "InitPlan":
            times = 1.0
        elif node["Node Type"] == "Nested Loop" and relation == "Inner" and driving is not None:
            times = loops * max(1.0, number(driving.get("Plan Rows")))
        elif relation == "SubPlan" and not each.get("Subplan Name", "").startswith("CTE"):
            times = loops * max(1.0, _tested(node, sizes))
        _add(each, here, times, sizes, steps)


def _step(node: Mapping[str, Any], parent: int, loops: float, sizes: Sizes) -> Step:
    kind = _KINDS.get(node["Node Type"], StepKind.UNSPECIFIED)
    table = _table(node)
    size = sizes.get(table, TableSize())
    rows, width = number(node.get("Plan Rows")), number(node.get("Plan Width"))
    rows_read, read = UNKNOWN, rows * width if rows >= 0 and width >= 0 else UNKNOWN
    if table and kind is StepKind.SCAN:
        whole = size.rows if size.rows >= 0 else rows if "Filter" not in node else UNKNOWN
        rows_read, read = whole * loops if whole >= 0 else UNKNOWN, size.bytes
    elif table:
        found = _by_index(node)
        rows_read = found * loops if found >= 0 else UNKNOWN
        read = rows_read * max(width, 1.0) if rows_read >= 0 else UNKNOWN
        read = min(read, size.bytes) if size.bytes >= 0 else read
    return Step(
        kind=kind,
        operation=node["Node Type"],
        table=table,
        index=node.get("Index Name", ""),
        condition=" AND ".join(str(node[each]) for each in _CONDITIONS if node.get(each)),
        rows=rows,
        cost=number(node.get("Total Cost")),
        bytes=read,
        rows_read=rows_read,
        actual_rows=_of_all_loops(node, "Actual Rows"),
        actual_ms=_of_all_loops(node, "Actual Total Time"),
        spills=_spills(node),
        parent=parent,
    )


def _table(node: Mapping[str, Any]) -> str:
    name = node.get("Relation Name", "")
    return f"{node['Schema']}.{name}" if name and node.get("Schema") else name


def _by_index(node: Mapping[str, Any]) -> float:
    """How many rows an index leads to: those that a bitmap has, where one is made first."""
    bitmaps = [number(each.get("Plan Rows")) for each in node.get("Plans", ()) if "Bitmap" in each["Node Type"]]
    return max([number(node.get("Plan Rows")), *bitmaps])


def _tested(node: Mapping[str, Any], sizes: Sizes) -> float:
    """For how many rows a subquery of a node is done: all that a scan looks at where it has a condition."""
    rows = sizes.get(_table(node), TableSize()).rows if "Filter" in node else UNKNOWN
    return rows if rows >= 0 else number(node.get("Plan Rows"))


def _of_all_loops(node: Mapping[str, Any], figure: str) -> float:
    """A figure of ANALYZE, which gives the average of a loop."""
    measured = number(node.get(figure))
    return measured * max(0.0, number(node.get("Actual Loops"))) if measured >= 0 else UNKNOWN


def _spills(node: Mapping[str, Any]) -> bool:
    """Whether a step uses the disk: what ANALYZE saw, or the partitions that the planner means to put there."""
    return (
        node.get("Sort Space Type") == "Disk"
        or number(node.get("Hash Batches")) > 1
        or number(node.get("Disk Usage")) > 0
        or number(node.get("Planned Partitions")) > 0
    )
