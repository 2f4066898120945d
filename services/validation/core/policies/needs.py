"""Which columns a statement may read, by their names alone, so that a derived table holds no more than it has to."""

from collections.abc import Iterable

from sqlglot import exp

# What reads columns without naming them.
_UNNAMED = (exp.Columns, exp.Pivot, exp.PositionalColumn, exp.Summarize, exp.Describe)


def names_used(tree: exp.Expr) -> frozenset[str] | None:
    """Every name in a statement, in one letter case; None where columns may be read that are not named.

    That errs on the side of more: a name counts wherever it stands and whatever it means there.
    """
    relations = {each.alias_or_name.casefold() for each in tree.find_all(exp.Table, exp.Subquery, exp.CTE)}
    names: set[str] = set()
    for node in tree.walk():
        if isinstance(node, exp.Identifier):
            names.add(node.name.casefold())
        elif isinstance(node, exp.Star):
            if not isinstance(node.parent, exp.Count):
                return None
        elif isinstance(node, exp.Column):
            # A relation's name where a column stands means its whole rows.
            if not node.table and node.name.casefold() in relations:
                return None
        elif isinstance(node, _UNNAMED) or _is_by_position(node):
            return None
    return frozenset(names)


def kept(visible: Iterable[str], names: frozenset[str] | None) -> tuple[str, ...]:
    """The columns of a table that may be read, and one of them in any case: a table needs one."""
    columns = tuple(visible)
    if names is None:
        return columns
    return tuple(each for each in columns if each.casefold() in names) or columns[:1]


def _is_by_position(node: exp.Expr) -> bool:
    if isinstance(node, exp.TableAlias):
        return bool(node.args.get("columns")) and not isinstance(node.parent, exp.CTE)
    return isinstance(node, exp.Join) and node.method == "NATURAL"
