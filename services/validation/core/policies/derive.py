"""The derived table through which a table is read under a policy: visible columns, masks in their place, some rows."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp

from services.kit.catalog import Column, ColumnType
from services.validation.core.dialects import Dialect
from services.validation.core.policies.conditions import Unusable, condition_of
from services.validation.core.policies.names import qualified, quoted
from services.validation.core.policies.needs import kept
from services.validation.core.policies.reading import Reading
from services.validation.core.policy import MaskMethod

_FORMS: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "forms.toml").read_text())
# What the table is called inside its derived table, where no other name is in sight.
ALIAS = "candor_source"


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived table's parts: what is selected for each column, and all that follows."""

    opening: str
    columns: Mapping[str, str]
    rest: str

    def text(self, names: frozenset[str] | None) -> str:
        """The derived table in brackets, with the columns that a statement's `names` may mean; all when None."""
        selected = ", ".join(self.columns[each] for each in kept(self.columns, names))
        return f"({self.opening} {selected} {self.rest})"


@dataclass(frozen=True, slots=True)
class Normal:
    """A derived table in one spelling, to be compared by."""

    columns: frozenset[str]
    rest: str


def derived_table(reading: Reading, dialect: Dialect) -> Derived | None:
    """The derived table for a reading; None where the policy no longer fits the table."""
    if reading.unfit or not reading.visible:
        return None
    conditions = [condition_of(each, reading.table, dialect, ALIAS) for each in reading.conditions]
    usable = [each for each in conditions if not isinstance(each, Unusable)]
    if len(usable) < len(conditions):
        return None
    forms = _FORMS["default"] | _FORMS.get(dialect.name, {})
    columns = {column.name: _shown(column, reading, dialect, forms) for column in reading.visible}
    source = f"FROM {qualified(reading.table, dialect)} AS {ALIAS}"
    if not usable:
        return Derived("SELECT", columns, source)
    where = " AND ".join(f"({each})" for each in usable)
    return Derived(forms["select"], columns, f"{source} WHERE {where} {forms['fence']}".rstrip())


def normal_form(select: exp.Select, dialect: Dialect) -> Normal:
    """A SELECT in one spelling."""
    rest = [
        f"{name} {value.sql(dialect.name, comments=False) if isinstance(value, exp.Expr) else value!r}"
        for name, value in sorted(select.args.items())
        if value and name != "expressions"
    ]
    columns = (each.sql(dialect.name, comments=False) for each in select.expressions)
    return Normal(frozenset(columns), "; ".join(rest))


def normal_form_of(derived: Derived, dialect: Dialect) -> Normal:
    """The same of a derived table with all of its columns."""
    tree = sqlglot.parse_one(f"SELECT * FROM {derived.text(None)} AS t", read=dialect.name)
    subquery = tree.find(exp.Subquery)
    assert subquery is not None, "a derived table is a subquery"
    return normal_form(subquery.this, dialect)


def _shown(column: Column, reading: Reading, dialect: Dialect, forms: Mapping[str, str]) -> str:
    name = quoted(column.name, dialect)
    source = f"{ALIAS}.{name}"
    method = reading.masks.get(column.name)
    if method is None:
        return source
    form = forms[method if column.type is ColumnType.TEXT else MaskMethod.NULL]
    return f"{form.replace('{column}', source)} AS {name}"
