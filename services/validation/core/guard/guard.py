"""The SQL guard: its layers in order, failing closed, and the text that may run."""

from dataclasses import dataclass

from sqlglot import exp

from services.validation.core.catalog import Catalog
from services.validation.core.dialects import DIALECTS, Dialect
from services.validation.core.guard import functions, load, parsing, postgres_grammar, relations
from services.validation.core.guard import text as reading
from services.validation.core.guard.lexing import LexicalError, cut
from services.validation.core.guard.reader import STUMBLES, grammar, read_tree
from services.validation.core.guard.survey import Survey, alias_starts, stray_verb, survey
from services.validation.core.guard.text import MAX_PIECES, Text
from services.validation.core.model import Finding


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard found. `tree` is None where the text could not be read; `sql` is empty unless it may run."""

    findings: tuple[Finding, ...]
    text: Text
    tree: exp.Expr | None = None
    sql: str = ""
    explain: str = ""


def guard(sql: str, dialect: Dialect | str, catalog: Catalog | None = None) -> Guarded:
    """Judges one statement of a dialect.

    Without a catalogue, relations are judged by their shape alone; with one, each has to be in it. The statement
    may run exactly when there are no findings, and then as `sql`, which is written anew from what was checked.
    """
    known = DIALECTS[dialect] if isinstance(dialect, str) else dialect
    text = Text(sql, known)
    unreadable = reading.read(text)
    if unreadable is not None:
        return Guarded((unreadable,), text)
    parsed = parsing.parse(text)
    facts = None
    if known.name == "postgres":
        facts, refusal = _second_reader(text, parsed)
        if refusal is not None:
            return Guarded((refusal,), text)
    if isinstance(parsed, Finding):
        return Guarded((parsed,), text)
    found = survey(text, parsed.tree)
    if isinstance(found, Finding):
        return Guarded((found,), text)
    findings = _findings(text, found, catalog, facts)
    if findings:
        return Guarded(findings, text, parsed.tree, explain=parsed.explain)
    written = _written(text, parsed, facts, found)
    if written is None:
        refusal = Finding(
            "SQL_PARSERS_DISAGREE", "The statement cannot be written anew with the same meaning. Write it more plainly."
        )
        return Guarded((refusal,), text, parsed.tree, explain=parsed.explain)
    return Guarded((), text, parsed.tree, parsed.explain + written, parsed.explain)


def _findings(
    text: Text, found: Survey, catalog: Catalog | None, facts: postgres_grammar.Facts | None
) -> tuple[Finding, ...]:
    """What the layers find in a tree that holds nothing but allowed nodes."""
    try:
        findings = (
            *functions.check(text, found),
            *relations.check(text, found, catalog),
            *load.check(text, found),
        )
    except RecursionError:
        return (Finding("SQL_TOO_LARGE", "The statement is too deep. Split it."),)
    if not findings and facts is not None:
        return _agreement(text, found, facts)
    if not findings and text.dialect.own_words_run:
        stray = stray_verb(text, found)
        return () if stray is None else (stray,)
    return findings


def _second_reader(
    text: Text, parsed: parsing.Parsed | Finding
) -> tuple[postgres_grammar.Facts | None, Finding | None]:
    """What PostgreSQL's grammar sees, or the refusal that follows from it. Its syntax errors are the better ones."""
    if isinstance(parsed, Finding) and parsed.reason != "SQL_SYNTAX":
        return None, parsed
    facts = postgres_grammar.read(text, parsing.bare(text))
    if isinstance(facts, Finding):
        return None, facts
    if isinstance(parsed, Finding):
        return None, parsed
    if facts.forbidden is not None:
        kind, offset = facts.forbidden
        message = f"{kind} is not among what is let through. Write the statement without it."
        reason = "SQL_RELATION_REFUSED" if kind == "another database" else "SQL_CONSTRUCT_REFUSED"
        return None, text.finding(reason, message, offset, offset + 1, construct=kind)
    return facts, None


