"""Whether a plan is within the limits of its data source, before anything runs."""

from collections.abc import Iterable, Sequence

from services.validation.core.catalog import Catalog
from services.validation.core.model import Finding, Severity
from services.validation.core.plans.model import Index, Plan, Step
from services.validation.core.plans.tables import table_of
from services.validation.core.policy import CostLimits

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_MAX_HINTS = 3


def has_limits(limits: CostLimits) -> bool:
    """Whether there is anything to ask a plan for."""
    return any(limit > 0 for limit in (limits.max_cost, limits.max_rows_read, limits.max_bytes_read))


def judge(plan: Plan, limits: CostLimits, catalog: Catalog, indexes: Iterable[Index] = ()) -> tuple[Finding, ...]:
    """An error for each limit that a plan is above, and a warning for each that its engine gives no figure for.

    Args:
        plan: With the catalogue's names and what is read: see `tables.name_tables`.
        limits: 0 means no limit.
        catalog: What may be named in a hint.
        indexes: What a condition could use, for the hint.
    """
    judged = (
        ("max_bytes_read", limits.max_bytes_read, plan.bytes_read, readable_bytes),
        ("max_rows_read", limits.max_rows_read, plan.rows_read, readable_rows),
        ("max_cost", limits.max_cost, plan.estimated_cost, _readable_cost),
    )
    findings = []
    for name, allowed, estimated, readable in judged:
        metadata = {"limit": name, "allowed": f"{allowed:.0f}", "estimated": f"{estimated:.0f}"}
        if allowed > 0 and estimated < 0:
            message = (
                f"Your limit of {readable(allowed)} cannot be judged: the database does not say what this takes. "
                "It runs within the limits of time and size alone."
            )
            findings.append(Finding("SQL_COST_LIMIT", message, Severity.WARNING, metadata=metadata))
        elif 0 < allowed < estimated:
            verb = "costs" if name == "max_cost" else "reads"
            message = f"This {verb} about {readable(estimated)}; your limit is {readable(allowed)}. "
            findings.append(
                Finding("SQL_COST_LIMIT", message + _hint(plan, catalog, tuple(indexes)), metadata=metadata)
            )
    return tuple(findings)


def readable_bytes(size: float) -> str:
    """Bytes as a person says them, in powers of 1000: "4.1 GB"."""
    for unit in _UNITS[:-1]:
        if round(size, 1 if unit != "bytes" else 0) < 1000:
            return f"{size:.1f}".removesuffix(".0") + f" {unit}"
        size /= 1000
    return f"{size:,.1f}".removesuffix(".0") + f" {_UNITS[-1]}"


def readable_rows(rows: float) -> str:
    """Rows as a person says them, to three figures: "2,350,000 rows"."""
    rounded = float(f"{rows:.3g}")
    return f"{rounded:,.0f} row{'' if rounded == 1 else 's'}"


def _readable_cost(cost: float) -> str:
    return f"{cost:,.0f} of the planner's units"


def _hint(plan: Plan, catalog: Catalog, indexes: Sequence[Index]) -> str:
    """What would make it read less: a condition on the table that is read the most, on a column that helps."""
    reads = [step for step in plan.steps if step.reads]
    if not reads:
        return "Ask for less."
    largest = max(reads, key=_weight)
    table = table_of(catalog, largest.table)
    if table is None:
        return f"Add a condition on {largest.table}."
    known = {column.name.lower(): column.name for column in table.columns}
    leading = dict.fromkeys(
        known[index.columns[0].lower()]
        for index in indexes
        if index.table == table.qualified_name and index.columns and index.columns[0].lower() in known
    )
    # A key is an index in every engine that keeps it.
    leading |= dict.fromkeys(column.name for column in table.columns if column.is_unique)
    if not leading:
        return f"Add a condition on {table.name}, or read fewer of its columns."
    return f"Add a condition on {' or '.join(f'{table.name}.{name}' for name in list(leading)[:_MAX_HINTS])}."


def _weight(step: Step) -> tuple[float, float]:
    return step.bytes, step.rows_read
