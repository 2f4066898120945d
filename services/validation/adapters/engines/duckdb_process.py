"""The process that holds a DuckDB file open while it serves a request: a line of JSON in, messages out."""

import gc
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import duckdb

from services.validation.adapters.engines.duckdb_frames import message, pack
from services.validation.adapters.engines.sampling import SAMPLE_ROWS
from services.validation.core.describe import is_sensitive
from services.validation.core.model import Limits
from services.validation.core.results import Collector

_TABLES = "SELECT schema_name, table_name, comment, estimated_size, false FROM duckdb_tables() WHERE NOT internal"
_VIEWS = "SELECT schema_name, view_name, comment, -1, true FROM duckdb_views() WHERE NOT internal"
_COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
WHERE NOT internal ORDER BY schema_name, table_name, column_index
"""
_CONSTRAINTS = """
SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names
FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
"""
# The columns of an index are told as a text, which holds names alone where it is an index on columns.
_INDEXES = """
SELECT schema_name, table_name, index_name, is_unique, false,
       trim(unnest(string_split(trim(expressions, '[]'), ',')), ' "''')
FROM duckdb_indexes()
UNION ALL
SELECT schema_name, table_name, constraint_name, true, false, unnest(constraint_column_names)
FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE')
"""
# Heads of messages, each with the packed columns that belong to it.
Answer = Iterator[tuple[Any, ...]]


def main() -> None:
    """Serves requests, one after the other, until there are no more; all of one data source."""
    # Rows are many objects and no cycles, which there is no point in looking for.
    gc.set_threshold(100_000, 50, 100)
    for line in sys.stdin:
        _serve(json.loads(line))


def _serve(request: dict[str, Any]) -> None:
    # Where even the interrupt does not help, the operating system ends this process.
    signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 2)
    try:
        with closing(_open(request)) as database, _interrupted(database, request["seconds"]):
            for reply in _DO[request["do"]](database, request):
                _send(*reply)
    except duckdb.InterruptException:
        _send({"error": "timeout"})
    except duckdb.IOException as error:
        _send({"error": "missing" if "does not exist" in str(error) else "not a database", "message": str(error)})
    except duckdb.Error as error:
        _send({"error": "refused", "message": str(error)})
    else:
        _send({"end": True})
    signal.setitimer(signal.ITIMER_REAL, 0)


def _open(request: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(
        request["path"],
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "allow_community_extensions": "false",
            "memory_limit": f"{request['memory_mib']}MB",
            "threads": "2",
            "temp_directory": "",
        },
    )
    database.execute("SET lock_configuration = true")
    return database


@contextmanager
def _interrupted(database: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Stops what runs when the time is over, and what is begun after that."""
    done = threading.Event()

    def interrupt() -> None:
        wait = seconds
        while not done.wait(wait):
            database.interrupt()
            wait = 0.05

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _version(_database: duckdb.DuckDBPyConnection, _request: dict[str, Any]) -> Answer:
    yield ({"value": f"DuckDB {duckdb.__version__}"},)


def _introspect(database: duckdb.DuckDBPyConnection, _request: dict[str, Any]) -> Answer:
    tables = database.execute(f"{_TABLES} UNION ALL {_VIEWS} ORDER BY 1, 2").fetchall()
    columns = database.execute(_COLUMNS).fetchall()
    samples = {}
    for schema, table, _, _, is_view in tables:
        shown = [
            "NULL" if is_sensitive(each[2]) else f"left({_name(each[2])}::VARCHAR, 200)"
            for each in columns
            if each[:2] == (schema, table)
        ]
        if not is_view:
            query = f"SELECT {', '.join(shown)} FROM {_name(schema)}.{_name(table)} LIMIT {SAMPLE_ROWS}"
            samples[f"{schema}.{table}"] = database.execute(query).fetchall()
    constraints = database.execute(_CONSTRAINTS).fetchall()
    yield ({"value": {"tables": tables, "columns": columns, "constraints": constraints, "samples": samples}},)


def _sample(database: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> Answer:
    for position, (schema, table, column) in enumerate(request["columns"]):
        query = (
            f"SELECT DISTINCT {_name(column)}::VARCHAR FROM {_name(schema)}.{_name(table)}"
            f" WHERE {_name(column)} IS NOT NULL LIMIT {request['limit'] + 1}"
        )
        try:
            rows = database.execute(query).fetchall()
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            # A column that cannot be read is left out, as the contract says.
            continue
        yield ({"position": position, "values": [row[0] for row in rows]},)


def _explain(database: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> Answer:
    rows = database.execute(_one(database, request["sql"])).fetchall()
    yield ({"value": "\n".join(str(row[-1]) for row in rows)},)


def _indexes(database: duckdb.DuckDBPyConnection, _request: dict[str, Any]) -> Answer:
    yield ({"value": database.execute(_INDEXES).fetchall()},)


def _run(database: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> Answer:
    collector = Collector(Limits(request["max_rows"], request["max_bytes"], timedelta()))
    result = database.execute(_one(database, request["sql"]))
    yield ({"header": [(each[0], str(each[1])) for each in result.description or ()]},)
    while not collector.full and (rows := result.fetchmany(collector.wanted)):
        for batch in collector.take(rows):
            described, packed = pack(batch.columns)
            yield {"rows": batch.row_count, "packed": described}, packed
    yield ({"row_count": collector.summary.row_count, "limit": collector.summary.limit},)


def _one(database: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The text's only statement, which DuckDB's own parser calls a read."""
    statements = database.extract_statements(sql)
    if len(statements) != 1 or statements[0].type not in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}:
        raise duckdb.InvalidInputException("only one statement that reads is run")
    return statements[0]


_DO: dict[str, Callable[[duckdb.DuckDBPyConnection, dict[str, Any]], Answer]] = {
    "version": _version,
    "introspect": _introspect,
    "sample": _sample,
    "explain": _explain,
    "indexes": _indexes,
    "run": _run,
}


def _send(head: dict[str, Any], packed: bytes = b"") -> None:
    sys.stdout.buffer.write(message(head, packed))
    sys.stdout.buffer.flush()


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    main()
