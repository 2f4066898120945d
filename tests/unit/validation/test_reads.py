"""The last look: reads pass, other statements do not, and a word in a T-SQL text or name is no statement."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import InvalidArgument
from services.validation.adapters.engines.reads import require_read

DIALECTS = ("mysql", "snowflake", "bigquery", "tsql", "trino")


def is_read(sql: str, dialect: str) -> bool:
    try:
        require_read(sql, dialect)
    except InvalidArgument:
        return False
    return True


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select a from t where b = 'delete'",
        "WITH c AS (SELECT 1 AS a) SELECT a FROM c",
        "(SELECT 1) UNION (SELECT 2)",
        "  \n SELECT settings, updated, created_at FROM uses",
        "EXPLAIN SELECT 1",
        "SELECT p AS procedure, conversation FROM visits INNER MERGE JOIN q ON q.a = p.a",
    ],
)
def test_a_read_passes(dialect: str, sql: str) -> None:
    assert is_read(sql, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "DELETE FROM t",
        "(DELETE FROM t)",
        "/* x */ SELECT 1",
        "SET a = 1",
        "EXPLAIN ANALYZE SELECT 1",
        "CALL f()",
    ],
)
def test_anything_else_does_not(dialect: str, sql: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        require_read(sql, dialect)
    assert raised.value.reason == "SQL_NOT_A_READ"


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("mysql", "SELECT 1 INTO OUTFILE '/tmp/x'"),
        ("mysql", "SELECT 1 INTO/**/DumpFile '/tmp/x'"),
        ("mysql", "SELECT 1 /*!50000 INTO @a */"),
        ("mysql", "SELECT 1 /*M! INTO @a */"),
        ("snowflake", "WITH p AS PROCEDURE () RETURNS INT AS 'x' CALL p()"),
        ("snowflake", "WITH p AS /* x */ PROCEDURE/**/(a INT) RETURNS INT AS 'x' CALL p(1)"),
        ("snowflake", "SELECT 1 ->> DELETE FROM t"),
        ("tsql", "SELECT NEXT VALUE FOR s"),
        ("tsql", "SELECT 1 AS a RECEIVE * FROM q"),
        ("tsql", "SELECT 1 DISABLE TRIGGER x ON t"),
        ("tsql", "SELECT 1 DELETE FROM t"),
        ("tsql", "SELECT 1; SELECT 2"),
        ("tsql", "SELECT * INTO copied FROM t"),
        ("tsql", "SELECT 1 EXEC xp_cmdshell 'dir'"),
        ("tsql", "SELECT 'it''s' COMMIT"),
        ("tsql", 'SELECT "a""b" WAITFOR DELAY \'0:1\''),
        ("tsql", "SELECT [a]]b] DROP TABLE t"),
        ("tsql", "SELECT 1 -- ' \nDELETE FROM t"),
    ],
)
def test_a_read_that_would_write_does_not(dialect: str, sql: str) -> None:
    with pytest.raises(InvalidArgument):
        require_read(sql, dialect)


@given(st.sampled_from(["delete", "exec x", "; drop table t", "--", "/*", "into"]), st.sampled_from(["''", '""', "[]"]))
def test_in_a_text_or_a_name_a_word_of_tsql_is_none(word: str, quotes: str) -> None:
    assert is_read(f"SELECT {quotes[0]}{word}{quotes[1]} FROM t", "tsql")
    assert word in {"--", "/*"} or not is_read(f"SELECT 1 {word} x", "tsql")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("piece", ["/**/", "as ", "as/* */", "(", "'", '"', "[", "]]", " ", "--\n", "next value ", "a"])
def test_the_look_takes_no_longer_than_the_text_is_long(dialect: str, piece: str) -> None:
    begun = time.process_time()
    with suppress(InvalidArgument):
        require_read(f"SELECT 1 as{piece * (65536 // len(piece))}x", dialect)
    assert time.process_time() - begun < 2
