"""Between dialects: what is written runs there and means the same, or is warned of, or is withheld."""

import sqlite3
import time
from collections import Counter
from typing import Any

import duckdb
import pytest

from services.kit.errors import InvalidArgument
from services.validation.core.model import Severity
from services.validation.core.transpile_statement import TARGETS, transpile_statement

ROWS = [
    (1, "Ada", 10, 2, "2024-01-05"),
    (2, "bo", 7, 2, "2024-02-01"),
    (3, None, 9, 4, "2024-02-09"),
    (4, "Ada", 0, 3, None),
]
TABLE = "CREATE TABLE t (id INTEGER, name VARCHAR, a INTEGER, b INTEGER, d VARCHAR)"


def messages(sql: str, source: str, target: str) -> str:
    return " | ".join(each.message for each in transpile_statement(sql, source, target).findings)


@pytest.fixture(scope="module")
def engines() -> dict[str, Any]:
    sqlite, duck = sqlite3.connect(":memory:"), duckdb.connect()
    for engine in (sqlite, duck):
        engine.execute(TABLE)
        engine.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", ROWS)
    return {"sqlite": sqlite, "duckdb": duck}


@pytest.mark.parametrize(
    "sql",
    [
        "select name, count(*) from t group by name order by 2 desc, 1",
        "select id from t order by name limit 2",
        "select upper(name) || '!' from t where d >= '2024-02-01'",
        "select ifnull(name, 'none'), a % b from t",
        "select substr(name, 1, 2), length(name), coalesce(d, '') from t",
        "select id, row_number() over (partition by name order by a) from t",
        "select case when a > 8 then 'many' else 'few' end, sum(a) from t group by 1",
        "with x as (select a + b as c from t) select max(c), min(c), avg(c) from x",
        "select group_concat(name, '-') from t where name = 'Ada'",
        "select id from t where name in (select name from t where a < 8) union select id from t where b = 4",
    ],
)
def test_what_is_written_without_a_warning_gives_the_same_rows(engines: dict[str, Any], sql: str) -> None:
    written = transpile_statement(sql, "sqlite", "duckdb")
    assert written.findings == ()
    rows = [
        Counter(map(tuple, engines[name].execute(text).fetchall()))
        for name, text in (("sqlite", sql), ("duckdb", written.sql))
    ]
    assert rows[0] == rows[1]


def test_a_division_that_would_stop_cutting_is_warned_of(engines: dict[str, Any]) -> None:
    sql = "select a / b from t where id = 2"
    written = transpile_statement(sql, "sqlite", "duckdb")
    assert engines["sqlite"].execute(sql).fetchall() != engines["duckdb"].execute(written.sql).fetchall()
    (finding,) = written.findings
    assert (finding.reason, finding.severity) == ("SQL_NOT_PORTABLE", Severity.WARNING)
    assert finding.span is not None
    assert (finding.span.line, finding.span.column, finding.span.end_column) == (1, 8, 13)


@pytest.mark.parametrize(
    ("sql", "source", "target", "word"),
    [
        ("select x from t where y like 'a%'", "mysql", "postgres", "case of letters"),
        ("select x from t where y = 'A'", "tsql", "postgres", "case of letters"),
        ("select d + interval '1 day' from t", "postgres", "sqlite", "INTERVAL"),
        ("select julianday(d) from t", "sqlite", "postgres", "julianday"),
        ('select x from t where y = "Paris"', "sqlite", "postgres", "double quotes"),
        ("select name, max(a) from t", "sqlite", "postgres", "neither grouped by"),
        ("select t.name, u.name from t join u on t.a = u.a group by u.name", "sqlite", "trino", "neither grouped by"),
        ("select percentile_cont(0.5) within group (order by a) from t", "postgres", "mysql", "percentile"),
        ("select * from t tablesample (10 percent)", "snowflake", "mysql", "TABLESAMPLE"),
    ],
)
def test_what_does_not_carry_over_is_warned_of(sql: str, source: str, target: str, word: str) -> None:
    assert word in messages(sql, source, target)


@pytest.mark.parametrize(
    ("sql", "source", "target"),
    [
        ("select a from t qualify row_number() over (partition by b order by c) = 1 limit 2", "snowflake", "postgres"),
        ("select distinct on (a) a, b from t order by a, b limit 2", "postgres", "tsql"),
        ("select sum(t.a) from t full join u on t.a = u.a", "postgres", "mysql"),
        ("select a from t anti join u using (a)", "duckdb", "mysql"),
    ],
)
def test_what_would_come_out_wrong_is_withheld(sql: str, source: str, target: str) -> None:
    written = transpile_statement(sql, source, target)
    assert written.sql == ""
    assert [each.severity for each in written.findings] == [Severity.ERROR]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", TARGETS)
def test_a_plain_question_carries_over_between_all_dialects(source: str, target: str) -> None:
    sql = "SELECT name, COUNT(*) AS n FROM customers WHERE age > 30 GROUP BY name ORDER BY n DESC"
    written = transpile_statement(sql, source, target)
    assert written.sql
    assert all(each.severity is not Severity.ERROR for each in written.findings)
    back = transpile_statement(written.sql, target, source)
    assert "customers" in back.sql


def test_a_mistake_is_shown_at_its_place() -> None:
    (finding,) = transpile_statement("select a\nfrom where b", "postgres", "mysql").findings
    assert finding.reason == "SQL_SYNTAX"
    assert finding.span is not None
    assert finding.span.line == 2


@pytest.mark.parametrize("pair", [("db9", "mysql"), ("mysql", "oracle9")])
def test_an_unknown_dialect_is_named(pair: tuple[str, str]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        transpile_statement("select 1", *pair)
    assert caught.value.reason == "DIALECT_UNKNOWN"


def test_two_statements_and_commands_are_refused() -> None:
    assert (
        transpile_statement("select 1; select 2", "mysql", "postgres").findings[0].reason == "SQL_MULTIPLE_STATEMENTS"
    )
    assert transpile_statement("call p()", "snowflake", "postgres").sql == ""


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("SELECT 1 FROM t " + "JOIN t " * 30, "postgres"),
        ("select " + "[" * 20, "duckdb"),
        ("select " + "{'a':" * 24, "duckdb"),
        ("select * from (" * 400 + "select 1" + ")" * 400, "postgres"),
        ("select 1" + "::int" * 1500, "postgres"),
        ("select a" + "[1]" * 1500, "duckdb"),
        ("select a" + ".a" * 1500, "bigquery"),
        ("select * from (" * 300 + "select 1" + ")" * 300, "spark"),
    ],
)
def test_a_hostile_statement_costs_little_and_is_refused(sql: str, dialect: str) -> None:
    begun = time.process_time()
    (finding,) = transpile_statement(sql, dialect, "mysql").findings
    assert finding.reason in {"SQL_TOO_LARGE", "SQL_SYNTAX"}
    assert time.process_time() - begun < 2
