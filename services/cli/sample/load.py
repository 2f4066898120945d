"""Puts the sample into a SQLite file, a PostgreSQL database or a dataset for `candor eval`."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg import sql

from services.cli.sample.rows import rows


def write_sqlite(path: Path) -> None:
    """Write the sample as a SQLite file, replacing what is there only when it is complete. About two seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".db")
    os.close(handle)
    try:
        database = sqlite3.connect(temporary)
        try:
            database.executescript(_script("schema.sql"))
            for table, content in rows().items():
                marks = ", ".join("?" for _ in content[0])
                database.executemany(f"INSERT INTO {table} VALUES ({marks})", map(_for_sqlite, content))
            database.commit()
            database.execute("ANALYZE")
            database.commit()
        finally:
            database.close()
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def ensure_sqlite(path: Path) -> Path:
    """The SQLite file at `path`, written first where there is none; safe when several processes ask at once."""
    if not path.exists():
        write_sqlite(path)
    return path


def load_postgres(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Create the sample's tables in the first schema of the connection's search path, fill and describe them.

    One transaction, about two seconds; the database must not have tables of these names. Who may read them is the
    caller's to grant.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_script("schema.sql").encode())
        for table, content in rows().items():
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                for row in content:
                    copy.write_row(row)
        cursor.execute(_script("comments.sql").encode())
        cursor.execute("ANALYZE")


def questions() -> list[dict[str, str]]:
    """The sample's questions: `id`, `db_id`, `kind` (what it takes to answer), `question` and `query`, the right SQL.

    Each query runs on SQLite and on PostgreSQL with the same result.
    """
    found: list[dict[str, str]] = json.loads(_script("questions.json"))
    return found


def write_dataset(folder: Path) -> None:
    """Write the sample as a dataset for `candor eval`: `dev.json` and `database/sample/sample.sqlite`."""
    write_sqlite(folder / "database" / "sample" / "sample.sqlite")
    folder.joinpath("dev.json").write_text(_script("questions.json"), encoding="utf-8")


def _script(name: str) -> str:
    return files("services.cli.sample").joinpath(name).read_text(encoding="utf-8")


def _for_sqlite(row: Sequence[object]) -> tuple[object, ...]:
    """SQLite knows no dates: they are texts as ISO 8601 writes them. Decimals become numbers by column affinity."""
    return tuple(value.isoformat() if hasattr(value, "isoformat") else value for value in row)
