"""SQL Server's plan as XML, from SET SHOWPLAN_XML (estimates) or SET STATISTICS XML (measured too).

The elements are those of Microsoft's showplanxml.xsd (schemas.microsoft.com/sqlserver/2004/07/showplan).
"""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError, fromstring

from services.kit.errors import FailedPrecondition
from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind, Steps, number, total

# Plans of statements that the guard lets through are far smaller.
MAX_CHARACTERS = 8 * 1024 * 1024
_KINDS: tuple[tuple[str, StepKind], ...] = (
    ("Seek", StepKind.INDEX_SCAN),
    ("Lookup", StepKind.INDEX_SCAN),
    ("Constant Scan", StepKind.UNSPECIFIED),
    ("Scan", StepKind.SCAN),
    ("Nested Loops", StepKind.JOIN),
    ("Join", StepKind.JOIN),
    ("Hash Match", StepKind.JOIN),
    ("Sort", StepKind.SORT),
    ("Aggregate", StepKind.AGGREGATE),
    ("Segment", StepKind.AGGREGATE),
    ("Window", StepKind.AGGREGATE),
    ("Filter", StepKind.FILTER),
    ("Concatenation", StepKind.UNION),
    ("Spool", StepKind.MATERIALIZE),
    ("Parallelism", StepKind.EXCHANGE),
    ("Top", StepKind.LIMIT),
)


def read(text: str) -> Plan:
    """The plan of a document.

    What is read: `EstimatedRowsRead` of a step that reads a table (`EstimateRows` where an older server leaves it
    out), as often as the step is rewound or bound anew; bytes are those rows times `AvgRowSize`, what a row of the
    step's result takes, because the document does not have the size of the table.

    Raises:
        FailedPrecondition: The text is too long, no XML, or has a DTD.
    """
    if len(text) > MAX_CHARACTERS:
        raise _unreadable("it is too long")
    if "<!DOCTYPE" in text:
        # Entities need a DTD: without one there is nothing to expand and nothing to fetch.
        raise _unreadable("it has a DTD, which no plan has")
    try:
        root = fromstring(text)  # noqa: S314  Nothing expands without a DTD.
    except (ParseError, ValueError) as error:
        raise _unreadable("it is not the XML that a plan is") from error
    statement = next((each for each in root.iter() if _tag(each) == "StmtSimple"), root)
    steps = Steps()
    for operator in _nearest(statement, "RelOp"):
        _add(operator, -1, steps)
    reads = [step for step in steps.found if step.reads]
    first = steps.found[0] if steps.found else Step(StepKind.UNSPECIFIED, "")
    cost, rows = number(statement.get("StatementSubTreeCost")), number(statement.get("StatementEstRows"))
    return Plan(
        text,
        rows if rows >= 0 else first.rows,
        cost if cost >= 0 else first.cost,
        tuple(steps.found),
        total(step.rows_read for step in reads) if reads else 0.0,
        total(step.bytes for step in reads) if reads else 0.0,
    )


def _add(operator: Element, parent: int, steps: Steps) -> None:
    here = steps.add(_step(operator, parent))
    for below in _nearest(operator, "RelOp"):
        _add(below, here, steps)


def _step(operator: Element, parent: int) -> Step:
    word = operator.get("PhysicalOp", "")
    kind = next((kind for part, kind in _KINDS if part in word), StepKind.UNSPECIFIED)
    if kind is StepKind.JOIN and "Aggregate" in operator.get("LogicalOp", ""):
        kind = StepKind.AGGREGATE
    named = next(_nearest(operator, "Object", within="RelOp"), None)
    table, index = _names(named.attrib) if named is not None else ("", "")
    rows, width = number(operator.get("EstimateRows")), number(operator.get("AvgRowSize"))
    looked_at = number(operator.get("EstimatedRowsRead"))
    times = 1 + max(0.0, number(operator.get("EstimateRebinds"))) + max(0.0, number(operator.get("EstimateRewinds")))
    rows_read = (looked_at if looked_at >= 0 else rows) * times if table and rows >= 0 else UNKNOWN
    counters = list(_nearest(operator, "RunTimeCountersPerThread", within="RelOp"))
    conditions = (
        each.get("ScalarString", "")
        for part in ("SeekPredicates", "Predicate", "ProbeResidual")
        for holder in _nearest(operator, part, within="RelOp")
        for each in _nearest(holder, "ScalarOperator")
    )
    return Step(
        kind=kind,
        operation=word,
        table=table,
        index=index,
        condition=" AND ".join(each for each in conditions if each),
        rows=rows,
        cost=number(operator.get("EstimatedTotalSubtreeCost")),
        bytes=rows_read * width if rows_read >= 0 and width >= 0 else UNKNOWN,
        rows_read=rows_read,
        actual_rows=total(number(each.get("ActualRows")) for each in counters),
        actual_ms=max((number(each.get("ActualElapsedms")) for each in counters), default=UNKNOWN),
        spills=next(_nearest(operator, "SpillToTempDb", within="RelOp"), None) is not None,
        parent=parent,
    )


def _nearest(node: Element, tag: str, within: str = "") -> Iterator[Element]:
    """The elements of a name below a node, none below another of them, nor below one of the name `within`."""
    for child in node:
        if _tag(child) == tag:
            yield child
        elif _tag(child) != within:
            yield from _nearest(child, tag, within)


def _tag(node: Element) -> str:
    return node.tag.rpartition("}")[2]


def _names(found: Mapping[str, str]) -> tuple[str, str]:
    """The table's qualified name and the index's, out of the brackets that they stand in."""
    schema, table, index = (_bare(found.get(part, "")) for part in ("Schema", "Table", "Index"))
    return (f"{schema}.{table}" if schema and table else table), index


def _bare(name: str) -> str:
    return name[1:-1].replace("]]", "]") if name.startswith("[") and name.endswith("]") else name


def _unreadable(why: str) -> FailedPrecondition:
    message = f"The plan that the database gave cannot be read: {why}. Run the statement without asking for its plan."
    return FailedPrecondition("SQL_REFUSED_BY_DATABASE", message)
