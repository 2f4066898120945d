"""Reads a statement that may run as its author would on a second look, and says what is probably wrong."""

from collections.abc import Iterator
from itertools import islice

from sqlglot import exp

from services.validation.core.catalog import Catalog
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding, Severity
from services.validation.core.resolve_names import Resolved, scopes_of
from services.validation.core.semantics.conditions import constant
from services.validation.core.semantics.fan_out import fan_out
from services.validation.core.semantics.grain import grain, limit_without_order
from services.validation.core.semantics.grouping import ungrouped
from services.validation.core.semantics.joins import doubtful_keys, lost_rows, unconditional
from services.validation.core.semantics.keys import Closure, add_keys, close, result_keys
from services.validation.core.semantics.nulls import compared_with_null, not_in_null
from services.validation.core.semantics.query import Query, read
from services.validation.core.semantics.types import cut_divisions, mismatches
from services.validation.core.sources import Sources

# So many findings are read; more say nothing new.
_MOST_OF_A_RULE = 20
_MOST = 100


def review(text: Text, tree: exp.Expr, catalog: Catalog, resolved: Resolved | None = None) -> list[Finding]:
    """The findings about what a statement means, in no order. Its names have to be those of the catalogue.

    Args:
        text: The statement as it was written.
        tree: Its tree.
        catalog: What the tables, columns and keys are.
        resolved: What resolving the names of this tree gave, which saves doing it again.
    """
    found: list[Finding] = []
    read_before = read_queries(tree, catalog, resolved)
    by_node = {id(query.select): query for query, _ in read_before}
    for query, closure in read_before:
        for rule in _rules(text, query, closure, by_node):
            for finding in islice(rule, _MOST_OF_A_RULE):
                if len(found) < _MOST or finding.severity is Severity.ERROR:
                    found.append(finding)
    return found


def read_queries(tree: exp.Expr, catalog: Catalog, resolved: Resolved | None = None) -> list[tuple[Query, Closure]]:
    """Every SELECT of a statement, the inner ones first, with what its conditions and keys fix."""
    scopes = resolved.scopes if resolved is not None else scopes_of(tree)
    sources = resolved.sources if resolved is not None and resolved.sources is not None else Sources(catalog)
    known: dict[int, Query] = {}
    found = []
    for scope in scopes:
        if scope.is_udtf or not isinstance(scope.expression, exp.Select):
            continue
        query = read(scope, catalog, sources, known)
        query.is_outermost = scope.expression is tree
        add_keys(query)
        closure = close(query)
        query.result_keys = None if query.is_outermost else result_keys(closure)
        known[id(scope)] = query
        found.append((query, closure))
    return found


def _rules(text: Text, query: Query, closure: Closure, queries: dict[int, Query]) -> Iterator[Iterator[Finding]]:
    """What each rule says of a query; those that may refuse it come first."""
    yield ungrouped(text, query, closure)
    yield mismatches(text, query)
    yield cut_divisions(text, query)
    yield compared_with_null(text, query)
    yield not_in_null(text, query, queries)
    yield constant(text, query)
    if query.relations:
        yield unconditional(text, query, closure)
        yield doubtful_keys(text, query)
        yield fan_out(text, query, closure)
        yield lost_rows(text, query, closure)
    if query.is_outermost:
        yield grain(text, query, closure)
        yield limit_without_order(text, query)
