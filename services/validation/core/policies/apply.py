"""A policy applied to a statement: every table that has rules is read through a derived table, wherever it stands.

The statement's own text is changed at the places of those tables and nowhere else; the guard then judges the new text
from the beginning, and `verify` proves on its tree that nothing is read past the policy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from services.kit.catalog import Table
from services.validation.core.dialects import Dialect
from services.validation.core.guard.guard import Guarded, guard
from services.validation.core.guard.parsing import place
from services.validation.core.guard.relations import resolve, unknown
from services.validation.core.model import Finding
from services.validation.core.policies.edits import Edit, edited, stands_at
from services.validation.core.policies.names import qualified, quoted
from services.validation.core.policies.needs import names_used
from services.validation.core.policies.reading import Reading
from services.validation.core.policies.references import Meaning, named_relations
from services.validation.core.policies.restrict import RestrictedCatalog
from services.validation.core.policies.types import foreign_type
from services.validation.core.policies.verify import is_kept_to

# What a table may have beside its name where it is read through a derived table.
_PLAIN = frozenset({"this", "db", "catalog", "alias", "joins", "laterals"})


@dataclass(slots=True)
class _Change:
    """What has to be changed in a statement, and what keeps it from running."""

    edits: list[Edit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    derived: dict[str, Reading] = field(default_factory=dict)
    names: frozenset[str] | None = None


def apply_policy(guarded: Guarded, catalog: RestrictedCatalog) -> tuple[tuple[Finding, ...], str]:
    """The findings about what a policy does not let through, and the text that may run where there are none.

    Args:
        guarded: A statement that the guard lets through, with the names that `catalog` shows.
        catalog: What the policy makes of the data source's catalogue.
    """
    tree = guarded.tree
    if tree is None or not guarded.sql:
        return guarded.findings, ""
    if guarded.explain:
        # Estimates come from statistics over every row, and conditions show the policy's own.
        message = "A plan would show what this data source's policy hides. Ask for the plan by ExplainPlan."
        return (Finding("SQL_CONSTRUCT_REFUSED", message, span=guarded.text.span(0, len("explain"))),), ""
    change = _Change(names=names_used(tree))
    for table, meant in named_relations(tree, catalog.dialect):
        _read_table(change, guarded, table, meant, catalog)
    if change.derived:
        change.edits.extend(_shortened(tree, change, catalog))
    change.findings.extend(_constructs(guarded, tree, change, catalog))
    if change.findings:
        return tuple(change.findings), ""
    if not change.edits:
        # No table has rules, so the statement runs as it is.
        return ((), guarded.sql) if is_kept_to(tree, catalog) else ((_unproven(),), "")
    return _checked_again(guarded, change, catalog)


def _checked_again(guarded: Guarded, change: _Change, catalog: RestrictedCatalog) -> tuple[tuple[Finding, ...], str]:
    try:
        again = guard(edited(guarded.text.sql, change.edits), catalog.dialect, catalog.full)
    except ValueError:
        return (_unproven(),), ""
    if any(finding.reason == "SQL_TOO_LARGE" for finding in again.findings):
        message = "With the policy of this data source the statement is too large. Read fewer tables at once."
        return (Finding("SQL_TOO_LARGE", message),), ""
    if not again.sql or again.tree is None or not is_kept_to(again.tree, catalog):
        return (_unproven(),), ""
    return (), again.sql


def _read_table(
    change: _Change, guarded: Guarded, table: exp.Table, meant: Meaning, catalog: RestrictedCatalog
) -> None:
    text = guarded.text
    if meant is Meaning.WITH_QUERY:
        return
    start, end = place(table, len(text.sql))
    if meant is Meaning.UNCERTAIN:
        message = f"{table.name} may be the WITH query or a table here. Give the WITH query another name."
        change.findings.append(_refused(guarded, message, table))
        return
    found = resolve(catalog, table)
    reading = catalog.reading(found) if isinstance(found, Table) else None
    if reading is None:
        change.findings.append(unknown(text, table, catalog))
        return
    if reading.is_plain:
        if not _is_same(resolve(catalog.full, table), found):
            _take(change, _named_in_full(guarded, table, reading, catalog))
        return
    derived = catalog.derived(reading)
    if derived is None:
        message = (
            f"The policy of this data source no longer fits the table {reading.table.name}, so nothing of it is shown. "
            "Ask who keeps the data source to update its policy."
        )
        change.findings.append(text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.name))
        return
    odd = next((name for name, value in table.args.items() if name not in _PLAIN and _is_given(name, value)), "")
    if odd or not isinstance(table.parent, (exp.From, exp.Join, exp.Subquery)):
        message = f"The policy of this data source lets {table.name} be read in plain FROM and JOIN only."
        change.findings.append(_refused(guarded, message, table))
        return
    _take(change, _derived(guarded, table, derived.text(change.names)))
    change.derived[reading.table.qualified_name] = reading


def _take(change: _Change, edit: Edit | None) -> None:
    if edit is None:
        change.findings.append(_unproven())
    else:
        change.edits.append(edit)


def _derived(guarded: Guarded, table: exp.Table, derived: str) -> Edit | None:
    """The change that puts a derived table in a table's place, called by the table's name unless it has an alias."""
    span = _span(guarded, table)
    if span is None:
        return None
    start, end = span
    alias = table.args.get("alias")
    named = isinstance(alias, exp.TableAlias) and alias.this is not None
    written = derived if named else f"{derived} AS {_own_name(table, guarded.text.dialect)}"
    before = [piece for piece in guarded.text.pieces if piece.end <= start]
    if before and before[-1].kind == "word" and before[-1].text.lower() == "table":
        # TABLE orders is short for SELECT * FROM orders.
        return Edit(before[-1].start, end, f"SELECT * FROM {written}")
    return Edit(start, end, written)


def _named_in_full(guarded: Guarded, table: exp.Table, reading: Reading, catalog: RestrictedCatalog) -> Edit | None:
    """The change for a name that would mean a table that is not shown, in a schema that is looked at earlier."""
    span = _span(guarded, table)
    return Edit(*span, qualified(reading.table, catalog.dialect)) if span else None


def _span(guarded: Guarded, table: exp.Table) -> tuple[int, int] | None:
    """Where the whole name of a table stands, proven by reading it there."""
    parts = [part for part in table.parts if isinstance(part, exp.Identifier)]
    places = [stands_at(part) for part in parts]
    known = [each for each in places if each is not None]
    if len(known) != len(table.parts):
        return None
    sql = guarded.text.sql
    if any(part.name not in sql[start:end].replace('""', '"') for part, (start, end) in zip(parts, known, strict=True)):
        return None
    return known[0][0], known[-1][1]


def _is_same(one: object, other: object) -> bool:
    return isinstance(one, Table) and isinstance(other, Table) and one.qualified_name == other.qualified_name


def _own_name(table: exp.Table, dialect: Dialect) -> str:
    name = table.this
    return quoted(name.name, dialect) if name.args.get("quoted") else str(name.name)


def _is_given(name: str, value: object) -> bool:
    # NOT INDEXED is `indexed=False`.
    return value not in (None, [], False) or (name == "indexed" and value is False)


def _shortened(tree: exp.Expr, change: _Change, catalog: RestrictedCatalog) -> Iterator[Edit]:
    """The changes that take the schema from columns (`sales.orders.amount`): a derived table is in none."""
    for column in tree.find_all(exp.Column):
        if not column.args.get("db"):
            continue
        schema, table = column.args["db"], column.args["table"]
        found = resolve(catalog, exp.Table(this=table.copy(), db=schema.copy()))
        first, own = stands_at(column.parts[0]), stands_at(table)
        if isinstance(found, Table) and found.qualified_name in change.derived and first and own:
            yield Edit(first[0], own[0], "")


def _constructs(guarded: Guarded, tree: exp.Expr, change: _Change, catalog: RestrictedCatalog) -> Iterator[Finding]:
    """The findings about what reaches tables by other ways than FROM."""
    dialect = catalog.dialect
    for membership in tree.find_all(exp.In):
        if dialect.name == "sqlite" and membership.args.get("field") is not None:
            yield _refused(guarded, "Write IN (SELECT …), so that the columns that are read are named.", membership)
    for column in tree.find_all(exp.Column):
        name = column.name.lower()
        if name in dialect.row_identifiers and not all(
            name in {each.name.lower() for each in reading.visible} for reading in change.derived.values()
        ):
            yield _refused(guarded, f"The policy of this data source hides {column.name}. Use a key.", column)
    if dialect.name == "postgres":
        foreign = foreign_type(guarded.sql, catalog)
        if foreign:
            message = f"The type {foreign} is not that of a column here. Cast to a plain type."
            yield Finding("SQL_CONSTRUCT_REFUSED", message, metadata={"construct": foreign})


def _refused(guarded: Guarded, message: str, node: exp.Expr) -> Finding:
    start, end = place(node, len(guarded.text.sql))
    return guarded.text.finding("SQL_CONSTRUCT_REFUSED", message, start, end, construct=node.key)


def _unproven() -> Finding:
    message = "It cannot be proven that the statement keeps to the policy of this data source. Write it more plainly."
    return Finding("SQL_PARSERS_DISAGREE", message)
