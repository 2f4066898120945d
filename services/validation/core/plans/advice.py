"""Index advice: which condition, which table, which columns in which order, and why; and the tables read whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, build_scope

from services.kit.catalog import ColumnType, Table
from services.validation.core.catalog import Catalog
from services.validation.core.model import Finding, Severity
from services.validation.core.plans.gate import readable_rows
from services.validation.core.plans.model import Index, Plan, Step
from services.validation.core.semantics.query import conjuncts
from services.validation.core.sources import Source, Sources

# Below this an index is not worth what it costs to keep.
LARGE_ROWS = 10_000
# A table of so many rows that is read whole is worth saying.
VERY_LARGE_ROWS = 100_000
# A condition that keeps more than this share of the rows is quicker by reading all of them.
_SELECTIVE = 0.3
# A join reads by an index where the other side has at most this share of the rows.
_SMALL_SIDE = 0.1
_MAX_EQUALITIES = 3
_WITHOUT_INDEXES = frozenset({"snowflake", "bigquery", "trino"})
_UNFIT = frozenset({ColumnType.JSON, ColumnType.BINARY, ColumnType.OTHER})
_RANGES = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)


@dataclass(slots=True)
class Wanted:
    """What a statement asks of one table in one FROM: its columns by how they are compared, with the conditions."""

    table: Table
    equal: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, str] = field(default_factory=dict)
    joins: dict[str, tuple[str, str]] = field(default_factory=dict)
    wrapped: dict[str, str] = field(default_factory=dict)


def advise(plan: Plan, tree: exp.Expr, catalog: Catalog, indexes: Sequence[Index] | None) -> tuple[Finding, ...]:
    """What would help a plan: indexes on large tables that are read whole, each with the text that makes it.

    The text is for whoever owns the database; nothing here runs it. No index is advised that the engine has already,
    of a table with few rows, or that a condition with a function, an OR or a pattern could not use; and none at all
    where the indexes that there are, are not known (None).
    """
    findings: list[Finding] = []
    advised: set[str] = set()
    asked = _wanted(tree, catalog)
    for wanted in asked if indexes is not None else ():
        step = _scan_of(plan, wanted.table, catalog)
        if step is None or wanted.table.qualified_name in advised:
            continue
        found = list(_for_table(plan, step, wanted, catalog, indexes or ()))
        findings.extend(found)
        if found:
            advised.add(wanted.table.qualified_name)
    limited = {each.table.qualified_name for each in asked if each.equal or each.ranges}
    findings.extend(_full_scans(plan, limited))
    return tuple(findings)


def _scan_of(plan: Plan, table: Table, catalog: Catalog) -> Step | None:
    """The largest reading of a table as a whole, where it is large and not that of an index instead of the table.

    What SQL Server calls the scan of a clustered index is one of the table.
    """
    is_clustered = catalog.dialect.name == "tsql"
    scans = [step for step in plan.scans if step.table == table.qualified_name and (is_clustered or not step.index)]
    largest = max(scans, key=lambda step: step.rows_read, default=None)
    size = max(float(table.row_estimate), -1.0)
    rows = size if size >= 0 else largest.rows_read if largest is not None else -1.0
    return largest if largest is not None and rows >= LARGE_ROWS else None


def _for_table(plan: Plan, step: Step, wanted: Wanted, catalog: Catalog, indexes: Sequence[Index]) -> Iterable[Finding]:
    table = wanted.table
    if catalog.dialect.name in _WITHOUT_INDEXES or table.kind == "view":
        return
    for column, condition in wanted.wrapped.items():
        message = (
            f"{condition} compares what a function makes of {table.name}.{column}, so an index on the column does not "
            "help. Compare the column itself, or ask for an index on that expression."
        )
        yield Finding("SQL_INDEX_ADVICE", message, Severity.INFO, metadata=_metadata(table, (column,)))
    leading = {
        index.columns[0].lower()
        for index in indexes
        if index.columns and index.table == table.qualified_name and not index.is_partial
    }
    columns = _columns(plan, step, wanted, catalog, leading)
    if columns:
        yield _advice(step, wanted, columns, catalog)


def _columns(plan: Plan, step: Step, wanted: Wanted, catalog: Catalog, leading: set[str]) -> tuple[str, ...]:
    """The columns of the index, those that are compared for equality first: B-trees read one range, after them."""
    selective = step.rows < 0 or step.rows_read <= 0 or step.rows <= _SELECTIVE * step.rows_read
    if selective and (wanted.equal or wanted.ranges):
        new = [column for column in wanted.equal if column.lower() not in leading]
        equal = (new + [column for column in wanted.equal if column not in new])[:_MAX_EQUALITIES]
        # DuckDB's indexes find one value, never a range: duckdb.org/docs/stable/sql/indexes.
        ranges = [] if catalog.dialect.name == "duckdb" else list(wanted.ranges)[:1]
        if new:
            return (*equal, *ranges)
        if not equal and ranges and ranges[0].lower() not in leading:
            return tuple(ranges)
    if wanted.equal or catalog.dialect.name == "duckdb":
        return ()
    for column, (other, _) in wanted.joins.items():
        if column.lower() not in leading and _is_small(plan, other, step, catalog):
            return (column,)
    return ()


def _is_small(plan: Plan, other: str, step: Step, catalog: Catalog) -> bool:
    """Whether few rows of another table look for theirs in the one that is scanned."""
    rows = [each.rows for each in plan.steps if each.table == other and each.rows >= 0]
    table = catalog.table(other)
    if not rows and table is not None and table.row_estimate >= 0:
        rows = [float(table.row_estimate)]
    return bool(rows) and max(rows) <= _SMALL_SIDE * step.rows_read


def _advice(step: Step, wanted: Wanted, columns: tuple[str, ...], catalog: Catalog) -> Finding:
    table = wanted.table
    conditions = {**wanted.equal, **wanted.ranges, **{name: text for name, (_, text) in wanted.joins.items()}}
    because = " and ".join(conditions[column] for column in columns)
    read = readable_rows(step.rows_read)
    kept = f", of which about {readable_rows(step.rows)} are kept" if 0 <= step.rows < step.rows_read else ""
    message = (
        f"An index on {table.name} ({', '.join(columns)}) would help: for {because} the whole table is read, about "
        f"{read}{kept}. Ask who owns the database for it."
    )
    create = _create(table, columns, catalog)
    return Finding("SQL_INDEX_ADVICE", message, Severity.INFO, None, create, _metadata(table, columns))


def _create(table: Table, columns: tuple[str, ...], catalog: Catalog) -> str:
    dialect = catalog.dialect

    def written(name: str) -> str:
        quoted = dialect.key(name, quoted=False) != dialect.key(name, quoted=True) or not name.isidentifier()
        return exp.to_identifier(name, quoted=quoted or name.lower() in dialect.reserved).sql(dialect.name)

    name = "_".join((table.name, *columns))[:56] + "_idx"
    where = f"{written(table.schema)}.{written(table.name)}" if table.schema else written(table.name)
    return f"CREATE INDEX {written(name)} ON {where} ({', '.join(map(written, columns))})"


def _metadata(table: Table, columns: tuple[str, ...]) -> dict[str, str]:
    return {"table": table.qualified_name, "columns": ",".join(columns)}


def _full_scans(plan: Plan, limited: set[str]) -> Iterable[Finding]:
    largest: dict[str, Step] = {}
    for step in plan.scans:
        known = largest.get(step.table)
        if step.rows_read >= VERY_LARGE_ROWS and (known is None or known.rows_read < step.rows_read):
            largest[step.table] = step
    for table, step in largest.items():
        why = "no index serves its conditions" if table in limited else "no condition limits what is read of it"
        message = f"{table} is read whole, about {readable_rows(step.rows_read)}: {why}."
        yield Finding("SQL_FULL_SCAN", message, Severity.INFO, metadata={"table": table})


def _wanted(tree: exp.Expr, catalog: Catalog) -> list[Wanted]:
    """What the statement asks of each stored table, FROM by FROM."""
    try:
        root = build_scope(tree)
    except SqlglotError:
        return []
    sources = Sources(catalog)
    found: list[Wanted] = []
    for scope in root.traverse() if root is not None else ():
        if isinstance(scope.expression, exp.Select):
            found.extend(_wanted_in(scope, sources.of(scope), catalog))
    return found


def _wanted_in(scope: Scope, here: dict[str, Source], catalog: Catalog) -> Iterable[Wanted]:
    found = {key: Wanted(source.table) for key, source in here.items() if source.table is not None}
    reader = _Conditions(here, found, catalog)
    select = scope.expression
    conditions = [select.args["where"].this] if select.args.get("where") else []
    conditions += [each.args["on"] for each in select.args.get("joins") or () if each.args.get("on")]
    for condition in conditions:
        for part in conjuncts(condition):
            reader.read(part)
    return found.values()


@dataclass(frozen=True, slots=True)
class _Conditions:
    """Reads the conditions of one FROM into what they want of its tables."""

    here: dict[str, Source]
    found: dict[str, Wanted]
    catalog: Catalog

    def read(self, part: exp.Expr) -> None:
        if not isinstance(part, (exp.EQ, *_RANGES, exp.In)) or part.find(exp.Query):
            return
        sides = [part.this] if isinstance(part, (exp.Between, exp.In)) else [part.this, part.args["expression"]]
        for side in sides:
            others: set[str | None] = set()
            for rest in part.iter_expressions():
                if rest is not side:
                    others.update(self._owner(column) for column in rest.find_all(exp.Column))
            self._read_side(side.unnest(), others - {None}, part)

    def _read_side(self, side: exp.Expr, others: set[str | None], part: exp.Expr) -> None:
        columns = [side] if isinstance(side, exp.Column) else list(side.find_all(exp.Column))
        owner = self._owner(columns[0]) if len(columns) == 1 else None
        if owner is None or owner not in self.found or owner in others:
            return
        wanted = self.found[owner]
        stored = self.catalog.columns(wanted.table).get(self._key(columns[0].this))
        if stored is None or stored.type in _UNFIT or _is_too_long(stored.native_type, self.catalog):
            return
        written = part.sql(self.catalog.dialect.name)
        if side is not columns[0]:
            if not others:
                wanted.wrapped.setdefault(stored.name, written)
        elif not others:
            (wanted.ranges if isinstance(part, _RANGES) else wanted.equal).setdefault(stored.name, written)
        elif isinstance(part, exp.EQ) and len(others) == 1:
            other = self.here[next(name for name in others if name is not None)]
            wanted.joins.setdefault(stored.name, (other.table.qualified_name if other.table else "", written))

    def _owner(self, column: exp.Column) -> str | None:
        """The source of this FROM that a column is of; None for one of a query around it."""
        if column.args.get("table"):
            key = self._key(column.args["table"])
            return key if key in self.here else None
        key = self._key(column.this)
        return next((name for name, source in self.here.items() if source.outputs and key in source.outputs), None)

    def _key(self, identifier: exp.Expr) -> str:
        return self.catalog.dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))


def _is_too_long(native: str, catalog: Catalog) -> bool:
    """Whether a type cannot be in an index whole."""
    return catalog.dialect.name in {"mysql", "tsql"} and native.lower() in {"text", "mediumtext", "longtext", "ntext"}
