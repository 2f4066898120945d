"""Layer 3: every relation judged by its shape and, where there is a catalogue, found in it."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz, process
from sqlglot import exp

from services.validation.core.catalog import Catalog
from services.validation.core.guard.parsing import place
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

# What a file, an address or a pattern has, and a table's name does not.
_FILE = re.compile(r"[./\\:*?~@\[\]{}|]")
# An endless recursion is cut by time; one that cannot end is refused. A product of so many relations is no question.
MAX_PRODUCT = 3


def is_common_table(table: exp.Table) -> bool:
    """Whether a name without a schema means a WITH query that is in sight of it."""
    if table.args.get("db") or not isinstance(table.this, exp.Identifier):
        return False
    name = table.name.lower()
    node: exp.Expr | None = table
    while node is not None:
        with_ = node.args.get("with_")
        if with_ is not None:
            for common in with_.expressions:
                if common.alias.lower() == name:
                    return True
        node = node.parent
    return False


def relations(tree: exp.Expr) -> Iterator[exp.Table]:
    """The tables of a tree that are neither functions nor WITH queries."""
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and not is_common_table(table):
            yield table


def check(text: Text, tree: exp.Expr, catalog: Catalog | None) -> Iterator[Finding]:
    """The findings about relations."""
    for table in relations(tree):
        finding = _shape(text, table, catalog)
        if finding is None and catalog is not None and resolve(catalog, table) is None:
            finding = unknown(text, table, catalog)
        if finding is not None:
            yield finding
    yield from _odd_sources(text, tree)
    yield from _endless(text, tree)
    yield from _products(text, tree)


def resolve(catalog: Catalog, table: exp.Table) -> object | None:
    """The catalogue's table that a node means, or None."""
    schema = table.args.get("db")
    quoted = bool(table.this.args.get("quoted"))
    if schema is not None and bool(schema.args.get("quoted")) != quoted:
        # Keys are made part by part; a quoted part is compared as it is written.
        key = catalog.dialect.key
        written = key(schema.name, quoted=bool(schema.args.get("quoted")))
        return catalog.find(written, key(table.name, quoted=quoted), quoted=True)
    return catalog.find(schema.name if schema is not None else "", table.name, quoted=quoted)


def _shape(text: Text, table: exp.Table, catalog: Catalog | None) -> Finding | None:
    dialect = text.dialect
    start, end = place(table, len(text.sql))
    schema = table.args["db"].name.lower() if table.args.get("db") else ""
    if table.args.get("catalog"):
        message = f"{table.sql(dialect.name)} names another database. Name a schema and a table."
        return text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.sql(dialect.name))
    if dialect.is_system_relation(schema, table.name.lower()):
        message = f"{table.name} belongs to the database itself and is not for reading. Use the tables of the schema."
        return text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.name)
    known = catalog is not None and resolve(catalog, table) is not None
    if dialect.files_are_tables and not known and (_FILE.search(table.name) or _FILE.search(schema)):
        message = f"{table.name!r} looks like a file or an address. Name a table."
        return text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.name)
    longest = dialect.longest_name_bytes
    if longest is not None and len(table.name.encode()) > longest:
        return text.finding("SQL_RELATION_REFUSED", f"Names have at most {longest} bytes.", start, end)
    return None


def unknown(text: Text, table: exp.Table, catalog: Catalog) -> Finding:
    """The finding for a table that the catalogue does not have, with the names that are near."""
    start, end = place(table, len(text.sql))
    written = f"{table.db}.{table.name}" if table.db else table.name
    names = {each.qualified_name: each for each in catalog.tables}
    near = [each.qualified_name for each in catalog.tables if each.name.lower() == table.name.lower()]
    if not near:
        by_name = process.extract(
            table.name.lower(), {full: each.name.lower() for full, each in names.items()}, scorer=fuzz.ratio, limit=3
        )
        near = [full for _, score, full in by_name if score >= 60]
    shown = [_shortest(catalog, full) for full in near[:3]]
    hint = f"Did you mean {' or '.join(shown)}?" if shown else "Look at the schema for what there is."
    return text.finding(
        "SQL_TABLE_UNKNOWN",
        f"There is no table {written!r}. {hint}",
        start,
        end,
        suggestion=shown[0] if shown else "",
        table=written,
    )


def _shortest(catalog: Catalog, full_name: str) -> str:
    schema, _, name = full_name.rpartition(".")
    return name if schema in catalog.search_path else full_name


def _odd_sources(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    """A table whose name is neither an identifier nor a call: a text, a parameter, a stage."""
    for described in tree.find_all(exp.Summarize, exp.Describe):
        if not isinstance(described.this, (exp.Table, exp.Query)):
            start, end = place(described, len(text.sql))
            yield text.finding("SQL_RELATION_REFUSED", "Name a table here.", start, end)
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, (exp.Identifier, exp.Func, exp.Dot)):
            start, end = place(table, len(text.sql))
            yield text.finding("SQL_RELATION_REFUSED", "Name a table here.", start, end)


def _endless(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    """A recursion whose repeated part asks nothing of its own rows never ends."""
    for with_ in tree.find_all(exp.With):
        if not with_.args.get("recursive"):
            continue
        for common in with_.expressions:
            body = common.this
            own = [table for table in body.find_all(exp.Table) if table.name.lower() == common.alias.lower()]
            if own and not any(_ends(table) for table in own):
                start, end = place(common, len(text.sql))
                message = "This recursion never ends. Add a condition on its rows, such as WHERE depth < 10."
                yield text.finding("SQL_ARGUMENT_REFUSED", message, start, end)


def _ends(table: exp.Table) -> bool:
    """Whether the SELECT that reads its own result joins it to data, filters it or limits it."""
    select = table.find_ancestor(exp.Select)
    if select is None:
        return False
    union = select.find_ancestor(exp.SetOperation)
    if select.args.get("limit") or (union is not None and union.args.get("limit")):
        return True
    names = {table.alias_or_name.lower(), ""}
    conditions = [select.args.get("where"), *(join for join in select.args.get("joins") or ())]
    return any(
        column.table.lower() in names or not column.table
        for condition in conditions
        if condition is not None
        for column in condition.find_all(exp.Column)
    )


def _products(text: Text, tree: exp.Expr) -> Iterator[Finding]:
    """One relation multiplied with itself again and again, with no condition anywhere, asks only for load."""
    for select in tree.find_all(exp.Select):
        source, joins = select.args.get("from_"), select.args.get("joins") or []
        if source is None or len(joins) < MAX_PRODUCT - 1 or select.args.get("where"):
            continue
        free = [
            join.this
            for join in joins
            if not (join.args.get("on") or join.args.get("using") or join.args.get("method"))
        ]
        names = [each.name.lower() for each in (source.this, *free) if isinstance(each, exp.Table) and each.name]
        if len(free) == len(joins) and any(names.count(name) >= MAX_PRODUCT for name in names):
            start, end = place(select, len(text.sql))
            message = "This multiplies a table with itself. Join it with a condition."
            yield text.finding("SQL_ARGUMENT_REFUSED", message, start, end)
