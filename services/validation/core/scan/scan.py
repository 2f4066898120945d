"""Looks for danger in any SQL: dynamic statements, injection, excessive grants, secrets, personal data, destruction."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sqlglot import exp
from sqlglot.errors import TokenError

from services.kit.errors import InvalidArgument
from services.validation.core.guard.reader import STUMBLES, read_tree
from services.validation.core.guard.text import too_large
from services.validation.core.model import Finding, Severity, Span
from services.validation.core.scan.words import Places, Statement, statements
from services.validation.core.transpile_statement import known_name

MAX_BYTES = 1024 * 1024
MAX_FINDINGS = 1000
# A longer text is no SQL that another statement holds.
MAX_INNER_BYTES = 64 * 1024
# What PostgreSQL's format() puts in without quotes.
_UNQUOTED = re.compile(r"%(?:\d+\$)?-?\d*s")
_TRUE = re.compile(r"\bwhere (?:1 = 1|true|'…' = '…')\s*(?:$|returning\b)")


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of `rules.toml`: `needs` has to be somewhere in the script too, `unless` must not be in the statement."""

    reason: str
    severity: Severity
    message: str
    pattern: re.Pattern[str]
    needs: re.Pattern[str] | None
    unless: re.Pattern[str] | None

    def found(self, words: str, script: str) -> Iterator[re.Match[str]]:
        """Where it applies in a statement of a script, both given by their words."""
        if (self.needs and not self.needs.search(script)) or (self.unless and self.unless.search(words)):
            return
        yield from self.pattern.finditer(words)


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a text, by place, and how many statements it has."""

    findings: tuple[Finding, ...]
    statement_count: int


def scan_text(text: str, dialect: str) -> Scan:
    """Scans a text of SQL, which is never run.

    Raises:
        InvalidArgument: The dialect is not known, or the text is longer than 1 MiB.
    """
    dialect = known_name(dialect)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidArgument("SQL_TOO_LARGE", "The text has more than 1 MiB. Scan it in parts.")
    findings: list[Finding] = []
    try:
        found = list(statements(text, dialect))
    except (TokenError, RecursionError):
        message = "The text cannot be cut into statements: a text or a comment is never closed. Nothing was scanned."
        return Scan((Finding("SQL_NOT_SCANNED", message, Severity.ERROR),), 0)
    places, script = Places(text), "\n".join(each.words for each in found)
    for statement in found:
        findings.extend(_of_words(statement, script, places))
        findings.extend(_of_texts(statement, script, places, dialect))
        findings.extend(_of_tree(statement, text, places, dialect))
        if len(findings) >= MAX_FINDINGS:
            break
    unique = {(each.reason, each.span, each.message): each for each in findings[:MAX_FINDINGS]}
    return Scan(tuple(sorted(unique.values(), key=_order)), len(found))


def _order(finding: Finding) -> tuple[int, int]:
    return (finding.span.line, finding.span.column) if finding.span else (1 << 30, 0)


@cache
def _rules() -> tuple[tuple[Rule, ...], tuple[tuple[re.Pattern[str], str], ...], re.Pattern[str]]:
    table = tomllib.loads((Path(__file__).parent / "rules.toml").read_text())
    rules = tuple(
        Rule(
            row["reason"],
            Severity(row["severity"]),
            row["message"],
            re.compile(row["pattern"]),
            re.compile(row["needs"]) if "needs" in row else None,
            re.compile(row["unless"]) if "unless" in row else None,
        )
        for row in table["rule"]
    )
    secrets = tuple((re.compile(row["pattern"]), row["what"]) for row in table["secret"])
    return rules, secrets, re.compile(table["personal"]["pattern"])


def _of_words(statement: Statement, script: str, places: Places) -> Iterator[Finding]:
    for rule in _rules()[0]:
        for match in rule.found(statement.words, script):
            start, end = statement.place(*match.span())
            yield Finding(rule.reason, rule.message, rule.severity, places.span(start, end))


def _of_texts(statement: Statement, script: str, places: Places, dialect: str) -> Iterator[Finding]:
    """Secrets in texts, and the SQL that a text holds where the statement executes texts."""
    executes = any(rule.reason == "SQL_DYNAMIC" and any(rule.found(statement.words, script)) for rule in _rules()[0])
    for content, start, end in statement.texts:
        for pattern, what in _rules()[1]:
            if pattern.search(content[:10_000]):
                message = f"This text looks like {what}. Take it from a secret store, and change it now."
                yield Finding("SQL_SECRET_IN_TEXT", message, Severity.ERROR, places.span(start, end))
        if executes and _UNQUOTED.search(content):
            message = "%s puts a value into SQL as it is. Write %L for a value and %I for a name, or pass it by USING."
            yield Finding("SQL_INJECTION_PRONE", message, Severity.WARNING, places.span(start, end))
        body = executes or (" " in content and re.match(r"\s*(?:begin|declare)\b", content, re.IGNORECASE))
        if body and len(content) <= MAX_INNER_BYTES:
            yield from _inside(content, places.span(start, end), dialect)


def _inside(content: str, place: Span, dialect: str) -> Iterator[Finding]:
    """What the words of SQL within a text say; the place is the text's."""
    try:
        inner = list(statements(content, dialect))
    except (TokenError, RecursionError):
        return
    script, places = "\n".join(each.words for each in inner), Places(content)
    for statement in inner:
        for finding in (
            *_of_words(statement, script, places),
            *_of_texts(statement, script, places, dialect),
        ):
            yield replace(finding, message=f"Within this text: {finding.message}", span=place)


def _of_tree(statement: Statement, text: str, places: Places, dialect: str) -> Iterator[Finding]:
    """What only the tree shows: changes of every row, and personal data in results."""
    written = text[statement.begin : statement.end]
    if too_large(written, dialect) is not None:
        start = places.span(statement.begin, statement.begin + 1)
        message = "This statement is too large or too deep to be read; only its words were scanned."
        yield Finding("SQL_NOT_SCANNED", message, Severity.INFO, start)
        return
    try:
        tree, _ = read_tree(written, dialect)
    except STUMBLES:
        # Bodies of procedures are cut at their semicolons and read by no parser: their words were scanned.
        return
    if tree is None:
        return
    yield from _whole_tables(tree, statement, places)
    if isinstance(tree, exp.Query):
        yield from _personal(tree, statement, places)


def _whole_tables(tree: exp.Expr, statement: Statement, places: Places) -> Iterator[Finding]:
    for change in tree.find_all(exp.Delete, exp.Update):
        where = change.args.get("where")
        if (where is None and not change.args.get("from_")) or _TRUE.search(statement.words):
            message = f"{change.key.upper()} without a condition changes every row. Add WHERE."
            yield Finding("SQL_DESTRUCTIVE", message, Severity.ERROR, places.span(*statement.place(0, 6)))


def _personal(tree: exp.Query, statement: Statement, places: Places) -> Iterator[Finding]:
    pattern = _rules()[2]
    for projection in tree.selects:
        shown = projection.unalias()
        if isinstance(shown, (exp.AggFunc, exp.Star)):
            continue
        for column in [shown, *shown.find_all(exp.Column)]:
            if isinstance(column, exp.Column) and pattern.search(column.name):
                identifier = column.this
                start = statement.begin + identifier.meta.get("start", 0)
                end = statement.begin + identifier.meta.get("end", 0) + 1
                message = f"The result shows {column.name}, which is data about persons. Leave it out, or mask it."
                found = places.span(start, end)
                yield Finding("SQL_PERSONAL_DATA", message, Severity.WARNING, found, metadata={"column": column.name})
                break
