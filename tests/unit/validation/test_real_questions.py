"""Statements that people wrote for real databases: the check agrees with SQLite on each, and changes no result."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from services.kit.catalog import Column, Table
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS

STATEMENTS = 400


def open_catalog(path: Path) -> tuple[sqlite3.Connection, Catalog]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.text_factory = bytes
    names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    tables = []
    for name in [row[0].decode() for row in names.fetchall()]:
        columns = database.execute(f'PRAGMA table_info("{name}")').fetchall()
        tables.append(Table("", name, columns=tuple(Column(row[1].decode()) for row in columns)))
    return database, Catalog(DIALECTS["sqlite"], tables)


def result(database: sqlite3.Connection, sql: str) -> Any:
    try:
        return database.execute(sql).fetchmany(1000)
    except sqlite3.Error:
        return None


def test_the_check_agrees_with_sqlite_and_the_text_that_runs_has_the_same_rows(shared_data: Path) -> None:
    folder = shared_data / "spider-train"
    opened: dict[str, tuple[sqlite3.Connection, Catalog]] = {}
    differing = []
    items = json.loads((folder / "valid.json").read_text())
    for item in items[:: max(1, len(items) // STATEMENTS)]:
        name, sql = item["db_id"], item.get("query") or item["golds"][0]
        if name not in opened:
            opened[name] = open_catalog(folder / "database" / name / f"{name}.sqlite")
        database, catalog = opened[name]
        check = check_statement(sql, catalog)
        expected = result(database, sql)
        if check.allowed != (expected is not None) or (check.allowed and result(database, check.sql) != expected):
            differing.append((name, sql, check.findings))
    for database, _ in opened.values():
        database.close()
    assert differing == []
