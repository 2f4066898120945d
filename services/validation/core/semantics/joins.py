"""Joins that lack a condition, join by what is no key, or leave rows out."""

from collections.abc import Iterator

from sqlglot import exp

from services.kit.catalog import ColumnType
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding, Severity
from services.validation.core.semantics.fan_out import counts_rows
from services.validation.core.semantics.keys import Closure
from services.validation.core.semantics.nulls import required
from services.validation.core.semantics.places import extent, note, quoted
from services.validation.core.semantics.query import Condition, Query, Ref
from services.validation.core.semantics.references import (
    key_conditions,
    keys_between,
    pairs_of,
    refers_elsewhere,
    stands_for,
)

_REJECT = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.Between, exp.In)


def unconditional(text: Text, query: Query, closure: Closure) -> Iterator[Finding]:
    """The sources that a comma or JOIN brings in and nothing ties to those before them."""
    if query.is_opaque or not query.bare_joins or any(each.outputs is None for each in query.relations.values()):
        return
    single = closure.fixed(())[1]
    names = list(query.relations)
    for name, node in query.bare_joins:
        join = node.parent
        explicit = isinstance(join, exp.Join) and bool(join.args.get("on")) and "true" in text.sql.lower()
        if name in single or explicit or isinstance(node, exp.Lateral) or node.find(exp.Lateral, exp.Unnest):
            continue
        if isinstance(join, exp.Join) and join.kind == "CROSS" and not _follows_a_comma(text, node):
            continue
        if query.relations[name].table is None and query.relations[name].inner is None:
            continue
        together = next((group for group in closure.tied if name in group), {name})
        before = [each for each in names[: names.index(name)] if each not in single]
        if not before or together.intersection(before):
            continue
        other, here = query.relations[before[0]], query.relations[name]
        conditions = [condition for each in before for condition in key_conditions(query, query.relations[each], here)]
        hint = f"Join it ON {conditions[0]}." if conditions else "Say in ON or WHERE how they belong together."
        message = f"Nothing ties {here.name} to {other.name}: every row of one meets every row of the other. {hint}"
        yield note(text, node, "SQL_JOIN_WITHOUT_CONDITION", message, table=here.name)


def _follows_a_comma(text: Text, node: exp.Expr) -> bool:
    """Whether a table is brought in by a comma, which some dialects read as CROSS JOIN."""
    place = extent(text, node) if isinstance(node, exp.Table) else None
    before = [piece for piece in text.pieces if place is not None and piece.end <= place[0]]
    return bool(before) and before[-1].text == ","


def equal_columns(query: Query) -> Iterator[tuple[Condition, Ref, Ref]]:
    """The conditions that make columns of two stored tables equal."""
    for condition in query.conditions:
        part = condition.expression
        if not isinstance(part, exp.EQ):
            continue
        left, right = query.ref(part.this.unnest()), query.ref(part.args["expression"].unnest())
        if left is None or right is None or left[0] == right[0]:
            continue
        if query.relations[left[0]].table is not None and query.relations[right[0]].table is not None:
            yield condition, left, right


def doubtful_keys(text: Text, query: Query) -> Iterator[Finding]:
    """The joins by columns that do not belong together, where the schema says which do."""
    pairs: dict[frozenset[str], list[tuple[Condition, Ref, Ref]]] = {}
    for condition, left, right in equal_columns(query):
        pairs.setdefault(frozenset({left[0], right[0]}), []).append((condition, left, right))
    for equalities in pairs.values():
        condition, left, right = equalities[0]
        first, second = query.relations[left[0]], query.relations[right[0]]
        if first.table is second.table:
            continue
        used = [{left, right} for _, left, right in equalities]
        between = keys_between(query, first, second)
        if any(all(set(pair) in used for pair in pairs_of(query, *each)) for each in between) or any(
            stands_for(query, left) & stands_for(query, right) for _, left, right in equalities
        ):
            continue
        shown = quoted(text, condition.expression)
        conditions = key_conditions(query, first, second)
        if conditions and _is_doubtful(query, equalities):
            message = f"{shown} joins by no key. The schema ties them by {' or '.join(conditions)}."
            right_text = conditions[0] if len(conditions) == 1 and len(equalities) == 1 else ""
            # Names of things may belong together where no key says so: a state's capital and a city.
            texts = {stored.type for ref in (left, right) if (stored := query.stored(ref))} == {ColumnType.TEXT}
            severity = Severity.INFO if texts else Severity.WARNING
            yield note(text, condition.expression, "SQL_JOIN_KEY_DOUBTFUL", message, severity, suggestion=right_text)
            continue
        if left[1] == right[1]:
            # One name for both speaks louder than a key that is declared amiss.
            continue
        elsewhere = refers_elsewhere(query, left, right) or refers_elsewhere(query, right, left)
        if len(equalities) == 1 and elsewhere:
            message = f"{shown} joins what does not belong together: {elsewhere}. Join by another column."
            yield note(text, condition.expression, "SQL_JOIN_KEY_DOUBTFUL", message)


