"""Which names of a statement are tables of the database, and which are its own WITH queries.

The guard may be generous here, since it only asks whether there is such a table. A policy may not: a table that is
taken for a WITH query would be read as it is. So a name counts as a WITH query only where the engine cannot see a table
in it, by the rules of each: https://www.postgresql.org/docs/current/queries-with.html (a query sees those before it,
and with RECURSIVE itself), https://www.sqlite.org/lang_with.html (all see each other), DuckDB as tried.
"""

import enum
from collections.abc import Iterator

from sqlglot import exp

from services.validation.core.dialects import Dialect

# Where a WITH query that is not recursive reads a table when it names itself or one that comes later.
_READS_TABLES = frozenset({"postgres", "duckdb", "mysql", "trino", "bigquery"})


class Meaning(enum.Enum):
    """What the name of a relation means."""

    TABLE = "a table of the database"
    WITH_QUERY = "a WITH query of the statement"
    UNCERTAIN = "one or the other, by the engine's version or the query's shape"


def named_relations(tree: exp.Expr, dialect: Dialect) -> Iterator[tuple[exp.Table, Meaning]]:
    """The relations of a statement that have a name, with what it means."""
    # `exp.Table` stands for the name of an index too (INDEXED BY): taken for a table, it is unknown, and refused.
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier):
            yield table, meaning(table, dialect)


def meaning(table: exp.Table, dialect: Dialect) -> Meaning:
    """What the name of a relation means where it stands."""
    if table.args.get("db") or table.args.get("catalog"):
        return Meaning.TABLE
    key = _key(table.this, dialect)
    node: exp.Expr = table
    within: exp.CTE | None = None
    while (parent := node.parent) is not None:
        if isinstance(node, exp.CTE):
            within = node
        elif (with_ := parent.args.get("with_")) is not None and not isinstance(node, exp.With):
            if any(_defines(each, key, dialect) for each in with_.expressions):
                return Meaning.WITH_QUERY
        elif isinstance(node, exp.With) and within is not None:
            found = _among_neighbours(table, key, within, node, dialect)
            if found is not None:
                return found
        node = parent
    return Meaning.TABLE


def _among_neighbours(table: exp.Table, key: str, within: exp.CTE, with_: exp.With, dialect: Dialect) -> Meaning | None:
    """What a name means inside one query of a WITH, by the others; None where none of them has it."""
    position = next(place for place, each in enumerate(with_.expressions) if each is within)
    before, after = with_.expressions[:position], with_.expressions[position + 1 :]
    if any(_defines(each, key, dialect) for each in before):
        return Meaning.WITH_QUERY
    itself = _defines(within, key, dialect)
    if not itself and not any(_defines(each, key, dialect) for each in after):
        return None
    if dialect.name == "sqlite":
        return Meaning.WITH_QUERY
    if with_.args.get("recursive"):
        return Meaning.WITH_QUERY if itself and _is_repeated(table, within) else Meaning.UNCERTAIN
    return None if dialect.name in _READS_TABLES else Meaning.UNCERTAIN


def _is_repeated(table: exp.Table, within: exp.CTE) -> bool:
    """Whether a table stands in the repeated part of a recursive query: on the right of its outermost UNION."""
    body = within.this
    node: exp.Expr = table
    while node.parent is not None and node.parent is not body:
        node = node.parent
    return isinstance(body, exp.Union) and node.parent is body and node.arg_key == "expression"


def _defines(query: exp.Expr, key: str, dialect: Dialect) -> bool:
    alias = query.args.get("alias")
    name = alias.this if isinstance(alias, exp.TableAlias) else None
    return isinstance(name, exp.Identifier) and _key(name, dialect) == key


def _key(identifier: exp.Expr, dialect: Dialect) -> str:
    return dialect.key(identifier.name, quoted=bool(identifier.args.get("quoted")))
