"""A statement in plain words, made from its tree alone, so that it says what the SQL does and not what was asked."""

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "is",
    exp.NEQ: "is not",
    exp.GT: "is more than",
    exp.GTE: "is at least",
    exp.LT: "is less than",
    exp.LTE: "is at most",
    exp.Like: "matches",
    exp.ILike: "matches",
    exp.Is: "is",
}

_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "the sum of",
    exp.Avg: "the average of",
    exp.Min: "the lowest",
    exp.Max: "the highest",
}

_SETS: dict[type[exp.Expr], str] = {
    exp.Union: "together with",
    exp.Intersect: "as far as they are in",
    exp.Except: "except",
}


def explain_statement(sql: str, dialect: str) -> str:
    """What a statement asks, as one sentence; what has no plain words is quoted as SQL.

    Args:
        sql: A checked statement.
        dialect: Its dialect, by sqlglot's name.
    """
    try:
        tree = parse_one(sql, dialect=dialect)
    except SqlglotError:
        return f"Runs: {sql}"
    return f"Shows {_query(tree)}."


def _query(tree: exp.Expr) -> str:
    for kind, word in _SETS.items():
        if isinstance(tree, kind):
            return f"{_query(tree.this)}, {word} {_query(tree.expression)}"
    if isinstance(tree, exp.Subquery):
        return _query(tree.this)
    if not isinstance(tree, exp.Select):
        return _code(tree)
    parts = [_selected(tree), _sources(tree), _filtered(tree), _grouped(tree), _ordered(tree), _named(tree)]
    return "".join(part for part in parts if part)


def _selected(tree: exp.Select) -> str:
    items = [_value(each) for each in tree.expressions]
    what = _listed(items) if items else "everything"
    return f"the different values of {what}" if tree.args.get("distinct") else what


def _sources(tree: exp.Select) -> str:
    source = tree.args.get("from_") or tree.args.get("from")
    if source is None:
        return ""
    tables = [source.this, *(join.this for join in tree.args.get("joins") or ())]
    return f" of {_listed([_name(each) for each in tables])}"


def _filtered(tree: exp.Select) -> str:
    where = tree.args.get("where")
    return f" where {_condition(where.this)}" if where else ""


def _grouped(tree: exp.Select) -> str:
    group, having = tree.args.get("group"), tree.args.get("having")
    by = f", for each {_listed([_value(each) for each in group.expressions])}" if group else ""
    return by + (f", where {_condition(having.this)}" if having else "")


def _ordered(tree: exp.Select) -> str:
    order, limit = tree.args.get("order"), tree.args.get("limit")
    keys = [
        f"{_value(each.this)} from {'highest' if each.args.get('desc') else 'lowest'}"
        for each in (order.expressions if order else ())
    ]
    by = f", ordered by {_listed(keys)}" if keys else ""
    count = _value(limit.expression) if limit else ""
    first = {"": "", "1": ", only the first"}.get(count, f", only the first {count}")
    return by + first


def _named(tree: exp.Select) -> str:
    return "".join(f"; {each.alias} is {_query(each.this)}" for each in tree.ctes)


def _condition(tree: exp.Expr) -> str:
    match tree:
        case exp.And() | exp.Or():
            word = "and" if isinstance(tree, exp.And) else "or"
            return f"{_condition(tree.this)} {word} {_condition(tree.expression)}"
        case exp.Paren():
            return f"({_condition(tree.this)})"
        case exp.Not():
            return _negated(tree.this)
        case exp.In():
            return f"{_value(tree.this)} is one of {_members(tree)}"
        case exp.Between():
            return f"{_value(tree.this)} is from {_value(tree.args['low'])} to {_value(tree.args['high'])}"
        case exp.Exists():
            return f"there is {_query(tree.this)}"
        case _ if type(tree) in _COMPARISONS:
            return f"{_value(tree.this)} {_COMPARISONS[type(tree)]} {_value(tree.expression)}"
        case _:
            return _value(tree)


def _negated(tree: exp.Expr) -> str:
    match tree:
        case exp.In():
            return f"{_value(tree.this)} is none of {_members(tree)}"
        case exp.Is():
            return f"{_value(tree.this)} is not {_value(tree.expression)}"
        case exp.Like() | exp.ILike():
            return f"{_value(tree.this)} does not match {_value(tree.expression)}"
        case exp.Exists():
            return f"there is no {_query(tree.this)}"
        case _:
            return f"not ({_condition(tree)})"


def _members(tree: exp.In) -> str:
    query = tree.args.get("query")
    return _query(query) if query else _listed([_value(each) for each in tree.expressions], last="or")


def _value(tree: exp.Expr) -> str:
    match tree:
        case exp.Star():
            return "all columns"
        case exp.Alias():
            return _value(tree.this)
        case exp.Column() if isinstance(tree.this, exp.Star):
            return f"all columns of {tree.table}"
        case exp.Column():
            return tree.name
        case exp.Count():
            return _counted(tree.this)
        case exp.Literal():
            return f"“{tree.name}”" if tree.is_string else tree.name
        case exp.Null():
            return "missing"
        case exp.Subquery():
            return f"({_query(tree.this)})"
        case _ if type(tree) in _AGGREGATES:
            return f"{_AGGREGATES[type(tree)]} {_value(tree.this)}"
        case _:
            return _code(tree)


def _counted(tree: exp.Expr | None) -> str:
    if isinstance(tree, exp.Distinct):
        return f"the number of different values of {_listed([_value(each) for each in tree.expressions])}"
    if tree is None or isinstance(tree, exp.Star):
        return "the number of rows"
    return f"the number of values of {_value(tree)}"


def _name(tree: exp.Expr) -> str:
    if isinstance(tree, exp.Subquery):
        return f"({_query(tree.this)})"
    return tree.name or _code(tree)


def _listed(items: list[str], *, last: str = "and") -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def _code(tree: exp.Expr) -> str:
    return f"`{tree.sql()}`"