def _is_doubtful(query: Query, equalities: list[tuple[Condition, Ref, Ref]]) -> bool:
    """Whether a join is by columns of which neither side's is a key, or by two primary keys that only look alike."""
    sides = [{left for _, left, _ in equalities}, {right for _, _, right in equalities}]
    keyed = []
    for refs in sides:
        (name,) = {each[0] for each in refs} if len({each[0] for each in refs}) == 1 else ("",)
        relation = query.relations.get(name)
        if relation is None or relation.keys is None:
            return False
        keyed.append(any(key <= {column for _, column in refs} for key in relation.keys))
    return not any(keyed) or all(keyed)


def lost_rows(text: Text, query: Query, closure: Closure) -> Iterator[Finding]:
    """The rows that a join leaves out though it does not look so."""
    if query.is_opaque:
        return
    yield from _undone_outer_joins(text, query)
    needed = required(query, joins=False)
    for condition, left, right in equal_columns(query):
        if condition.outer:
            continue
        for child, parent in ((left, right), (right, left)):
            stored = query.stored(child)
            if stored is None or not stored.nullable or child in needed or query.relations[child[0]].optional:
                continue
            if _is_key_to(query, child, parent) and _is_about(query, closure, child[0], parent[0], condition):
                name, of = query.relations[child[0]].name, query.relations[parent[0]].name
                message = (
                    f"Rows of {name} whose {stored.name} is NULL are left out, if there are any. "
                    f"Write LEFT JOIN {of} to keep them."
                )
                yield note(
                    text, condition.expression, "SQL_ROWS_LOST", message, Severity.INFO, table=name, column=stored.name
                )


def _undone_outer_joins(text: Text, query: Query) -> Iterator[Finding]:
    for condition in query.conditions:
        part = condition.expression
        tested = part.this.unnest() if isinstance(part, exp.Not) else part
        if condition.joined or not isinstance(tested, _REJECT) or tested.find(exp.Coalesce, exp.Case, exp.Query):
            continue
        names = {name for name, _ in query.refs(tested)}
        if len(names) != 1:
            continue
        relation = query.relations[next(iter(names))]
        if relation.optional and any(each.joined == relation.key and each.outer == "LEFT" for each in query.conditions):
            message = (
                f"{quoted(text, part)} in WHERE leaves out every row that LEFT JOIN {relation.name} has kept. "
                f"Move it into ON to keep them, or write JOIN."
            )
            yield note(text, part, "SQL_ROWS_LOST", message, table=relation.name)


def _is_key_to(query: Query, child: Ref, parent: Ref) -> bool:
    """Whether a column alone refers to the other."""
    between = keys_between(query, query.relations[child[0]], query.relations[parent[0]])
    return any(pairs_of(query, *each) == [(child, parent)] for each in between)


def _is_about(query: Query, closure: Closure, child: str, parent: str, joined: Condition) -> bool:
    """Whether a result is about all rows of a table: nothing filters or groups by the other, which is only shown."""
    joined_refs = query.refs(joined.expression)
    for condition in query.conditions:
        if condition is not joined and any(name == parent for name, _ in query.refs(condition.expression)):
            return False
    if any(ref[0] == parent or ref in joined_refs for ref in query.group_refs):
        return False
    if query.is_grouped:
        return any(counts_rows(each) or any(name == child for name, _ in query.refs(each)) for each in query.aggregates)
    if closure.unfixed((), [child]) or query.select.args.get("distinct") is not None:
        return False
    shown = (each for projection in query.select.expressions for each in (*query.refs(projection), projection))
    return any(isinstance(each, exp.Star) or (isinstance(each, tuple) and each[0] == child) for each in shown)
