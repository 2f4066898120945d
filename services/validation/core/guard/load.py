"""Layer 3, the load: recursions that do not end, and products of tables that nothing holds together."""

from collections.abc import Iterator

from sqlglot import exp

from services.validation.core.guard.arguments import constant, counts
from services.validation.core.guard.parsing import place
from services.validation.core.guard.survey import Survey
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

# A product of so many sources, or of one with itself so often, with no condition anywhere is no question.
MAX_SOURCES = 4
MAX_OF_ONE = 3
# A recursion that counts higher than this asks for load alone.
MAX_COUNTED = 10_000_000
_FALLING = (exp.GT, exp.GTE)
_BOUNDING = (exp.LT, exp.LTE, exp.Between, exp.NEQ, exp.In, exp.Like, exp.EQ, exp.Exists, exp.NullSafeEQ, *_FALLING)


def check(text: Text, found: Survey) -> Iterator[Finding]:
    """The findings about load that a statement's shape shows; what it does not show, limits of time and cost stop."""
    yield from _endless(text, found)
    yield from _products(text, found)


def _endless(text: Text, found: Survey) -> Iterator[Finding]:
    """A recursion whose repeated part asks nothing of its own rows that could end it."""
    unmarked = text.dialect.always_recursive or text.dialect.unmarked_recursion
    for with_ in found.withs:
        if not with_.args.get("recursive") and not unmarked:
            continue
        for common in with_.expressions:
            # Only what is put together can go on from its own rows.
            if not isinstance(common.this.unnest(), exp.SetOperation):
                continue
            own = [table for table in common.this.find_all(exp.Table) if table.name.lower() == common.alias.lower()]
            if own and not any(_ends(table) for table in own):
                message = "This recursion never ends. Add a condition on its rows, such as WHERE depth < 10."
                yield text.finding("SQL_ARGUMENT_REFUSED", message, *place(common, len(text.sql)))


def _ends(table: exp.Table) -> bool:
    """Whether the SELECT that reads its own result joins it to data, bounds it or limits it."""
    select = table.find_ancestor(exp.Select)
    if select is None:
        return False
    union = select.find_ancestor(exp.SetOperation)
    if select.args.get("limit") or (union is not None and union.args.get("limit")):
        return True
    joins = select.args.get("joins") or ()
    if any(not isinstance(join.this, exp.Unnest) for join in joins) or isinstance(table.parent, exp.Join):
        # Joined to data: it ends where the data does, if anything holds the two together.
        held = any(_holds(join.args.get("on")) or join.args.get("using") or join.method for join in joins)
        return held or _holds(select.args.get("where"))
    where = select.args.get("where")
    falls = any(each.find(exp.Sub, exp.Div, exp.IntDiv) for each in select.expressions)
    return where is not None and any(_bounds(each, falls=falls) for each in where.find_all(*_BOUNDING))


def _bounds(condition: exp.Expr, *, falls: bool) -> bool:
    """Whether a condition can come to be untrue as the recursion goes on."""
    if not condition.find(exp.Column):
        return False
    if isinstance(condition, (exp.Between, exp.In, exp.Like, exp.Exists)):
        return True
    left, right = condition.this, condition.expression
    if left == right:
        return False
    turned = constant(left) is not None
    limit = left if turned else right
    bound = constant(limit)
    if bound is None:
        return True
    rising = isinstance(condition, (exp.GT, exp.GTE)) if turned else isinstance(condition, (exp.LT, exp.LTE))
    if isinstance(condition, (exp.EQ, exp.NEQ, exp.NullSafeEQ, *_FALLING)) and not isinstance(left, exp.Column):
        # What is left of a text, as LENGTH(rest) > 0, comes to its end.
        rising = True
    if isinstance(condition, (exp.EQ, exp.NEQ, exp.NullSafeEQ)):
        rising = True
    return (abs(bound) <= MAX_COUNTED or not counts(limit)) and (rising or falls)


def _products(text: Text, found: Survey) -> Iterator[Finding]:
    """Tables multiplied with each other with no condition anywhere."""
    for select in found.selects:
        source, joins = select.args.get("from_"), select.args.get("joins") or []
        if source is None or len(joins) < MAX_OF_ONE - 1 or _holds(select.args.get("where")):
            continue
        free = [
            join.this for join in joins if not (_holds(join.args.get("on")) or join.args.get("using") or join.method)
        ]
        stored = [each for each in (source.this, *free) if isinstance(each, exp.Table) or _has_many_rows(each)]
        names = [each.name.lower() for each in stored if isinstance(each, exp.Table) and each.name]
        many = len(stored) >= MAX_SOURCES or any(names.count(name) >= MAX_OF_ONE for name in names)
        if len(free) == len(joins) and many:
            message = "This multiplies tables with each other. Join them with a condition."
            yield text.finding("SQL_ARGUMENT_REFUSED", message, *place(select, len(text.sql)))


def _has_many_rows(source: exp.Expr) -> bool:
    """Whether a subquery may give more than one row, as an aggregate over everything does not."""
    select = source.this if isinstance(source, exp.Subquery) else None
    if not isinstance(select, exp.Select) or not select.args.get("from_"):
        return False
    whole = not select.args.get("group") and any(each.find(exp.AggFunc) for each in select.expressions)
    return not whole


def _holds(condition: exp.Expr | None) -> bool:
    """Whether a condition says anything of any column."""
    return condition is not None and condition.find(exp.Column) is not None
