"""Rewrites of conditions, each of which keeps the truth of the condition for every row."""

from collections.abc import Iterator

from sqlglot import exp

from services.validation.core.plans.statement import Statement, is_plain, source_key

_MIRRORED = {exp.GT: exp.LT, exp.LT: exp.GT, exp.GTE: exp.LTE, exp.LTE: exp.GTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ}
# What a comparison of a count with a number says: True where there is a row, False where there is none.
_SOME = {
    (exp.GT, "0"): True,
    (exp.GTE, "1"): True,
    (exp.NEQ, "0"): True,
    (exp.EQ, "0"): False,
    (exp.LT, "1"): False,
    (exp.LTE, "0"): False,
}
_MIN_EQUALITIES = 3


def count_to_exists(statement: Statement) -> bool:
    """`(SELECT COUNT(*) FROM …) > 0` becomes `EXISTS (SELECT 1 FROM …)`, which stops at the first row.

    Proof: without groups, a count of rows is one number, never NULL, and it is above 0 exactly if there is a row.
    """
    changed = False
    for comparison in list(statement.tree.find_all(*_MIRRORED)):
        left, right = comparison.this.unnest(), comparison.args["expression"].unnest()
        kind = type(comparison)
        if isinstance(left, exp.Literal):
            left, right, kind = right, left, _MIRRORED[kind]
        some = _SOME.get((kind, right.this)) if isinstance(right, exp.Literal) and not right.is_string else None
        select = left.unnest() if isinstance(left, (exp.Subquery, exp.Select)) else None
        select = select.this if isinstance(select, exp.Subquery) else select
        if some is None or not isinstance(select, exp.Select) or not _counts_rows(select):
            continue
        inner = select.copy()
        inner.set("expressions", [exp.Literal.number(1)])
        inner.set("order", None)
        exists: exp.Expr = exp.Exists(this=inner)
        comparison.replace(exists if some else exp.Not(this=exists))
        changed = True
    return changed


def _counts_rows(select: exp.Select) -> bool:
    (only, *more) = select.expressions or [None]
    count = only.unalias() if only is not None else None
    if more or not isinstance(count, exp.Count) or count.expressions or select.args.get("distinct"):
        return False
    bare = select.copy()
    bare.set("expressions", [exp.Literal.number(1)])
    of = count.this
    return is_plain(bare) and isinstance(of, (exp.Star, exp.Literal))


def equalities_to_in(statement: Statement) -> bool:
    """`a = 1 OR a = 2 OR a = 3` becomes `a IN (1, 2, 3)`.

    Proof: IN is defined as that OR. Only literals of one kind are taken, which no engine converts differently.
    """
    changed = False
    for top in list(statement.tree.find_all(exp.Or)):
        if isinstance(top.parent, exp.Or):
            continue
        parts = list(_alternatives(top))
        pairs = [_equality(part) for part in parts]
        columns = {pair[0].sql() for pair in pairs if pair is not None}
        kinds = {pair[1].is_string for pair in pairs if pair is not None}
        if None in pairs or len(columns) != 1 or len(kinds) != 1 or len(parts) < _MIN_EQUALITIES:
            continue
        known = [pair for pair in pairs if pair is not None]
        values = list(dict.fromkeys(value for _, value in known))
        top.replace(exp.In(this=known[0][0].copy(), expressions=[value.copy() for value in values]))
        changed = True
    return changed


def _alternatives(node: exp.Expr) -> Iterator[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.Or):
        yield from _alternatives(node.this)
        yield from _alternatives(node.args["expression"])
    else:
        yield node


def _equality(node: exp.Expr) -> tuple[exp.Expr, exp.Literal] | None:
    if not isinstance(node, exp.EQ):
        return None
    left, right = node.this.unnest(), node.args["expression"].unnest()
    if isinstance(left, exp.Literal):
        left, right = right, left
    return (left, right) if isinstance(left, exp.Column) and isinstance(right, exp.Literal) else None


def not_in_to_not_exists(statement: Statement) -> bool:
    """`x NOT IN (SELECT y FROM t …)` becomes `NOT EXISTS (SELECT 1 FROM t … AND x = y)`, which is an anti join.

    Proof: where neither x nor y is ever NULL, x is not in the list exactly if no row of it equals x. Both are stored
    columns without NULLs and of one type; neither is filled by an outer join; the names keep their meaning, because
    both get their sources' names and those differ.
    """
    changed = False
    for negation in list(statement.tree.find_all(exp.Not)):
        membership = negation.this.unnest()
        query = membership.args.get("query") if isinstance(membership, exp.In) else None
        select = query.this if isinstance(query, exp.Subquery) else query
        if not isinstance(select, exp.Select) or not is_plain(select) or len(select.expressions) != 1:
            continue
        outer, inner = membership.this.unnest(), select.expressions[0].unalias()
        if not (statement.is_never_null(outer) and statement.is_never_null(inner)):
            continue
        left, right = statement.stored(outer), statement.stored(inner)
        if left is None or right is None or left[2].type is not right[2].type:
            continue
        if left[0] in statement.sources_of(select):
            continue
        named = [_with_source(statement, column) for column in (outer, inner)]
        if None in named:
            continue
        new = select.copy()
        new.set("expressions", [exp.Literal.number(1)])
        new.set("distinct", None)
        new.set("order", None)
        equal = exp.EQ(this=named[0], expression=named[1])
        new = new.where(equal, copy=False)
        negation.replace(exp.Not(this=exp.Exists(this=new)))
        changed = True
    return changed


def _with_source(statement: Statement, column: exp.Expr) -> exp.Expr | None:
    """A column with the name of its source in front."""
    if column.args.get("table"):
        return column.copy()
    select, found = column.parent_select, statement.stored(column)
    if select is None or found is None:
        return None
    from_ = select.args.get("from_")
    nodes = ([from_.this] if from_ is not None else []) + [join.this for join in select.args.get("joins") or ()]
    for node in nodes:
        if source_key(statement, node) == found[0]:
            alias = node.args.get("alias")
            name = alias.this if isinstance(alias, exp.TableAlias) and alias.this is not None else node.this
            copy = column.copy()
            copy.set("table", name.copy())
            return copy
    return None
