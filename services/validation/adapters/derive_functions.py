"""Derives `core/functions/{postgres,duckdb,mysql}.toml` from the engines and what has been reviewed by hand.

python -m services.validation.adapters.derive_functions postgres "host=… dbname=…"
python -m services.validation.adapters.derive_functions duckdb
python -m services.validation.adapters.derive_functions mysql /run/mysqld/mysqld.sock

The reviewed part of postgres and duckdb is their row of `core/dialects`; that of mysql, which says least about its
functions, is `mysql_functions.toml` beside this file. The other dialects' lists are written by hand.
"""

import sys
import textwrap
import tomllib
from collections.abc import Iterable
from getpass import getuser
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pymysql

from services.validation.core.dialects import DIALECTS, FUNCTIONS, Dialect, words

# One row per name: what `internal` and its like mark is only for the server itself; what an operator calls has the
# operator, and the few that people also call by name are listed in the dialect's row.
POSTGRES_FUNCTIONS = """
select proname,
       case when bool_or(prokind in ('a', 'w')) then 'aggregate'
            when bool_or(provolatile = 'v') then 'volatile'
            when bool_or(provolatile = 's') then 'stable'
            else 'immutable' end
from pg_proc
where pronamespace = 'pg_catalog'::regnamespace and prokind in ('f', 'a', 'w')
  and not proargtypes::oid[] && array['internal', 'cstring']::regtype[]::oid[]
  and prorettype <> all (array['internal', 'cstring', 'trigger', 'event_trigger', 'language_handler', 'fdw_handler',
                               'index_am_handler', 'table_am_handler', 'tsm_handler']::regtype[])
  and (not exists (select from pg_operator where oprcode = pg_proc.oid) or proname = any (%s))
group by proname order by proname
"""
POSTGRES_RELATIONS = """
select relname from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind in ('r', 'v') order by relname
"""
DUCKDB_FUNCTIONS = """
select function_name,
       case when bool_or(function_type in ('aggregate', 'window')) then 'aggregate'
            when bool_or(stability = 'VOLATILE') then 'volatile'
            when bool_or(stability = 'CONSISTENT_WITHIN_QUERY') then 'stable'
            else 'immutable' end
from duckdb_functions()
where function_type in ('scalar', 'aggregate', 'window', 'macro')
  and regexp_full_match(function_name, '[a-z_][a-z0-9_]*')
group by 1 order by 1
"""
DUCKDB_RELATIONS = (
    "select distinct view_name from duckdb_views() where internal and schema_name <> 'information_schema' order by 1"
)
MYSQL_FUNCTIONS = "select lower(function) from information_schema.sql_functions order by 1"
MYSQL_REVIEWED = Path(__file__).with_name("mysql_functions.toml")


def allowed(dialect: Dialect, rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The functions by kind, without those that the dialect's row denies; volatile ones only where it lists them."""
    kinds: dict[str, list[str]] = {"immutable": [], "stable": [], "aggregate": [], "volatile": []}
    for name, kind in rows:
        listed = kind != "volatile" or name in dialect.harmless_volatile
        if listed and (name in dialect.harmless_volatile or dialect.denial(name) is None):
            kinds[kind].append(name)
    return kinds


def reviewed_kinds(named: Iterable[str], reviewed: dict[str, Any]) -> dict[str, list[str]]:
    """The functions by kind of a server that gives their names alone, with those that it leaves out.

    A name is immutable unless the reviewed tables say otherwise.
    """
    kinds = {kind: set(words(reviewed["added"][kind])) for kind in ("immutable", "stable", "aggregate", "volatile")}
    told = {name: kind for kind in ("stable", "aggregate", "volatile") for name in words(reviewed[kind])}
    for name in set(named) - words(reviewed["refused"]):
        kinds[told.get(name, "immutable")].add(name)
    return {kind: sorted(names) for kind, names in kinds.items()}


def mysql_named(connection: str) -> tuple[str, list[str]]:
    """The version of a MariaDB server ("MariaDB 10.11") and the functions it names.

    Args:
        connection: The path of a socket or the name of a host, after "user@" where that is not who runs this.
    """
    user, _, where = connection.rpartition("@")
    address = {"unix_socket": where} if where.startswith("/") else {"host": where}
    with pymysql.connect(user=user or getuser(), **address) as server, server.cursor() as cursor:
        cursor.execute("select version()")
        version = cursor.fetchone()[0]
        cursor.execute(MYSQL_FUNCTIONS)
        return f"MariaDB {'.'.join(version.split('.')[:2])}", [row[0] for row in cursor.fetchall()]


def write(name: str, version: str, reviewed: str, kinds: dict[str, list[str]], relations: list[str]) -> Path:
    """Writes the dialect's file and returns its path."""
    parts = [f"# Derived from {version} by services/validation/adapters/derive_functions.py; the reviewed part is"]
    parts.append(f"# {reviewed}. Not edited by hand.\n")
    for kind, names in (*kinds.items(), ("relations", relations)):
        body = "\n".join(textwrap.wrap(" ".join(names), 118, break_on_hyphens=False))
        parts.append(f'{kind} = """\n{body}\n"""\n' if body else f'{kind} = ""\n')
    path = FUNCTIONS / f"{name}.toml"
    path.write_text("\n".join(parts))
    return path


def main(name: str, connection: str = "") -> None:
    """Derives one dialect's file."""
    reviewed, relations = f"core/dialects/{name}.toml", []
    if name == "mysql":
        version, named = mysql_named(connection)
        kinds = reviewed_kinds(named, tomllib.loads(MYSQL_REVIEWED.read_text()))
        reviewed = f"{MYSQL_REVIEWED.name} beside it"
    elif name == "postgres":
        with psycopg.connect(connection) as postgres:
            version = f"PostgreSQL {postgres.info.server_version // 10000}"
            functions = postgres.execute(POSTGRES_FUNCTIONS, [sorted(DIALECTS[name].behind_operators)]).fetchall()
            relations = [row[0] for row in postgres.execute(POSTGRES_RELATIONS)]
        kinds = allowed(DIALECTS[name], functions)
    else:
        with duckdb.connect() as engine:
            version = f"DuckDB {duckdb.__version__}"
            rows = engine.execute(DUCKDB_FUNCTIONS).fetchall()
            relations = [row[0] for row in engine.execute(DUCKDB_RELATIONS).fetchall()]
        kinds = allowed(DIALECTS[name], rows)
    path = write(name, version, reviewed, kinds, relations)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
