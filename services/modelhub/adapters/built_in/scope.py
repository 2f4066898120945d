"""What the names in one SELECT of SQL mean: the tables of its FROM, the columns of a schema, and equations between."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from services.modelhub.adapters.built_in.from_clause import equal_sets
from services.modelhub.adapters.built_in.ir import STAR, ColumnRef, Join
from services.modelhub.adapters.built_in.schema import Schema


class NotRepresentable(ValueError):
    """SQL that the representation has no place for; the message says what."""


@dataclass
class Scope:
    """The FROM of a SELECT: its tables (columns "*") in order, by the names it gives them in lower case."""

    schema: Schema
    tables: dict[str, ColumnRef] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    filters: list[exp.Expr] = field(default_factory=list)

    def column(self, node: exp.Column) -> ColumnRef | None:
        """The column that is meant, None where it can only be a text in double quotes.

        Raises:
            NotRepresentable: No table of the FROM has it.
        """
        name = node.name.lower()
        if node.table:
            whole = self.tables.get(node.table.lower())
            if whole is None:
                raise NotRepresentable(f"{node.table} is no table of this SELECT")
            found = [whole]
        else:
            found = list(self.tables.values())
        for whole in found:
            for column in self.schema.tables[whole.table].columns:
                if column.name.lower() == name:
                    return ColumnRef(whole.table, column.name, whole.copy)
        if isinstance(node.this, exp.Identifier) and node.this.quoted and not node.table:
            return None
        raise NotRepresentable(f"no table of this SELECT has a column {node.name}")

    def rows(self, node: exp.Column) -> ColumnRef:
        """The table of `table.*`.

        Raises:
            NotRepresentable: It is no table of the FROM.
        """
        if node.table.lower() not in self.tables:
            raise NotRepresentable(f"{node.table} is no table of this SELECT")
        return self.tables[node.table.lower()]

    def equation(self, node: exp.Expr) -> Join | None:
        """The columns of two tables that a condition equates, None where it says anything else."""
        if not isinstance(node, exp.EQ):
            return None
        sides = [self.column(side) for side in (node.this, node.expression) if isinstance(side, exp.Column)]
        if len(sides) != 2 or sides[0] is None or sides[1] is None or sides[0].whole == sides[1].whole:
            return None
        return Join(sides[0], sides[1])

    def is_connected(self) -> bool:
        """Whether the equations reach every table."""
        return len(self._groups()) <= 1

    def are_connected(self, one: ColumnRef, other: ColumnRef) -> bool:
        """Whether the equations lead from one table to the other."""
        return any({one.whole, other.whole} <= group for group in self._groups())

    def _groups(self) -> frozenset[frozenset[ColumnRef]]:
        alone = [Join(whole, whole) for whole in self.tables.values()]
        return equal_sets([*alone, *(Join(join.left.whole, join.right.whole) for join in self.joins)])


def open_scope(select: exp.Select, schema: Schema) -> Scope:
    """Reads the FROM of a SELECT; conditions of its joins that equate no columns are kept as filters.

    Raises:
        NotRepresentable: It reads something other than tables of the schema, or joins them otherwise than by
            equations.
    """
    scope = Scope(schema)
    clause = select.args.get("from_")
    if clause is None:
        raise NotRepresentable("a SELECT without FROM")
    _add(scope, clause.this)
    for join in select.args.get("joins") or ():
        if join.side or join.method or join.kind not in {"", "INNER", "CROSS"}:
            raise NotRepresentable(f"a {' '.join(filter(None, (join.method, join.side, join.kind)))} JOIN")
        whole = _add(scope, join.this)
        for name in join.args.get("using") or ():
            scope.joins.append(_using(scope, whole, name.name))
    for join in select.args.get("joins") or ():
        for part in conjuncts(join.args.get("on")):
            equation = scope.equation(part)
            if equation is not None:
                scope.joins.append(equation)
            elif not isinstance(part, exp.Boolean):
                scope.filters.append(part)
    return scope


def refuse_other(node: exp.Expr, known: frozenset[str] | set[str]) -> None:
    """Refuses a node that says more than what is read of it, so that nothing is lost in silence.

    Raises:
        NotRepresentable: It has a part of another name.
    """
    for name, value in node.args.items():
        if value and name not in known:
            raise NotRepresentable(f"{name.strip('_')} in {node.key}")


def conjuncts(node: exp.Expr | None) -> Iterator[exp.Expr]:
    """The conditions that must all hold, left to right."""
    if isinstance(node, exp.Paren | exp.Where):
        yield from conjuncts(node.this)
    elif isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    elif node is not None:
        yield node


def _add(scope: Scope, node: exp.Expr) -> ColumnRef:
    if not isinstance(node, exp.Table):
        raise NotRepresentable("a query in FROM")
    refuse_other(node, {"this", "db", "alias"})
    key = _table(scope.schema, node)
    name = (node.alias or node.name).lower()
    if name in scope.tables:
        raise NotRepresentable(f"two tables are called {name}")
    copies = sum(whole.table == key for whole in scope.tables.values())
    scope.tables[name] = ColumnRef(key, STAR, copies)
    return scope.tables[name]


def _table(schema: Schema, node: exp.Table) -> str:
    """The table's key in the schema; its qualifier may be left out or be the schema's."""
    for key, table in schema.tables.items():
        if table.name.lower() == node.name.lower() and (not node.db or table.schema.lower() in {"", node.db.lower()}):
            return key
    raise NotRepresentable(f"there is no table {node.name}")


def _using(scope: Scope, whole: ColumnRef, name: str) -> Join:
    new = exp.column(name, next(called for called, table in scope.tables.items() if table == whole))
    right = scope.column(new)
    for earlier in scope.tables:
        try:
            left = scope.column(exp.column(name, earlier))
        except NotRepresentable:
            continue
        if left is not None and right is not None and left.whole != whole:
            return Join(left, right)
    raise NotRepresentable(f"no earlier table has a column {name} to join by")
