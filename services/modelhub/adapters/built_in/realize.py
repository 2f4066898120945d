"""A representation as SQL in a dialect: joins from the key graph, literals typed by their column, names quoted."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.from_clause import FromClause, from_clause
from services.modelhub.adapters.built_in.ir import (
    STAR,
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    SetOperator,
    conditions,
)
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import NUMERIC, Schema

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_PLAIN_ANY_CASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
# What each word of the representation is as a node; `from_sql` reads them the other way.
COMPARISONS: dict[Operator, type[exp.Expr]] = {
    Operator.EQ: exp.EQ,
    Operator.NE: exp.NEQ,
    Operator.GT: exp.GT,
    Operator.LT: exp.LT,
    Operator.GE: exp.GTE,
    Operator.LE: exp.LTE,
    Operator.LIKE: exp.Like,
}
AGGREGATES: dict[Aggregate, type[exp.AggFunc]] = {
    Aggregate.COUNT: exp.Count,
    Aggregate.SUM: exp.Sum,
    Aggregate.AVG: exp.Avg,
    Aggregate.MIN: exp.Min,
    Aggregate.MAX: exp.Max,
}
SETS: dict[SetOperator, type[exp.SetOperation]] = {
    SetOperator.UNION: exp.Union,
    SetOperator.INTERSECT: exp.Intersect,
    SetOperator.EXCEPT: exp.Except,
}
_Names = dict[ColumnRef, str]


@dataclass(frozen=True, slots=True)
class Realized:
    """SQL text, the tables it reads, and whether another join path was as short."""

    sql: str
    tables: tuple[str, ...]
    is_tied: bool


def to_sqlglot(query: Query, schema: Schema, dialect: str) -> exp.Query | None:
    """The query as a tree of SQL, the way back of `from_sqlglot`; None when its tables do not connect."""
    return _Writer(schema, dialect).query(query)


def realize(query: Query, schema: Schema, dialect: str) -> Realized | None:
    """Writes the query as text; None when its tables do not connect."""
    writer = _Writer(schema, dialect)
    tree = writer.query(query)
    if tree is None:
        return None
    return Realized(tree.sql(dialect=dialect), tuple(dict.fromkeys(writer.tables)), writer.is_tied)


class _Writer:
    def __init__(self, schema: Schema, dialect: str) -> None:
        self._schema = schema
        self._dialect = dialect
        self.tables: list[str] = []
        self.is_tied = False

    def query(self, query: Query) -> exp.Query | None:
        first = self._select(query)
        if first is None or query.set_operator is None or query.other is None:
            return first
        return self._combined(first, query)

    def _combined(self, first: exp.Select, query: Query) -> exp.Query | None:
        """Queries taken together from left to right; the first one's order and limit move to the whole."""
        limit = first.args.pop("limit", None)
        first.args.pop("order", None)
        if not all(order.by in query.select for order in query.order):
            return None
        # What stands for the whole is named by its place: its parts call it differently.
        places = [exp.Literal.number(query.select.index(order.by) + 1) for order in query.order]
        keys = [
            exp.Ordered(
                this=place, desc=order.descending, nulls_first=self._dialect == "sqlite" and not order.descending
            )
            for place, order in zip(places, query.order, strict=True)
        ]
        whole: exp.Query = first
        step = query
        while step.set_operator is not None and step.other is not None:
            second = self._select(step.other)
            if second is None or second.args.get("order") or second.args.get("limit"):
                return None
            if step is not query and self._dialect != "sqlite":
                # Elsewhere INTERSECT binds more tightly than its neighbours.
                whole = exp.Subquery(this=whole)
            whole = SETS[step.set_operator](this=whole, expression=second, distinct=True)
            step = step.other
        if keys:
            whole.set("order", exp.Order(expressions=keys))
        whole.set("limit", limit)
        return whole

    def _select(self, query: Query) -> exp.Select | None:
        clause = from_clause(query, self._schema)
        if clause is None:
            return None
        self.is_tied = self.is_tied or clause.is_tied
        self.tables.extend(table.table for table in clause.tables)
        names = self._names(clause)
        select = exp.Select(expressions=[self._measure(m, names) for m in query.select])
        select = self._from(select, clause, names)
        if query.distinct:
            select = select.distinct(copy=False)
        for tree_part, keep in ((query.where, select.where), (query.having, select.having)):
            if tree_part is None:
                continue
            condition = self._filter(tree_part, names)
            if condition is None:
                return None
            select = keep(condition, copy=False)
        if query.group:
            groups = [*query.group, *self._undetermined(query, clause)]
            select = select.group_by(*[self._column(ref, names) for ref in groups], copy=False)
        if query.order:
            keys = [self._ordered(o, names, is_limited=query.limit is not None) for o in query.order]
            select.set("order", exp.Order(expressions=keys))
        return select.limit(query.limit, copy=False) if query.limit is not None else select

    def _undetermined(self, query: Query, clause: FromClause) -> list[ColumnRef]:
        """Columns shown or sorted by without an aggregate that the dialect wants named in GROUP BY."""
        measures = (*query.select, *(o.by for o in query.order))
        if self._dialect == "sqlite" and _shows_extreme_row(query):
            return []
        free = set() if self._dialect == "duckdb" else self._determined(query.group, clause)
        plain = [m.column for m in measures if m.aggregate is None and m.column.column != STAR]
        return [ref for ref in dict.fromkeys(plain) if ref not in query.group and ref.whole not in free]

    def _determined(self, group: tuple[ColumnRef, ...], clause: FromClause) -> set[ColumnRef]:
        """Tables of which each group holds one row, as far as the dialect can tell."""
        keys = {whole: key for whole in clause.tables if (key := self._schema.key_of(whole.table)) is not None}
        keys = {whole: replace(key, copy=whole.copy) for whole, key in keys.items()}
        found = {whole for whole, key in keys.items() if key in group}
        while self._dialect == "sqlite":
            # SQLite takes any column; what is equal to a key that a group fixes is as fixed.
            more = {
                whole
                for whole, key in keys.items()
                for equal in clause.equations
                if key in equal and any(ref in group or ref.whole in found for ref in equal)
            }
            if more <= found:
                break
            found |= more
        return found

    def _ordered(self, order: Order, names: _Names, *, is_limited: bool) -> exp.Ordered:
        """A sort key; its missing values come last when only the first rows are kept."""
        column = self._schema.columns.get(order.by.column.origin)
        may_be_null = order.by.aggregate is None and column is not None and column.nullable
        natural = self._dialect == "sqlite" and not order.descending
        nulls_first = natural and not (is_limited and may_be_null)
        return exp.Ordered(this=self._measure(order.by, names), desc=order.descending, nulls_first=nulls_first)

    def _names(self, clause: FromClause) -> _Names:
        """What each table is called in this SELECT: nothing when alone, else its name, numbered where two share one."""
        if len(clause.tables) == 1:
            return {clause.tables[0]: ""}
        names: _Names = {}
        for key in clause.tables:
            name = self._schema.tables[key.table].name
            taken = {taken_name.lower() for taken_name in names.values()}
            number = 2
            unique = name
            while unique.lower() in taken:
                unique, number = f"{name}_{number}", number + 1
            names[key] = unique
        return names

    def _from(self, select: exp.Select, clause: FromClause, names: _Names) -> exp.Select:
        select = select.from_(self._table(clause.tables[0], names), copy=False)
        for joins, key in zip(clause.joins, clause.tables[1:], strict=True):
            equal = [
                exp.EQ(this=self._column(join.left, names), expression=self._column(join.right, names))
                for join in joins
            ]
            select = select.join(self._table(key, names), on=exp.and_(*equal), copy=False)
        return select

    def _table(self, key: ColumnRef, names: _Names) -> exp.Table:
        table = self._schema.tables[key.table]
        node = exp.Table(this=self._identifier(table.name), db=self._identifier(table.schema) if table.schema else None)
        if names[key] and names[key] != table.name:
            node.set("alias", exp.TableAlias(this=self._identifier(names[key])))
        return node

    def _identifier(self, name: str) -> exp.Identifier:
        return exp.to_identifier(name, quoted=_needs_quotes(name, self._dialect))

    def _column(self, ref: ColumnRef, names: _Names) -> exp.Column:
        qualifier = names.get(ref.whole, "")
        return exp.Column(
            this=exp.Star() if ref.column == STAR else self._identifier(ref.column),
            table=self._identifier(qualifier) if qualifier else None,
        )

    def _measure(self, measure: Measure, names: _Names) -> exp.Expr:
        if measure.aggregate == Aggregate.COUNT and measure.column.column == STAR:
            return exp.Count(this=exp.Star())
        column = self._column(measure.column, names)
        if measure.column.column == STAR and not column.args.get("table"):
            return exp.Star()
        argument: exp.Expr = exp.Distinct(expressions=[column]) if measure.distinct else column
        if measure.aggregate is None:
            return column
        node: exp.Expr = AGGREGATES[measure.aggregate](this=argument)
        return node

    def _filter(self, tree: Condition | Junction, names: _Names) -> exp.Expr | None:
        if isinstance(tree, Condition):
            return self._condition(tree, names)
        parts = [self._filter(part, names) for part in tree.parts]
        found = [part for part in parts if part is not None]
        if len(found) != len(parts):
            return None
        return exp.or_(*found) if tree.any_of else exp.and_(*found)

    def _condition(self, condition: Condition, names: _Names) -> exp.Expr | None:
        left = self._measure(condition.left, names)
        operator = condition.operator
        if operator in {Operator.IS_NULL, Operator.NOT_NULL}:
            test = exp.Is(this=left, expression=exp.Null())
            return test if operator == Operator.IS_NULL else exp.Not(this=test)
        sides = [self._side(side, condition.left, operator, names) for side in condition.right]
        if any(side is None for side in sides):
            return None
        if condition.factor != 1:
            sides = [exp.Mul(this=exp.Literal.number(condition.factor), expression=sides[0])]
        if operator == Operator.BETWEEN:
            return exp.Between(this=left, low=sides[0], high=sides[1])
        if operator in {Operator.IN, Operator.NOT_IN}:
            nested = isinstance(sides[0], exp.Subquery)
            test_in = exp.In(this=left, query=sides[0]) if nested else exp.In(this=left, expressions=sides)
            return test_in if operator == Operator.IN else exp.Not(this=test_in)
        if operator == Operator.NOT_LIKE:
            return exp.Not(this=exp.Like(this=left, expression=sides[0]))
        return COMPARISONS[operator](this=left, expression=sides[0])

    def _side(
        self, side: Literal | Measure | Query, left: Measure, operator: Operator, names: _Names
    ) -> exp.Expr | None:
        if isinstance(side, Query):
            nested = self.query(side)
            return None if nested is None else exp.Subquery(this=nested)
        if isinstance(side, Measure):
            return self._measure(side, names)
        return self._literal(side, left, operator)

    def _literal(self, side: Literal, left: Measure, operator: Operator) -> exp.Expr:
        if left.aggregate in {Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG}:
            return exp.Literal.number(side.text) if _NUMBER.fullmatch(side.text) else exp.Literal.string(side.text)
        column = self._schema.columns.get(left.column.origin)
        kind = column.type if column is not None else ColumnType.OTHER
        if operator in {Operator.LIKE, Operator.NOT_LIKE}:
            return exp.Literal.string(side.text)
        said = _BOOLEANS.get(side.text.lower())
        samples = column.samples if column is not None else ()
        if kind == ColumnType.BOOLEAN and said is not None and all(s.lower() in _BOOLEANS for s in samples):
            return exp.Boolean(this=said)
        is_number = _NUMBER.fullmatch(side.text) is not None
        if is_number and (kind in NUMERIC or (side.is_number and kind in {ColumnType.OTHER, ColumnType.BOOLEAN})):
            return exp.Literal.number(side.text)
        if is_number and side.is_number and kind == ColumnType.TEXT and operator not in {Operator.EQ, Operator.NE}:
            return exp.Literal.number(side.text) if self._dialect == "sqlite" else exp.Literal.string(side.text)
        return exp.Literal.string(side.text)


