"""Aggregates over rows that a join repeats, which count some of them more than once.

The trap is known from data warehouses as fan trap (one join to many) and chasm trap (two joins to many); see R. Kimball
and M. Ross, "The Data Warehouse Toolkit" (3rd edition, 2013), chapter 4 on facts of different grain.
"""

from collections.abc import Iterator

from sqlglot import exp

from services.validation.core.guard.text import Text
from services.validation.core.model import Finding, Severity
from services.validation.core.semantics.keys import Closure
from services.validation.core.semantics.places import note, quoted, written
from services.validation.core.semantics.query import Query, Ref


def fan_out(text: Text, query: Query, closure: Closure) -> Iterator[Finding]:
    """The aggregates whose result a join changes. MIN, MAX and DISTINCT do not mind repeated rows."""
    if query.is_opaque or len(query.relations) < 2 or not query.aggregates:
        return
    groups: set[Ref] = set() if query.has_grouping_sets else query.group_refs
    constant = closure.fixed(groups)[1]
    multiplied = False
    for aggregate in query.aggregates:
        if not isinstance(aggregate, (exp.Sum, exp.Avg, exp.Count)) or isinstance(aggregate.this, exp.Distinct):
            continue
        added = set() if counts_rows(aggregate) else {name for name, _ in query.refs(aggregate.this)}
        if added and added <= constant and not isinstance(aggregate, exp.Sum):
            # One value for the whole group: its average is itself, and to count it is to count the rows.
            if isinstance(aggregate, exp.Avg):
                continue
            added = set()
        if not added:
            # Every row is counted; said once.
            pair = None if multiplied else _chasm(query, closure, groups)
            if pair is not None:
                multiplied = True
                yield _counted_pairs(text, aggregate, query, pair)
            continue
        repeating = closure.unfixed(groups, added)
        if repeating:
            # One keyword, one category: a name mostly means one row, though no key says so.
            named = closure.labelled - added
            severity = Severity.WARNING if closure.unfixed(groups, added | named) else Severity.INFO
            yield _repeated(text, query, aggregate, added, repeating, severity=severity)


def counts_rows(aggregate: exp.Expr) -> bool:
    """Whether an aggregate counts the rows of the join: COUNT(*), COUNT(1), SUM(CASE … THEN 1 ELSE 0 END)."""
    value = aggregate.this
    if isinstance(value, (exp.Case, exp.If)):
        results = [each.args.get("true") for each in value.args.get("ifs") or [value]]
        results.append(value.args.get("default") or value.args.get("false"))
        return all(each is None or isinstance(each, (exp.Literal, exp.Null, exp.Boolean)) for each in results)
    return isinstance(value, (exp.Star, exp.Literal, exp.Boolean, exp.Predicate)) or value is None


def _chasm(query: Query, closure: Closure, groups: set[Ref]) -> list[str] | None:
    """The sources that multiply each other, where no source has one row for each row of the join."""
    best: list[str] | None = None
    for name in query.relations:
        repeating = closure.unfixed(groups, [name])
        if not repeating:
            return None
        if best is None or len(repeating) < len(best) - 1:
            best = [name, *repeating]
    return best


def _counted_pairs(text: Text, aggregate: exp.Expr, query: Query, names: list[str]) -> Finding:
    shown = [query.label(name) for name in names[:2]]
    message = (
        f"{quoted(text, aggregate)} counts pairs: a row of {shown[0]} meets several of {shown[1]}, and the other way "
        f"round. Count each of them in a subquery of its own, or count DISTINCT keys."
    )
    return note(text, aggregate, "SQL_FAN_OUT", message, table=shown[0], multiplied_by=shown[1])


def _nearest(query: Query, repeating: list[str]) -> str:
    """Of the sources that repeat rows, one that is joined to those which do not."""
    for condition in query.conditions:
        names = {name for name, _ in query.refs(condition.expression)}
        found = names.intersection(repeating)
        if found and names - found:
            return min(found, key=repeating.index)
    return repeating[0]


def _repeated(
    text: Text, query: Query, aggregate: exp.Expr, added: set[str], repeating: list[str], *, severity: Severity
) -> Finding:
    of = " and ".join(query.label(name) for name in query.relations if name in added)
    by = query.label(_nearest(query, repeating))
    call = quoted(text, aggregate)
    suggestion = ""
    if isinstance(aggregate, exp.Count):
        message = f"{call} counts a row of {of} once for each row of {by} that it meets."
        column = query.ref(aggregate.this)
        if column and frozenset({column[1]}) in (query.relations[column[0]].keys or ()):
            suggestion = f"COUNT(DISTINCT {written(text, aggregate.this)})"
            message += f" Write {suggestion} to count {of}, or COUNT(*) to count the rows of {by}."
        else:
            message += f" Count them in a subquery before joining {by}."
    else:
        does = "adds" if isinstance(aggregate, exp.Sum) else "averages"
        message = (
            f"{call} {does} each row of {of} once for each row of {by} that it meets. "
            f"Work it out in a subquery before joining {by}, or test for {by} with EXISTS."
        )
    return note(text, aggregate, "SQL_FAN_OUT", message, severity, suggestion=suggestion, table=of, multiplied_by=by)
