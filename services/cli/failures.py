"""In what a wrong statement differs from a right one: the first of the kinds below that fits, by their syntax trees.

Tables stand for their aliases; conditions joined by AND or OR have no order, and neither have the columns selected.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from services.cli.scoring import Status

DIALECT = "sqlite"


class Failure(StrEnum):
    """A kind of failure; those that compare statements from the nearest miss to the farthest."""

    VALUE = "value"
    LINKING = "linking"
    JOIN = "join"
    SKELETON = "skeleton"
    NESTING = "nesting"
    OTHER = "other"
    NO_ANSWER = "no_answer"
    ERROR = "error"


# In what the statement differs from a right one.
MEANINGS = {
    Failure.VALUE: "only values",
    Failure.LINKING: "columns or tables",
    Failure.JOIN: "tables or join conditions, not columns",
    Failure.SKELETON: "clauses, aggregates, operators or order",
    Failure.NESTING: "subqueries or set operations",
    Failure.OTHER: "nothing that the other kinds name",
    Failure.NO_ANSWER: "there is no statement",
    Failure.ERROR: "the statement fails or takes too long",
}
_OF_STATUS = {
    Status.NO_ANSWER: Failure.NO_ANSWER,
    Status.ERROR: Failure.ERROR,
    Status.TIMEOUT: Failure.ERROR,
}
_NEAREST_FIRST = tuple(Failure)
_CLAUSES = (exp.Where, exp.Having, exp.From, exp.Join, exp.CTE, exp.Order, exp.Select)


def failure(status: Status, golds: Sequence[str], sql: str | None) -> Failure | None:
    """The kind of a prediction's failure, against the gold query it comes nearest to; None where it did not fail.

    Args:
        status: What became of the prediction.
        golds: Queries any of which is right.
        sql: The prediction.
    """
    if status is not Status.WRONG:
        return _OF_STATUS.get(status)
    kinds = [difference(gold, sql or "") for gold in golds]
    return min(kinds, key=_NEAREST_FIRST.index, default=Failure.OTHER)


def difference(gold: str, sql: str) -> Failure:
    """In what two statements differ; `OTHER` also where one cannot be parsed."""
    try:
        right, wrong = _shape(gold), _shape(sql)
    except (SqlglotError, RecursionError):
        return Failure.OTHER
    if right.nesting != wrong.nesting:
        return Failure.NESTING
    if right.skeleton != wrong.skeleton:
        return Failure.SKELETON
    if right.named != wrong.named:
        return Failure.LINKING
    if (right.tables, right.joins) != (wrong.tables, wrong.joins):
        # Without a table in common it is not another way to the columns, but other columns of the same name.
        return Failure.JOIN if right.tables & wrong.tables else Failure.LINKING
    if right.is_resolved and wrong.is_resolved and right.qualified != wrong.qualified:
        return Failure.LINKING
    return Failure.VALUE if right.whole != wrong.whole else Failure.OTHER


@dataclass(frozen=True, slots=True)
class _Shape:
    """A statement, as far as it is compared: its queries' texts with more and more of it shown, and its sources.

    `is_resolved` says that the table of every column is known.
    """

    nesting: Counter[str]
    skeleton: tuple[str, ...]
    named: tuple[str, ...]
    qualified: tuple[str, ...]
    whole: tuple[str, ...]
    tables: Counter[str]
    joins: Counter[str]
    is_resolved: bool


def _shape(sql: str) -> _Shape:
    tree = parse_one(sql, dialect=DIALECT)
    _resolve(tree)
    queries = [each for each in tree.find_all(exp.Query) if not isinstance(each, exp.Subquery)]
    return _Shape(
        nesting=_nesting(queries),
        skeleton=tuple(_text(each, _blank, _blank) for each in queries),
        named=tuple(_text(each, _name, _blank) for each in queries),
        qualified=tuple(_text(each, _qualified, _blank) for each in queries),
        whole=tuple(_text(each, _name, _literal) for each in queries),
        tables=Counter(each.name.lower() for each in tree.find_all(exp.Table)),
        joins=Counter(_join(each) for each in tree.find_all(exp.Join)),
        is_resolved=all(each.table for each in tree.find_all(exp.Column)),
    )


def _resolve(tree: exp.Expr) -> None:
    """Puts what is meant in place of how it is written: tables for aliases, expressions for theirs, text for text."""
    for column in list(tree.find_all(exp.Column)):
        if _is_text(column):
            column.replace(exp.Literal.string(column.name))
    for count in tree.find_all(exp.Count):
        # How many values and how many rows differ only where values are missing.
        if isinstance(count.this, exp.Column):
            count.set("this", exp.Star())
    for select in tree.find_all(exp.Select):
        named = {each.alias.lower(): each.this for each in select.expressions if isinstance(each, exp.Alias)}
        for clause in (select.args.get(name) for name in ("group", "having", "order")):
            for column in list(clause.find_all(exp.Column)) if clause else ():
                if not column.table and column.name.lower() in named:
                    column.replace(named[column.name.lower()].copy())
        select.set("expressions", [each.unalias() for each in select.expressions])
    for column in tree.find_all(exp.Column):
        column.set("table", exp.to_identifier(_table(column)))


def _is_text(column: exp.Column) -> bool:
    """Whether a name in double quotes is meant as text, which SQLite allows where no column has that name."""
    place = column.arg_key
    is_value = isinstance(column.parent, exp.Predicate) and place in {"expression", "expressions", "low", "high"}
    return is_value and not column.table and bool(column.this.args.get("quoted"))


def _table(column: exp.Column) -> str:
    """The name of a column's table; empty where only the schema could tell it."""
    select = column.parent_select
    while isinstance(select, exp.Select):
        sources = [each for each in (select.args.get("from_"), *(select.args.get("joins") or ())) if each]
        tables: dict[str, str] = {each.this.alias_or_name.lower(): each.this.name.lower() for each in sources}
        if not column.table:
            return next(iter(tables.values())) if len(tables) == 1 else ""
        if column.table.lower() in tables:
            return tables[column.table.lower()]
        select = select.parent_select
    return column.table.lower()


