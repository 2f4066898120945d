"""The tables of a plan by the names of the catalogue, and what reading them takes where the engine leaves it open."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlglot import exp

from services.kit.catalog import Column, ColumnType, Table
from services.validation.core.catalog import Catalog
from services.validation.core.guard.relations import is_common_table, resolve
from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind, TableSize, total

# What a value takes, in bytes, by its type; a text takes what those of the sample do, and a length of its own.
_WIDTHS: Mapping[ColumnType, float] = {
    ColumnType.INTEGER: 8,
    ColumnType.NUMBER: 8,
    ColumnType.DATE: 4,
    ColumnType.TIMESTAMP: 8,
    ColumnType.TIME: 8,
    ColumnType.BOOLEAN: 1,
}
_TEXT_LENGTH = 4.0
# A sample shorter than this is a whole value; longer ones may have been cut.
_WHOLE_SAMPLE = 100
_SHARE_OF_A_RANGE = 0.25


def name_tables(plan: Plan, tree: exp.Expr | None, catalog: Catalog) -> Plan:
    """A plan whose tables have the catalogue's names, with rows and bytes read worked out where the engine is silent.

    SQLite and MySQL name a table by its alias in the statement; an alias of several tables stands for the largest.
    Bytes that no engine gave are the share of the table's size that its rows are, where the engine gives sizes. Else
    they are an estimate, rows times what the types of the columns take, and unknown where one has no usual width.
    """
    aliases = _aliases(tree, catalog) if tree is not None else {}
    named = [replace(step, table=_named(step, aliases, catalog)) if step.table else step for step in plan.steps]
    filled: list[Step] = []
    for step in named:
        filled.append(_filled(step, filled, plan, catalog))
    reads = [step for step in filled if step.reads]
    rows, read = plan.rows_read, plan.bytes_read
    if plan.steps:
        rows = rows if rows >= 0 else total(step.rows_read for step in reads) if reads else 0.0
        read = read if read >= 0 else total(step.bytes for step in reads) if reads else 0.0
    return replace(plan, steps=tuple(filled), rows_read=rows, bytes_read=read)


def table_of(catalog: Catalog, name: str) -> Table | None:
    """The catalogue's table of a name as a plan has it, the schema in front or left out."""
    schema, _, bare = name.rpartition(".")
    return catalog.find(schema, bare, quoted=True)


def _aliases(tree: exp.Expr, catalog: Catalog) -> dict[str, set[str]]:
    """What each name in the FROM clauses of a statement stands for; an empty name for what is no stored table."""
    found: dict[str, set[str]] = {}
    for node in tree.find_all(exp.Table, exp.Subquery, exp.CTE):
        stands_for = ""
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) and not is_common_table(node):
            table = resolve(catalog, node)
            stands_for = table.qualified_name if isinstance(table, Table) else ""
        if node.alias_or_name:
            found.setdefault(node.alias_or_name.lower(), set()).add(stands_for)
    return found


def _named(step: Step, aliases: Mapping[str, set[str]], catalog: Catalog) -> str:
    known = aliases.get(step.table.lower()) if "." not in step.table else None
    if known is not None:
        return max(known, key=lambda name: (_rows_of(catalog, name), bool(name)))
    table = table_of(catalog, step.table)
    return table.qualified_name if table is not None else step.table


def _rows_of(catalog: Catalog, name: str) -> float:
    table = table_of(catalog, name) if name else None
    return float(table.row_estimate) if table is not None else UNKNOWN


def _filled(step: Step, before: list[Step], plan: Plan, catalog: Catalog) -> Step:
    if not step.reads:
        return step
    table = table_of(catalog, step.table)
    size = plan.sizes.get(step.table, TableSize())
    whole = max(size.rows, float(table.row_estimate) if table is not None else UNKNOWN)
    once = step.rows
    if step.kind is StepKind.SCAN:
        once = whole
    elif once < 0 and whole >= 0:
        once = whole * _SHARE_OF_A_RANGE
    rows_read = step.rows_read
    if rows_read < 0 and once >= 0:
        loops = before[step.outer].rows_read if 0 <= step.outer < len(before) else 1.0
        rows_read = once * max(loops, 1.0) if loops >= 0 else UNKNOWN
    read = step.bytes
    if read < 0 and size.bytes >= 0 and rows_read >= 0 and whole > 0:
        read = size.bytes * min(1.0, rows_read / whole)
    elif read < 0 and table is not None and rows_read >= 0:
        width = _width(_columns(table, step.columns))
        # What is read again comes from memory.
        read = min(rows_read, whole) * width if width >= 0 and whole >= 0 else UNKNOWN
    return replace(step, rows_read=rows_read, bytes=read)


def _columns(table: Table, names: Iterable[str]) -> list[Column]:
    wanted = {name.lower() for name in names}
    found = [column for column in table.columns if not wanted or column.name.lower() in wanted]
    return found or list(table.columns)


def _width(columns: Iterable[Column]) -> float:
    """What a row of columns takes; unknown where that of one is."""
    return total(_width_of(column) for column in columns)


def _width_of(column: Column) -> float:
    if column.type in _WIDTHS:
        return _WIDTHS[column.type]
    whole = column.type is ColumnType.TEXT and all(len(sample) < _WHOLE_SAMPLE for sample in column.samples)
    if not whole or not column.samples:
        return UNKNOWN
    return _TEXT_LENGTH + sum(len(sample.encode()) for sample in column.samples) / len(column.samples)
