"""What a statement would take, what would make it take less, and whether its data source's limits allow it."""

import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlglot import exp

from services.kit.errors import CandorError, FailedPrecondition, InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import require_allowed
from services.validation.core.guard.reader import STUMBLES, read_tree
from services.validation.core.model import Batch, DataSource, Finding, Limits, Severity, Summary
from services.validation.core.plans.advice import advise
from services.validation.core.plans.gate import has_limits, judge
from services.validation.core.plans.model import Index, Plan, Step, StepKind
from services.validation.core.plans.rewrites import REWRITES, Rewrite, changed, contradict, is_cheaper, same_rows
from services.validation.core.plans.tables import name_tables, table_of
from services.validation.core.policies.restrict import RestrictedCatalog
from services.validation.core.ports import Engine, Engines
from services.validation.core.read_catalogs import ReadCatalogs

# What trying rewrites on the data may take: each run, and all of them together.
_TRIAL = Limits(max_rows=5_000, max_bytes=4 * 1024 * 1024, timeout=timedelta(seconds=2))
_TRIALS_S = 10.0
# Where reading is billed, nothing is run that was not asked for.
_BILLED = frozenset({"bigquery", "snowflake", "trino"})


@dataclass(frozen=True, slots=True)
class Explained:
    """A plan and what there is to say about it."""

    plan: Plan
    findings: tuple[Finding, ...] = ()


class ExplainPlan:
    """Asks databases for plans.

    Args:
        catalogs: Check statements.
        engines: Reach the databases.
        limits: The most that a run for ANALYZE may take.
    """

    def __init__(self, catalogs: ReadCatalogs, engines: Engines, limits: Limits) -> None:
        self._catalogs = catalogs
        self._engines = engines
        self._limits = limits

    async def __call__(self, source: DataSource, sql: str, *, analyze: bool = False, advice: bool = False) -> Explained:
        """The plan of a statement that the guard lets through.

        Args:
            source: The data source, with its policy.
            sql: The statement.
            analyze: Whether to run it and say what it really took.
            advice: Whether to say how it could take less.

        Raises:
            InvalidArgument: The guard refuses the statement, or it is to be run and above the data source's limits.
            FailedPrecondition: It is to be run, and the data source does not allow that.
        """
        if analyze and not source.policy.allow_analyze:
            raise FailedPrecondition(
                "ANALYZE_NOT_ALLOWED",
                "This data source does not let plans be measured. Ask for the plan without running the statement, or "
                "have allow_analyze set in its policy.",
            )
        checked = require_allowed(await self._catalogs.check(source, sql))
        catalog, engine = await self._catalogs.get(source), self._engines.of(source)
        within = None
        if analyze:
            await require_affordable(engine, source, catalog, checked)
            within = self._limits.within(source.policy.limits or Limits(0, 0, timedelta())).timeout
        plan = await _plan(engine, source, checked, catalog, within)
        indexes = await _indexes(engine, source, plan) if advice else ()
        findings = judge(plan, source.policy.cost_limits, catalog, indexes or ())
        tree = _tree(sql, source.dialect)
        if _hides(plan, catalog):
            # Estimates come from statistics over every row: how many match tells of rows that are hidden.
            return Explained(_blurred(plan), findings)
        if advice and tree is not None and plan.steps:
            findings += advise(plan, tree, catalog, indexes)
            findings += await self._rewritten(source, tree, plan, catalog)
        return Explained(plan, findings)

    async def _rewritten(self, source: DataSource, tree: exp.Expr, plan: Plan, catalog: Catalog) -> tuple[Finding, ...]:
        """The finding with a statement that takes less and gave the same rows; none where there is none.

        Rewrites are made one after the other. Each has to pass the guard, not be contradicted by sqlglot's optimiser,
        be cheaper, and give the same rows when both are run whole; one that cannot be compared is not offered.
        """
        if source.dialect in _BILLED or any(
            each.severity is Severity.ERROR for each in judge(plan, source.policy.cost_limits, catalog)
        ):
            return ()
        engine, deadline = self._engines.of(source), time.monotonic() + _TRIALS_S
        best, best_plan, rows = tree, plan, None
        made: list[Rewrite] = []
        for rewrite in REWRITES:
            candidate = changed(best, rewrite, catalog)
            if candidate is None or time.monotonic() > deadline or contradict(best, candidate, catalog):
                continue
            try:
                written = candidate.sql(source.dialect, comments=False)
                checked = require_allowed(await self._catalogs.check(source, written))
                candidate_plan = await _plan(engine, source, checked, catalog)
                if not is_cheaper(best_plan, candidate_plan, rewrite):
                    continue
                if rows is None:
                    original = tree.sql(source.dialect, comments=False)
                    rows = await _rows(engine, require_allowed(await self._catalogs.check(source, original)))
                if not same_rows(rows, await _rows(engine, checked)):
                    continue
            except CandorError:
                continue
            best, best_plan = candidate, candidate_plan
            made.append(rewrite)
        return (_advice(best.sql(source.dialect, comments=False), plan, best_plan, made),) if made else ()