def _nesting(queries: Sequence[exp.Query]) -> Counter[str]:
    """Set operations by their names, and subqueries by the clause that they stand in."""
    found: Counter[str] = Counter()
    for query in queries:
        clause = query.find_ancestor(exp.SetOperation, *_CLAUSES)
        if isinstance(query, exp.SetOperation):
            found[type(query).__name__] += 1
        elif clause is not None and not isinstance(clause, exp.SetOperation):
            found[type(clause).__name__] += 1
    return found


Show = Callable[[exp.Expr], str]


def _text(query: exp.Query, column: Show, literal: Show) -> str:
    """A query's own clauses but its sources, with columns and literals shown in the given way."""

    def shown(node: exp.Expr) -> str:
        return node.transform(_replacing(column, literal)).sql(dialect=DIALECT)

    args = query.args
    group, order = args.get("group"), args.get("order")
    parts = {
        "distinct": str(bool(args.get("distinct"))),
        "select": ", ".join(sorted(shown(each) for each in query.expressions)),
        "where": _condition(args["where"].this, shown) if args.get("where") else "",
        "group": ", ".join(sorted(shown(each) for each in group.expressions)) if group else "",
        "having": _condition(args["having"].this, shown) if args.get("having") else "",
        "order": ", ".join(_key(each, shown) for each in order.expressions) if order else "",
        "limit": shown(args["limit"].expression) if args.get("limit") else "",
        "offset": shown(args["offset"].expression) if args.get("offset") else "",
    }
    return "; ".join(f"{name} {part}" for name, part in parts.items() if part)


def _replacing(column: Show, literal: Show) -> Callable[[exp.Expr], exp.Expr]:
    def replaced(node: exp.Expr) -> exp.Expr:
        match node:
            case exp.Query():
                return exp.var("query")
            case exp.Column():
                return exp.var(column(node))
            case exp.Star() if not isinstance(node.parent, exp.Count):
                return exp.var(column(node))
            case exp.Literal():
                return exp.var(literal(node))
        return node

    return replaced


def _condition(node: exp.Expr, shown: Show) -> str:
    if isinstance(node, exp.Paren):
        return _condition(node.this, shown)
    if isinstance(node, exp.And | exp.Or):
        parts = sorted(_condition(each, shown) for each in node.flatten())
        return f"({f' {node.key} '.join(parts)})"
    return shown(node)


def _key(ordered: exp.Expr, shown: Show) -> str:
    return f"{shown(ordered.this)} {'desc' if ordered.args.get('desc') else 'asc'}"


def _join(join: exp.Join) -> str:
    condition = join.args.get("on")
    pairs = condition.find_all(exp.EQ) if condition else ()
    equal = sorted("=".join(sorted((_qualified(each.this), _qualified(each.expression)))) for each in pairs)
    return " ".join((join.side, *equal, *(str(each) for each in join.args.get("using") or ())))


def _blank(_: exp.Expr) -> str:
    return "_"


def _name(node: exp.Expr) -> str:
    return node.name.lower() or "*"


def _qualified(node: exp.Expr) -> str:
    return f"{node.table}.{_name(node)}" if isinstance(node, exp.Column) else _name(node)


def _literal(node: exp.Expr) -> str:
    return node.sql(dialect=DIALECT)
