"""Writes a statement in another dialect, says what does not carry over, and withholds what would come out wrong."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import ErrorLevel, SqlglotError

from services.validation.core.check_statement import check_text
from services.validation.core.dialects import DIALECTS, dialect_of, unknown_dialect
from services.validation.core.guard.reader import STUMBLES, read_tree
from services.validation.core.guard.text import too_large
from services.validation.core.model import Finding, Severity, Span

# Beside those that the guard knows, which may be read and written.
TARGETS = (*sorted(DIALECTS), "spark")
_WITH_QUALIFY = frozenset({"bigquery", "duckdb", "snowflake", "spark"})
_WITH_DISTINCT_ON = frozenset({"duckdb", "postgres"})
# Those that show a column of a group without aggregating it, from a row of their choice.
_PICKS_A_ROW = frozenset({"sqlite"})
_TOO_DEEP = Finding("SQL_TOO_LARGE", "The statement is too deep. Split it.")
# Findings of the target's guard that mean "not a word of this dialect", not "forbidden".
_FOREIGN = frozenset({"SQL_FUNCTION_REFUSED", "SQL_SYNTAX"})


@dataclass(frozen=True, slots=True)
class Transpiled:
    """A statement in the other dialect; `sql` is empty where it is withheld, and a finding says why."""

    sql: str
    findings: tuple[Finding, ...]


def transpile_statement(sql: str, source: str, target: str) -> Transpiled:
    """Writes a statement of one dialect in another.

    The writing is sqlglot's. What it gets wrong, or cannot know to be right, is found here: rewritings that change
    the result are withheld, and differences of meaning (`portability.toml`) are warned of.

    Raises:
        InvalidArgument: One of the dialects is not known.
    """
    source, target = known_name(source), known_name(target)
    tree = _read(sql, source)
    if isinstance(tree, Finding):
        return Transpiled("", (tree,))
    try:
        return _written(tree, sql, source, target)
    except RecursionError:
        return Transpiled("", (_TOO_DEEP,))


def known_name(dialect: str) -> str:
    """The name by which sqlglot knows a dialect, of one that may be read or written here.

    Raises:
        InvalidArgument: It is not known.
    """
    found = dialect_of(dialect)
    name = found.name if found is not None else dialect.strip().lower()
    if name not in TARGETS:
        raise unknown_dialect(dialect, TARGETS)
    return name


def _written(tree: exp.Expr, sql: str, source: str, target: str) -> Transpiled:
    wrong = tuple(_finding(node, message, Severity.ERROR, sql) for node, message in _withheld(tree, target))
    if wrong:
        return Transpiled("", wrong)
    generator = SqlglotDialect.get_or_raise(target).generator(unsupported_level=ErrorLevel.IGNORE, comments=False)
    written = generator.generate(tree)
    lost = [_finding(None, f"{each.rstrip('.')}.", Severity.WARNING, sql) for each in generator.unsupported_messages]
    differences = (*_differences(tree, source, target), *_lenient(tree, source, target))
    differing = [_finding(node, message, Severity.WARNING, sql) for node, message in differences]
    return Transpiled(written, (*lost, *differing, *_foreign(written, target, sql)))


def _read(sql: str, dialect: str) -> exp.Expr | Finding:
    large = too_large(sql, dialect)
    if large is not None:
        return large
    try:
        tree, _ = read_tree(sql, dialect)
    except SqlglotError as error:
        details: dict[str, Any] = (getattr(error, "errors", None) or [{}])[0]
        line, end = details.get("line") or 1, (details.get("col") or 1) + 1
        start = max(1, end - len(details.get("highlight") or " "))
        message = f"This is not {dialect} as far as can be read. Check the statement here, and the dialect."
        return Finding("SQL_SYNTAX", message, span=Span(line, start, line, end))
    except STUMBLES:
        return _TOO_DEEP
    if tree is None:
        return Finding("SQL_MULTIPLE_STATEMENTS", "Send exactly one statement.")
    if isinstance(tree, exp.Command):
        return Finding("SQL_CONSTRUCT_REFUSED", "Such a statement has no counterpart in other dialects.")
    return tree


def _withheld(tree: exp.Expr, target: str) -> Iterator[tuple[exp.Expr, str]]:
    """What the rewriting for the target would change the result of."""
    for select in tree.find_all(exp.Select):
        cut = select.args.get("limit") or select.args.get("offset")
        distinct = select.args.get("distinct")
        if select.args.get("qualify") and cut and target not in _WITH_QUALIFY:
            yield select, "QUALIFY with LIMIT does not carry over. Put LIMIT in a query around this one."
        if (
            distinct
            and distinct.args.get("on")
            and (cut or select.args.get("order"))
            and target not in _WITH_DISTINCT_ON
        ):
            yield select, "DISTINCT ON with ORDER BY or LIMIT does not carry over. Number the rows with ROW_NUMBER()."
        for join in select.args.get("joins") or ():
            if join.side == "FULL" and target == "mysql" and not _is_plain(select):
                yield join, "MySQL has no FULL JOIN: put a LEFT and a RIGHT JOIN together with UNION ALL, then count."
            if join.kind in {"SEMI", "ANTI"} and join.args.get("using") and target not in {"duckdb", "spark"}:
                yield join, f"{join.kind} JOIN with USING does not carry over. Write EXISTS or NOT EXISTS."


def _is_plain(select: exp.Select) -> bool:
    """Whether a SELECT may become two, put together: nothing in it looks at more than one row."""
    looks = ("group", "having", "distinct", "limit", "offset", "order", "qualify", "windows")
    if any(select.args.get(each) for each in looks) or len(select.args.get("joins") or ()) > 1:
        return False
    return not any(each.find(exp.AggFunc, exp.Window) for each in select.expressions)


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "portability.toml").read_text())


def _differences(tree: exp.Expr, source: str, target: str) -> Iterator[tuple[exp.Expr, str]]:
    for row in _table()["difference"]:
        these = row["these"].split()
        sides = source in these, target in these
        if sides[0] == sides[1] or (row.get("one_way") and not sides[0]):
            continue
        classes = tuple(getattr(exp, name) for name in row["nodes"].split())
        found = (node for node in tree.find_all(*classes) if not row.get("with_text") or _has_text(node))
        first = next(found, None)
        if first is not None:
            yield first, row["message"]


def _lenient(tree: exp.Expr, source: str, target: str) -> Iterator[tuple[exp.Expr, str]]:
    """What the source forgives, and the target does not."""
    if source == "sqlite":
        quoted = (node for node in tree.find_all(exp.Column) if node.this.args.get("quoted") and not node.table)
        if (first := next(quoted, None)) is not None:
            yield first, "SQLite reads a name in double quotes that is no column as a text. Write '…' for a text."
    if source in _PICKS_A_ROW and target not in _PICKS_A_ROW:
        for select in tree.find_all(exp.Select):
            if (first := next(_ungrouped(select), None)) is not None:
                message = f"{first.name} is neither grouped by nor aggregated, which {target} refuses. Group by it too."
                yield first, message


def _ungrouped(select: exp.Select) -> Iterator[exp.Column]:
    """Columns beside aggregates or GROUP BY that are not grouped by, those that a grouped key decides among them."""
    group = select.args.get("group")
    shown = [projection.unalias() for projection in select.expressions]
    if group is None and not any(each.find(exp.AggFunc) for each in shown):
        return
    keys = list(group.expressions) if group is not None else []
    for position, projection in enumerate(shown, 1):
        if any(key.name in {str(position), select.expressions[position - 1].alias} for key in keys):
            continue
        for column in projection.find_all(exp.Column):
            # A function that is not known may be an aggregate of the source's own.
            within = column.find_ancestor(exp.AggFunc, exp.Window, exp.Anonymous, exp.Select)
            if within is select and not isinstance(column.this, exp.Star) and not _is_among(column, keys):
                yield column


def _is_among(column: exp.Column, keys: list[exp.Expr]) -> bool:
    return any(
        isinstance(key, exp.Column)
        and key.name.lower() == column.name.lower()
        and (key.table == column.table or not (key.table and column.table))
        for key in keys
    )


def _has_text(node: exp.Expr) -> bool:
    return any(isinstance(each, exp.Literal) and each.is_string for each in node.iter_expressions())


def _foreign(written: str, target: str, sql: str) -> Iterator[Finding]:
    """What the target has no word for, as its own parser and function list say."""
    try:
        tree = None if too_large(written, target) else read_tree(written, target)[0]
    except STUMBLES:
        tree = None
    if tree is None:
        yield _finding(
            None, f"What was written cannot be read as {target} again. Check it by hand.", Severity.WARNING, sql
        )
        return
    for row in _table()["missing"]:
        if target in row["dialects"].split() and tree.find(getattr(exp, row["node"])):
            yield _finding(None, f"{target} {row['message']}", Severity.WARNING, sql)
    if target not in DIALECTS or not isinstance(tree, exp.Query):
        return
    for finding in check_text(written, target).findings:
        if finding.reason in _FOREIGN:
            name = finding.metadata.get("function", "")
            message = f"{name} is not a function of {target}, as far as is known." if name else finding.message
            yield _finding(None, message, Severity.WARNING, sql)


def _finding(node: exp.Expr | None, message: str, severity: Severity, sql: str) -> Finding:
    return Finding("SQL_NOT_PORTABLE", message, severity, _span(node, sql) if node is not None else None)


def _span(node: exp.Expr, sql: str) -> Span | None:
    """The place of a node, from its first to its last part whose place is known."""
    places = [(each.meta["start"], each.meta["end"] + 1) for each in node.walk() if "start" in each.meta]
    if not places:
        return None
    start, end = min(places)[0], max(each[1] for each in places)
    line, end_line = sql.count("\n", 0, start) + 1, sql.count("\n", 0, end) + 1
    return Span(line, start - sql.rfind("\n", 0, start), end_line, end - sql.rfind("\n", 0, end))
