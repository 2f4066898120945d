"""PostgreSQL's own grammar (libpg_query through pglast) as the second reader of every PostgreSQL statement."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import parser

from services.validation.core.dialects import words
from services.validation.core.guard.parsing import syntax_finding
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

# The only nodes of PostgreSQL's raw parse tree that a statement may hold (src/include/nodes/parsenodes.h).
NODES = words("""
    A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star Alias BoolExpr Boolean BooleanTest CTECycleClause
    CTESearchClause CaseExpr CaseWhen CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr DefElem Float
    FuncCall GroupingFunc GroupingSet Integer JoinExpr JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor
    JsonArrayQueryConstructor JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg
    JsonObjectConstructor JsonOutput JsonParseExpr JsonScalarExpr JsonSerializeExpr JsonTable JsonTableColumn
    JsonTablePathSpec JsonValueExpr List MinMaxExpr NamedArgExpr NullTest RangeFunction RangeSubselect RangeTableFunc
    RangeTableFuncCol RangeTableSample RangeVar ResTarget RowExpr SQLValueFunction SelectStmt SortBy String SubLink
    TypeCast TypeName WindowDef WithClause XmlExpr XmlSerialize BitString
    """)
_PLACES = re.compile(r'"(?:location|stmt_len|stmt_location|list_start|list_end|rexpr_list_(?:start|end))":-?\d+,?')
_LOOSE_COMMA = re.compile(r",(?=[}\]])")


@dataclass(frozen=True, slots=True)
class Function:
    """A call in PostgreSQL's tree. `by_syntax` where the grammar itself made it, as for EXTRACT."""

    schema: str
    name: str
    offset: int
    by_syntax: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What PostgreSQL's grammar sees in a statement; relations as sorted (schema, name)."""

    tree: str
    relations: tuple[tuple[str, str], ...]
    functions: tuple[Function, ...]
    forbidden: tuple[str, int] | None


def read(text: Text, sql: str) -> Facts | Finding:
    """What PostgreSQL reads in `sql`, or the finding for its first syntax error, at its place in the text."""
    try:
        tree = parser.parse_sql_json(sql)
        document = json.loads(tree)
    except parser.ParseError as error:
        return _syntax(text, error)
    except RecursionError:
        return Finding("SQL_TOO_LARGE", "The statement is too deep. Split it.")
    statements = document.get("stmts", [])
    if len(statements) != 1:
        return Finding("SQL_MULTIPLE_STATEMENTS", "Send exactly one statement.")
    return _facts(tree, statements[0]["stmt"])


def regenerate(sql: str, facts: Facts) -> str | None:
    """The statement written anew from PostgreSQL's tree, or None where reading it again gives another tree."""
    try:
        written = parser.deparse_protobuf(parser.parse_sql_protobuf(sql))
        again = parser.parse_sql_json(written)
    except (parser.ParseError, parser.DeparseError):
        return None
    return str(written) if _without_places(again) == _without_places(facts.tree) else None


def _facts(tree: str, statement: dict[str, Any]) -> Facts:
    relations: list[tuple[str, str]] = []
    functions: list[Function] = []
    forbidden = None if set(statement) == {"SelectStmt"} else (next(iter(statement)), 0)
    for kind, node in _nodes(statement):
        if kind not in NODES and forbidden is None:
            forbidden = (kind, int(node.get("location", 0)))
        elif kind == "RangeVar":
            relations.append((node.get("schemaname", ""), node["relname"]))
            if node.get("catalogname"):
                forbidden = forbidden or ("another database", int(node.get("location", 0)))
        elif kind == "FuncCall":
            *schema, name = [part["String"]["sval"] for part in node["funcname"]]
            by_syntax = node.get("funcformat") == "COERCE_SQL_SYNTAX"
            functions.append(Function(".".join(schema), name, int(node.get("location", 0)), by_syntax))
        elif kind == "A_Expr" and len(node.get("name", ())) > 1 and node["name"][0]["String"]["sval"] != "pg_catalog":
            forbidden = forbidden or ("operator", int(node.get("location", 0)))
        elif kind == "SelectStmt" and ("intoClause" in node or "lockingClause" in node):
            forbidden = forbidden or ("lock" if "lockingClause" in node else "into", 0)
    return Facts(tree, tuple(sorted(relations)), tuple(functions), forbidden)


def _nodes(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    stack: list[Any] = [statement]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            for key, child in value.items():
                if key[0].isupper() and isinstance(child, dict):
                    yield key, child
                if isinstance(child, (dict, list)):
                    stack.append(child)


def _without_places(tree: str) -> str:
    return _LOOSE_COMMA.sub("", _PLACES.sub("", tree))


def _syntax(text: Text, error: parser.ParseError) -> Finding:
    message = str(error.args[0]) if error.args else ""
    near = re.search(r'at or near "(.*)"$', message, re.DOTALL)
    offset = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else None
    what = near.group(1) if near else ""
    where = len(text.sql) if offset is None else _character(text.sql, offset, what)
    return syntax_finding(text, where, what)


def _character(sql: str, offset: int, what: str) -> int:
    """The character that the parser's offset means, which it gives in characters: next to the word where it has one."""
    if what and not sql.startswith(what, offset):
        near = sql.rfind(what, 0, offset + len(what))
        return near if near >= 0 else min(offset, len(sql))
    return min(offset, len(sql))
