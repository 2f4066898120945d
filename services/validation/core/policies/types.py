"""Types that a PostgreSQL statement names: every table is one too, and a cast to it tells the table's columns."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pglast import parser
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.validation.core.policies.restrict import RestrictedCatalog

# What PostgreSQL's regenerated text holds wherever it names a type: casts, and functions with typed columns.
_NAMING = ("::", "cast", "json", "xml", "record")


def foreign_type(sql: str, catalog: RestrictedCatalog) -> str:
    """The first type that is neither PostgreSQL's own nor that of a column that is shown; empty where there is none."""
    lowered = sql.lower()
    if not any(word in lowered for word in _NAMING):
        return ""
    for names in _type_names(json.loads(parser.parse_sql_json(sql))):
        if names[0] == "pg_catalog" or (len(names) == 1 and _is_built_in(names[0])):
            continue
        written = names[-1].lower()
        if not any(each.replace('"', "").rstrip("[]").rpartition(".")[2] == written for each in catalog.types):
            return ".".join(names)
    return ""


def _type_names(value: Any) -> Iterator[list[str]]:
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, dict):
            kind = each.get("TypeName") or each.get("typeName")
            if isinstance(kind, dict) and "names" in kind:
                yield [part["String"]["sval"] for part in kind["names"]]
            stack.extend(each.values())


@lru_cache(maxsize=1024)
def _is_built_in(name: str) -> bool:
    try:
        kind = exp.DataType.build(name, dialect="postgres")
    except (SqlglotError, ValueError):
        return False
    return kind.this is not exp.DataType.Type.USERDEFINED
