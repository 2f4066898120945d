"""The rewrites that keep a result, one row each, and what speaks against one before it is tried on the data."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.simplify import simplify

from services.validation.core.catalog import Catalog
from services.validation.core.guard.reader import STUMBLES
from services.validation.core.plans import conditions, date_ranges, shapes
from services.validation.core.plans.model import Plan, StepKind
from services.validation.core.plans.statement import Statement

_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One way to say the same for less.

    Args:
        change: Changes a statement in place; whether it did. Its docstring holds the proof that the result is kept.
        why: What is gained, as a part of a sentence.
        saves: Whether it leaves out work by its shape, so that it is worth offering where an engine gives no cost.
    """

    change: Callable[[Statement], bool]
    why: str
    saves: bool


REWRITES: tuple[Rewrite, ...] = (
    Rewrite(shapes.drop_join, "a join of which nothing is used is left out", saves=True),
    Rewrite(shapes.left_to_inner, "an outer join whose unmatched rows are dropped anyway is a join", saves=False),
    Rewrite(date_ranges.range_of_dates, "a date is compared itself, so that an index on it can be used", saves=False),
    Rewrite(conditions.count_to_exists, "EXISTS stops at the first row, where a count reads all", saves=True),
    Rewrite(conditions.not_in_to_not_exists, "NOT EXISTS is read as a join", saves=False),
    Rewrite(conditions.equalities_to_in, "one IN takes the place of many ORs", saves=False),
    Rewrite(shapes.drop_distinct, "DISTINCT is left out, because no two rows are equal", saves=True),
    Rewrite(shapes.union_to_union_all, "UNION ALL compares no rows, and none are equal", saves=True),
    Rewrite(shapes.drop_order, "an order that nobody sees is left out", saves=True),
)


def changed(tree: exp.Expr, rewrite: Rewrite, catalog: Catalog) -> exp.Expr | None:
    """A copy of a statement with a rewrite made wherever it holds; None where it holds nowhere."""
    try:
        statement = Statement(tree.copy(), catalog)
        return statement.tree if rewrite.change(statement) else None
    except SqlglotError:
        return None


def contradict(old: exp.Expr, new: exp.Expr, catalog: Catalog) -> bool:
    """Whether sqlglot's optimiser sees two statements differ: in the columns of the result, or where one has no rows.

    Both are qualified, typed and simplified (sqlglot.optimizer); what it cannot read it says nothing about.
    """
    try:
        first, second = _normal(old, catalog), _normal(new, catalog)
    except STUMBLES:
        return False
    if first == second:
        return False
    if first.named_selects != second.named_selects:
        return True
    types = zip(first.selects, second.selects, strict=False)
    unknown = {exp.DType.UNKNOWN, exp.DType.NULL}
    if any(a.type and b.type and not {a.type.this, b.type.this} & unknown and a.type != b.type for a, b in types):
        return True
    return _is_empty(first) != _is_empty(second)


def is_cheaper(old: Plan, new: Plan, rewrite: Rewrite) -> bool:
    """Whether a plan takes less than another: by the planner's cost, else by what is read and done."""
    if old.estimated_cost >= 0 and new.estimated_cost >= 0:
        return new.estimated_cost < old.estimated_cost
    if old.rows_read >= 0 and new.rows_read >= 0 and old.rows_read != new.rows_read:
        return new.rows_read < old.rows_read
    return _work(new) < _work(old) or (rewrite.saves and _work(new) <= _work(old))


def same_rows(first: Sequence[Sequence[Any]], second: Sequence[Sequence[Any]]) -> bool:
    """Whether two results hold the same rows equally often; numbers are compared to ten digits."""
    return Counter(_comparable(first)) == Counter(_comparable(second))


def _comparable(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield tuple(float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value for value in row)


def _work(plan: Plan) -> tuple[int, int]:
    """How many steps read a table whole, and how many sort, group or keep rows."""
    heavy = {StepKind.SORT, StepKind.AGGREGATE, StepKind.MATERIALIZE, StepKind.JOIN}
    return len(plan.scans), sum(step.kind in heavy for step in plan.steps)


def _normal(tree: exp.Expr, catalog: Catalog) -> Any:
    name = catalog.dialect.name
    schema: dict[str, object] = {
        table.name: {column.name: column.native_type or column.type.value for column in table.columns}
        for table in catalog.tables
        if any(table.name.lower() == node.name.lower() for node in tree.find_all(exp.Table))
    }
    bare = tree.copy()
    for node in bare.find_all(exp.Table):
        node.set("db", None)
    qualified = qualify(bare, dialect=name, schema=schema, validate_qualify_columns=False, quote_identifiers=False)
    return simplify(annotate_types(qualified, schema=schema, dialect=name), dialect=name)


def _is_empty(tree: exp.Expr) -> bool:
    where = tree.args.get("where")
    return where is not None and where.this == exp.false()
