"""A checked statement written for Spark over the sample's views, with what does not carry over."""

from collections.abc import Iterable, Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

from services.kit.catalog import Table
from services.kit.errors import InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import words
from services.validation.core.guard.relations import is_common_table, resolve
from services.validation.core.model import ColumnRef, Severity
from services.validation.core.sources import Output, Sources
from services.validation.core.transpile_statement import transpile_statement
from services.validation.core.trials.model import Written

# Functions of Spark's that reach Java, files or the cluster. The guard of the source's dialect lets none of them
# through; this is for one that a rewriting could make.
_REFUSED = words(
    "reflect try_reflect java_method input_file_name input_file_block_start input_file_block_length "
    "spark_partition_id monotonically_increasing_id version current_user session_user user "
    "current_catalog current_database current_schema read_files from_avro to_avro from_protobuf to_protobuf ai_query "
    "http_request"
)
# Dialects in which a division by zero gives NULL; Spark raises an error.
_SAFE_DIVISION = frozenset({"sqlite", "duckdb", "mysql"})


def read(sql: str, dialect: str) -> exp.Expr:
    """The tree of a statement that the guard has let through.

    Raises:
        InvalidArgument: It is no query, as EXPLAIN is not.
    """
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except (SqlglotError, RecursionError) as error:
        raise InvalidArgument("SQL_SYNTAX", "The statement cannot be read for Spark. Write it more plainly.") from error
    if not isinstance(tree, exp.Query):
        raise InvalidArgument("SQL_NOT_A_READ", "Only a query can be tried on Spark. Write one SELECT.")
    return tree


def columns_read(tree: exp.Expr, catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """The columns that a statement reads of each table, by the table's qualified name; all where it cannot be told."""
    found: dict[str, dict[str, None]] = {}
    for _, stored in _stored_tables(tree, catalog):
        found.setdefault(stored.qualified_name, {})
    sources = Sources(catalog)
    for scope in traverse_scope(tree):
        for ref in _refs(scope, sources, catalog):
            found.setdefault(ref.table, {})[ref.column] = None
    return {name: _in_order(name, columns, catalog) for name, columns in found.items()}


def _in_order(table: str, columns: dict[str, None], catalog: Catalog) -> tuple[str, ...]:
    """The columns as the table has them; count(*) reads one all the same: the first of its key, or of all."""
    stored = catalog.table(table)
    assert stored is not None, "the table was found in this catalogue"
    if not columns:
        return (next((each.name for each in stored.columns if each.is_primary_key), stored.columns[0].name),)
    return tuple(each.name for each in stored.columns if each.name in columns)


def _refs(scope: Scope, sources: Sources, catalog: Catalog) -> Iterator[ColumnRef]:
    """The stored columns that one scope may mean; a name without its table means that of every source which has it."""
    for column in scope.find_all(exp.Column, exp.Star):
        if isinstance(column, exp.Star):
            # That of count(*), or of t.*, which is met as a column, reads nothing by itself.
            outputs = sources.expand(scope, exp.Star()) if isinstance(column.parent, exp.Select) else None
            yield from _origins(outputs or ())
        elif isinstance(column.this, exp.Star):
            yield from _origins(sources.expand(scope, column) or ())
        elif isinstance(column, exp.Column):
            yield from _named(scope, sources, column, catalog)
    # USING and NATURAL name columns without writing them as such.
    for join in scope.find_all(exp.Join):
        names = {_key(catalog, each) for each in join.args.get("using") or ()}
        for source in sources.of(scope).values():
            shared = join.args.get("method") == "NATURAL"
            yield from _origins(each for key, each in (source.outputs or {}).items() if shared or key in names)


def _named(scope: Scope, sources: Sources, column: exp.Column, catalog: Catalog) -> Iterator[ColumnRef]:
    """What a column may mean in its scope and in those around it."""
    name = _key(catalog, column.this)
    wanted = _key(catalog, column.args["table"]) if column.args.get("table") is not None else None
    at: Scope | None = scope
    while at is not None:
        for alias, source in sources.of(at).items():
            output = (source.outputs or {}).get(name)
            if output is not None and wanted in {None, alias}:
                yield from _origins([output])
        at = at.parent


def _origins(outputs: Iterable[Output]) -> Iterator[ColumnRef]:
    return (each.origin for each in outputs if each.origin is not None)


def _key(catalog: Catalog, identifier: exp.Expr) -> str:
    return catalog.dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))


