"""Rewrites of the shape of a statement that leave out work whose result is known beforehand."""

from sqlglot import exp

from services.kit.catalog import Table
from services.validation.core.plans.statement import Statement, joins, source_key
from services.validation.core.semantics.query import conjuncts

_REJECT_NULL = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.Like, exp.In)
# Aggregates whose result the order of rows does not change, but for the last digits of sums of floating-point numbers.
_UNORDERED = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)
# What gives several rows for one in a list of columns; nobody knows what an unknown function does.
_MAKES_ROWS = (exp.UDTF, exp.Explode, exp.GenerateSeries, exp.Anonymous)


def drop_distinct(statement: Statement) -> bool:
    """DISTINCT is left out where no two rows are equal anyway.

    Proof: the rows of one table differ in its primary key, or in a unique column without NULLs; the groups of a GROUP
    BY differ in what they are grouped by. If the result holds those columns, its rows differ.
    """
    changed = False
    for select, _ in list(statement.selects()):
        if isinstance(select, exp.Select) and _is_distinct(select) and _is_free_of_duplicates(statement, select):
            select.set("distinct", None)
            changed = True
    return changed


def _is_free_of_duplicates(statement: Statement, select: exp.Expr) -> bool:
    given = [projection.unalias() for projection in select.expressions]
    if any(each.find(*_MAKES_ROWS) for each in given):
        return False
    group = select.args.get("group")
    if group is not None:
        plain = all(isinstance(each, exp.Column) for each in group.expressions)
        several = any(group.args.get(kind) for kind in ("rollup", "cube", "grouping_sets", "all", "totals"))
        return bool(group.expressions) and plain and not several and all(each in given for each in group.expressions)
    sources = statement.sources_of(select)
    if joins(select) or len(sources) != 1 or select.args.get("laterals"):
        return False
    (source,) = sources.values()
    if source.table is None or source.renamed:
        return False
    stored = [found for each in given if (found := statement.stored(each)) is not None]
    shown = {statement.catalog.dialect.key(column.name, quoted=True) for _, _, column in stored}
    columns = statement.catalog.columns(source.table)
    return any(
        key <= shown and all(statement.has_no_nulls(columns[name]) for name in key)
        for key in statement.unique_keys(source.table)
    )


def drop_order(statement: Statement) -> bool:
    """ORDER BY without LIMIT is left out of a subquery.

    Proof: a table has no order. It is left out only where nobody could see it: below EXISTS and IN, and below a SELECT
    without LIMIT that orders its rows itself, or whose aggregates are the same in every order.
    """
    changed = False
    for subquery in list(statement.tree.find_all(exp.Subquery, exp.Exists, exp.In)):
        inner = subquery.args.get("query") if isinstance(subquery, exp.In) else subquery.this
        inner = inner.this if isinstance(inner, exp.Subquery) else inner
        if not isinstance(inner, exp.Select) or not inner.args.get("order"):
            continue
        kept = any(inner.args.get(part) for part in ("limit", "offset", "fetch"))
        distinct = inner.args.get("distinct")
        if kept or (distinct is not None and distinct.args.get("on")):
            continue
        if isinstance(subquery, exp.Subquery) and not _hides_order(subquery):
            continue
        inner.set("order", None)
        changed = True
    return changed


def _hides_order(subquery: exp.Subquery) -> bool:
    above = subquery.parent_select
    if not isinstance(subquery.parent, (exp.From, exp.Join)) or not isinstance(above, exp.Select):
        return False
    if any(above.args.get(part) for part in ("limit", "offset", "fetch", "distinct", "qualify")):
        return False
    functions = [node for part in above.expressions for node in part.find_all(exp.Func, exp.Window)]
    aggregates = [node for node in functions if isinstance(node, exp.AggFunc)]
    if any(not isinstance(node, _UNORDERED) for node in aggregates) or above.find(exp.Anonymous, exp.Window):
        return False
    return not _has_loose_columns(above) if aggregates or above.args.get("group") else bool(above.args.get("order"))


def _has_loose_columns(select: exp.Select) -> bool:
    """Whether a grouped SELECT shows a column of some row of the group, as SQLite and MySQL let it."""
    group = select.args.get("group")
    grouped = list(group.expressions) if group is not None else []
    parts = [*select.expressions, *(select.args[part] for part in ("having", "order") if select.args.get(part))]
    return any(
        column.find_ancestor(exp.AggFunc) is None and column not in grouped
        for part in parts
        for column in part.find_all(exp.Column)
    )


def union_to_union_all(statement: Statement) -> bool:
    """UNION becomes UNION ALL, which compares no rows, where no two rows are equal anyway.

    Proof: each part has no equal rows (see `drop_distinct`), and the parts have different literals in one place.
    """
    changed = False
    for union in list(statement.tree.find_all(exp.Union)):
        if not _compares(union) or (isinstance(union.parent, exp.Union) and _compares(union.parent)):
            continue
        chain, selects = _chain(union)
        free = all(_is_distinct(each) or _is_free_of_duplicates(statement, each) for each in selects)
        if selects and free and _differ(selects):
            for each in chain:
                each.set("distinct", value=False)
            changed = True
    return changed


