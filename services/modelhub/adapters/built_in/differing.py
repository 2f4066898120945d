"""What tells two representations apart, in a few English words: how a person is asked which of them was meant."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from services.modelhub.adapters.built_in.ir import (
    STAR,
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Measure,
    Query,
    conditions,
)
from services.modelhub.adapters.built_in.tokens import identifier_words

_Filter = Condition | Junction | None
# Parts of a query that people know by these words; a filter, what is shown and the order have words of their own.
_WORDS: dict[str, tuple[str, ...]] = {
    "repeated rows": ("distinct",),
    "the number of rows": ("limit",),
    "how the tables are joined": ("through", "joins"),
}
_AGGREGATES = {
    Aggregate.COUNT: "the number of",
    Aggregate.SUM: "the total",
    Aggregate.AVG: "the average",
    Aggregate.MIN: "the lowest",
    Aggregate.MAX: "the highest",
}
MAX_PARTS = 2


def difference(one: Query, other: Query) -> str:
    """A fragment of a sentence: "the same", or "the same but for" and at most two parts, else "several parts".

    Parts of a filter or of a grouping in another order are no difference.
    """
    parts = list(dict.fromkeys(_parts(one, other)))
    if not parts:
        return "the same"
    return "the same but for " + (" and ".join(parts) if len(parts) <= MAX_PARTS else "several parts")


def _parts(one: Query, other: Query) -> list[str]:
    found: list[str] = []
    for compare in (_shown, _filtered, _grouped, _ordered, _combined):
        found.extend(compare(one, other))
    found.extend(
        words for words, names in _WORDS.items() if any(getattr(one, name) != getattr(other, name) for name in names)
    )
    return found


def _shown(one: Query, other: Query) -> list[str]:
    if one.select == other.select:
        return []
    if sorted(map(repr, one.select)) == sorted(map(repr, other.select)):
        return ["the order of the columns"]
    if len(one.select) != len(other.select):
        return ["the number of columns shown"]
    pairs = [pair for pair in zip(one.select, other.select, strict=True) if pair[0] != pair[1]]
    return [_measured(*pairs[0], "shown")] if len(pairs) == 1 else ["the columns shown"]


def _measured(one: Measure, other: Measure, role: str) -> str:
    """Two measures in the same place: of the same column they differ by what is made of it."""
    if one.column == other.column and one.column.column != STAR:
        return f"what is {role} of {_name(one.column)}"
    is_count = one.aggregate == other.aggregate == Aggregate.COUNT
    return "what is counted" if is_count else f"the column {role}"


def _filtered(one: Query, other: Query) -> list[str]:
    return [
        *_tests(one.where, other.where, lambda measure: f"the filter on {_said(measure)}"),
        *_tests(one.having, other.having, lambda measure: f"the filter of groups on {_said(measure)}"),
    ]


def _tests(one: _Filter, other: _Filter, name: Callable[[Measure], str]) -> list[str]:
    """What differs between two filters, each by the column that it tests."""
    if _unordered(one) == _unordered(other):
        return []
    before, after = list(conditions(one)), list(conditions(other))
    gone = [condition for condition in before if condition not in after]
    new = [condition for condition in after if condition not in before]
    if not gone and not new:
        return ["how the filters are combined"]
    if len(gone) == len(new) == 1:
        return [_test(gone[0], new[0], name)]
    return [name(condition.left) for condition in (*gone, *new)]


def _unordered(tree: _Filter) -> Hashable:
    if isinstance(tree, Junction):
        return (tree.any_of, frozenset(map(_unordered, tree.parts)))
    return tree


def _test(one: Condition, other: Condition, name: Callable[[Measure], str]) -> str:
    """Two tests in the same place: closer than "the filter" where only one side or the comparison differs."""
    if replace(one, operator=other.operator) == other and len(one.right) == len(other.right):
        return f"the comparison of {_said(one.left)}"
    if replace(one, right=other.right) == other and one.right and other.right:
        nested = [side for side in (one.right[0], other.right[0]) if isinstance(side, Query)]
        if not nested:
            return f"the value of {_said(one.left)}"
        inner = _parts(nested[0], nested[1]) if len(nested) == 2 else []
        if len(set(inner)) == 1:
            return f"{inner[0]} in what {_said(one.left)} is compared with"
        return f"what {_said(one.left)} is compared with"
    if one.left != other.left and replace(one, left=other.left) == other:
        return "the column that is filtered"
    return name(one.left) if one.left == other.left else "a filter"


def _grouped(one: Query, other: Query) -> list[str]:
    if set(one.group) == set(other.group):
        return []
    return ["the grouping column" if len(one.group) == len(other.group) == 1 else "the grouping"]


def _ordered(one: Query, other: Query) -> list[str]:
    if one.order == other.order:
        return []
    if len(one.order) != len(other.order):
        return ["the ordering"]
    pairs = [pair for pair in zip(one.order, other.order, strict=True) if pair[0] != pair[1]]
    if all(before.by == after.by for before, after in pairs):
        return ["the direction of the ordering"]
    if len(pairs) == 1 and pairs[0][0].descending == pairs[0][1].descending:
        before, after = pairs[0][0].by, pairs[0][1].by
        same = before.column == after.column and before.column.column != STAR
        return [f"what of {_name(before.column)} it is ordered by" if same else "the ordering column"]
    return ["the ordering"]


def _combined(one: Query, other: Query) -> list[str]:
    if (one.set_operator, one.other) == (other.set_operator, other.other):
        return []
    if one.other == other.other:
        return ["how the two queries are combined"]
    if one.set_operator == other.set_operator and one.other is not None and other.other is not None:
        inner = _parts(one.other, other.other)
        return [f"{inner[0]} in the second query"] if len(set(inner)) == 1 else ["the second query"]
    return ["the second query"]


def _said(measure: Measure) -> str:
    name = _name(measure.column)
    return name if measure.aggregate is None else f"{_AGGREGATES[measure.aggregate]} {name}"


def _name(ref: ColumnRef) -> str:
    name = ref.table.rpartition(".")[2] if ref.column == STAR else ref.column
    return " ".join(identifier_words(name)) or name or "rows"
