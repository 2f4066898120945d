"""The statements that quality is judged by, as trees in the dialect of the data source. Each passes the guard."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from services.kit.catalog import Column, ColumnType, Table
from services.validation.core.model import Cell
from services.validation.core.quality.model import ColumnFacts, Expectation, Facts

ORDERED = frozenset({ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.DATE, ColumnType.TIMESTAMP})
NUMERIC = frozenset({ColumnType.INTEGER, ColumnType.NUMBER})
_COUNTABLE = frozenset(ColumnType) - {ColumnType.JSON, ColumnType.BINARY, ColumnType.OTHER}


@dataclass(frozen=True, slots=True)
class Relation:
    """What rows are read from: a table of the catalogue, or a statement that stands as a subquery."""

    dialect: str
    table: Table | None = None
    sql: str = ""

    def tree(self, alias: str) -> exp.Expr:
        """The relation as it stands in FROM."""
        if self.table is not None:
            return table_of(self.table, alias)
        parsed = sqlglot.parse_one(self.sql, read=self.dialect)
        assert isinstance(parsed, exp.Query), "the guard has let it through"
        return parsed.subquery(alias)


def table_of(table: Table, alias: str) -> exp.Table:
    """A table in FROM, its names quoted as the catalogue has them."""
    tree = exp.Table(this=_name(table.name), db=_name(table.schema) if table.schema else None)
    tree.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return tree


def rows_of(relation: Relation, columns: Sequence[str]) -> str:
    """The rows of some columns."""
    if relation.table is None:
        return relation.sql
    chosen = [_column("t", name) for name in columns]
    return _text(exp.select(*chosen).from_(relation.tree("t")), relation.dialect)


@dataclass(frozen=True, slots=True)
class FactsQuery:
    """A statement of aggregates, and how its only row is read."""

    sql: str
    columns: tuple[tuple[str, tuple[str, ...]], ...]

    def read(self, row: Sequence[Cell]) -> Facts:
        """The facts in the statement's row."""
        values = iter(row)
        rows = int(str(next(values)))
        found = {}
        for name, figures in self.columns:
            read = dict(zip(figures, values, strict=False))
            found[name] = ColumnFacts(
                non_null=int(str(read["non_null"])),
                distinct=int(str(read.get("distinct", -1))),
                min=_shown(read.get("min")),
                max=_shown(read.get("max")),
                mean=float(str(read["mean"])) if read.get("mean") is not None else None,
            )
        return Facts(rows, found)


def facts_of(relation: Relation, columns: Sequence[Column], hidden: frozenset[str] = frozenset()) -> FactsQuery:
    """Rows, NULLs, distinct values, the smallest, the largest and the mean, of the columns that have them."""
    chosen: list[exp.Expr] = [exp.Count(this=exp.Star())]
    read = []
    for column in columns:
        figures = ["non_null"]
        name = _column("t", column.name)
        chosen.append(exp.Count(this=name.copy()))
        if column.type in _COUNTABLE:
            figures.append("distinct")
            chosen.append(exp.Count(this=exp.Distinct(expressions=[name.copy()])))
        if column.type in ORDERED and column.name not in hidden:
            figures += ["min", "max"]
            chosen += [exp.Min(this=name.copy()), exp.Max(this=name.copy())]
        if column.type in NUMERIC and column.name not in hidden:
            figures.append("mean")
            # Of whole numbers some engines make a whole mean.
            chosen.append(exp.Avg(this=exp.cast(name.copy(), "DOUBLE")))
        read.append((column.name, tuple(figures)))
    named = [exp.alias_(each, f"f{position}") for position, each in enumerate(chosen)]
    return FactsQuery(_text(exp.select(*named).from_(relation.tree("t")), relation.dialect), tuple(read))


def duplicates_of(relation: Relation, column: str) -> str:
    """How many rows have a value that another row has too, which is what Great Expectations counts."""
    name = _column("t", column)
    counted = exp.alias_(exp.Count(this=exp.Star()), "n")
    groups = exp.select(counted).from_(relation.tree("t")).where(_present(name)).group_by(name.copy())
    many = groups.having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1)))
    return _text(exp.select(exp.Sum(this=exp.column("n", "g"))).from_(many.subquery("g")), relation.dialect)


def values_of(relation: Relation, column: str, most: int) -> str:
    """The most frequent values and how many rows have each, at most so many."""
    name = _column("t", column)
    counted = exp.alias_(exp.Count(this=exp.Star()), "n")
    chosen = exp.select(exp.alias_(name, "v"), counted).from_(relation.tree("t"))
    grouped = chosen.where(_present(name)).group_by(name.copy()).order_by(exp.Ordered(this=exp.column("n"), desc=True))
    return _text(grouped.limit(most), relation.dialect)


def lengths_of(relation: Relation, column: str) -> str:
    """The smallest and the largest length of a text."""
    length = exp.Length(this=_column("t", column))
    chosen = [exp.alias_(exp.Min(this=length), "l0"), exp.alias_(exp.Max(this=length.copy()), "l1")]
    return _text(exp.select(*chosen).from_(relation.tree("t")), relation.dialect)


def orphans_of(relation: Relation, expectation: Expectation, referred: Table) -> str:
    """Rows in all, rows whose key has a NULL, and rows whose key is found nowhere (MATCH SIMPLE of SQL:2023)."""
    one, zero = exp.Literal.number(1), exp.Literal.number(0)
    whole = exp.and_(*[_present(_column("t", name)) for name in expectation.columns])
    orphan = exp.and_(whole.copy(), _unmatched(expectation, referred))
    count = exp.Count(this=exp.Star())
    missing = exp.Sum(this=exp.Case(ifs=[exp.If(this=whole, true=zero)], default=one.copy()))
    lost = exp.Sum(this=exp.Case(ifs=[exp.If(this=orphan, true=one)], default=zero.copy()))
    named = [exp.alias_(each, f"c{position}") for position, each in enumerate((count, missing, lost))]
    return _text(exp.select(*named).from_(relation.tree("t")), relation.dialect)


def orphan_examples_of(relation: Relation, expectation: Expectation, referred: Table, most: int) -> str:
    """A few keys that are found nowhere."""
    columns = [_column("t", name) for name in expectation.columns]
    condition = exp.and_(*[_present(each) for each in columns], _unmatched(expectation, referred))
    chosen = exp.select(*columns).distinct().from_(relation.tree("t")).where(condition)
    return _text(chosen.limit(most), relation.dialect)


def _unmatched(expectation: Expectation, referred: Table) -> exp.Expr:
    pairs = zip(expectation.columns, expectation.parameters["referred_columns"], strict=True)
    same = exp.and_(*[exp.EQ(this=_column("r", there), expression=_column("t", here)) for here, there in pairs])
    found = exp.select(exp.Literal.number(1)).from_(table_of(referred, "r")).where(same)
    return exp.Not(this=exp.Exists(this=found))


def _present(column: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))


def _column(alias: str, name: str) -> exp.Column:
    return exp.Column(this=_name(name), table=exp.to_identifier(alias))


def _name(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _text(tree: exp.Expr, dialect: str) -> str:
    return tree.sql(dialect=dialect)


def _shown(value: Cell) -> str | None:
    return None if value is None else str(value)
