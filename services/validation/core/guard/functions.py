"""Layer 2: every call by its name against the dialect's allow-list, and the sizes that some may be given."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rapidfuzz import fuzz, process
from sqlglot import exp

from services.validation.core.dialects import Dialect, words
from services.validation.core.guard.arguments import constant, magnitude, steps
from services.validation.core.guard.parsing import place
from services.validation.core.guard.survey import Survey
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

# Words that may stand before a bracket and call nothing.
GRAMMAR = words("""
    all and any array as between by case cube distinct else end escape except exclude filter for from full group having
    include null nulls name key percent repeatable seed block pivot unpivot default subset xor columns
    ilike in inner intersect is join keep lateral left like limit materialized not offset on or outer over partition
    range recursive rename right rollup row rows select sets set similar some table then to union using values when
    where window with within sample bernoulli system reservoir excluding including qualify order
    bigint bit bpchar char character date dec decimal double float geometry int integer interval nchar number numeric
    nvarchar precision real smallint string text time timestamp timestamptz varbinary varbit varchar varying
    blob clob nclob hugeint tinyint enum union struct map list
    """)
# The width or precision of a printf or a Python format.
_FORMAT_WIDTH = re.compile(r"%[-+ 0#,!]*(\d+)|[.](\d+)|\{[^}:]*:[^}\d]*(\d+)")
_WIDTH_IS_GIVEN = re.compile(r"%[-+ 0#,!]*[.]?\*|[.]\*|\{[^}]*\{")
MAX_STEPS_TOGETHER = 10_000_000
# What sizes within sizes, times the rows of a series, may come to in bytes.
MAX_BYTES_TOGETHER = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is written: its name, what stands before a dot, and its place."""

    name: str
    schema: str
    start: int
    end: int


def calls(text: Text, alias_starts: set[int]) -> Iterator[Call]:
    """Every name before a bracket that is neither grammar nor the alias of a table with its columns."""
    pieces, dialect = text.pieces, text.dialect
    for position in range(1, len(pieces)):
        if pieces[position].text != "(":
            continue
        piece = pieces[position - 1]
        # The mark of an outer join, a.b (+), calls nothing.
        if [each.text for each in pieces[position + 1 : position + 3]] == ["+", ")"]:
            continue
        if piece.kind not in {"word", "name"} or piece.start in alias_starts:
            continue
        name = piece.text.lower() if piece.kind == "word" else unquoted(piece.text)
        qualified = position >= 3 and pieces[position - 2].text == "."
        grammar = piece.kind == "word" and not qualified and (name in GRAMMAR or name in dialect.grammar)
        if grammar and name not in dialect.functions:
            continue
        before = pieces[position - 3] if qualified else None
        schema = "" if before is None else before.text.lower() if before.kind == "word" else unquoted(before.text)
        if qualified and position >= 4 and pieces[position - 4].text == ".":
            schema = f"….{schema}"
        yield Call(name, schema, piece.start, piece.end)


def unquoted(name: str) -> str:
    """A quoted name without its quotes, as it is compared."""
    return name[1:-1].replace(name[-1] * 2, name[-1])


def check(text: Text, found: Survey) -> Iterator[Finding]:
    """The findings about calls: names that are not on the list, places where they may not stand, sizes too large."""
    yield from check_calls(text, found.alias_starts)
    yield from _hidden(text, found)
    yield from _as_tables(text, found)
    yield from _sizes(text, found)
    yield from _types(text, found)


def check_calls(text: Text, alias_starts: set[int]) -> Iterator[Finding]:
    """The findings about the names of calls alone."""
    dialect = text.dialect
    for call in calls(text, alias_starts):
        if call.schema and not dialect.method_calls:
            written = f"{call.schema}.{call.name}"
            if written in dialect.functions:
                continue
            if call.name in dialect.methods and call.schema not in dialect.default_schemas:
                continue
            if call.schema not in dialect.function_schemas:
                yield text.finding(
                    "SQL_FUNCTION_REFUSED",
                    f"{written} is a function of a schema; only {dialect.name}'s own may be called.",
                    call.start,
                    call.end,
                    function=written,
                )
                continue
        if call.name not in dialect.functions:
            yield _refused(text, call)