def write(
    sql: str, tree: exp.Expr, catalog: Catalog, views: Mapping[str, str], types: Mapping[str, Mapping[str, str]]
) -> Written:
    """The statement for Spark and for DuckDB, its tables replaced by views.

    Args:
        sql: The text as the caller sent it, for the places of findings.
        tree: What the guard let through.
        catalog: Says which tables are meant.
        views: A view for each table, by the table's qualified name.
        types: The types of the views' columns, which decide how divisions are written.

    Raises:
        InvalidArgument: Nothing of the same meaning can be written for Spark.
    """
    dialect = catalog.dialect.name
    transpiled = transpile_statement(sql, dialect, "spark")
    wrong = next((each for each in transpiled.findings if each.severity is Severity.ERROR), None)
    if wrong is not None:
        raise InvalidArgument(wrong.reason, wrong.message)
    plain = _over_views(tree.copy(), catalog, views)
    typed = _typed(plain, dialect, types)
    findings = list(transpiled.findings)
    if dialect in _SAFE_DIVISION:
        _divide_safely(typed)
    spark = _generate(typed, "spark")
    for call in sqlglot.parse_one(spark, read="spark").find_all(exp.Func):
        name = (call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()
        if name in _REFUSED:
            raise InvalidArgument(
                "SQL_FUNCTION_REFUSED",
                f"{name} may not be called on Spark. Write the statement without it.",
                metadata={"function": name},
            )
    duckdb = _generate(_typed(plain, dialect, types), "duckdb")
    return Written(spark, duckdb, _ordered_by(tree), tuple(_joins(tree, catalog)), tuple(findings))


def _stored_tables(tree: exp.Expr, catalog: Catalog) -> list[tuple[exp.Table, Table]]:
    """The nodes that mean stored tables, each with its table."""
    nodes = [each for each in tree.find_all(exp.Table) if not is_common_table(each, catalog.dialect)]
    pairs = [(node, resolve(catalog, node)) for node in nodes if isinstance(node.this, exp.Identifier)]
    return [(node, stored) for node, stored in pairs if isinstance(stored, Table)]


def _over_views(tree: exp.Expr, catalog: Catalog, views: Mapping[str, str]) -> exp.Expr:
    for table, stored in _stored_tables(tree, catalog):
        given = table.args.get("alias")
        named = given.this if given is not None and given.this is not None else table.this
        alias = exp.to_identifier(named.name, quoted=bool(named.args.get("quoted")))
        columns = given.args.get("columns") if given is not None else None
        table.set("this", exp.to_identifier(views[stored.qualified_name]))
        table.set("db", None)
        table.set("catalog", None)
        table.set("alias", exp.TableAlias(this=alias, columns=columns))
    for column in tree.find_all(exp.Column):
        column.set("db", None)
        column.set("catalog", None)
    return tree


def _typed(tree: exp.Expr, dialect: str, types: Mapping[str, Mapping[str, str]]) -> exp.Expr:
    """A copy with types, as far as they can be told: whether a division cuts depends on them."""
    schema: dict[str, object] = {
        view: {name: each.partition("(")[0] for name, each in columns.items()} for view, columns in types.items()
    }
    try:
        qualified = qualify(
            tree.copy(),
            dialect=dialect,
            schema=schema,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        return annotate_types(qualified, schema=schema, dialect=dialect)
    except (SqlglotError, RecursionError, KeyError, ValueError):
        return tree.copy()


def _divide_safely(tree: exp.Expr) -> None:
    for division in list(tree.find_all(exp.Div, exp.IntDiv, exp.Mod)):
        divisor = division.expression
        if isinstance(divisor, exp.Literal) and divisor.name.strip("0."):
            continue
        safe = exp.Nullif(this=divisor.copy(), expression=exp.Literal.number(0))
        # Whether the division cuts is decided by its types.
        safe.type = divisor.type
        division.set("expression", safe)


def _generate(tree: exp.Expr, dialect: str) -> str:
    generator = SqlglotDialect.get_or_raise(dialect).generator(
        unsupported_level=ErrorLevel.IGNORE, comments=False, identify=True
    )
    return generator.generate(tree)


def _ordered_by(tree: exp.Expr) -> tuple[int, ...]:
    """The positions of the result's columns by which the outermost query sorts, as far as it sorts by columns."""
    order = tree.args.get("order")
    names = [each.lower() for each in tree.named_selects] if isinstance(tree, exp.Query) else []
    written = [each.unalias() for each in tree.selects] if isinstance(tree, exp.Query) else []
    found: list[int] = []
    for ordered in order.expressions if order is not None else ():
        by = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        if isinstance(by, exp.Literal) and not by.is_string and by.name.isdigit():
            found.append(int(by.name) - 1)
        elif by in written:
            found.append(written.index(by))
        elif isinstance(by, exp.Column) and by.name.lower() in names:
            found.append(names.index(by.name.lower()))
        else:
            break
    return tuple(found)


def _joins(tree: exp.Expr, catalog: Catalog) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """The pairs of stored columns that are compared for equality and are of two sources."""
    sources = Sources(catalog)
    root = build_scope(tree)
    for scope in root.traverse() if root is not None else ():
        for equal in scope.find_all(exp.EQ):
            sides = [_stored(scope, sources, each, catalog) for each in (equal.left, equal.right)]
            if sides[0] is not None and sides[1] is not None and sides[0][0] != sides[1][0]:
                yield sides[0][1], sides[1][1]


def _stored(scope: Scope, sources: Sources, side: exp.Expr, catalog: Catalog) -> tuple[str, tuple[str, str]] | None:
    if not isinstance(side, exp.Column):
        return None
    name = _key(catalog, side.this)
    wanted = _key(catalog, side.args["table"]) if side.args.get("table") is not None else None
    for alias, source in sources.of(scope).items():
        output = (source.outputs or {}).get(name)
        if output is not None and output.origin is not None and wanted in {None, alias}:
            return alias, (output.origin.table, output.origin.column)
    return None
