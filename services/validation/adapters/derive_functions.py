"""Derives `core/functions/{postgres,duckdb}.toml` from the engines and the reviewed rows of `core/dialects`.

python -m services.validation.adapters.derive_functions postgres "host=… dbname=…"
python -m services.validation.adapters.derive_functions duckdb
"""

import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import duckdb
import psycopg

from services.validation.core.dialects import DIALECTS, FUNCTIONS, Dialect

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


def allowed(dialect: Dialect, rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The functions by kind, without those that the dialect's row denies; volatile ones only where it lists them."""
    kinds: dict[str, list[str]] = {"immutable": [], "stable": [], "aggregate": [], "volatile": []}
    for name, kind in rows:
        listed = kind != "volatile" or name in dialect.harmless_volatile
        if listed and (name in dialect.harmless_volatile or dialect.denial(name) is None):
            kinds[kind].append(name)
    return kinds


def write(dialect: Dialect, version: str, kinds: dict[str, list[str]], relations: list[str]) -> Path:
    """Writes the dialect's file and returns its path."""
    parts = [f"# Derived from {version} by services/validation/adapters/derive_functions.py; the reviewed part is"]
    parts.append(f"# core/dialects/{dialect.name}.toml. Not edited by hand.\n")
    for kind, names in (*kinds.items(), ("relations", relations)):
        body = "\n".join(textwrap.wrap(" ".join(names), 118, break_on_hyphens=False))
        parts.append(f'{kind} = """\n{body}\n"""\n')
    path = FUNCTIONS / f"{dialect.name}.toml"
    path.write_text("\n".join(parts))
    return path


def main(name: str, connection: str = "") -> None:
    """Derives one dialect's file."""
    dialect = DIALECTS[name]
    if name == "postgres":
        with psycopg.connect(connection) as postgres:
            version = f"PostgreSQL {postgres.info.server_version // 10000}"
            functions = postgres.execute(POSTGRES_FUNCTIONS, [sorted(dialect.behind_operators)]).fetchall()
            relations = [row[0] for row in postgres.execute(POSTGRES_RELATIONS)]
    else:
        with duckdb.connect() as engine:
            version = f"DuckDB {duckdb.__version__}"
            functions = engine.execute(DUCKDB_FUNCTIONS).fetchall()
            relations = [row[0] for row in engine.execute(DUCKDB_RELATIONS).fetchall()]
    path = write(dialect, version, allowed(dialect, functions), relations)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
