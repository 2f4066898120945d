"""Layer 1, the nodes: one walk over a tree that refuses what is not allowed and gathers what the next layers judge."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sqlglot import exp

from services.validation.core.dialects import Dialect, words
from services.validation.core.guard import nodes
from services.validation.core.guard.parsing import place
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

MAX_DEPTH = 250
# Words that make a statement do more than read, wherever they stand, but as names.
VERBS = words("""
    insert update delete drop alter create grant revoke exec execute call into outfile dumpfile lock handler
    load copy put kill shutdown do declare prepare deallocate attach detach export import install vacuum upsert waitfor
    backup restore dbcc bulk print raiserror procedure fetch
    """)
# What follows FETCH where it is a part of a read.
_FETCHED = words("next first")


@dataclass(slots=True)
class Survey:
    """What a tree holds, by kind, in the order of the walk; `calls` are those written as `name(…)`."""

    tables: list[exp.Table] = field(default_factory=list)
    calls: list[exp.Func] = field(default_factory=list)
    selects: list[exp.Select] = field(default_factory=list)
    withs: list[exp.With] = field(default_factory=list)
    types: list[exp.DataType] = field(default_factory=list)
    values: list[exp.Values] = field(default_factory=list)
    in_relations: list[exp.Expr] = field(default_factory=list)
    rows: list[exp.TableFromRows] = field(default_factory=list)
    described: list[exp.Expr] = field(default_factory=list)
    alias_starts: set[int] = field(default_factory=set)
    common_names: set[str] = field(default_factory=set)
    verbs_as_names: set[int] = field(default_factory=set)


def survey(text: Text, tree: exp.Expr) -> Survey | Finding:
    """What a tree holds, or the finding for the first node that may not be in it, or for a tree that is too deep."""
    if not isinstance(tree, nodes.QUERIES):
        return Finding("SQL_NOT_A_READ", f"{tree.key.upper()} is not a way to read. Write one SELECT.")
    dialect, found = text.dialect, Survey()
    allowed, judged = nodes.allowed(dialect), nodes.JUDGED
    stack: list[tuple[exp.Expr, int]] = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            return Finding("SQL_TOO_LARGE", f"The statement is more than {MAX_DEPTH} levels deep. Split it.")
        kind = type(node)
        if kind in judged or kind not in allowed:
            refused = _judge(text, dialect, node, found, listed=kind in allowed)
            if refused is not None:
                return refused
        # A chain of one operator (a AND b AND c) counts once.
        chained = isinstance(node, (exp.Binary, exp.SetOperation))
        stack.extend(
            (child, depth if chained and type(child) is kind else depth + 1) for child in node.iter_expressions()
        )
    return found


def _judge(text: Text, dialect: Dialect, node: exp.Expr, found: Survey, *, listed: bool) -> Finding | None:
    """Gathers a node, or gives the finding that refuses it."""
    if isinstance(node, exp.Func):
        if "start" in node.meta:
            found.calls.append(node)
        elif not listed:
            return _refused(text, node)
        return None
    if not listed:
        return _refused(text, node)
    if isinstance(node, exp.Identifier):
        return _identifier(text, dialect, node, found)
    if isinstance(node, exp.Column):
        return _column(text, dialect, node)
    return None if _gathered(node, found) else _clause(text, dialect, node)


# Which list of a survey a node belongs to.
_LISTS: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Table, "tables"),
    (exp.Select, "selects"),
    (exp.With, "withs"),
    (exp.DataType, "types"),
    (exp.TableFromRows, "rows"),
    (exp.Values, "values"),
    (exp.Summarize, "described"),
    (exp.Describe, "described"),
)


def _gathered(node: exp.Expr, found: Survey) -> bool:
    """Whether a node is of those that the next layers judge."""
    if isinstance(node, exp.In):
        if node.args.get("field") is not None:
            found.in_relations.append(node.args["field"])
        return True
    name = next((name for kind, name in _LISTS if isinstance(node, kind)), None)
    if name is None:
        return False
    getattr(found, name).append(node)
    if isinstance(node, exp.With):
        found.common_names.update(common.alias.lower() for common in node.expressions)
    elif isinstance(node, exp.Table) and node.args.get("hints") and "start" in node.this.meta:
        # A hint without WITH, as in orders (NOLOCK), is no call.
        found.alias_starts.add(node.this.meta["start"])
    return True


def _identifier(text: Text, dialect: Dialect, node: exp.Identifier, found: Survey) -> Finding | None:
    start = node.meta.get("start")
    if start is not None:
        if isinstance(node.parent, exp.TableAlias):
            found.alias_starts.add(start)
        if node.name.lower() in VERBS:
            found.verbs_as_names.add(start)
    if dialect.reserved and not node.args.get("quoted") and node.name.lower() in dialect.reserved:
        where = place(node, len(text.sql))
        # After a dot, and as a name that the parser made up, a reserved word can be nothing but a name.
        if start is not None and text.sql[start : start + len(node.name)].lower() == node.name.lower():
            message = f"{node.name} is a word of {dialect.name} that may begin something else here. Quote it as a name."
            return text.finding("SQL_CONSTRUCT_REFUSED", message, *where, construct=node.name.lower())
    return None


def _column(text: Text, dialect: Dialect, node: exp.Column) -> Finding | None:
    if dialect.hidden_columns and any(fnmatchcase(node.name.lower(), each) for each in dialect.hidden_columns):
        message = f"{node.name} tells of files and servers, not of data. Leave it out."
        return text.finding("SQL_CONSTRUCT_REFUSED", message, *place(node, len(text.sql)), construct=node.name.lower())
    if dialect.sequence_columns and node.args.get("table") and node.name.lower() in dialect.sequence_columns:
        message = f"{node.name} advances or reads a sequence. Leave it out."
        return text.finding("SQL_CONSTRUCT_REFUSED", message, *place(node, len(text.sql)), construct=node.name.lower())
    return None


def _clause(text: Text, dialect: Dialect, node: exp.Expr) -> Finding | None:
    """The finding for a clause that is let through with some words only: hints of tables, options of queries."""
    if isinstance(node, exp.Parameter):
        # A column by its number, as Snowflake has them; everything else would be filled in by the session.
        number = isinstance(node.this, exp.Literal) and not node.this.is_string
        return None if number else _refused(text, node)
    known = dialect.clause_words.get(node.key)
    if known is None:
        return None
    endless = isinstance(node, exp.QueryOption) and node.name.lower() in dialect.clause_words.get("nonzero", ())
    if endless and not str(node.args.get("expression")).strip("0"):
        message = f"{node.name.upper()} 0 takes a limit away. Give a number."
        return text.finding("SQL_ARGUMENT_REFUSED", message, *place(node, len(text.sql)), construct=node.name.lower())
    for word in _words_of(node):
        if word.lower() not in known:
            message = f"{word.upper()} is not among what is let through here. Leave it out."
            start, end = place(node, len(text.sql))
            return text.finding("SQL_CONSTRUCT_REFUSED", message, start, end, construct=word.lower())
    return None


def _words_of(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.ForClause):
        yield str(node.args.get("kind"))
        return
    for value in (node.args.get("this"), *node.expressions):
        if isinstance(value, exp.Expr):
            # An option may be of several words; its first says what it does.
            yield (value.name or value.key).split()[0]


def _refused(text: Text, node: exp.Expr) -> Finding:
    start, end = place(node, len(text.sql))
    return text.finding("SQL_CONSTRUCT_REFUSED", _refusal(node), start, end, construct=node.key)


def _refusal(node: exp.Expr) -> str:
    if isinstance(node, exp.Lock):
        return "FOR UPDATE and FOR SHARE lock rows. Leave the lock out."
    if isinstance(node, exp.Into):
        return "INTO creates a table. Leave it out to see the rows."
    if isinstance(node, (exp.DML, exp.DDL, exp.Command)):
        return f"{node.key.upper()} changes the database. Only reads are let through."
    if isinstance(node, (exp.Placeholder, exp.Parameter)):
        return "Parameters cannot be filled in here. Write the value."
    return f"{node.key.upper()} is not among what is let through. Write the statement without it."


def stray_verb(text: Text, found: Survey) -> Finding | None:
    """The finding for a word that commands and is no name in the tree: the parser took it, and kept nothing of it."""
    previous = ""
    for position, piece in enumerate(text.pieces):
        if piece.kind == "word" and piece.text.lower() in VERBS and piece.start not in found.verbs_as_names:
            following = text.pieces[position + 1].text if position + 1 < len(text.pieces) else ""
            if piece.text.lower() == "fetch" and _fetches_rows(
                [each.text for each in text.pieces[position + 1 : position + 3]]
            ):
                continue
            if following != "(" and previous not in {".", ":"}:
                message = f"{piece.text.upper()} does more than read. Leave it out, or quote it where it is a name."
                return text.finding("SQL_CONSTRUCT_REFUSED", message, piece.start, piece.end)
        previous = piece.text
    return None


def _fetches_rows(following: list[str]) -> bool:
    """Whether FETCH limits a result, as FETCH NEXT 5 ROWS does; FETCH NEXT c advances a cursor."""
    counted = following[1:] if following and following[0].lower() in _FETCHED else following
    return bool(counted) and (counted[0].isdigit() or counted[0].lower() in {"row", "rows", "("})


def alias_starts(tree: exp.Expr) -> set[int]:
    """Where the aliases of tables stand in a text, which may have a list of columns in brackets after them."""
    return {
        node.meta["start"]
        for node in tree.find_all(exp.Identifier)
        if isinstance(node.parent, exp.TableAlias) and "start" in node.meta
    }
