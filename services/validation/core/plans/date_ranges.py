"""Functions of a date that are compared, written as a range of the date itself, which an index can read."""

from datetime import MAXYEAR, date, timedelta

from sqlglot import exp

from services.kit.catalog import Column, ColumnType
from services.validation.core.plans.statement import Statement, has_no_zone

# SQLite has no dates: what stands in a column need not be one.
_WITHOUT_DATES = frozenset({"sqlite"})
_FORMATS = {"%Y": 4, "%Y-%m": 7, "%Y-%m-%d": 10}
_UNITS = {"YEAR": "%Y", "MONTH": "%Y-%m", "DAY": "%Y-%m-%d"}


def range_of_dates(statement: Statement) -> bool:
    """`EXTRACT(YEAR FROM d) = 2024` becomes `d >= DATE '2024-01-01' AND d < DATE '2025-01-01'`.

    Proof: for a date or a time without zone, its year (month, day) is the one compared with exactly if it lies in that
    half-open span; for NULL neither holds. Infinite dates give NULL on one side and false on the other in some
    engines, which WHERE and ON do not tell apart, so only comparisons that these conditions join by AND and OR are
    taken. MySQL keeps dates like 2024-00-00, whose year the span leaves out: there only whole days are taken.
    """
    if statement.dialect in _WITHOUT_DATES:
        return False
    changed = False
    for comparison in list(statement.tree.find_all(exp.EQ)):
        for side, other in (
            (comparison.this, comparison.args["expression"]),
            (comparison.args["expression"], comparison.this),
        ):
            span = _span(statement, side.unnest(), other.unnest()) if _is_condition(comparison) else None
            if span is not None:
                comparison.replace(_between(*span))
                changed = True
                break
    return changed


def _is_condition(node: exp.Expr) -> bool:
    """Whether a row is kept or not by a comparison, so that NULL and false are the same."""
    holder = node.parent
    while isinstance(holder, (exp.And, exp.Or, exp.Paren)):
        node, holder = holder, holder.parent
    if isinstance(holder, exp.Join):
        return node.arg_key == "on" and not holder.side and holder.kind in {"", "INNER"}
    return isinstance(holder, exp.Where)


def _span(statement: Statement, side: exp.Expr, other: exp.Expr) -> tuple[exp.Expr, Column, date, date] | None:
    """The column, and the first day of the span and of what follows it."""
    found = _part(side)
    value = other.unnest()
    if isinstance(value, exp.Cast) and value.is_type("date", "timestamp"):
        value = value.this
    if found is None or not isinstance(value, exp.Literal):
        return None
    column, form, as_number = found
    if value.is_string == as_number:
        return None
    stored = statement.stored(column)
    if stored is None or not has_no_zone(stored[2]):
        return None
    if statement.dialect == "mysql" and (form != "%Y-%m-%d" or stored[2].native_type.lower().startswith("timestamp")):
        return None
    if statement.dialect == "bigquery" and stored[2].native_type.upper() == "TIMESTAMP":
        return None
    is_truncation = isinstance(side, (exp.TimestampTrunc, exp.DateTrunc))
    span = _days(value.this, form, whole=is_truncation)
    return (column, stored[2], *span) if span is not None else None


def _part(side: exp.Expr) -> tuple[exp.Expr, str, bool] | None:
    """The column in a function of a date, the format of the part that it takes, and whether that is a number."""
    match side:
        case exp.Extract(this=unit, expression=column) if unit.name.upper() == "YEAR":
            return _inside(column), "%Y", True
        case exp.Year(this=column):
            return _inside(column), "%Y", True
        case exp.TimestampTrunc() | exp.DateTrunc():
            unit = side.args.get("unit")
            form = _UNITS.get(unit.name.upper()) if unit is not None and not side.args.get("zone") else None
            return (side.this, form, False) if form is not None else None
        case exp.TimeToStr(this=column):
            form = side.args["format"].name
            return (_inside(column), form, False) if form in _FORMATS else None
        case exp.Cast(this=column) if side.is_type("date") and type(side) is exp.Cast:
            return column, "%Y-%m-%d", False
        case exp.Date(this=column) if not side.args.get("zone") and not side.expressions:
            return column, "%Y-%m-%d", False
        case exp.TsOrDsToDate(this=column):
            return column, "%Y-%m-%d", False
    return None


def _inside(column: exp.Expr) -> exp.Expr:
    """The column itself, out of the cast that some dialects' readers put around it."""
    return column.this if isinstance(column, (exp.TsOrDsToDate, exp.TsOrDsToTimestamp)) else column


def _days(text: str, form: str, *, whole: bool) -> tuple[date, date] | None:
    """The first day of a year, month or day, and of the next; None where the text is none, exactly as it is written.

    A truncation is compared with the first day of its span, `whole`.
    """
    wanted = 10 if whole else _FORMATS[form]
    if len(text) != wanted or not text.replace("-", "").isdecimal() or not text.isascii():
        return None
    try:
        first = date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return None
    if first.year >= MAXYEAR - 1 or first.year < 1 or first.isoformat()[:wanted] != text:
        return None
    if form == "%Y":
        start, after = first.replace(month=1, day=1), date(first.year + 1, 1, 1)
    elif form == "%Y-%m":
        start = first.replace(day=1)
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    else:
        start, after = first, first + timedelta(days=1)
    return (start, after) if first == start else None


def _between(column: exp.Expr, stored: Column, first: date, after: date) -> exp.Expr:
    kind = "DATE" if stored.type is ColumnType.DATE else "TIMESTAMP"

    def day(value: date) -> exp.Expr:
        return exp.cast(exp.Literal.string(value.isoformat()), kind)

    span = exp.and_(
        exp.GTE(this=column.copy(), expression=day(first)), exp.LT(this=column.copy(), expression=day(after))
    )
    return exp.paren(span, copy=False)
