"""A representation said in plain English, so that a person can see what a statement would answer."""

from services.modelhub.adapters.built_in.ir import (
    STAR,
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    SetOperator,
)
from services.modelhub.adapters.built_in.tokens import identifier_words

_AGGREGATES = {
    Aggregate.COUNT: "number of",
    Aggregate.SUM: "total",
    Aggregate.AVG: "average",
    Aggregate.MIN: "lowest",
    Aggregate.MAX: "highest",
}
_OPERATORS = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.GT: "is more than",
    Operator.LT: "is less than",
    Operator.GE: "is at least",
    Operator.LE: "is at most",
    Operator.LIKE: "matches",
    Operator.NOT_LIKE: "does not match",
    Operator.IN: "is among",
    Operator.NOT_IN: "is not among",
    Operator.IS_NULL: "is missing",
    Operator.NOT_NULL: "is known",
}
_SETS = {
    SetOperator.UNION: "together with",
    SetOperator.INTERSECT: "that is also",
    SetOperator.EXCEPT: "except",
}


def read_out(query: Query) -> str:
    """One sentence, such as "The number of customers whose city is Paris."."""
    text = _query(query)
    return text[:1].upper() + text[1:] + "."


def _query(query: Query) -> str:
    main = query.tables[0] if query.tables else ""
    shown = _listed([_measure(m) for m in query.select])
    parts = [f"the {'different ' if query.distinct else ''}{shown}"]
    if not any(m.column.column == STAR for m in query.select):
        parts.append(f"of {_words(main)}")
    if query.through:
        parts.append("with " + _listed([_words(t) for t in query.through]))
    if query.where is not None:
        parts.append("whose " + _filter(query.where))
    if query.group:
        parts.append("for each " + _listed([_column(ref) for ref in query.group]))
    if query.having is not None:
        parts.append("where the " + _filter(query.having))
    if query.order:
        parts.append(_order(query.order, query.limit))
    elif query.limit is not None:
        parts.append(f"(at most {query.limit})")
    text = " ".join(parts)
    if query.set_operator is not None and query.other is not None:
        return f"{text}, {_SETS[query.set_operator]} {_query(query.other)}"
    return text


def _words(table: str) -> str:
    return " ".join(identifier_words(table.rpartition(".")[2])) or table


def _column(ref: ColumnRef) -> str:
    return " ".join(identifier_words(ref.column)) or ref.column


def _measure(measure: Measure) -> str:
    if measure.column.column == STAR:
        return (
            f"number of {_words(measure.column.table)}"
            if measure.aggregate
            else f"rows of {_words(measure.column.table)}"
        )
    name = _column(measure.column)
    if measure.aggregate is None:
        return name
    return f"{_AGGREGATES[measure.aggregate]} {'different ' if measure.distinct else ''}{name}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _filter(tree: Condition | Junction) -> str:
    if isinstance(tree, Condition):
        return _condition(tree)
    inner = [_filter(part) if isinstance(part, Condition) else f"({_filter(part)})" for part in tree.parts]
    return (" or " if tree.any_of else " and ").join(inner)


def _condition(condition: Condition) -> str:
    left = _measure(condition.left)
    sides = [_side(side) for side in condition.right]
    if condition.operator == Operator.BETWEEN:
        return f"{left} is between {sides[0]} and {sides[1]}"
    times = [f"{condition.factor} times"] if condition.factor != 1 else []
    return " ".join([left, _OPERATORS[condition.operator], *times, *([" or ".join(sides)] if sides else [])])


def _side(side: Literal | Measure | Query) -> str:
    if isinstance(side, Literal):
        return side.text
    return _measure(side) if isinstance(side, Measure) else f"({_query(side)})"


def _order(order: tuple[Order, ...], limit: int | None) -> str:
    keys = _listed([f"{_measure(o.by)}{', highest first' if o.descending else ''}" for o in order])
    if limit == 1:
        extreme = "highest" if order[0].descending else "lowest"
        return f"with the {extreme} {_measure(order[0].by)}"
    return f"ordered by {keys}" + (f" (first {limit})" if limit is not None else "")
