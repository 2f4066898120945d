"""Every column of a statement found in the catalogue, or named at its place with what was perhaps meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, build_scope

from services.validation.core.catalog import Catalog
from services.validation.core.dialects import Dialect
from services.validation.core.guard.parsing import place
from services.validation.core.guard.text import Text
from services.validation.core.model import ColumnRef, Finding, Severity
from services.validation.core.sources import Source, Sources

# Where the name of a result column may be used, by dialect. PostgreSQL takes it only standing alone.
_ALIAS_CLAUSES = {
    "postgres": frozenset({"order", "group", "distinct"}),
    "sqlite": frozenset({"order", "group", "having", "where", "joins"}),
    "duckdb": frozenset({"order", "group", "having", "where", "qualify", "expressions"}),
    "mysql": frozenset({"order", "group", "having"}),
    "bigquery": frozenset({"order", "group", "having", "qualify"}),
    "snowflake": frozenset({"order", "group", "having", "where", "qualify", "expressions"}),
    "tsql": frozenset({"order"}),
    "trino": frozenset({"order"}),
}
# Where `a.b` may be a field of a column.
_HAVE_FIELDS = frozenset({"duckdb", "bigquery", "trino"})


# So many wrong names are told of at once.
_MOST_FINDINGS = 100


@dataclass(slots=True)
class Resolved:
    """What the names of a statement mean: the findings, and the stored tables and columns that it reads.

    `scopes` are its queries, the inner ones first, and `sources` what each of them reads, for who looks further.
    """

    findings: list[Finding] = field(default_factory=list)
    tables: dict[str, None] = field(default_factory=dict)
    columns: dict[ColumnRef, None] = field(default_factory=dict)
    scopes: Sequence[Scope] = ()
    sources: Sources | None = None


def resolve_names(text: Text, tree: exp.Expr, catalog: Catalog) -> Resolved:
    """Looks up every column of a tree whose relations have been found already."""
    sources = Sources(catalog)
    twice = _named_twice(text, tree)
    if twice is not None:
        return Resolved([twice], sources=sources)
    resolved = Resolved(scopes=scopes_of(tree), sources=sources)
    binds = tree.find(exp.Pivot, exp.Comprehension) is not None
    names = _Names(text, catalog, sources, resolved, binds=binds)
    try:
        for scope in resolved.scopes:
            if len(resolved.findings) >= _MOST_FINDINGS:
                break
            names.read(scope)
    except SqlglotError:
        # Two sources of one name, in a place where no list of a FROM shows them.
        message = "Two sources of one FROM have the same name. Give each a name of its own."
        return Resolved([Finding("SQL_COLUMN_AMBIGUOUS", message)], sources=sources)
    return resolved


def _named_twice(text: Text, tree: exp.Expr) -> Finding | None:
    """The finding for two sources of one FROM that have one name, which no reader can tell apart."""
    for select in tree.find_all(exp.Select):
        source = select.args.get("from_")
        seen: set[str] = set()
        for each in (source, *(select.args.get("joins") or ())) if source is not None else ():
            name = each.this.alias_or_name
            if name and name in seen:
                start, end = place(each.this, len(text.sql))
                message = f"Two sources are called {name!r} here. Give one another name: {name} AS {name}_2."
                return text.finding("SQL_COLUMN_AMBIGUOUS", message, start, end, column=name)
            seen.add(name)
    return None


def scopes_of(tree: exp.Expr) -> Sequence[Scope]:
    """The queries of a statement, the inner ones first; none where it names two sources of one FROM alike."""
    try:
        root = build_scope(tree)
    except SqlglotError:
        # The database says it better, if it minds at all.
        return ()
    return tuple(root.traverse()) if root is not None else ()


class _Names:
    """One walk over the scopes of a statement. `binds` where something other than FROM may give names in it."""

    def __init__(self, text: Text, catalog: Catalog, sources: Sources, resolved: Resolved, *, binds: bool) -> None:
        self._text = text
        self._catalog = catalog
        self._sources = sources
        self._resolved = resolved
        self._binds = binds
        self._aliases_of: dict[int, set[str]] = {}
        self._clauses: dict[int, str] = {}

    @property
    def _dialect(self) -> Dialect:
        return self._catalog.dialect

    def read(self, scope: Scope) -> None:
        for source in self._sources.of(scope).values():
            if source.table is not None:
                self._resolved.tables[source.table.qualified_name] = None
        if scope.is_udtf:
            return
        for column in scope.find_all(exp.Column):
            if isinstance(column.this, exp.Star):
                self._read_star(scope, column)
            elif not _is_bound_elsewhere(column, binds=self._binds):
                finding = self._qualified(scope, column) if column.table else self._unqualified(scope, column)
                if finding is not None:
                    self._resolved.findings.append(finding)
                    if len(self._resolved.findings) >= _MOST_FINDINGS:
                        return
        if isinstance(scope.expression, exp.Select) and any(
            isinstance(each, exp.Star) for each in scope.expression.expressions
        ):
            self._read_star(scope, exp.Star())

    def _read_star(self, scope: Scope, star: exp.Expr) -> None:
        for output in self._sources.expand(scope, star) or ():
            if output.origin is not None:
                self._resolved.columns[output.origin] = None

    def _qualified(self, scope: Scope, column: exp.Column) -> Finding | None:
        wanted = self._key(column.args["table"])
        for sources in self._in_sight(scope):
            source = sources.get(wanted)
            if source is None:
                continue
            if source.outputs is None or self._take(source, self._key(column.this)):
                return None
            if self._is_row_identifier(column, [source]):
                return None
            return self._unknown_column(column, [source])
        if self._dialect.name in _HAVE_FIELDS and self._is_field(scope, column):
            return None
        return self._unknown_source(scope, column)

    def _unqualified(self, scope: Scope, column: exp.Column) -> Finding | None:
        key, quoted = self._key(column.this), bool(column.this.args.get("quoted"))
        clause = self._clause(scope, column)
        aliased = clause in _ALIAS_CLAUSES[self._dialect.name] and key in self._aliases(scope)
        if aliased and self._dialect.name == "postgres":
            aliased = isinstance(column.parent, (exp.Ordered, exp.Group, exp.Tuple, exp.Distinct))
        if aliased and clause == "order":
            return None
        seen: list[Source] = []
        for sources in self._in_sight(scope):
            having = [
                source
                for source in sources.values()
                if key in (source.outputs or ()) and (clause == "joins" or not source.only_tested)
            ]
            if len(having) > 1 and not aliased and not _is_merged(scope, key, self._dialect):
                return self._ambiguous(column, having)
            if having:
                self._take(having[0], key)
                return None
            if any(source.outputs is None for source in sources.values()) or key in sources:
                return None
            seen.extend(sources.values())
        if aliased or self._is_row_identifier(column, seen):
            return None
        if scope.set_operation_scopes and self._is_result_column(scope, key):
            return None
        if quoted and self._dialect.quoted_may_be_text:
            return self._text_in_double_quotes(column)
        return self._unknown_column(column, seen)

    def _in_sight(self, scope: Scope) -> Iterator[dict[str, Source]]:
        """The sources that a column of a scope may name: its own, then those of the queries around it."""
        inner: Scope | None = scope
        yield self._sources.of(scope)
        while inner is not None and inner.parent is not None:
            # A subquery of FROM does not see its neighbours, unless it is LATERAL; what is further out it sees.
            hidden = inner.is_derived_table or inner.is_cte
            inner = inner.parent
            if not hidden:
                yield self._sources.of(inner)

    def _aliases(self, scope: Scope) -> set[str]:
        known = self._aliases_of.get(id(scope))
        if known is None:
            select = scope.expression
            named = select.expressions if isinstance(select, exp.Select) else ()
            known = {self._key(each.args["alias"]) for each in named if isinstance(each, exp.Alias)}
            self._aliases_of[id(scope)] = known
        return known

    def _clause(self, scope: Scope, column: exp.Expr) -> str:
        """The part of its SELECT that a column stands in: "where", "order", "expressions"."""
        passed = []
        node = column
        while node.parent is not None and node.parent is not scope.expression and id(node) not in self._clauses:
            passed.append(node)
            node = node.parent
        found = self._clauses.get(id(node), str(node.arg_key))
        # What was passed on the way up is in the same part, which spares the columns beside it the way.
        self._clauses.update((id(each), found) for each in passed)
        return found

    def _take(self, source: Source, key: str) -> bool:
        output = (source.outputs or {}).get(key)
        if output is not None and output.origin is not None:
            self._resolved.columns[output.origin] = None
        return output is not None

    def _is_row_identifier(self, column: exp.Column, sources: list[Source]) -> bool:
        return column.name.lower() in self._dialect.row_identifiers and any(source.table for source in sources)

    def _is_result_column(self, scope: Scope, key: str) -> bool:
        outputs = self._sources.outputs(scope)
        return outputs is None or key in outputs

    def _is_field(self, scope: Scope, column: exp.Column) -> bool:
        """Whether `a.b` is the field b of a column a, as structures have."""
        first = self._key(column.parts[0])
        second = self._key(column.parts[1])
        for sources in self._in_sight(scope):
            for source in sources.values():
                if source.outputs is None or self._take(source, first):
                    return True
            named = sources.get(first)
            if named is not None and len(column.parts) > 2 and self._take(named, second):
                return True
        return False

    def _key(self, identifier: exp.Expr) -> str:
        return self._dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))

    def _unknown_column(self, column: exp.Column, sources: list[Source]) -> Finding:
        start, end = place(column.this, len(self._text.sql))
        names = {output.name: source for source in sources for output in (source.outputs or {}).values()}
        near = process.extract(
            column.name.lower(), {name: name.lower() for name in names}, scorer=fuzz.WRatio, limit=3, score_cutoff=70
        )
        elsewhere = [] if near and near[0][1] >= 85 else self._elsewhere(column)
        shown = [] if elsewhere else [name for _, _, name in near]
        where = " or ".join(source.name for source in sources[:3] if source.name) or "what this reads"
        message = f"There is no column {column.name!r} in {where}."
        if shown:
            message += f" Did you mean {' or '.join(shown)}?"
        elif elsewhere:
            message += f" {' and '.join(elsewhere)} {'has' if len(elsewhere) == 1 else 'have'} it: join it."
        else:
            message += " Look at the schema for what there is."
        return self._text.finding(
            "SQL_COLUMN_UNKNOWN", message, start, end, suggestion=shown[0] if shown else "", column=column.name
        )

    def _elsewhere(self, column: exp.Column) -> list[str]:
        key = self._key(column.this)
        return [table.qualified_name for table in self._catalog.tables if key in self._catalog.columns(table)][:3]

    def _unknown_source(self, scope: Scope, column: exp.Column) -> Finding:
        start, end = place(column.args["table"], len(self._text.sql))
        in_sight = {
            source.name: source for sources in self._in_sight(scope) for source in sources.values() if source.name
        }
        renamed = [
            each.name for each in in_sight.values() if each.table and each.table.name.lower() == column.table.lower()
        ]
        near = renamed or [
            name
            for _, _, name in process.extract(column.table, {name: name for name in in_sight}, score_cutoff=50, limit=2)
        ]
        hint = f"Did you mean {' or '.join(near)}?" if near else "Add it to FROM."
        message = f"Nothing here is called {column.table!r}. {hint}"
        return self._text.finding(
            "SQL_TABLE_UNKNOWN", message, start, end, suggestion=near[0] if near else "", table=column.table
        )

    def _ambiguous(self, column: exp.Column, sources: list[Source]) -> Finding:
        start, end = place(column.this, len(self._text.sql))
        ways = [f"{source.name}.{column.name}" for source in sources if source.name]
        message = f"{column.name!r} is a column of more than one source here. Write {' or '.join(ways)}."
        return self._text.finding(
            "SQL_COLUMN_AMBIGUOUS", message, start, end, suggestion=ways[0] if ways else "", column=column.name
        )

    def _text_in_double_quotes(self, column: exp.Column) -> Finding:
        start, end = place(column.this, len(self._text.sql))
        written = "'" + column.name.replace("'", "''") + "'"
        return Finding(
            "SQL_COLUMN_UNKNOWN",
            f"There is no column {column.name!r}, so the database reads it as a text. Write {written}.",
            Severity.WARNING,
            self._text.span(start, end),
            written,
        )


def _is_merged(scope: Scope, key: str, dialect: Dialect) -> bool:
    """Whether USING or NATURAL makes one column of a name that two sources have."""
    for join in scope.expression.args.get("joins") or ():
        if join.method == "NATURAL" or key in {
            dialect.key(each.name, quoted=bool(each.args.get("quoted"))) for each in join.args.get("using") or ()
        }:
            return True
    return False


def _is_bound_elsewhere(column: exp.Column, *, binds: bool) -> bool:
    """Whether a name is bound by something other than FROM: a comprehension, a pivot, ORDER BY ALL."""
    if column.name.lower() == "all" and isinstance(column.parent, (exp.Ordered, exp.Group)):
        return True
    if not binds:
        return False
    if column.find_ancestor(exp.Pivot) is not None:
        return True
    comprehension = column.find_ancestor(exp.Comprehension)
    while comprehension is not None:
        if any(
            column.name == each.name for each in comprehension.find_all(exp.Identifier) if each.arg_key == "expression"
        ):
            return True
        comprehension = comprehension.find_ancestor(exp.Comprehension)
    return False
