"""Layer 2: every call by its name against the dialect's allow-list, and the sizes that some may be given."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rapidfuzz import fuzz, process
from sqlglot import exp

from services.validation.core.dialects import Dialect, words
from services.validation.core.guard.arguments import magnitude, steps
from services.validation.core.guard.parsing import place
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

# Words that may stand before a bracket and call nothing.
GRAMMAR = words("""
    all and any array as between by case cube distinct else end escape except exclude filter for from full group having
    ilike in inner intersect is join keep lateral left like limit materialized not offset on or outer over partition
    range recursive rename right rollup row rows select sets set similar some table then to union using values when
    where window with within sample bernoulli system reservoir excluding including qualify order
    bigint bit bpchar char character date dec decimal double float geometry int integer interval nchar number numeric
    nvarchar precision real smallint string text time timestamp timestamptz varbinary varbit varchar varying
    blob clob nclob hugeint tinyint enum union struct map list
    """)
_FORMAT_WIDTH = re.compile(r"%[-+ 0#,]*(\d+)|[.](\d+)")
MAX_STEPS_TOGETHER = 10_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is written: its name, what stands before a dot, and its place."""

    name: str
    schema: str
    start: int
    end: int


def calls(text: Text, tree: exp.Expr) -> Iterator[Call]:
    """Every name before a bracket that is neither grammar nor the alias of a table with its columns."""
    aliases = {
        node.meta["start"]
        for node in tree.find_all(exp.Identifier)
        if isinstance(node.parent, exp.TableAlias) and "start" in node.meta
    }
    pieces = text.pieces
    for position, piece in enumerate(pieces[:-1]):
        if pieces[position + 1].text != "(" or piece.kind not in {"word", "name"} or piece.start in aliases:
            continue
        name = piece.text.lower() if piece.kind == "word" else _unquoted(piece.text)
        qualified = position >= 2 and pieces[position - 1].text == "."
        if piece.kind == "word" and name in GRAMMAR and not qualified and name not in text.dialect.functions:
            continue
        before = pieces[position - 2] if qualified else None
        schema = "" if before is None else before.text.lower() if before.kind == "word" else _unquoted(before.text)
        yield Call(name, schema, piece.start, piece.end)


def _unquoted(name: str) -> str:
    return name[1:-1].replace(name[-1] * 2, name[-1])


def check(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    """The findings about calls: names that are not on the list, places where they may not stand, sizes too large."""
    yield from check_calls(text, tree)
    yield from _as_tables(text, tree)
    yield from _sizes(text, tree)
    yield from _types(text, tree)


def check_calls(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    """The findings about the names of calls alone."""
    for call in calls(text, tree):
        if (call.schema and call.schema not in text.dialect.function_schemas) and not text.dialect.method_calls:
            yield text.finding(
                "SQL_FUNCTION_REFUSED",
                f"{call.schema}.{call.name} is a function of a schema; only {text.dialect.name}'s own may be called.",
                call.start,
                call.end,
                function=f"{call.schema}.{call.name}",
            )
        elif call.name not in text.dialect.functions:
            yield _refused(text, call)


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


def _as_tables(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    if text.dialect.table_functions is None:
        return
    for table in tree.find_all(exp.Table):
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


def _sizes(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    dialect, together = text.dialect, 1.0
    for call in tree.find_all(exp.Func):
        if "start" not in call.meta:
            continue
        name = function_name(text, call)
        most = dialect.size_limits.get(name, dialect.step_limits.get(name, dialect.format_limits.get(name)))
        if most is None:
            continue
        size = _size(dialect, name, call)
        if name in dialect.step_limits:
            together *= max(1.0, size)
        if size > most or together > MAX_STEPS_TOGETHER:
            start, end = place(call, len(text.sql))
            asked = "endlessly many" if math.isinf(size) else f"{size:,.0f}"
            message = f"{name} asks for {asked}; at most {most:,} are let through. Use a smaller number."
            yield text.finding("SQL_ARGUMENT_REFUSED", message, start, end, function=name)


def _size(dialect: Dialect, name: str, call: exp.Expr) -> float:
    arguments = list(call.iter_expressions())
    if name in dialect.step_limits:
        return steps(arguments)
    if name in dialect.size_limits:
        return max((magnitude(each) for each in arguments), default=0.0)
    widths = [
        float(width)
        for literal in arguments
        if isinstance(literal, exp.Literal) and literal.is_string
        for match in _FORMAT_WIDTH.finditer(literal.name)
        for width in match.groups()
        if width
    ]
    return max(widths, default=0.0)


def _types(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    if not text.dialect.refused_types:
        return
    for kind in tree.find_all(exp.DataType):
        name = (
            kind.sql(text.dialect.name) if kind.this == exp.DataType.Type.USERDEFINED else str(kind.this.value)
        ).lower()
        plain = name.replace('"', "").rsplit(".", 1)[-1]
        if any(fnmatchcase(plain, pattern) for pattern in text.dialect.refused_types):
            start, end = place(kind.parent or kind, len(text.sql))
            message = f"A cast to {plain} reads the system catalogs. Write the value itself."
            yield text.finding("SQL_CONSTRUCT_REFUSED", message, start, end, construct=plain)
