"""Conditions that no row can meet, or that every row meets."""

from collections.abc import Iterator

from sqlglot import exp

from services.validation.core.guard.text import Text
from services.validation.core.model import Finding
from services.validation.core.semantics.places import note, quoted
from services.validation.core.semantics.query import Query, Ref

_LOW, _HIGH = (exp.GT, exp.GTE), (exp.LT, exp.LTE)
_SWAPPED: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}
_REASON = "SQL_CONDITION_CONSTANT"
Value = float | str
# Of the conditions on one column, so many are compared with the others.
_MOST_COMPARED = 20


def constant(text: Text, query: Query) -> Iterator[Finding]:
    """The conditions whose answer is the same for every row."""
    for node in query.comparisons:
        yield from _by_itself(text, query, node)
    yield from _contradictions(text, query)
    for condition in query.conditions:
        if isinstance(condition.expression, exp.Or):
            yield from _always(text, query, condition.expression)


def _by_itself(text: Text, query: Query, node: exp.Expr) -> Iterator[Finding]:
    if isinstance(node, (exp.EQ, exp.NEQ, *_LOW, *_HIGH)):
        left, right = node.this.unnest(), node.args["expression"].unnest()
        ref = query.ref(left)
        if ref is not None and type(right) is exp.Column and query.ref(right) == ref:
            kept = isinstance(node, (exp.EQ, exp.GTE, exp.LTE))
            says = "is true wherever it is not NULL" if kept else "is never true"
            message = f"{quoted(text, node)} compares a column with itself and {says}. Correct one side."
            yield note(text, node, _REASON, message)
    elif isinstance(node, exp.Between):
        low, high = value_of(node.args["low"]), value_of(node.args["high"])
        if low is not None and high is not None and type(low) is type(high) and _is_above(low, high):
            message = f"BETWEEN takes the smaller value first: {quoted(text, node)} is never true. Swap the two."
            if not node.args.get("symmetric"):
                yield note(text, node, _REASON, message)
    elif isinstance(node, exp.Is) and isinstance(node.args["expression"], exp.Null) and not node.args.get("negate"):
        tested = node.this.unnest()
        ref = query.ref(tested)
        stored = query.stored(ref) if ref else None
        relation = query.relations[ref[0]] if ref else None
        negated = isinstance(node.parent, exp.Not)
        if ref is None or stored is None or relation is None or stored.nullable or negated:
            return
        if relation.table is not None and relation.table.kind == "table" and not relation.optional:
            message = f"{query.shown(ref)} is declared NOT NULL, so it is never NULL. Leave the condition out."
            yield note(text, node, _REASON, message)


def _is_above(low: Value, high: Value) -> bool:
    if isinstance(low, str) and isinstance(high, str):
        # Texts are ordered by their collation; those that look like dates of one form are sure.
        return len(low) == len(high) and low[:4].isdigit() and high[:4].isdigit() and low > high
    return isinstance(low, float) and isinstance(high, float) and low > high


def value_of(node: exp.Expr) -> Value | None:
    """The value of a literal; None for any other expression."""
    node = node.unnest()
    if isinstance(node, exp.Neg):
        inner = value_of(node.this)
        return -inner if isinstance(inner, float) else None
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return str(node.this)
    try:
        return float(node.this)
    except ValueError:
        return None


def _comparison(query: Query, node: exp.Expr) -> tuple[type[exp.Expr], Ref, Value] | None:
    """A comparison of a column with a literal, the column on the left."""
    if not isinstance(node, (exp.EQ, exp.NEQ, *_LOW, *_HIGH)):
        return None
    left, right = node.this.unnest(), node.args["expression"].unnest()
    kind: type[exp.Expr] = type(node)
    if isinstance(left, exp.Literal):
        left, right, kind = right, left, _SWAPPED.get(kind, kind)
    ref = query.ref(left)
    value = value_of(right)
    return (kind, ref, value) if ref is not None and value is not None else None


def _contradictions(text: Text, query: Query) -> Iterator[Finding]:
    """Conditions of one column that cannot hold together."""
    known: dict[Ref, list[tuple[type[exp.Expr], Value, exp.Expr]]] = {}
    for condition in query.conditions:
        found = None if condition.outer else _comparison(query, condition.expression)
        if found is None:
            continue
        kind, ref, value = found
        for other_kind, other, node in known.setdefault(ref, []):
            if _exclude(kind, value, other_kind, other):
                message = (
                    f"{quoted(text, node)} and {quoted(text, condition.expression)} are never true together. "
                    f"Write OR, or IN (…), if either will do."
                )
                yield note(text, condition.expression, _REASON, message)
                break
        if len(known[ref]) < _MOST_COMPARED:
            known[ref].append((kind, value, condition.expression))


def _exclude(kind: type[exp.Expr], value: Value, other_kind: type[exp.Expr], other: Value) -> bool:
    if isinstance(value, str) != isinstance(other, str):
        return False
    if kind is exp.EQ and other_kind is exp.EQ:
        # Where letter case is ignored, or a date is written in two ways, two texts are one value.
        return value != other if isinstance(value, float) else _are_two_texts(str(value), str(other))
    if isinstance(value, str) or isinstance(other, str):
        return False
    for one, low, two, high in ((kind, value, other_kind, other), (other_kind, other, kind, value)):
        if one in _LOW and (two in _HIGH or two is exp.EQ) and low > high:
            return True
        if one is exp.EQ and two in _HIGH and low > high:
            return True
    return False


def _are_two_texts(one: str, other: str) -> bool:
    return one.strip().casefold() != other.strip().casefold() and not (one[:1].isdigit() and other[:1].isdigit())


def _always(text: Text, query: Query, node: exp.Expr) -> Iterator[Finding]:
    """An OR that every row meets: `x <> 'a' OR x <> 'b'`, or one side that is always true."""
    unequal: dict[Ref, tuple[Value, exp.Expr]] = {}
    for part in node.flatten():
        each = part.unnest()
        if isinstance(each, exp.EQ):
            sides = value_of(each.this), value_of(each.args["expression"])
            if sides[0] is not None and sides[0] == sides[1]:
                message = f"{quoted(text, each)} is always true, so every row meets this OR. Leave it out."
                yield note(text, each, _REASON, message)
        found = _comparison(query, each)
        if found is None or found[0] is not exp.NEQ:
            continue
        before = unequal.setdefault(found[1], (found[2], each))
        if before[0] != found[2]:
            message = (
                f"Every value differs from one of the two, so {quoted(text, before[1])} OR {quoted(text, each)} is "
                f"always true. Write AND, or NOT IN (…)."
            )
            yield note(text, node, _REASON, message)
            return
