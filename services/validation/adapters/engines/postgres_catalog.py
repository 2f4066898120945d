"""What a PostgreSQL database holds, read from its catalogs in three queries and one small read of each table."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from services.kit.catalog import Column, ForeignKey, Table
from services.validation.adapters.engines.sampling import MAX_CHARACTERS, SAMPLE_ROWS, samples_of
from services.validation.core.describe import column_type, is_sensitive
from services.validation.core.plans.model import TableSize

_WANTED = """
nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'
AND (%(schemas)s::text[] = '{}' OR nspname = ANY (%(schemas)s::text[]))
"""
_RELATIONS = f"""
SELECT c.oid, nspname, relname, relkind, obj_description(c.oid, 'pg_class'),
       CASE WHEN relkind IN ('r', 'm', 'p') THEN reltuples::bigint ELSE -1 END
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition AND {_WANTED}
  AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
ORDER BY nspname, relname
LIMIT 20000
"""
_COLUMNS = """
SELECT attrelid, attname, format_type(atttypid, atttypmod), NOT attnotnull, col_description(attrelid, attnum), typtype
FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
WHERE attrelid = ANY (%(oids)s::oid[]) AND attnum > 0 AND NOT attisdropped
  AND has_column_privilege(attrelid, attnum, 'SELECT')
ORDER BY attrelid, attnum
"""
_CONSTRAINTS = """
SELECT contype, conrelid, confrelid,
       ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k (number, position)
             JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY position),
       ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k (number, position)
             JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY position)
FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid = ANY (%(oids)s::oid[]) ORDER BY conname
"""
_INDEXES = f"""
SELECT nspname || '.' || c.relname, i.relname, indisunique, indpred IS NOT NULL, coalesce(attname::text, '')
FROM pg_index x JOIN pg_class i ON i.oid = indexrelid JOIN pg_class c ON c.oid = indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = i.relam
CROSS JOIN LATERAL unnest(indkey::int2[]) WITH ORDINALITY k (number, position)
LEFT JOIN pg_attribute ON attrelid = c.oid AND attnum = k.number AND k.number > 0
WHERE {_WANTED} AND indisvalid AND amname IN ('btree', 'hash') AND position <= indnkeyatts
  AND has_any_column_privilege(c.oid, 'SELECT')
ORDER BY 1, 2, position
"""
# What the files of a table hold now; its rows in the density that was last counted, -1 where they never were.
_SIZES = """
SELECT w.schema, w.name, CASE WHEN reltuples < 0 OR relkind NOT IN ('r', 'm') THEN reltuples
         WHEN relpages = 0 THEN 0 ELSE reltuples / relpages * (size / current_setting('block_size')::int) END::float8,
       CASE WHEN relkind IN ('r', 'm') THEN size ELSE -1 END::float8
FROM unnest(%(schemas)s::text[], %(names)s::text[]) w (schema, name)
JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid AND relname = w.name
CROSS JOIN LATERAL (SELECT pg_relation_size(c.oid)::float8 AS size) s
"""
# How long the samples of one table may take: those of a large view or a foreign table are done without.
_SAMPLES_MS = 1000


async def introspect(
    session: psycopg.AsyncConnection[TupleRow], schemas: Sequence[str]
) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    """Tables and views that the login may read, with the keys between them."""
    relations = await (await session.execute(_RELATIONS, {"schemas": list(schemas)})).fetchall()
    oids = {"oids": [row[0] for row in relations]}
    columns: dict[int, list[TupleRow]] = defaultdict(list)
    for row in await (await session.execute(_COLUMNS, oids)).fetchall():
        columns[row[0]].append(row)
    constraints = await (await session.execute(_CONSTRAINTS, oids)).fetchall()
    names = {row[0]: f"{row[1]}.{row[2]}" for row in relations}
    await session.execute(f"SET statement_timeout = {_SAMPLES_MS}")
    tables = [await _table(session, row, columns[row[0]], constraints) for row in relations]
    keys = tuple(
        ForeignKey(names[table], tuple(own), names[referred], tuple(theirs))
        for kind, table, referred, own, theirs in constraints
        if kind == "f" and referred in names
    )
    return tuple(tables), keys


async def index_rows(
    session: psycopg.AsyncConnection[TupleRow], schemas: Sequence[str]
) -> list[tuple[str, str, bool, bool, str]]:
    """The indexes of what the login may read, for `indexes_of`."""
    found = await (await session.execute(_INDEXES, {"schemas": list(schemas)})).fetchall()
    return [(str(table), str(name), bool(unique), bool(partial), str(at)) for table, name, unique, partial, at in found]


async def sizes_of(
    session: psycopg.AsyncConnection[TupleRow], tables: Collection[tuple[str, str]]
) -> dict[str, TableSize]:
    """How large tables are, by their qualified names; the planner is asked where rows were never counted."""
    if not tables:
        return {}
    wanted = {"schemas": [schema for schema, _ in tables], "names": [name for _, name in tables]}
    found = {}
    for schema, name, rows, size in await (await session.execute(_SIZES, wanted)).fetchall():
        if rows < 0:
            query = sql.SQL("EXPLAIN (FORMAT JSON) SELECT 1 FROM {}").format(sql.Identifier(schema, name))
            (document,) = (await (await session.execute(query)).fetchone()) or ("",)
            document = json.loads(document) if isinstance(document, str | bytes) else document
            rows = document[0]["Plan"]["Plan Rows"]  # noqa: PLW2901  The planner's guess takes the place of none.
        found[f"{schema}.{name}"] = TableSize(float(rows), float(size))
    return found


async def _table(
    session: psycopg.AsyncConnection[TupleRow], row: TupleRow, described: list[TupleRow], constraints: list[TupleRow]
) -> Table:
    oid, schema, name, kind, comment, rows = row
    primary = next((set(each[3]) for each in constraints if each[0] == "p" and each[1] == oid), set())
    alone = {each[3][0] for each in constraints if each[0] in "pu" and each[1] == oid and len(each[3]) == 1}
    columns = tuple(
        Column(
            name=column,
            type=column_type("enum" if typtype == "e" else native),
            native_type=native,
            nullable=nullable,
            is_primary_key=column in primary,
            is_unique=column in alone,
            comment=remark or "",
            is_sensitive=is_sensitive(column),
        )
        for _, column, native, nullable, remark, typtype in described
    )
    data = await _first_rows(session, schema, name, columns) if kind in "rmp" else []
    samples = samples_of(columns, data)
    sampled = tuple(replace(column, samples=values) for column, values in zip(columns, samples, strict=True))
    return Table(schema, name, "view" if kind in "vm" else "table", comment or "", sampled, int(rows))


async def _first_rows(
    session: psycopg.AsyncConnection[TupleRow], schema: str, name: str, columns: Sequence[Column]
) -> list[Any]:
    shown = [
        sql.SQL("NULL")
        if column.is_sensitive
        else sql.SQL("left({}::text, {})").format(sql.Identifier(column.name), sql.Literal(MAX_CHARACTERS))
        for column in columns
    ]
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(
        sql.SQL(", ").join(shown), sql.Identifier(schema, name), sql.Literal(SAMPLE_ROWS)
    )
    # Samples help; a table that gives none in time is still a table.
    with suppress(psycopg.errors.QueryCanceled, psycopg.ProgrammingError, psycopg.DataError):
        return await (await session.execute(query)).fetchall()
    return []
