"""What NULL does to comparisons: nothing equals it, and NOT IN over it is never true."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from sqlglot import exp

from services.validation.core.guard.text import Text
from services.validation.core.model import Finding
from services.validation.core.semantics.places import extent, note, written
from services.validation.core.semantics.query import Query, Ref

_REJECT = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.Between, exp.In)
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def required(query: Query, *, joins: bool = True) -> set[Ref]:
    """The columns that are not NULL in any row that a query keeps, as its conditions have it.

    Args:
        query: Whose rows.
        joins: Whether equalities between two sources count too.
    """
    found: set[Ref] = set()
    for condition in query.conditions:
        part = condition.expression
        if condition.outer:
            continue
        if isinstance(part, exp.Is):
            negated = bool(part.args.get("negate")) and isinstance(part.args["expression"], exp.Null)
            ref = query.ref(part.this.unnest()) if negated else None
            found.update([ref] if ref else ())
            continue
        tested = part.this.unnest() if isinstance(part, exp.Not) else part
        if isinstance(tested, exp.Is) and isinstance(part, exp.Not) and isinstance(tested.args["expression"], exp.Null):
            ref = query.ref(tested.this.unnest())
            found.update([ref] if ref else ())
            continue
        if not isinstance(tested, _REJECT):
            continue
        sides = [tested.this, tested.args.get("expression")] if isinstance(tested, exp.Binary) else [tested.this]
        refs = {query.ref(each.unnest()) for each in sides if each is not None}
        if joins or len({each[0] for each in refs if each}) < 2:
            found.update(each for each in refs if each)
    return found


def compared_with_null(text: Text, query: Query) -> Iterator[Finding]:
    """The comparisons with NULL by an operator that is never true."""
    for node in query.comparisons:
        if not isinstance(node, _COMPARED):
            continue
        left, right = node.this, node.args["expression"]
        value = left if isinstance(right.unnest(), exp.Null) else right
        if not isinstance((right if value is left else left).unnest(), exp.Null):
            continue
        word = "IS NOT NULL" if isinstance(node, exp.NEQ) else "IS NULL"
        suggestion = f"{written(text, value)} {word}"
        message = f"A comparison with NULL is never true. Write {suggestion}."
        found = note(text, node, "SQL_NULL_COMPARED", message, suggestion=suggestion)
        place = _whole(text, value) if value is left else None
        yield Finding(found.reason, message, found.severity, text.span(*place), suggestion) if place else found


def _whole(text: Text, left: exp.Expr) -> tuple[int, int] | None:
    """From a value to the NULL after it, which has no place in the tree."""
    place = extent(text, left)
    if place is None:
        return None
    first = bisect_left(text.pieces, place[1], key=lambda piece: piece.start)
    after = next((each for each in text.pieces[first : first + 8] if each.text.lower() == "null"), None)
    return (place[0], after.end) if after else None


def not_in_null(text: Text, query: Query, queries: Mapping[int, Query]) -> Iterator[Finding]:
    """The NOT IN over values of which one may be NULL. `queries` has every SELECT of the statement by its node."""
    for node in query.comparisons:
        if isinstance(node, exp.In):
            if not _is_negated(node):
                continue
            if any(isinstance(each.unnest(), exp.Null) for each in node.expressions):
                message = "NOT IN over a list with NULL is never true. Leave NULL out of the list."
                yield note(text, node, "SQL_NOT_IN_NULL", message)
                continue
            inner = node.args.get("query")
        elif isinstance(node, exp.NEQ) and isinstance(node.args["expression"], exp.All):
            inner = node.args["expression"].this
        else:
            continue
        within = queries.get(id(inner.unnest())) if isinstance(inner, exp.Query) else None
        first = next(iter((within.given or {}).values()), None) if within is not None else None
        if within is not None and isinstance(first, tuple) and may_be_null(within, first):
            shown = within.shown(first)
            message = (
                f"{shown} may be NULL, and then NOT IN is true for no row at all. "
                f"Write WHERE {shown} IS NOT NULL in the subquery, or use NOT EXISTS."
            )
            yield note(text, node, "SQL_NOT_IN_NULL", message, column=shown)


def _is_negated(node: exp.Expr) -> bool:
    holder = node.parent
    while isinstance(holder, exp.Paren):
        holder = holder.parent
    return isinstance(holder, exp.Not)


def may_be_null(query: Query, ref: Ref) -> bool:
    """Whether a column is known to allow NULL in the rows that a query keeps."""
    if ref in required(query):
        return False
    relation = query.relations[ref[0]]
    if relation.optional:
        return True
    if relation.table is not None:
        stored = query.stored(ref)
        return relation.table.kind == "table" and stored is not None and stored.nullable
    made = (relation.inner.given or {}).get(ref[1]) if relation.inner is not None else None
    return relation.inner is not None and isinstance(made, tuple) and may_be_null(relation.inner, made)
