"""How hard a query is, by the rules of the Spider paper's evaluation (Yu et al., 2018, appendix).

Counted in the outermost query alone: its components (WHERE, GROUP BY, ORDER BY, LIMIT, joins, OR, LIKE), its nested
queries and set operations, and whether it has several aggregates, columns, conditions or keys.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

LEVELS = ("easy", "medium", "hard", "extra")
# Where Spider's parsed form names a comparison, it is by its place in its own list of them.
_LIKE = 9


@dataclass(frozen=True, slots=True)
class Counts:
    """What the level depends on."""

    components: int
    nested: int
    others: int

    @property
    def level(self) -> str:
        """The level: the first whose bounds hold the counts."""
        one, two, others = self.components, self.nested, self.others
        if one <= 1 and others == 0 and two == 0:
            return "easy"
        if two == 0 and ((others <= 2 and one <= 1) or (one <= 2 and others < 2)):
            return "medium"
        if two == 0 and ((others > 2 and one <= 2) or (2 < one <= 3 and others <= 2)):
            return "hard"
        return "hard" if one <= 1 and others == 0 and two <= 1 else "extra"


def hardness(sql: str, parsed: Mapping[str, Any] | None = None) -> str:
    """The level of a query, from its parsed form where the data has one; empty where it cannot be read."""
    try:
        counts = _from_parsed(parsed) if parsed is not None else _from_tree(parse_one(sql, dialect="sqlite"))
    except (SqlglotError, RecursionError, KeyError, TypeError, IndexError):
        # A level is a heading in a table of results: a query without one is listed without one.
        return ""
    return counts.level


def _from_parsed(sql: Mapping[str, Any]) -> Counts:
    """Counts in Spider's parsed form: lists of conditions with their connectives between them."""
    clauses = [sql["from"]["conds"], sql["where"], sql["having"]]
    conditions = [each for clause in clauses for each in clause[::2]]
    connectives = [each for clause in clauses for each in clause[1::2]]
    order = sql["orderBy"][1] if sql["orderBy"] else []
    components = sum(bool(sql[name]) for name in ("where", "groupBy", "orderBy"))
    components += (sql["limit"] is not None) + max(len(sql["from"]["table_units"]) - 1, 0)
    components += sum(each == "or" for each in connectives) + sum(each[1] == _LIKE for each in conditions)
    nested = sum(isinstance(value, dict) for each in conditions for value in each[3:5])
    nested += sum(sql[name] is not None for name in ("intersect", "except", "union"))
    units = [*sql["select"][1], *sql["groupBy"], *(unit for each in order for unit in each[1:3] if unit)]
    aggregates = sum(unit[0] != 0 for unit in units)
    # The paper's own script counts negated conditions here, and published levels depend on it.
    aggregates += sum(bool(each[0]) for each in [*sql["where"][::2], *sql["having"][::2]])
    return Counts(
        components, nested, _others(aggregates, len(sql["select"][1]), len(sql["where"]), len(sql["groupBy"]))
    )


def _from_tree(tree: exp.Expr) -> Counts:
    """The same counts in a syntax tree."""
    operations = 0
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        operations += isinstance(tree, exp.SetOperation)
        tree = tree.this
    if not isinstance(tree, exp.Select):
        raise TypeError("only a SELECT has a level")
    where, group, order = tree.args.get("where"), tree.args.get("group"), tree.args.get("order")
    joins = tree.args.get("joins") or []
    clauses = [each for each in (where, tree.args.get("having"), *(join.args.get("on") for join in joins)) if each]
    own = [node for clause in clauses for node in _own_nodes(clause)]
    components = sum(each is not None for each in (where, group, order, tree.args.get("limit")))
    components += len(joins) + sum(isinstance(node, exp.Or | exp.Like) for node in own)
    nested = min(operations, 1) + sum(isinstance(node, exp.Query) for node in own)
    parts = [*tree.expressions, *([group] if group else []), *([order] if order else [])]
    aggregates = sum(isinstance(node, exp.AggFunc) for part in parts for node in _own_nodes(part))
    aggregates += sum(isinstance(node, exp.Not) for node in own)
    conditions = 1 + sum(isinstance(node, exp.And | exp.Or) for node in _own_nodes(where)) if where else 0
    return Counts(
        components,
        nested,
        _others(aggregates, len(tree.expressions), conditions, len(group.expressions) if group else 0),
    )


def _others(aggregates: int, columns: int, conditions: int, keys: int) -> int:
    return sum(count > 1 for count in (aggregates, columns, conditions, keys))


def _own_nodes(tree: exp.Expr) -> Iterable[exp.Expr]:
    """The nodes of a tree; a query inside it is one node, and what is in it none."""
    return tree.walk(prune=lambda node: isinstance(node, exp.Query))