def _compares(union: exp.Expr) -> bool:
    return bool(union.args.get("distinct")) and not union.args.get("by_name")


def _is_distinct(select: exp.Select) -> bool:
    distinct = select.args.get("distinct")
    return distinct is not None and not distinct.args.get("on")


def _chain(union: exp.Expr) -> tuple[list[exp.Expr], list[exp.Select]]:
    """The UNIONs of a chain, and its SELECTs; none where it has other parts."""
    chain, selects = [union], []
    for side in (union.this, union.args["expression"]):
        if isinstance(side, exp.Union) and _compares(side):
            below, found = _chain(side)
            if not found:
                return chain, []
            chain += below
            selects += found
        elif isinstance(side, exp.Select):
            selects.append(side)
        else:
            return chain, []
    return chain, selects


def _differ(selects: list[exp.Select]) -> bool:
    """Whether the parts have, in one place, literals of one kind that no collation takes for equal."""
    width = len(selects[0].expressions)
    if any(len(select.expressions) != width or select.is_star for select in selects):
        return False
    for place in range(width):
        values = [select.expressions[place].unalias() for select in selects]
        if (
            not all(isinstance(value, exp.Literal) for value in values)
            or len({value.is_string for value in values}) > 1
        ):
            continue
        texts = [value.this.strip().lower() for value in values]
        if values[0].is_string:
            alike = any(not text.isascii() or not text.isalnum() for text in texts)
        else:
            alike = any(not text.isdecimal() for text in texts)
            texts = [text.lstrip("0") for text in texts]
        if not alike and len(set(texts)) == len(texts):
            return True
    return False


def left_to_inner(statement: Statement) -> bool:
    """LEFT JOIN becomes JOIN where WHERE asks for something of a column of its right side.

    Proof: a row without a partner has NULL there, for which no comparison holds, so WHERE drops it either way.
    """
    changed = False
    for select, _ in list(statement.selects()):
        if any(join.side in {"RIGHT", "FULL"} or join.method for join in joins(select)):
            continue
        asked = {
            found[0]
            for part in conjuncts((select.args.get("where") or exp.Where()).this)
            if isinstance(part, _REJECT_NULL) and not part.find(exp.Query)
            for side in (part.this, part.args.get("expression"))
            if isinstance(side, exp.Expr) and (found := statement.stored(side.unnest())) is not None
        }
        for join in joins(select):
            if join.side == "LEFT" and join.args.get("on") and source_key(statement, join.this) in asked:
                join.set("side", None)
                join.set("kind", None)
                changed = True
    return changed


def drop_join(statement: Statement) -> bool:
    """A LEFT JOIN of which nothing is used is left out where each row has at most one partner.

    Proof: an outer join keeps every row of its left side, once for each partner. ON asks a whole unique key of the
    right table to equal columns of the left side, of the same types, so there is at most one partner; none of the
    right side's columns is named anywhere else.
    """
    changed = False
    for select, sources in list(statement.selects()):
        if any(join.side in {"RIGHT", "FULL"} or join.method or join.args.get("using") for join in joins(select)):
            continue
        for join in reversed(joins(select)):
            key = source_key(statement, join.this)
            source = sources.get(key)
            is_left = join.side == "LEFT" and not join.kind.replace("OUTER", "") and isinstance(join.this, exp.Table)
            if not is_left or source is None or source.table is None or source.renamed:
                continue
            if _finds_one(statement, join, key, source.table) and not _is_used(statement, select, join, key):
                join.pop()
                changed = True
    return changed


def _finds_one(statement: Statement, join: exp.Join, key: str, table: Table) -> bool:
    fixed = set()
    for part in conjuncts(join.args.get("on")):
        if part.find(exp.Query):
            return False
        if not isinstance(part, exp.EQ):
            continue
        sides = [statement.stored(each.unnest()) for each in (part.this, part.args["expression"])]
        if sides[0] is None or sides[1] is None or sides[0][2].type is not sides[1][2].type:
            continue
        for own, other in (sides, sides[::-1]):
            if own is not None and other is not None and own[0] == key != other[0]:
                fixed.add(statement.catalog.dialect.key(own[2].name, quoted=True))
    return any(unique <= fixed for unique in statement.unique_keys(table))


def _is_used(statement: Statement, select: exp.Expr, join: exp.Join, key: str) -> bool:
    """Whether anything outside the join's own ON may mean its table; a star that is not counted does."""
    columns = statement.catalog.columns(table) if (table := statement.sources_of(select)[key].table) else {}
    within = {id(node) for node in join.walk()}
    for node in select.walk():
        if id(node) in within:
            continue
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            return True
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
            named = node.args.get("table")
            if named is not None and statement.key(named) == key:
                return True
            if named is None and (statement.key(node.this) in columns or statement.key(node.this) == key):
                return True
    return False
