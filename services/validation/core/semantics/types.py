"""What kind of value an expression has, comparisons of kinds that do not fit, and divisions that cut."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from sqlglot import exp

from services.kit.catalog import ColumnType
from services.validation.core.describe import column_type
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding, Severity
from services.validation.core.semantics.places import extent, note, quoted, written
from services.validation.core.semantics.query import Query
from services.validation.core.semantics.references import is_declared

INTEGER, NUMBER, TEXT, BOOLEAN = ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.TEXT, ColumnType.BOOLEAN
NUMERIC = frozenset({INTEGER, NUMBER})
TEMPORAL = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.TIME})

# Engines that refuse to compare a number with a text or a date; the others convert one of them.
_REFUSE = frozenset({"postgres", "bigquery", "trino"})
# Engines in which the quotient of whole numbers is a whole number.
CUT = frozenset({"postgres", "sqlite", "tsql", "trino"})
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ)
_ORDERED = (exp.GT, exp.GTE, exp.LT, exp.LTE)
_TEXTS = (exp.Lower, exp.Upper, exp.Concat, exp.DPipe, exp.Substring, exp.Trim, exp.GroupConcat, exp.Replace)
_WHOLE = (exp.Count, exp.Length, exp.RowNumber, exp.CountIf)
_SAME = (exp.Min, exp.Max, exp.Abs, exp.AnyValue, exp.Neg)
_DEEPEST = 20
_PLACES = {"integer": "a whole number", "number": "a number", "text": "a text", "boolean": "a truth value"}


@cache
def _cast_type(written_type: str) -> ColumnType:
    return column_type(written_type)


def kind(query: Query, node: exp.Expr, depth: int = 0) -> ColumnType | None:
    """The type of an expression; None where it does not follow from the catalogue and the text alone."""
    node = node.unnest()
    if depth > _DEEPEST:
        return None
    if isinstance(node, exp.Literal):
        return TEXT if node.is_string else (INTEGER if node.this.isdecimal() else NUMBER)
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return _cast_type(node.to.sql())
    for kinds, answer in _ALWAYS:
        if isinstance(node, kinds):
            return answer
    for kinds, work_out in _WORKED_OUT:
        if isinstance(node, kinds):
            return work_out(query, node, depth + 1)
    return None


def _of_argument(query: Query, node: exp.Expr, depth: int) -> ColumnType | None:
    return kind(query, node.this, depth)


def _of_choice(query: Query, node: exp.Expr, depth: int) -> ColumnType | None:
    results = [node.this, *node.expressions]
    if isinstance(node, exp.Case):
        results = [each.args["true"] for each in node.args["ifs"]] + [node.args.get("default")]
    return _common([kind(query, each, depth) for each in results if each is not None and each != exp.null()])


def _of_column(query: Query, node: exp.Expr, depth: int) -> ColumnType | None:
    ref = query.ref(node)
    if ref is None:
        return None
    stored = query.stored(ref)
    if stored is not None:
        return stored.type
    inner = query.relations[ref[0]].inner
    made = (inner.given or {}).get(ref[1]) if inner is not None else None
    return kind(inner, made, depth) if inner is not None and isinstance(made, exp.Expr) else None


def _of_sum(query: Query, node: exp.Expr, depth: int) -> ColumnType | None:
    summed = kind(query, node.this, depth)
    if summed is INTEGER and query.catalog.dialect.name == "postgres":
        # There the sum of bigint values is numeric, so only smaller ones stay whole.
        wide = any(_is_wide(query, each) for each in _summed(node.this))
        return NUMBER if wide else INTEGER
    return summed if summed in NUMERIC else None


def _summed(node: exp.Expr) -> Iterator[exp.Expr]:
    """The columns and aggregates whose values a sum adds up; what CASE only asks for is not among them."""
    if isinstance(node, (exp.Column, exp.Count, exp.Sum)):
        yield node
    elif isinstance(node, exp.Case):
        for each in [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")]:
            if each is not None:
                yield from _summed(each)
    else:
        for each in node.iter_expressions():
            yield from _summed(each)


def _is_wide(query: Query, node: exp.Expr) -> bool:
    if type(node) is not exp.Column:
        return True
    ref = query.ref(node)
    stored = query.stored(ref) if ref else None
    return stored is None or stored.native_type.lower() not in {"integer", "int", "int4", "smallint", "int2"}


def _common(kinds: list[ColumnType | None]) -> ColumnType | None:
    if not kinds or None in kinds:
        return None
    if len(set(kinds)) == 1:
        return kinds[0]
    return NUMBER if set(kinds) <= NUMERIC else None


def _of_arithmetic(query: Query, node: exp.Expr, depth: int) -> ColumnType | None:
    sides = [kind(query, each, depth) for each in (node.this, node.args["expression"])]
    if not set(sides) <= NUMERIC:
        return None
    if isinstance(node, exp.Div) and query.catalog.dialect.name not in CUT:
        return NUMBER
    return INTEGER if set(sides) == {INTEGER} else NUMBER


_ALWAYS = ((_TEXTS, TEXT), (_WHOLE, INTEGER), (exp.Avg, NUMBER))
_WORKED_OUT: tuple[tuple[Any, Callable[[Query, exp.Expr, int], ColumnType | None]], ...] = (
    (exp.Column, _of_column),
    (exp.Sum, _of_sum),
    (_SAME, _of_argument),
    ((exp.Coalesce, exp.Case), _of_choice),
    ((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _of_arithmetic),
)


def mismatches(text: Text, query: Query) -> Iterator[Finding]:
    """The comparisons of values of different kinds."""
    for node in query.comparisons:
        if isinstance(node, _COMPARED):
            pairs = [(node.this, node.args["expression"])]
        elif isinstance(node, exp.In):
            pairs = [(node.this, each) for each in node.expressions]
        elif isinstance(node, exp.Between):
            pairs = [(node.this, node.args["low"])]
        else:
            continue
        for left, right in pairs:
            finding = _compare(text, query, node, left.unnest(), right.unnest())
            if finding is not None:
                yield finding
                break


def _compare(text: Text, query: Query, node: exp.Expr, left: exp.Expr, right: exp.Expr) -> Finding | None:
    if isinstance(left, exp.Literal):
        left, right = right, left
    kinds = kind(query, left), kind(query, right)
    if None in kinds or not _differ(query, node, (left, right), kinds):
        return None
    words = [_PLACES.get(str(each), f"a {each}") for each in kinds]
    message = f"{quoted(text, left)} is {words[0]}, and {quoted(text, right)} is {words[1]}. "
    place, suggestion, severity = node, "", Severity.WARNING
    if isinstance(right, exp.Literal) and kinds[0] is TEXT and isinstance(node, (*_ORDERED, exp.Between)):
        place, suggestion = left, f"CAST({written(text, left)} AS {'INTEGER' if kinds[1] is INTEGER else 'DECIMAL'})"
        message += f"Texts are ordered by their letters, so '9' is above '10'. Write {suggestion}."
    elif isinstance(right, exp.Literal) and kinds[0] is TEXT:
        place, suggestion = right, f"'{right.this}'"
        message += f"Write {suggestion}."
    elif isinstance(right, exp.Literal):
        message += f"Write a value of the kind of {quoted(text, left)}."
    else:
        message += "Compare columns of one kind, or CAST one of them."
        # SQLite makes the text a number before it compares (https://sqlite.org/datatype3.html, 4.2).
        severity = Severity.INFO if query.catalog.dialect.name == "sqlite" else severity
    severity = Severity.ERROR if query.catalog.dialect.name in _REFUSE else severity
    sides = {"left": str(kinds[0]), "right": str(kinds[1])}
    return note(text, place, "SQL_TYPE_MISMATCH", message, severity, suggestion=suggestion, **sides)


def _differ(
    query: Query,
    node: exp.Expr,
    sides: tuple[exp.Expr, exp.Expr],
    of_kinds: tuple[ColumnType | None, ColumnType | None],
) -> bool:
    """Whether two kinds do not fit, in the way of the dialect."""
    dialect = query.catalog.dialect.name
    (left, right), (first, second) = sides, of_kinds
    if first is second or isinstance(left, exp.Literal):
        return False
    if isinstance(right, exp.Literal):
        return _differs_from_literal(query, node, left, right, first)
    kinds = {first, second}
    refs = [query.ref(each) for each in (left, right)]
    if refs[0] and refs[1] and is_declared(query, refs[0], refs[1]):
        return False
    if kinds & NUMERIC and TEXT in kinds:
        return True
    if kinds & NUMERIC and kinds & TEMPORAL:
        return dialect != "sqlite"
    return dialect in _REFUSE and TEXT in kinds and bool(kinds & (TEMPORAL | {BOOLEAN}))


def _differs_from_literal(
    query: Query, node: exp.Expr, left: exp.Expr, literal: exp.Expr, first: ColumnType | None
) -> bool:
    dialect = query.catalog.dialect.name
    samples = _samples(query, left)
    if not literal.is_string:
        if first is TEXT:
            # SQLite and MySQL make the number fit to be equal, but SQLite orders it as a text.
            if dialect in _REFUSE:
                return True
            if dialect == "sqlite":
                return isinstance(node, (*_ORDERED, exp.Between)) and not _are_years(samples, literal)
            return not (samples and all(_is_number(each) for each in samples))
        if first in TEMPORAL:
            return not (dialect in {"sqlite", "mysql"} and any(_is_number(each) for each in samples))
        return False
    if first in NUMERIC:
        if dialect in {"bigquery", "trino"}:
            return True
        if not literal.this.strip() and dialect == "sqlite":
            # There an empty text is often what stands for a number that is missing.
            return False
        # In SQLite a column may hold what its type does not say; the values tell.
        as_declared = dialect == "postgres" or all(_is_number(each) for each in samples)
        return as_declared and not _is_number(str(literal.this))
    return False


def _are_years(samples: tuple[str, ...], literal: exp.Expr) -> bool:
    """Whether texts are numbers of four digits, whose order as texts is that of the numbers."""
    return bool(samples) and all(len(each) == 4 and each.isdecimal() for each in (*samples, literal.this))


def _samples(query: Query, node: exp.Expr) -> tuple[str, ...]:
    ref = query.ref(node)
    stored = query.stored(ref) if ref else None
    return stored.samples if stored else ()


def _is_number(value: str) -> bool:
    try:
        float(value.strip())
    except ValueError:
        return False
    return True


def cut_divisions(text: Text, query: Query) -> Iterator[Finding]:
    """The divisions of whole numbers whose fraction is lost, and not on purpose."""
    if query.catalog.dialect.name not in CUT:
        return
    for node in query.divisions:
        left, right = node.this, node.args["expression"]
        if kind(query, left) is not INTEGER or kind(query, right) is not INTEGER or _is_meant(query, node):
            continue
        place = extent(text, left)
        shown = written(text, left)
        suggestion = f"1.0 * {shown}"
        message = f"{quoted(text, node)} divides whole numbers, so its fraction is cut off. Write {suggestion} / …"
        yield note(text, left if place else node, "SQL_INTEGER_DIVISION", message, suggestion=suggestion)


def _is_meant(query: Query, node: exp.Expr) -> bool:
    """Whether the whole quotient is wanted: a bucket that is grouped by, rounded down or multiplied again."""
    divisor = node.args["expression"].unnest()
    if isinstance(divisor, exp.Literal) and divisor.this in {"0", "1"}:
        return True
    if isinstance(node.this.unnest(), exp.Literal) and isinstance(divisor, exp.Literal):
        return False
    holder: exp.Expr | None = node.parent
    child: exp.Expr = node
    for _ in range(_DEEPEST):
        if not isinstance(holder, (exp.Paren, exp.Add, exp.Sub)):
            break
        child, holder = holder, holder.parent
    if isinstance(holder, (exp.Floor, exp.Trunc, exp.Mod)):
        return True
    if isinstance(holder, (exp.Cast, exp.TryCast)):
        return _cast_type(holder.to.sql()) is INTEGER
    if isinstance(holder, exp.Mul) and isinstance(divisor, exp.Literal):
        other = holder.args["expression"] if holder.this is child else holder.this
        return bool(other.unnest() == divisor)
    alike = query.groups_alike()
    return bool(alike) and query.shapes.mark(node) in alike