def _hidden(text: Text, found: Survey) -> Iterator[Finding]:
    """A word that may be grammar before a bracket, and is the name of a function of somebody's own here."""
    for call in found.calls:
        if isinstance(call, exp.Anonymous):
            name = function_name(text, call)
            written = name in text.dialect.functions or name in text.dialect.methods
            if not written and name in GRAMMAR | text.dialect.grammar and not _is_clause(call, name):
                start, end = place(call, len(text.sql))
                yield _refused(text, Call(name, "", start, end))


def _is_clause(call: exp.Anonymous, name: str) -> bool:
    parent = call.parent
    if isinstance(parent, exp.WithTableHint):
        return name == "index"
    if name == "table" and isinstance(parent, exp.Table):
        return bool(call.expressions) and isinstance(call.expressions[0], exp.Func)
    return name == "row" and isinstance(parent, exp.Tuple)


def _refused(text: Text, call: Call) -> Finding:
    why = text.dialect.denial(call.name)
    if why is not None:
        message, suggestion = f"{call.name} may not be called: {why}. Write the statement without it.", ""
    else:
        near = process.extractOne(call.name, text.dialect.callable_names, scorer=fuzz.ratio, score_cutoff=75)
        suggestion = near[0] if near else ""
        hint = f"Did you mean {suggestion}?" if near else "Write the statement without it."
        message = f"{call.name} is not among the functions that may be called in {text.dialect.name}. {hint}"
    return text.finding(
        "SQL_FUNCTION_REFUSED", message, call.start, call.end, suggestion=suggestion, function=call.name
    )


def _as_tables(text: Text, found: Survey) -> Iterator[Finding]:
    if text.dialect.table_functions is None:
        return
    for table in found.tables:
        call = table.this
        if isinstance(call, exp.Func) and "start" in call.meta:
            name = function_name(text, call)
            if name not in text.dialect.table_functions:
                allowed = ", ".join(sorted(text.dialect.table_functions))
                message = f"{name} may not stand as a table. These may: {allowed}."
                start, end = place(call, len(text.sql))
                yield text.finding("SQL_FUNCTION_REFUSED", message, start, end, function=name)


def function_name(text: Text, call: exp.Expr) -> str:
    """The name that a positioned call is written with, in lower case."""
    written = text.sql[call.meta["start"] : call.meta["end"] + 1]
    return written.strip('"`[]').lower()


def _sizes(text: Text, found: Survey) -> Iterator[Finding]:
    dialect, together = text.dialect, 1.0
    sizes: dict[int, float] = {}
    for call in found.calls:
        name = function_name(text, call)
        keyword = dialect.refused_arguments.get(name)
        if keyword and (call.args.get(keyword) or any(each.name.lower() == keyword for each in call.find_all(exp.Var))):
            message = f"{keyword.upper()} of {name} is not let through. Say how many rows are wanted."
            yield text.finding("SQL_ARGUMENT_REFUSED", message, *place(call, len(text.sql)), function=name)
            continue
        most = dialect.size_limits.get(name, dialect.step_limits.get(name, dialect.format_limits.get(name)))
        if most is None:
            continue
        size = _size(dialect, name, call, found)
        if name in dialect.step_limits:
            together *= max(1.0, size)
        elif name in dialect.size_limits:
            sizes[id(call)] = max(1.0, size)
        if size > most or together > MAX_STEPS_TOGETHER:
            yield _too_large(text, call, name, size, most)
    for call in found.calls:
        nested = [sizes[id(each)] for each in call.find_all(exp.Func) if id(each) in sizes] if id(call) in sizes else []
        whole = math.prod(nested) * together
        if len(nested) + (together > 1) > 1 and whole > MAX_BYTES_TOGETHER:
            yield _too_large(text, call, function_name(text, call), whole, MAX_BYTES_TOGETHER)