def _shows_extreme_row(query: Query) -> bool:
    """Whether the only aggregate is one MIN or MAX: beside it SQLite shows columns of the row where it is found."""
    tested = [condition.left for condition in conditions(query.having)]
    found = {m for m in (*query.select, *tested, *(o.by for o in query.order)) if m.aggregate is not None}
    return len(found) == 1 and found.pop().aggregate in {Aggregate.MIN, Aggregate.MAX}


@lru_cache(maxsize=4_096)
def _needs_quotes(name: str, dialect: str) -> bool:
    """Whether a name must be quoted: by its characters, its case, as a reserved word, or to be parsed as a name."""
    pattern = _PLAIN if dialect == "postgres" else _PLAIN_ANY_CASE
    if not pattern.fullmatch(name) or name.lower() in LEXICON.reserved_words:
        return True
    if name.upper() not in Dialect.get_or_raise(dialect).tokenizer_class.KEYWORDS:
        return False
    try:
        tree = parse_one(
            f"SELECT {name}, x.{name}, MAX({name}) FROM {name} GROUP BY {name} ORDER BY {name}", dialect=dialect
        )
    except SqlglotError:
        return True
    tables = [table.name for table in tree.find_all(exp.Table)]
    return tables != [name] or sum(column.name == name for column in tree.find_all(exp.Column)) != 5
