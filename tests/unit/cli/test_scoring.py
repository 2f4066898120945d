"""Execution accuracy: what counts as the same result, and what a query may not do."""

import sqlite3
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.scoring import QueryFailed, Status, equal_results, run_query, score
from services.generation.core.same_result import is_ordered

CELLS = st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)
RESULTS = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), max_size=6))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "t.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (2, 'y'), (NULL, 'z');"
        )
    connection.close()
    return path


@given(RESULTS, st.randoms())
def test_rows_in_another_order_are_the_same_unless_order_matters(
    rows: list[tuple[object, ...]], random: Random
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert equal_results(rows, shuffled, ordered=False)
    assert equal_results(rows, rows, ordered=True)


@given(RESULTS)
def test_columns_in_another_order_are_the_same(rows: list[tuple[object, ...]]) -> None:
    assert equal_results(rows, [tuple(reversed(row)) for row in rows], ordered=True)


@given(RESULTS)
def test_a_row_too_many_or_too_few_is_not_the_same(rows: list[tuple[object, ...]]) -> None:
    assert not equal_results(rows, [*rows, (1,) * (len(rows[0]) if rows else 1)], ordered=False)


@pytest.mark.parametrize(
    ("gold", "rows", "ordered", "same"),
    [
        ([(1,)], [(1.0,)], False, True),
        ([(0.1 + 0.2,)], [(0.3,)], False, True),
        ([(1,)], [("1",)], False, False),
        ([("a",)], [("A",)], False, False),
        ([(None,)], [(0,)], False, False),
        ([(1,), (2,)], [(2,), (1,)], True, False),
        ([(1, 2), (3, 4)], [(2, 1), (4, 3)], True, True),
        ([(1, 2), (2, 1)], [(1, 1), (2, 2)], False, False),
        ([(1, 1, 2)], [(1, 2, 2)], False, False),
        ([tuple(range(7))], [tuple(reversed(range(7)))], False, False),
        ([], [], True, True),
        ([(1, 2)], [(1,)], False, False),
        ([(float("inf"),)], [(float("inf"),)], False, True),
        ([(10**15,)], [(10**15 + 1,)], False, False),
    ],
)
def test_results_compare_by_value(
    gold: list[tuple[object, ...]], rows: list[tuple[object, ...]], *, ordered: bool, same: bool
) -> None:
    assert equal_results(gold, rows, ordered=ordered) is same


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM t order  by a LIMIT 1", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a)", False),
        ("SELECT 'ORDER BY' FROM t", False),
        ("SELECT a FROM t -- ORDER BY a", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", False),
    ],
)
def test_only_an_order_at_the_top_matters(sql: str, *, ordered: bool) -> None:
    assert is_ordered(sql, "sqlite") is ordered


@pytest.mark.parametrize(
    ("golds", "sql", "status"),
    [
        (("SELECT count(*) FROM t",), "SELECT 4", Status.CORRECT),
        (("SELECT a FROM nowhere", "SELECT 4"), "SELECT 4", Status.CORRECT),
        (("SELECT 3", "SELECT 4"), "SELECT 4", Status.CORRECT),
        (("SELECT count(*) FROM t",), "SELECT 5", Status.WRONG),
        (("SELECT b FROM t",), "SELECT b FROM t ORDER BY b DESC", Status.CORRECT),
        (("SELECT b FROM t ORDER BY b",), "SELECT b FROM t ORDER BY b DESC", Status.WRONG),
        (("SELECT count(*) FROM t",), "SELECT nothing FROM t", Status.ERROR),
        (("SELECT count(*) FROM t",), None, Status.NO_ANSWER),
        (("SELECT count(*) FROM t",), "  ", Status.NO_ANSWER),
        (("SELECT a FROM nowhere",), "SELECT 1", Status.GOLD_ERROR),
        ((), "SELECT 1", Status.GOLD_ERROR),
    ],
)
def test_a_prediction_is_scored_by_its_rows(
    database: Path, golds: tuple[str, ...], sql: str | None, status: Status
) -> None:
    assert score(database, golds, sql) is status


def test_a_database_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert score(tmp_path / "none.sqlite", ("SELECT 1",), "SELECT 1") is Status.NO_DATABASE


def test_a_query_that_never_ends_is_stopped(database: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    assert score(database, ("SELECT 1",), endless, 0.2) is Status.TIMEOUT


@pytest.mark.parametrize(
    "sql", ["DELETE FROM t", "ATTACH 'x' AS y", "PRAGMA query_only = 0", "SELECT load_extension('x')"]
)
def test_nothing_but_reads_runs(database: Path, sql: str) -> None:
    with pytest.raises(QueryFailed):
        run_query(database, sql)
    assert len(run_query(database, "SELECT * FROM t")) == 4