def _too_large(text: Text, call: exp.Expr, name: str, size: float, most: int) -> Finding:
    asked = "endlessly many" if math.isinf(size) else f"{size:,.0f}"
    message = f"{name} asks for {asked}; at most {most:,} are let through. Use a smaller number."
    return text.finding("SQL_ARGUMENT_REFUSED", message, *place(call, len(text.sql)), function=name)


def _size(dialect: Dialect, name: str, call: exp.Expr, found: Survey) -> float:
    arguments = list(call.iter_expressions())
    if name in dialect.step_limits:
        return steps(arguments)
    if name in dialect.size_limits:
        position = dialect.size_positions.get(name, min(2, len(arguments)))
        size = arguments[position - 1] if 0 < position <= len(arguments) else None
        if size is None:
            return 0.0
        made = [_made(column.name.lower(), found) for column in size.find_all(exp.Column)]
        return math.inf if _is_unknowable(size) else max([magnitude(size), *made])
    formats = [literal.name for each in arguments for literal in each.find_all(exp.Literal) if literal.is_string]
    widths = [
        float(width) for each in formats for match in _FORMAT_WIDTH.finditer(each) for width in match.groups() if width
    ]
    # A width that is an argument of its own, or put together from parts.
    if any(map(_WIDTH_IS_GIVEN.search, formats)) or not (arguments and isinstance(arguments[0], exp.Literal)):
        widths.extend(map(magnitude, arguments))
    return max(widths, default=0.0)


def _is_unknowable(size: exp.Expr) -> bool:
    """Whether a size is worked out by functions, and not from data: then nobody can say how large it is."""
    works = any(not isinstance(each, exp.Array) for each in size.find_all(exp.Func, exp.DPipe))
    return works and constant(size) is None and size.find(exp.Column) is None


def _made(column: str, found: Survey) -> float:
    """The largest constant that the statement itself gives to a column of that name: `SELECT 1000 AS n`, `v(n)`."""
    made = 0.0
    for select in found.selects:
        for projection in () if select.args.get("from_") else select.expressions:
            if projection.alias.lower() == column:
                made = max(made, constant(projection) or 0.0)
    for values in found.values:
        alias = values.args.get("alias")
        names = [each.name.lower() for each in (alias.args.get("columns") or ())] if alias is not None else []
        if column in names:
            at = names.index(column)
            rows = (row.expressions for row in values.expressions if isinstance(row, exp.Tuple))
            made = max([made, *(constant(row[at]) or 0.0 for row in rows if at < len(row))])
    return made


def _types(text: Text, found: Survey) -> Iterator[Finding]:
    for kind in found.types:
        length = max(
            (magnitude(each.this) for each in kind.expressions if isinstance(each, exp.DataTypeParam)), default=0
        )
        if length > MAX_STEPS_TOGETHER:
            where = place(kind.parent or kind, len(text.sql))
            message = f"A type of {length:,.0f} characters is not let through. Use a smaller number."
            yield text.finding("SQL_ARGUMENT_REFUSED", message, *where)
        if not text.dialect.refused_types:
            continue
        name = (
            kind.sql(text.dialect.name) if kind.this == exp.DataType.Type.USERDEFINED else str(kind.this.value)
        ).lower()
        plain = name.replace('"', "").rsplit(".", 1)[-1]
        if any(fnmatchcase(plain, pattern) for pattern in text.dialect.refused_types):
            start, end = place(kind.parent or kind, len(text.sql))
            message = f"A cast to {plain} reads the system catalogs. Write the value itself."
            yield text.finding("SQL_CONSTRUCT_REFUSED", message, start, end, construct=plain)
