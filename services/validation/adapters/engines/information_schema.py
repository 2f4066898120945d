"""What a database holds, read from its information schema: the queries are data, one table of them for each dialect."""

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sqlglot import exp

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.describe import column_type, is_sensitive
from services.validation.core.model import ColumnRef

# The most rows that are read of one query: 20,000 tables are described by fewer in any schema that people use.
MAX_ROWS = 400_000
QUERIES: Mapping[str, Mapping[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())

# Asks a query: the names of its columns, and its rows.
Ask = Callable[[str], tuple[Sequence[str], Iterable[Sequence[Any]]]]


def queries(dialect: str, place: tuple[str, str]) -> dict[str, str]:
    """The queries of a dialect, by what they read, for a database (or project, or catalogue) and a schema of it."""
    database, schema = place
    words = {
        "database": exp.to_identifier(database, quoted=True).sql(dialect),
        "schema": exp.to_identifier(schema, quoted=True).sql(dialect),
        "schema_text": exp.Literal.string(schema).sql(dialect),
        "database_text": exp.Literal.string(database).sql(dialect),
    }
    found = {}
    for name, text in QUERIES[dialect]["queries"].items():
        query = text
        for word, value in words.items():
            query = query.replace("{" + word + "}", value)
        found[name] = query
    return found


def read(dialect: str, place: tuple[str, str], ask: Ask) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    """Tables and views with their columns, and the keys between them.

    Args:
        dialect: Whose queries are asked.
        place: See `queries`.
        ask: Asks one.
    """
    asked = queries(dialect, place)
    rows = partial(_rows, dialect, ask)
    columns: dict[tuple[str, str], list[Sequence[Any]]] = defaultdict(list)
    for row in rows(asked["columns"]):
        columns[row[0], row[1]].append(row[2:])
    keys: dict[tuple[str, str, str, str], list[Sequence[Any]]] = defaultdict(list)
    for name in sorted(each for each in asked if each.startswith("keys")):
        for row in rows(asked[name]):
            keys[row[0], row[1], row[2], row[3]].append(row[4:])
    alone = {(*key[:2], parts[0][0]) for key, parts in keys.items() if key[3] != "FOREIGN KEY" and len(parts) == 1}
    primary = {(*key[:2], part[0]) for key, parts in keys.items() if key[3] == "PRIMARY KEY" for part in parts}
    tables = []
    for schema, name, kind, comment, count in rows(asked["tables"]):
        described = tuple(
            _column(dialect, row, primary=(schema, name, row[0]) in primary, unique=(schema, name, row[0]) in alone)
            for row in columns[schema, name]
        )
        shown: Literal["table", "view"] = "view" if "view" in str(kind).lower() else "table"
        tables.append(Table(schema, name, shown, comment or "", described, -1 if count is None else int(count)))
    known = {table.qualified_name for table in tables}
    links = (_foreign_key(*key[:2], parts) for key, parts in keys.items() if key[3] == "FOREIGN KEY")
    return tuple(tables), tuple(link for link in links if {link.table, link.referred_table} <= known)


def type_of(dialect: str, native: str) -> ColumnType:
    """The normal type of a type as the product names it, where it means by a name what others do not."""
    own = QUERIES[dialect]["types"].get(native.partition("(")[0].strip().lower())
    return ColumnType(own) if own else column_type(native)


def distinct_values(dialect: str, column: ColumnRef, limit: int) -> str:
    """The query for some distinct values of a column as text."""
    name = exp.column(column.column, quoted=True)
    query = exp.select(exp.cast(name.copy(), "text").as_("value")).distinct().from_(_table(column.table))
    return query.where(exp.Not(this=exp.Is(this=name, expression=exp.null()))).limit(limit).sql(dialect)


def first_rows(dialect: str, table: Table, rows: int, characters: int) -> str:
    """The query for the first rows of a table, as short texts; NULL for what is sensitive or no text at all."""
    shown = [
        exp.null()
        if column.is_sensitive or column.type in {ColumnType.BINARY, ColumnType.OTHER}
        else exp.Left(
            this=exp.cast(exp.column(column.name, quoted=True), "text"), expression=exp.Literal.number(characters)
        )
        for column in table.columns
    ]
    named = [each.as_(f"c{position}") for position, each in enumerate(shown)]
    return exp.select(*named).from_(_table(table.qualified_name)).limit(rows).sql(dialect)


def _rows(dialect: str, ask: Ask, query: str) -> Iterable[Sequence[Any]]:
    """A query's rows, in the order of columns that the table of queries says where the product has its own."""
    names, rows = ask(query)
    for beginning, wanted in QUERIES[dialect].get("show", {}).items():
        if query.startswith(beginning):
            at = [None if each.startswith("=") else names.index(each) for each in wanted]
            return [
                [word[1:] if place is None else row[place] for word, place in zip(wanted, at, strict=True)]
                for row in rows
            ]
    return rows


def _column(dialect: str, row: Sequence[Any], *, primary: bool, unique: bool) -> Column:
    name, kind, native, nullable, comment = row
    return Column(
        name=name,
        type=type_of(dialect, str(kind)),
        native_type=str(native),
        nullable=nullable in {True, "YES"} and not primary,
        is_primary_key=primary,
        is_unique=unique,
        is_sensitive=is_sensitive(name),
        comment=comment or "",
    )


def _foreign_key(schema: str, table: str, parts: Sequence[Sequence[Any]]) -> ForeignKey:
    _, referred_schema, referred, _ = parts[0]
    return ForeignKey(
        f"{schema}.{table}",
        tuple(part[0] for part in parts),
        f"{referred_schema}.{referred}",
        tuple(part[3] for part in parts),
    )


def _table(qualified_name: str) -> exp.Table:
    first, dot, rest = qualified_name.partition(".")
    schema = exp.to_identifier(first, quoted=True) if dot else None
    return exp.table_(exp.to_identifier(rest if dot else first, quoted=True), db=schema)
