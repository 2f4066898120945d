"""What is unique in the rows of a SELECT, and which source's rows its joins repeat.

A column is fixed by others where an equality or a key says so; what a set of columns fixes is its closure. If the
columns of a source fix every other source, each of its rows stands in the join at most once. See G. N. Paulley and
P.-A. Larson, "Exploiting Uniqueness in Query Optimization" (ICDE 1994), and for closures W. W. Armstrong (1974).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from services.kit.catalog import Table
from services.validation.core.catalog import Catalog
from services.validation.core.semantics.query import Condition, Keys, Query, Ref, own, text_of

_MAX_KEYS = 8


def stored_keys(catalog: Catalog, table: Table) -> Keys | None:
    """The sets of columns of a table that no two rows share: its primary key, unique columns, what is referred to.

    None where nothing is known, as of a view. Columns are given by their keys.
    """
    key = catalog.dialect.key
    if table.kind == "view":
        return None
    primary = frozenset(key(each.name, quoted=True) for each in table.columns if each.is_primary_key)
    found = [primary] if primary else []
    found.extend(frozenset({key(each.name, quoted=True)}) for each in table.columns if each.is_unique)
    found.extend(
        frozenset(key(each, quoted=True) for each in foreign.referred_columns) for foreign in catalog.keys_into(table)
    )
    return tuple(dict.fromkeys(found)) or None


@dataclass(slots=True)
class Closure:
    """What is fixed in a query by what: the equalities of its conditions, and the keys of its sources.

    `loose` are the sources of which it is not known how many rows meet another's: a comparison other than an equality
    ties them, or a subquery picks their rows.
    """

    query: Query
    rules: list[tuple[frozenset[Ref], Ref]] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    tied: list[set[str]] = field(default_factory=list)
    # Sources that are joined by a key of one column and of which a text is asked for: `tags.name = 'SQL'`.
    labelled: set[str] = field(default_factory=set)
    _needing: dict[Ref, list[int]] = field(default_factory=dict)
    _needed_of: dict[str, set[Ref]] = field(default_factory=dict)

    def fixed(self, refs: Iterable[Ref], whole: Iterable[str] = ()) -> tuple[set[Ref], set[str]]:
        """The columns, and the sources of which there is one row, that columns and whole sources fix."""
        columns: set[Ref] = set()
        sources: set[str] = set()
        missing = [len(needed) for needed, _ in self.rules]
        new = [*refs, *(given for needed, given in self.rules if not needed)]
        alone = [name for name, each in self.query.relations.items() if each.aside or frozenset() in (each.keys or ())]
        for name in (*whole, *alone):
            sources.add(name)
            new.extend(self._needed_of.get(name, ()))
        while new:
            ref = new.pop()
            if ref in columns:
                continue
            columns.add(ref)
            for position in self._needing.get(ref, ()):
                missing[position] -= 1
                if missing[position] == 0:
                    new.append(self.rules[position][1])
            if ref[0] not in sources and self._has_key(ref[0], columns):
                sources.add(ref[0])
                new.extend(self._needed_of.get(ref[0], ()))
        return columns, sources

    def _has_key(self, name: str, columns: set[Ref]) -> bool:
        relation = self.query.relations.get(name)
        keys = relation.keys if relation is not None else None
        return any(all((name, column) in columns for column in key) for key in keys or ())

    def index(self) -> None:
        """Notes which rules wait for which column, once all of them are read."""
        for position, (needed, _) in enumerate(self.rules):
            for ref in needed:
                self._needing.setdefault(ref, []).append(position)
                self._needed_of.setdefault(ref[0], set()).add(ref)

    def unfixed(self, refs: Iterable[Ref], whole: Iterable[str] = ()) -> list[str]:
        """The sources of which several rows may meet one choice of those columns and sources, for all that is known.

        A source whose keys are not known is taken to be harmless.
        """
        relations = self.query.relations
        harmless = {name for name, each in relations.items() if each.keys is None or name in self.loose}
        _, sources = self.fixed(refs, harmless.union(whole))
        return [name for name in relations if name not in sources]

    def fixes_all(self, refs: Iterable[Ref], whole: Iterable[str] = ()) -> bool:
        """Whether there is certainly at most one row for each choice of those columns and sources."""
        _, sources = self.fixed(refs, whole)
        return len(sources) == len(self.query.relations)


def close(query: Query) -> Closure:
    """Reads the conditions of a query."""
    closure = Closure(query)
    named: set[str] = set()
    looked_up: set[str] = set()
    joined: set[str] = set()
    for condition in query.conditions:
        _read(closure, condition)
        part = condition.expression
        if not isinstance(part, exp.EQ) or condition.outer:
            continue
        sides = [query.ref(each.unnest()) for each in (part.this, part.args["expression"])]
        for ref, other, value in ((sides[0], sides[1], part.args["expression"]), (sides[1], sides[0], part.this)):
            if ref is not None and other is not None and ref[0] != other[0]:
                keyed = frozenset({ref[1]}) in (query.relations[ref[0]].keys or ())
                (looked_up if keyed else joined).add(ref[0])
            elif ref is not None and text_of(query, value) is not None:
                named.add(ref[0])
    closure.labelled = (named & looked_up) - joined
    closure.index()
    return closure


def _read(closure: Closure, condition: Condition) -> None:
    query, part = closure.query, condition.expression
    if isinstance(part, (exp.EQ, exp.NullSafeEQ)):
        left, right = part.this.unnest(), part.args["expression"].unnest()
        named = query.refs(left), query.refs(right)
        _tie(closure, named[0] | named[1])
        if len({name for refs in named for name, _ in refs}) > 1 and not _is_equality(query, left, right):
            closure.loose.update(name for refs in named for name, _ in refs)
        for side, other, refs in ((left, right, named[1]), (right, left, named[0])):
            ref = query.ref(side)
            if ref is None or not _holds(condition, ref):
                continue
            if _has_query(other):
                closure.loose.add(ref[0])
            else:
                closure.rules.append((frozenset(refs), ref))
        return
    refs = query.refs(part)
    names = {name for name, _ in refs}
    within = _named_within(query, part) if _has_query(part) else set()
    _tie(closure, refs | {(name, "") for name in within})
    if len(names) > 1 or _picks_rows(part):
        closure.loose.update(names | within)
    elif isinstance(part, exp.Is) and isinstance(part.args.get("expression"), exp.Null) and not part.args.get("negate"):
        # A source of an outer join that is asked to be missing adds no rows.
        closure.loose.update(name for name in names if query.relations[name].optional)


def _is_equality(query: Query, left: exp.Expr, right: exp.Expr) -> bool:
    return query.ref(left) is not None and query.ref(right) is not None


def _holds(condition: Condition, ref: Ref) -> bool:
    """Whether an equality fixes a column: that of an outer join says nothing of the rows that it only keeps."""
    if not condition.outer:
        return True
    sides = (condition.expression.this, condition.expression.args["expression"])
    if all(type(each.unnest()) is exp.Column for each in sides):
        return True
    return condition.outer == "LEFT" and ref[0] == condition.joined


def _tie(closure: Closure, refs: Iterable[Ref]) -> None:
    """Notes that a condition connects sources."""
    names = {name for name, _ in refs}
    if len(names) < 2:
        return
    apart = []
    for group in closure.tied:
        if group & names:
            names |= group
        else:
            apart.append(group)
    closure.tied = [*apart, names]


def _has_query(expression: exp.Expr) -> bool:
    return expression.find(exp.Query) is not None


def _picks_rows(part: exp.Expr) -> bool:
    """Whether a subquery chooses among the rows of a source, as the idioms for "the latest of each" do."""
    if isinstance(part, exp.Not):
        return isinstance(part.this.unnest(), exp.Exists)
    if isinstance(part, exp.In) and part.args.get("query") is not None:
        return part.args["query"].find(exp.AggFunc, exp.Window, exp.Limit) is not None
    return part.find(exp.All) is not None


def _named_within(query: Query, part: exp.Expr) -> set[str]:
    """The sources that a condition names, in its subqueries too."""
    tables = (column.args.get("table") for column in part.find_all(exp.Column))
    names = {query.key_of(table) for table in tables if table is not None}
    return {name for name in names if name in query.relations}


def add_keys(query: Query) -> None:
    """Gives every source of a query its keys; those of its subqueries have to be known."""
    for relation in query.relations.values():
        if relation.table is not None:
            known = stored_keys(query.catalog, relation.table)
            names = {
                query.catalog.dialect.key(output.origin.column, quoted=True): key
                for key, output in (relation.outputs or {}).items()
                if output.origin is not None
            }
            relation.keys = known and tuple(
                frozenset(names[column] for column in key) for key in known if key <= names.keys()
            )
        elif relation.inner is not None:
            relation.keys = relation.inner.result_keys
        elif relation.is_distinct and relation.outputs is not None:
            relation.keys = (frozenset(relation.outputs),)


def result_keys(closure: Closure) -> Keys | None:
    """The sets of result columns that no two rows of a query share; None where that is not known."""
    query, select = closure.query, closure.query.select
    if _is_one_row(query):
        return (frozenset(),)
    if query.given is None or query.is_opaque:
        return None
    shown: dict[Ref, str] = {}
    for name, each in query.given.items():
        if isinstance(each, tuple):
            shown.setdefault(each, name)
    found: list[frozenset[str]] = []
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is None:
        found.append(frozenset(query.given))
    if select.args.get("group"):
        grouped = _grouped_by(query, shown)
        return (*found, grouped) if grouped is not None else tuple(found) or None
    if distinct is not None and distinct.args.get("on") is not None:
        names = [_shown(query, shown, each) for each in distinct.args["on"].unnest().expressions]
        found.extend([frozenset(filter(None, names))] if all(names) else ())
    found.extend(_numbered(query, shown))
    known = all(each.keys is not None or each.aside for each in query.relations.values()) and not closure.loose
    found.extend(
        frozenset(shown[ref] for ref in refs)
        for refs in candidates(query)
        if all(ref in shown for ref in refs) and closure.fixes_all(refs)
    )
    return tuple(dict.fromkeys(found)) or (() if known else None)


def _shown(query: Query, shown: dict[Ref, str], expression: exp.Expr) -> str | None:
    """The result column that shows a column of a source."""
    ref = query.ref(expression)
    return shown.get(ref) if ref is not None else None


def candidates(query: Query) -> list[frozenset[Ref]]:
    """What might tell the rows of an ungrouped query apart: the key of one source, or of all together."""
    found: list[frozenset[Ref]] = []
    together: set[Ref] = set()
    for name, relation in query.relations.items():
        for position, key in enumerate(relation.keys or ()):
            refs = frozenset((name, column) for column in key)
            # In the rows that an outer join fills, a key is NULL again and again.
            found.extend([refs] if not relation.optional else ())
            together |= refs if position == 0 else set()
    return [*dict.fromkeys(found), frozenset(together)][:_MAX_KEYS]


def _is_one_row(query: Query) -> bool:
    if query.aggregates and not query.select.args.get("group"):
        return True
    limit = query.select.args.get("limit")
    bound = limit and (limit.args.get("expression") or limit.args.get("count"))
    if isinstance(bound, exp.Literal) and bound.this in {"0", "1"}:
        return True
    return not query.relations and not query.is_opaque and query.select.args.get("from_") is None


def _grouped_by(query: Query, shown: dict[Ref, str]) -> frozenset[str] | None:
    """The result columns that are grouped by, or None where one of them is not in the result."""
    if query.has_grouping_sets or not query.groups:
        return None
    names = set()
    made = {
        query.shapes.mark(each): key
        for key, each in (query.given or {}).items()
        if isinstance(each, exp.Expr) and type(each) is not exp.Column
    }
    for expression in query.groups:
        ref = query.ref(expression)
        name = shown.get(ref) if ref else None
        if name is None and type(expression) is not exp.Column:
            name = made.get(query.shapes.mark(expression))
        if name is None:
            # An alias stands beside what it means.
            if type(expression) is exp.Column and ref is None:
                continue
            return None
        names.add(name)
    return frozenset(names)


def _numbered(query: Query, shown: dict[Ref, str]) -> list[frozenset[str]]:
    """Keys by ROW_NUMBER() OVER (PARTITION BY …): the partition and the number; where QUALIFY picks, the partition."""
    found: list[frozenset[str]] = []
    for name, each in (query.given or {}).items():
        if isinstance(each, exp.Window) and isinstance(each.this, exp.RowNumber):
            parts = [_shown(query, shown, part) for part in each.args.get("partition_by") or ()]
            found.extend([frozenset([name, *filter(None, parts)])] if all(parts) else ())
    qualify = query.select.args.get("qualify")
    for part in own(qualify) if qualify is not None else ():
        if isinstance(part, exp.EQ) and isinstance(part.this, exp.Window) and isinstance(part.this.this, exp.RowNumber):
            parts = [_shown(query, shown, each) for each in part.this.args.get("partition_by") or ()]
            found.extend([frozenset(filter(None, parts))] if all(parts) else ())
    return found