def _agreement(text: Text, found: Survey, facts: postgres_grammar.Facts) -> tuple[Finding, ...]:
    """The findings where the two readers do not see the same relations and calls."""
    dialect = text.dialect
    seen = sorted(
        (
            dialect.key(table.db, quoted=bool(table.args["db"].args.get("quoted"))) if table.args.get("db") else "",
            dialect.key(table.name, quoted=bool(table.this.args.get("quoted"))),
        )
        for table in found.tables
        if isinstance(table.this, exp.Identifier)
    )
    called = {call.name for call in functions.calls(text, found.alias_starts)}
    explicit = {each.name for each in facts.functions if not each.by_syntax and not _is_operator(each)}
    foreign = [
        each
        for each in facts.functions
        if (each.schema and each.schema not in dialect.function_schemas)
        or (each.name not in dialect.functions and not each.by_syntax and not _is_operator(each))
    ]
    if tuple(seen) == facts.relations and explicit <= called and not foreign:
        return ()
    message = "Two readers see different tables or functions in the statement. Write it more plainly."
    return (Finding("SQL_PARSERS_DISAGREE", message),)


def _is_operator(function: postgres_grammar.Function) -> bool:
    """Whether PostgreSQL's grammar made a call out of words that are an operator, as of SIMILAR TO."""
    return function.schema == "pg_catalog" and function.name in {
        "timezone",
        "like_escape",
        "similar_to_escape",
        "overlaps",
        "xmlexists",
        "is_normalized",
    }


def _written(text: Text, parsed: parsing.Parsed, facts: postgres_grammar.Facts | None, found: Survey) -> str | None:
    """The statement written anew from its tree, or in its own words; None where it would not be the same."""
    if facts is not None:
        return postgres_grammar.regenerate(parsing.bare(text), facts)
    if not text.dialect.own_words_run:
        written = _from_tree(text, parsed)
        if written is not None or stray_verb(text, found) is not None or _ends_early(parsed.tree):
            return written
    # The pieces that both readers cut alike, and nothing else: no comment, no hint.
    return parsing.bare(text).strip()


def _ends_early(tree: exp.Expr) -> bool:
    """Whether a part of a set operation has an ORDER BY or LIMIT without brackets, which readers put elsewhere."""
    parts = (part for each in tree.find_all(exp.SetOperation) for part in (each.this, each.expression))
    return any(isinstance(part, exp.Select) and (part.args.get("limit") or part.args.get("order")) for part in parts)


def _from_tree(text: Text, parsed: parsing.Parsed) -> str | None:
    """What the tree is written as, if it is read again to the same tree with no findings."""
    name = text.dialect.name
    try:
        written = grammar(name).generate(parsed.tree, comments=False)
        again, _ = read_tree(written, name)
        same = again is not None and (again == parsed.tree or _is_alike(text, again))
        # The tree is the one that was checked; the generator may still have chosen other names for its calls.
        second = Text(written, text.dialect)
        second.pieces, _ = cut(written, text.dialect.lexis, MAX_PIECES)
    except (*STUMBLES, LexicalError):
        return None
    if again is None or not same or any(functions.check_calls(second, alias_starts(again))):
        return None
    return written


def _is_alike(text: Text, again: exp.Expr) -> bool:
    """Whether a tree differs from that of the text in what means nothing alone; reading is quicker than copying."""
    own, _ = read_tree(parsing.bare(text), text.dialect.name)
    return own is not None and _plain(own) == _plain(again)


def _plain(tree: exp.Expr) -> exp.Expr:
    """A tree changed to be without what the generator adds and means nothing: quotes, ON TRUE after a comma."""
    for node in list(tree.find_all(exp.Identifier, exp.Join)):
        if isinstance(node, exp.Identifier):
            node.set("quoted", value=True)
        elif node.args.get("on") == exp.true() and not node.args.get("side"):
            node.set("on", value=None)
    return tree
