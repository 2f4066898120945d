"""Proves of a statement's tree that it reads nothing past a policy, whatever way the statement was made."""

from sqlglot import exp

from services.kit.catalog import Table
from services.validation.core.guard.relations import resolve
from services.validation.core.policies.derive import normal_form
from services.validation.core.policies.reading import Reading
from services.validation.core.policies.references import Meaning, named_relations
from services.validation.core.policies.restrict import RestrictedCatalog


def is_kept_to(tree: exp.Expr, catalog: RestrictedCatalog) -> bool:
    """Whether every table of a tree is shown, and those with rules are read only through their derived tables.

    Names are looked up as the engine does, among everything that the data source holds.
    """
    for table, meant in named_relations(tree, catalog.dialect):
        if meant is Meaning.WITH_QUERY:
            continue
        found = resolve(catalog.full, table)
        reading = catalog.reading(found) if isinstance(found, Table) else None
        if meant is Meaning.UNCERTAIN or reading is None or reading.unfit:
            return False
        if not reading.is_plain and not _is_derived(table, reading, catalog):
            return False
    return True


def _is_derived(table: exp.Table, reading: Reading, catalog: RestrictedCatalog) -> bool:
    """Whether a table stands in exactly the SELECT that the policy asks for."""
    source = table.parent
    select = source.parent if isinstance(source, exp.From) else None
    if not isinstance(select, exp.Select) or not isinstance(select.parent, exp.Subquery):
        return False
    wanted, found = catalog.normal(reading), normal_form(select, catalog.dialect)
    return wanted is not None and found.rest == wanted.rest and found.columns <= wanted.columns
