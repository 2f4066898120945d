"""Layer 3: every relation judged by its shape and, where there is a catalogue, found in it."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz, process
from sqlglot import exp

from services.validation.core.catalog import Catalog
from services.validation.core.dialects import Dialect, words
from services.validation.core.guard.parsing import place
from services.validation.core.guard.survey import Survey
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

# What a file, an address or a pattern has, and a table's name does not.
_FILE = re.compile(r"[./\\:*?~@\[\]{}|]")
_SUFFIXES = words("""
    csv tsv txt dat log json jsonl ndjson geojson xml parquet gz zst xlsx db duckdb sqlite arrow ipc feather avro orc
    shp fgb gpkg vortex lance
    """)
# What DuckDB reads in brackets as a command, and sqlglot as a table.
_COMMANDS = words("show describe summarize pragma call")


def is_common_table(table: exp.Table, dialect: Dialect | None = None) -> bool:
    """Whether a name without a schema means a WITH query that is in sight of it.

    A WITH query sees those before it, itself only where it is recursive, and those after it in few dialects: in
    `WITH a AS (SELECT * FROM a)` the second name is a stored table's. Without a dialect, the strictest is meant.
    """
    if table.args.get("db") or not isinstance(table.this, exp.Identifier):
        return False
    name = _common_key(table.this, dialect)
    inside: exp.Expr = table
    below: exp.Expr = table
    node: exp.Expr | None = table
    while node is not None:
        with_ = node.args.get("with_")
        if with_ is not None and any(
            _common_key(each.args["alias"].this, dialect) == name for each in _in_sight(with_, inside, below, dialect)
        ):
            return True
        inside, below, node = below, node, node.parent
    return False


def _common_key(identifier: exp.Expr, dialect: Dialect | None) -> str:
    """What the name of a WITH query is compared by; as it is written where its letter case may matter."""
    if dialect is None or dialect.exact_tables:
        return identifier.name
    return dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))


def _in_sight(with_: exp.With, inside: exp.Expr, below: exp.Expr, dialect: Dialect | None) -> list[exp.Expr]:
    """The WITH queries that may be named from `inside`, one of them when `below` is their WITH."""
    queries: list[exp.Expr] = with_.expressions
    if below is not with_:
        return queries
    position = next(number for number, each in enumerate(queries) if each is inside)
    recursive = bool(with_.args.get("recursive"))
    if recursive and dialect is not None and dialect.sees_later_queries:
        return queries
    return queries[: position + (recursive or (dialect is not None and dialect.always_recursive))]


def relations(dialect: Dialect, found: Survey) -> Iterator[exp.Table]:
    """The tables of a statement that are neither functions nor WITH queries."""
    for table in found.tables:
        # Few names are those of WITH queries; only those are looked for up the tree.
        named = isinstance(table.this, exp.Identifier)
        if named and (table.name.lower() not in found.common_names or not is_common_table(table, dialect)):
            yield table


def check(text: Text, found: Survey, catalog: Catalog | None) -> Iterator[Finding]:
    """The findings about relations."""
    for table in relations(text.dialect, found):
        finding = _shape(text, table, catalog)
        if finding is None and catalog is not None and resolve(catalog, table) is None:
            finding = unknown(text, table, catalog)
        if finding is not None:
            yield finding
    yield from _odd_sources(text, found)


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


def parts_of(dialect: Dialect, table: exp.Table) -> list[str]:
    """The parts of a relation's name in lower case, the table last; an empty one where two dots leave it out."""
    parts = [str(part.name if isinstance(part, exp.Expr) else part) for part in _written_parts(table)]
    if dialect.dotted_names:
        parts = [each for part in parts for each in part.split(".")]
    return [part.lower() for part in parts]


def _written_parts(table: exp.Table) -> list[object]:
    parts: list[object] = [table.this]
    for kind in ("db", "catalog"):
        part = table.args.get(kind)
        if part is None:
            break
        while isinstance(part, exp.Dot):
            parts.append(part.expression)
            part = part.this
        parts.append(part)
    return parts[::-1]


def _shape(text: Text, table: exp.Table, catalog: Catalog | None) -> Finding | None:
    dialect = text.dialect
    start, end = place(table, len(text.sql))
    *before, name = parts_of(dialect, table)
    schema = before[-1] if before else ""
    why = _outside(dialect, before, catalog)
    if why:
        return text.finding(
            "SQL_RELATION_REFUSED", f"{table.name} {why}", start, end, relation=".".join([*before, name])
        )
    if dialect.is_system_relation(schema, name) or (before and any(map(dialect.is_system_schema, before))):
        message = f"{table.name} belongs to the database itself and is not for reading. Use the tables of the schema."
        return text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.name)
    if table.this.args.get("temporary") or table.this.args.get("global_"):
        message = f"{table.name} is a table of a session that others may have used. Name a table of the schema."
        return text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.name)
    if "*" in name and not before:
        message = f"{table.name!r} may match any dataset. Write the dataset in front of it."
        return text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.name)
    known = catalog is not None and resolve(catalog, table) is not None
    if dialect.files_are_tables and not known and _is_file(table, schema):
        message = f"{table.name!r} looks like a file or an address. Name a table."
        return text.finding("SQL_RELATION_REFUSED", message, start, end, relation=table.name)
    longest = dialect.longest_name_bytes
    if longest is not None and len(table.name.encode()) > longest:
        return text.finding("SQL_RELATION_REFUSED", f"Names have at most {longest} bytes.", start, end)
    return None


def _is_file(table: exp.Table, schema: str) -> bool:
    """Whether a name may mean a file or a command: `data.csv` is one where there is no schema "data"."""
    if _FILE.search(table.name) or _FILE.search(schema):
        return True
    plain = table.name.lower()
    return (bool(schema) and plain in _SUFFIXES) or (not table.this.args.get("quoted") and plain in _COMMANDS)


def _outside(dialect: Dialect, before: list[str], catalog: Catalog | None) -> str:
    """What is wrong with the place that a relation is looked for in; empty where it lies in the scope."""
    scope = dialect.scope if catalog is None else catalog.scope
    if len(before) > 1 and (len(before) > 2 or before[0] not in scope.catalogs):
        return "is in another database. Name a schema and a table of this one."
    if before and scope.schemas is not None and before[-1] not in scope.schemas:
        return f"is not in {' or '.join(sorted(scope.schemas))}, which is all that may be read here."
    return ""


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


def _odd_sources(text: Text, found: Survey) -> Iterator[Finding]:
    """A table whose name is neither an identifier nor a call: a text, a parameter, a stage."""
    for described in found.described:
        if not isinstance(described.this, (exp.Table, exp.Query)):
            start, end = place(described, len(text.sql))
            yield text.finding("SQL_RELATION_REFUSED", "Name a table here.", start, end)
    for table in found.tables:
        called = table.this.expression if isinstance(table.this, exp.Dot) else table.this
        if not isinstance(called, exp.Func) and not isinstance(table.this, exp.Identifier):
            yield text.finding("SQL_RELATION_REFUSED", "Name a table here.", *place(table, len(text.sql)))
    for named in found.in_relations if text.dialect.in_names_tables else ():
        message = "IN with a bare name reads a table of that name. Write IN (SELECT … FROM …)."
        yield text.finding("SQL_RELATION_REFUSED", message, *place(named, len(text.sql)))
    for rows in found.rows:
        if not isinstance(rows.this, exp.Func):
            yield text.finding("SQL_RELATION_REFUSED", "Call a function here.", *place(rows, len(text.sql)))
