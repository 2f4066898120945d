"""Columns that stand beside an aggregate and have no one value in a group."""

from collections.abc import Iterator

from sqlglot import exp

from services.validation.core.guard.text import Text
from services.validation.core.model import Finding, Severity
from services.validation.core.semantics.keys import Closure
from services.validation.core.semantics.places import note
from services.validation.core.semantics.query import Query, Ref, is_aggregate

# Engines that refuse such a column. The others answer with the value of some row.
STRICT = frozenset({"postgres", "duckdb", "bigquery", "snowflake", "trino", "tsql"})
# Engines to which a primary key that is grouped by stands for its whole table (SQL:2003, T301).
_KEY_STANDS_FOR_TABLE = frozenset({"postgres"})
_MOST_STARS = 3
_CLAUSES = ("expressions", "having", "order", "qualify")
# Calls that may be aggregates by a name that the parser does not know, or bind names of their own.
_UNSURE = (exp.Anonymous, exp.List, exp.Array, exp.Lambda, exp.Columns, exp.Dot, exp.Pivot)


def ungrouped(text: Text, query: Query, closure: Closure) -> Iterator[Finding]:
    """The columns of a grouped query that are neither grouped by nor in an aggregate."""
    if not query.is_grouped or query.is_opaque or _groups_all(query):
        return
    strict = query.catalog.dialect.name in STRICT
    fixed = set() if strict else closure.fixed(query.group_refs)[0]
    unsure = set() if strict else set(closure.unfixed(query.group_refs))
    seen: set[Ref] = set()
    for column in _bare(query):
        ref = query.ref(column)
        if ref is None or ref in seen or ref in query.group_refs:
            continue
        if strict:
            if _key_is_grouped(query, ref) or _is_merged(query, ref):
                continue
        elif ref in fixed or ref[0] not in unsure or _has_extreme(query):
            continue
        seen.add(ref)
        yield _finding(text, query, column, ref, strict=strict)
    if strict:
        yield from _stars(text, query)


def _stars(text: Text, query: Query) -> Iterator[Finding]:
    stars = [each for each in query.select.expressions if isinstance(each, (exp.Star, exp.Column)) and each.is_star]
    for projection in stars[:_MOST_STARS]:
        table = projection.args.get("table")
        for name, relation in query.relations.items():
            if table is not None and query.key_of(table) != name:
                continue
            for key in relation.outputs or ():
                ref = (name, key)
                if ref not in query.group_refs and key not in query.merged and not _key_is_grouped(query, ref):
                    yield _finding(text, query, projection, ref, strict=True)
                    return


def _finding(text: Text, query: Query, node: exp.Expr, ref: Ref, *, strict: bool) -> Finding:
    shown = query.shown(ref)
    name = shown.rpartition(".")[2]
    remedy = f"Add it to GROUP BY, or say which value with MIN({name}) or MAX({name})."
    if strict:
        message = f"{shown} is neither grouped by nor in an aggregate, and the database refuses that. {remedy}"
    else:
        where = "in one group" if query.select.args.get("group") else "beside an aggregate"
        message = f"{shown} has many values {where}, and the database takes that of some row. {remedy}"
    severity = Severity.ERROR if strict else Severity.WARNING
    return note(text, node, "SQL_COLUMN_NOT_GROUPED", message, severity, column=name)


def _groups_all(query: Query) -> bool:
    group = query.select.args.get("group")
    if group is None:
        return False
    named = [each for each in group.expressions if type(each) is exp.Column and each.name.lower() == "all"]
    return bool(group.args.get("all") or named) or not (query.groups or query.has_grouping_sets)


def _bare(query: Query) -> Iterator[exp.Column]:
    """The columns that stand where only what is grouped by may: in no aggregate and no expression grouped by."""
    alike = query.groups_alike()
    for clause in _CLAUSES:
        value = query.select.args.get(clause)
        stack = list(value) if isinstance(value, list) else [value] if value is not None else []
        while stack:
            node = stack.pop()
            if type(node) is exp.Column:
                # Outside the list of results a bare name is first that of a result.
                alias = clause != "expressions" and not node.args.get("table")
                if not (alias and query.key_of(node.this) in query.aliases):
                    yield node
                continue
            if isinstance(node, (exp.Query, exp.Filter, exp.WithinGroup, *_UNSURE)) or is_aggregate(node):
                continue
            if not (alike and query.shapes.mark(node) in alike):
                stack.extend(node.iter_expressions())


def _is_merged(query: Query, ref: Ref) -> bool:
    return ref[1] in query.merged and any(each[1] == ref[1] for each in query.group_refs)


def _key_is_grouped(query: Query, ref: Ref) -> bool:
    table = query.relations[ref[0]].table
    if query.catalog.dialect.name not in _KEY_STANDS_FOR_TABLE or table is None or query.has_grouping_sets:
        return False
    key = query.catalog.dialect.key
    primary = [(ref[0], key(each.name, quoted=True)) for each in table.columns if each.is_primary_key]
    return bool(primary) and all(each in query.group_refs for each in primary)


def _has_extreme(query: Query) -> bool:
    """Whether SQLite takes the row of the only MIN or MAX (https://sqlite.org/lang_select.html, "bare columns")."""
    extremes = [each for each in query.aggregates if isinstance(each, (exp.Min, exp.Max))]
    return query.catalog.dialect.name == "sqlite" and len(extremes) == 1
