"""A policy is checked when it is written: what it names is there, and every condition can be used."""

from collections.abc import Iterator
from datetime import timedelta

from services.kit.errors import InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.policies.conditions import Unusable, condition_of
from services.validation.core.policies.derive import ALIAS
from services.validation.core.policies.patterns import column_pattern, table_pattern
from services.validation.core.policy import Policy


def require_valid(policy: Policy, catalog: Catalog) -> None:
    """Refuses a policy that is not understood, or names exactly what a data source does not have.

    Args:
        policy: The new policy.
        catalog: Everything that the data source holds.

    Raises:
        InvalidArgument: POLICY_INVALID; the metadata's `rule` is the rule that is wrong, as it is written.
    """
    for rule, why in _wrong(policy, catalog):
        raise InvalidArgument("POLICY_INVALID", f"The rule {rule!r} cannot be kept: {why}.", metadata={"rule": rule})


def _wrong(policy: Policy, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Each rule that is wrong, and why."""
    for rule in policy.allowed_tables:
        yield from _table(rule, catalog, opens=True)
    for rule in policy.denied_tables:
        yield from _table(rule, catalog, opens=False)
    for rule in (*policy.denied_columns, *(mask.column for mask in policy.masks)):
        yield from _column(rule, catalog)
    for each in policy.row_filters:
        yield from _row_filter(each.table, each.condition, catalog)
    if policy.limits is not None and policy.limits.timeout < timedelta(0):
        yield "timeout", "it is less than nothing"


def _table(rule: str, catalog: Catalog, *, opens: bool) -> Iterator[tuple[str, str]]:
    pattern = table_pattern(rule)
    if pattern is None:
        yield rule, 'write a table as "table" or "schema.table"'
    elif pattern.exact and not any(
        pattern.opens(table, catalog.dialect, catalog.search_path)
        if opens
        else pattern.restricts(table, catalog.dialect)
        for table in catalog.tables
    ):
        yield rule, "there is no such table, and a misspelled rule would keep nothing"


def _column(rule: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    pattern = column_pattern(rule)
    if pattern is None:
        yield rule, 'write a column as "table.column" or "schema.table.column"'
        return
    table, column = pattern
    if not (table.exact and column.exact):
        return
    named = [each for each in catalog.tables if table.restricts(each, catalog.dialect)]
    if not any(column.means(each.name) for one in named for each in one.columns):
        yield rule, "there is no such column, and a misspelled rule would keep nothing"


def _row_filter(written: str, condition: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    pattern = table_pattern(written)
    if pattern is None or not pattern.exact:
        yield written, 'write the table of a row filter as "table" or "schema.table", without *'
        return
    named = [each for each in catalog.tables if pattern.restricts(each, catalog.dialect)]
    if not named:
        yield written, "there is no such table"
    for table in named:
        found = condition_of(condition, table, catalog.dialect, ALIAS)
        if isinstance(found, Unusable):
            yield condition, f"for the table {table.qualified_name}, {_as_clause(found.why)}"


def _as_clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