async def require_affordable(engine: Engine, source: DataSource, catalog: Catalog, checked: str) -> None:
    """Asks for the plan of a checked statement where the data source has limits to it, and for nothing where not.

    Raises:
        InvalidArgument: The plan is above a limit.
    """
    limits = source.policy.cost_limits
    if not has_limits(limits) or checked.startswith("EXPLAIN"):
        return
    plan = await _plan(engine, source, checked, catalog)
    if any(each.severity is Severity.ERROR for each in judge(plan, limits, catalog)):
        indexes = await _indexes(engine, source, plan)
        finding = next(each for each in judge(plan, limits, catalog, indexes or ()) if each.severity is Severity.ERROR)
        raise InvalidArgument(finding.reason, finding.message, metadata=finding.metadata)


async def _plan(
    engine: Engine, source: DataSource, checked: str, catalog: Catalog, analyze: timedelta | None = None
) -> Plan:
    """The plan of a checked statement with the catalogue's names, and without what the policy hides."""
    plan = await engine.explain(checked, analyze)
    named = name_tables(plan, _tree(checked, source.dialect), catalog)
    return _veiled(named, catalog) if source.policy.restricts else named


async def _indexes(engine: Engine, source: DataSource, plan: Plan) -> Sequence[Index] | None:
    """The indexes of the database, where a table is read whole; None where the database does not tell them."""
    if source.dialect in _BILLED or not plan.scans:
        return ()
    try:
        return await engine.indexes()
    except CandorError:
        return None


async def _rows(engine: Engine, checked: str) -> list[tuple[Any, ...]]:
    """All rows of a checked statement.

    Raises:
        FailedPrecondition: There are more than are compared.
        CandorError: The database refuses it, or it takes too long.
    """
    found: list[tuple[Any, ...]] = []
    async with aclosing(engine.run(checked, _TRIAL)) as parts:
        async for part in parts:
            if isinstance(part, Batch):
                found.extend(zip(*part.columns, strict=True))
            elif isinstance(part, Summary) and part.limit:
                raise FailedPrecondition("TOO_LARGE", "There are more rows than can be compared.")
    return found


def _advice(written: str, before: Plan, after: Plan, made: Sequence[Rewrite]) -> Finding:
    why = "; ".join(rewrite.why for rewrite in made)
    cost = ""
    metadata = {"rewrites": ",".join(rewrite.change.__name__ for rewrite in made)}
    if before.estimated_cost >= 0 and after.estimated_cost >= 0:
        cost = f" The planner's cost falls from {before.estimated_cost:,.0f} to {after.estimated_cost:,.0f}."
        metadata |= {"cost_before": f"{before.estimated_cost:.2f}", "cost_after": f"{after.estimated_cost:.2f}"}
    message = f"The same rows can be had for less: {why}.{cost}"
    return Finding("SQL_REWRITE_ADVICE", message, Severity.INFO, None, written, metadata)


def _veiled(plan: Plan, catalog: Catalog) -> Plan:
    """A plan without what a policy hides: conditions that it put in, and tables below views that are not shown."""
    steps = tuple(
        replace(
            step,
            condition="",
            table=step.table if table_of(catalog, step.table) is not None else "",
            index=step.index if table_of(catalog, step.table) is not None else "",
        )
        for step in plan.steps
    )
    lines = (f"{step.kind.value} {step.table}".strip().replace("_", " ") for step in steps)
    return replace(plan, steps=steps, text="\n".join(lines))


def _hides(plan: Plan, catalog: Catalog) -> bool:
    """Whether a plan reads a table of which some rows are hidden, or one that is not shown."""
    return isinstance(catalog, RestrictedCatalog) and any(
        step.kind in {StepKind.SCAN, StepKind.INDEX_SCAN} and (not step.table or catalog.hides_rows(step.table))
        for step in plan.steps
    )


def _blurred(plan: Plan) -> Plan:
    """A plan without its figures."""
    steps = tuple(
        Step(step.kind, step.operation, step.table, step.index, spills=step.spills, parent=step.parent)
        for step in plan.steps
    )
    return Plan(plan.text, steps=steps)


def _tree(sql: str, dialect: str) -> exp.Expr | None:
    try:
        tree, _ = read_tree(sql, dialect)
    except STUMBLES:
        return None
    return tree if isinstance(tree, exp.Query) else None
