"""Execution accuracy: a query is right when it gives the rows of a gold query.

Results compare by the rules of `services.generation.core.same_result`: rows as multisets, and in order only where the
gold query orders its result; columns in any order; values by value. Results without rows are the same.
"""

import sqlite3
import time
from collections.abc import Hashable, Sequence
from enum import StrEnum
from pathlib import Path

from services.generation.core.same_result import comparable, is_ordered, same_columns

MAX_ROWS = 1_000_000
TIMEOUT_S = 5.0

Row = tuple[Hashable, ...]


class Status(StrEnum):
    """What became of one prediction. The last two say nothing about it: there was nothing to compare with."""

    CORRECT = "correct"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"
    TIMEOUT = "timeout"
    ERROR = "error"
    GOLD_ERROR = "gold_error"
    NO_DATABASE = "no_database"


class QueryFailed(Exception):
    """A query that gave no rows to compare: it was refused, too slow, or too large."""

    def __init__(self, message: str, status: Status) -> None:
        super().__init__(message)
        self.status = status


def score(database: Path, golds: Sequence[str], sql: str | None, timeout_s: float = TIMEOUT_S) -> Status:
    """Whether a query gives what any of the gold queries gives."""
    if not database.is_file():
        return Status.NO_DATABASE
    expected: list[tuple[str, list[Row]]] = []
    for gold in golds:
        try:
            expected.append((gold, run_query(database, gold, timeout_s)))
        except QueryFailed:
            # A gold query that does not run takes no part; where none runs the item does not count.
            continue
    if not expected:
        return Status.GOLD_ERROR
    if sql is None or not sql.strip():
        return Status.NO_ANSWER
    try:
        rows = run_query(database, sql, timeout_s)
    except QueryFailed as failed:
        return failed.status
    same = any(equal_results(wanted, rows, ordered=is_ordered(gold, "sqlite")) for gold, wanted in expected)
    return Status.CORRECT if same else Status.WRONG


def run_query(database: Path, sql: str, timeout_s: float = TIMEOUT_S) -> list[Row]:
    """The rows of a query, run so that it can only read.

    Raises:
        QueryFailed: It does not run, takes too long, or gives more than a million rows.
    """
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        connection.text_factory = lambda stored: stored.decode("utf-8", "replace")
        connection.execute("PRAGMA query_only = 1")
        deadline = time.monotonic() + timeout_s
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 5_000)
        connection.set_authorizer(_may_read)
        rows = connection.execute(sql).fetchmany(MAX_ROWS + 1)
    except sqlite3.OperationalError as error:
        late = "interrupt" in str(error)
        raise QueryFailed(str(error), Status.TIMEOUT if late else Status.ERROR) from error
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, MemoryError) as error:
        raise QueryFailed(str(error), Status.ERROR) from error
    finally:
        connection.close()
    if len(rows) > MAX_ROWS:
        raise QueryFailed("too many rows", Status.ERROR)
    return rows


def equal_results(gold: Sequence[Row], rows: Sequence[Row], *, ordered: bool) -> bool:
    """Whether two results are the same by the rules of this module."""
    if len(gold) != len(rows):
        return False
    return not gold or same_columns(_columns(gold), _columns(rows), ordered=ordered)


def _columns(rows: Sequence[Row]) -> list[list[Hashable]]:
    return [[comparable(value) for value in column] for column in zip(*rows, strict=True)]


_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_REACH_OUTSIDE = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}


def _may_read(action: int, _first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REACH_OUTSIDE:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY
