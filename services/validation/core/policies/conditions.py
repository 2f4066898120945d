"""The conditions of row filters: read as the dialect reads them, on the table's own columns and nothing else."""

from dataclasses import dataclass

from sqlglot import exp

from services.kit.catalog import Table
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import Dialect
from services.validation.core.guard.guard import guard
from services.validation.core.guard.parsing import bare
from services.validation.core.policies.edits import Edit, edited, stands_at
from services.validation.core.policies.names import qualified
from services.validation.core.resolve_names import resolve_names

# What a condition may not hold: it has to say the same of a row whatever else there is.
_FORBIDDEN = (
    *(exp.Query, exp.AggFunc, exp.Window, exp.Star, exp.Columns, exp.Lambda, exp.Comprehension, exp.PositionalColumn),
    *(exp.Explode, exp.Unnest),
)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a condition cannot be used, in words that follow the condition."""

    why: str


def condition_of(text: str, table: Table, dialect: Dialect, alias: str) -> str | Unusable:
    """A condition with every column said to be of `alias`, so that no other query around it can lend it one."""
    if not table.columns:
        return Unusable("the table has no columns")
    opening = f"SELECT 1 FROM {qualified(table, dialect)} WHERE ("
    alone = Catalog(dialect, [table], (), [table.schema] if table.schema else [])
    guarded = guard(f"{opening}{text}\n)", dialect, alone)
    if guarded.findings or guarded.tree is None:
        return Unusable(guarded.findings[0].message if guarded.findings else "it cannot be read")
    where = guarded.tree.args.get("where")
    clauses = {name for name, value in guarded.tree.args.items() if value}
    if not isinstance(guarded.tree, exp.Select) or clauses - {"kind", "expressions", "from_", "where"}:
        return Unusable("it has to be one condition")
    if where is None or not isinstance(where.this, exp.Paren):
        return Unusable("it has to be one condition")
    condition = where.this.this
    forbidden = condition.find(*_FORBIDDEN)
    if forbidden is not None:
        return Unusable(f"it may hold only columns, values and simple functions, no {forbidden.key.upper()}")
    findings = resolve_names(guarded.text, guarded.tree, alone).findings
    if findings:
        return Unusable(findings[0].message)
    edits = [_of(alias, column, table, alone) for column in condition.find_all(exp.Column)]
    if any(each is None for each in edits):
        return Unusable("it may name only the table's own columns")
    whole = edited(bare(guarded.text), [each for each in edits if each is not None])
    return whole[len(opening) : whole.rindex(")")].strip()


def _of(alias: str, column: exp.Column, table: Table, alone: Catalog) -> Edit | None:
    """The change that says which table a column is of; None where it is none of the table's."""
    key, columns = alone.dialect.key, alone.columns(table)
    parts = [part for part in column.parts if isinstance(part, exp.Identifier)]
    keys = [key(part.name, quoted=bool(part.args.get("quoted"))) for part in parts]
    own = [key(each, quoted=True) for each in (table.schema, table.name) if each]
    if keys[0] in columns:
        skipped = 0
    elif keys[: len(own)] == own and len(keys) > len(own) and keys[len(own)] in columns:
        skipped = len(own)
    elif keys[0] == own[-1] and len(keys) > 1 and keys[1] in columns:
        skipped = 1
    else:
        return None
    start, end = stands_at(parts[0]), stands_at(parts[skipped])
    if start is None or end is None:
        return None
    return Edit(start[0], end[0], f"{alias}.")
