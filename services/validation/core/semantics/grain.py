"""What one row of the result stands for, and whether it is settled which rows come."""

from collections.abc import Iterator

from sqlglot import exp

from services.validation.core.guard.text import Text
from services.validation.core.model import Finding, Severity
from services.validation.core.semantics.keys import Closure, candidates
from services.validation.core.semantics.places import keyword
from services.validation.core.semantics.query import Query, Ref

# More columns than a person would read as one thing.
_MOST_NAMES = 12


def grain(text: Text, query: Query, closure: Closure) -> Iterator[Finding]:
    """What one row of the outermost query is, where it follows from grouping, DISTINCT or the keys."""
    names = _grain(query, closure)
    if names is None or len(names) > _MOST_NAMES:
        return
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    message = f"One row for each {listed}." if names else "One row in all."
    yield Finding("SQL_GRAIN", message, Severity.INFO, keyword(text, "select"), metadata={"grain": ", ".join(names)})


def _grain(query: Query, closure: Closure) -> list[str] | None:
    """The columns that tell the rows apart, none for a single row; None where they are not known."""
    if query.is_opaque or query.has_grouping_sets or not query.relations:
        return None
    if query.select.args.get("group"):
        return _groups(query)
    if query.aggregates:
        return []
    distinct = query.select.args.get("distinct")
    if distinct is not None:
        given = (query.given or {}).items()
        return [query.shown(each) if isinstance(each, tuple) else name for name, each in given] or None
    for refs in candidates(query):
        if closure.fixes_all(refs):
            return [_origin(query, ref) for ref in sorted(refs)]
    return None


def _groups(query: Query) -> list[str] | None:
    found = []
    for each in query.groups:
        ref = query.ref(each)
        if ref is None and type(each) is exp.Column:
            continue
        found.append(_origin(query, ref) if ref else each.sql(query.catalog.dialect.name))
    return list(dict.fromkeys(found)) or None


def _origin(query: Query, ref: Ref) -> str:
    """A column by its table's name, where it comes from one."""
    outputs = query.relations[ref[0]].outputs
    output = outputs.get(ref[1]) if outputs else None
    if output is None or output.origin is None:
        return query.shown(ref)
    return f"{output.origin.table.rpartition('.')[2]}.{output.origin.column}"


def limit_without_order(text: Text, query: Query) -> Iterator[Finding]:
    """LIMIT on rows in no order."""
    limited = query.select.args.get("limit")
    if limited is None or query.select.args.get("order") or not query.relations:
        return
    if query.aggregates and not query.select.args.get("group"):
        return
    word = next((each for each in ("limit", "fetch", "top") if keyword(text, each)), "limit")
    message = "Which rows come is up to the database. Add ORDER BY to choose them."
    yield Finding("SQL_LIMIT_WITHOUT_ORDER", message, Severity.INFO, keyword(text, word))
