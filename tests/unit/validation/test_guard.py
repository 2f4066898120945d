"""The SQL guard against statements with known verdicts: the shared cases, and our own."""

import json
from pathlib import Path

import pytest
from sqlglot import exp
from unit.validation.statements import ALLOWED, REFUSED

from services.kit.catalog import Column, Table
from services.kit.errors import InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_text
from services.validation.core.dialects import DIALECTS, Scope, dialect_of
from services.validation.core.guard.guard import guard
from services.validation.core.model import Span

REFUSALS = [(dialect, reason, sql) for dialect, rows in REFUSED.items() for reason, sql in rows]
PERMISSIONS = [(dialect, sql) for dialect, rows in ALLOWED.items() for sql in rows]


def shared_cases(shared_data: Path) -> list[dict[str, str]]:
    lines = (shared_data / "sql-guard" / "cases.jsonl").read_text().splitlines()
    return [case for case in map(json.loads, lines) if case["dialect"] in DIALECTS]


def test_nothing_that_must_be_refused_is_let_through(shared_data: Path) -> None:
    cases = [case for case in shared_cases(shared_data) if case["verdict"] == "refuse"]
    assert cases
    assert [case["sql"] for case in cases if check_text(case["sql"], case["dialect"]).allowed] == []


def test_at_most_one_in_a_hundred_harmless_statements_is_refused(shared_data: Path) -> None:
    cases = [case for case in shared_cases(shared_data) if case["verdict"] == "allow"]
    refused = [case["sql"] for case in cases if not check_text(case["sql"], case["dialect"]).allowed]
    assert len(refused) <= 0.01 * len(cases), refused


def test_every_dialect_has_statements_to_refuse_and_to_let_through() -> None:
    assert all(len(REFUSED[dialect]) > 15 and len(ALLOWED[dialect]) > 15 for dialect in DIALECTS)


@pytest.mark.parametrize(
    ("alias", "name"), [("MariaDB", "mysql"), ("postgresql", "postgres"), ("mssql", "tsql"), ("DuckDB", "duckdb")]
)
def test_a_dialect_is_known_by_its_other_names(alias: str, name: str) -> None:
    assert dialect_of(alias) is DIALECTS[name]
    assert check_text("select 1", alias).allowed


def test_an_unknown_dialect_is_an_error() -> None:
    with pytest.raises(InvalidArgument):
        check_text("select 1", "cobol")


@pytest.mark.parametrize(("dialect", "reason", "sql"), REFUSALS)
def test_it_is_refused_for_the_right_reason(dialect: str, reason: str, sql: str) -> None:
    findings = guard(sql, dialect).findings
    assert [finding.reason for finding in findings][:1] == [reason], findings


@pytest.mark.parametrize(("dialect", "sql"), PERMISSIONS)
def test_it_is_let_through(dialect: str, sql: str) -> None:
    guarded = guard(sql, dialect)
    assert guarded.findings == ()
    assert guarded.sql


@pytest.mark.parametrize(("dialect", "sql"), PERMISSIONS)
def test_the_text_that_runs_passes_the_guard_itself(dialect: str, sql: str) -> None:
    assert guard(guard(sql, dialect).sql, dialect).findings == ()


def test_the_text_that_runs_holds_no_comments() -> None:
    sql = "select 1 /* ; drop table orders */ -- more"
    assert [guard(sql, dialect).sql.upper() for dialect in sorted(DIALECTS)] == ["SELECT 1"] * len(DIALECTS)


def test_a_refusal_says_where_in_the_text_it_applies() -> None:
    (finding,) = guard("select id,\n       pg_sleep(5)\nfrom orders", "postgres").findings
    assert finding.span == Span(2, 8, 2, 16)


def test_a_misspelled_function_comes_with_the_right_one() -> None:
    (finding,) = guard("select cuont(*) from orders", "sqlite").findings
    assert (finding.reason, finding.suggestion) == ("SQL_FUNCTION_REFUSED", "count")


@pytest.mark.parametrize(
    ("sql", "line", "column", "suggestion"),
    [
        ("select id\nfrm orders", 2, 1, "FROM"),
        ("select id from orders\nwhree id = 1", 2, 1, "WHERE"),
        ("selct 1", 1, 1, "SELECT"),
    ],
)
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_syntax_error_has_its_place_and_the_keyword_that_was_meant(
    dialect: str, sql: str, line: int, column: int, suggestion: str
) -> None:
    (finding,) = guard(sql, dialect).findings
    assert finding.span is not None
    assert (finding.reason, finding.suggestion) == ("SQL_SYNTAX", suggestion)
    assert (finding.span.line, finding.span.column) == (line, column)


def test_with_a_catalogue_a_table_has_to_be_in_it() -> None:
    catalog = Catalog(DIALECTS["postgres"], [Table("public", "orders", columns=(Column("id"),))])
    assert guard("select id from orders", "postgres", catalog).findings == ()
    (finding,) = guard("select id\nfrom ordesr", "postgres", catalog).findings
    assert (finding.reason, finding.suggestion) == ("SQL_TABLE_UNKNOWN", "orders")
    assert finding.span == Span(2, 6, 2, 12)


def test_a_table_of_the_catalogue_may_look_like_a_file() -> None:
    catalog = Catalog(DIALECTS["duckdb"], [Table("", "export.csv", columns=(Column("id"),))])
    assert guard('select id from "export.csv"', "duckdb", catalog).findings == ()
    assert guard('select id from "other.csv"', "duckdb", catalog).findings != ()


def test_unquoted_names_of_postgres_are_lower_case() -> None:
    catalog = Catalog(DIALECTS["postgres"], [Table("public", "Orders", columns=(Column("id"),))])
    assert guard('select id from "Orders"', "postgres", catalog).findings == ()
    (finding,) = guard("select id from Orders", "postgres", catalog).findings
    assert finding.reason == "SQL_TABLE_UNKNOWN"


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 5000 + "1" + ")" * 5000,
        "select " + "not " * 16000 + "true",
        "select " + "- " * 30000 + "1",
        "select " + "case when " * 6000 + "1" + " then 1 end" * 4000,
        "select a" + "[1]" * 20000,
        "select a" + "::int" * 12000,
        "select * from a " + "join b " * 9000,
        "select 1" + " union select 1" * 4000,
        "select 1 where " + "a = 1 or " * 7000 + "true",
        "select " + "1+" * 32000 + "1",
        "select " + ", ".join(f"c{i}" for i in range(9000)) + " from t",
        "select * from " + "(select * from " * 4000 + "t",
        "x" * 70_000,
        "explain " * 8000 + "select 1",
        "select exists(" * 4000,
        "with a as (" * 5000,
    ],
    ids=lambda sql: sql[:20],
)
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_statement_made_to_hurt_gets_a_verdict_in_good_time(dialect: str, sql: str) -> None:
    guarded = guard(sql, dialect)
    assert guarded.findings or guarded.sql


def test_what_the_two_readers_of_postgres_see_differently_is_refused() -> None:
    # For PostgreSQL's own grammar this calls the function user; for the other reader it names a table.
    (finding,) = guard("select * from user", "postgres").findings
    assert finding.reason == "SQL_PARSERS_DISAGREE"


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "with pg_authid as (select * from pg_authid) select * from pg_authid"),
        ("postgres", "with a as (select * from pg_authid), pg_authid as (select 1) select * from a"),
        ("sqlite", "with sqlite_master as (select * from sqlite_master) select * from sqlite_master"),
        ("mysql", "with recursive a as (select * from seq_1_to_9), seq_1_to_9 as (select 1) select * from a"),
        ("mysql", "with SEQ_1_TO_9 as (select 1) select * from seq_1_to_9"),
    ],
)
def test_a_with_query_does_not_hide_the_table_whose_name_it_takes(dialect: str, sql: str) -> None:
    assert [finding.reason for finding in guard(sql, dialect).findings] == ["SQL_RELATION_REFUSED"]


def test_a_with_query_hides_no_table_that_the_catalogue_lacks() -> None:
    catalog = Catalog(DIALECTS["postgres"], [Table("public", "orders", columns=(Column("id"),))])
    for sql in (
        "with salaries as (select * from salaries) select * from salaries",
        'with "Salaries" as (select 1) select * from salaries',
    ):
        assert [finding.reason for finding in guard(sql, "postgres", catalog).findings] == ["SQL_TABLE_UNKNOWN"]
    assert guard("with a as (select 1), b as (select * from a) select * from b", "postgres", catalog).findings == ()


def test_a_data_source_says_which_catalogues_may_be_named() -> None:
    tables = [Table("shop", "orders", columns=(Column("id"),))]
    own = Catalog(DIALECTS["trino"], tables, scope=Scope(frozenset({"warehouse"}), None))
    assert guard("select id from warehouse.shop.orders", "trino", own).findings == ()
    assert guard("select id from shop.orders", "trino", own).findings == ()
    for sql in ("select id from lake.shop.orders", "select id from system.shop.orders"):
        assert [finding.reason for finding in guard(sql, "trino", own).findings] == ["SQL_RELATION_REFUSED"]


def test_names_are_compared_as_each_dialect_compares_them() -> None:
    snowflake = Catalog(DIALECTS["snowflake"], [Table("PUBLIC", "ORDERS", columns=(Column("ID"),))])
    assert guard("select id from orders", "snowflake", snowflake).findings == ()
    assert guard('select id from "ORDERS"', "snowflake", snowflake).findings == ()
    assert guard('select id from "orders"', "snowflake", snowflake).findings != ()
    tsql = Catalog(DIALECTS["tsql"], [Table("dbo", "Orders", columns=(Column("Id"),))])
    assert guard("select id from ORDERS", "tsql", tsql).findings == ()
    assert guard("select id from [dbo].[orders]", "tsql", tsql).findings == ()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_numbers_are_read_alike_by_both_readers(dialect: str) -> None:
    assert guard("select 1, 1.5, .5, 1e10, 1.5e-10, 2E+3, -1 from t", dialect).findings == ()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_writing_the_statement_anew_leaves_its_tree_as_it_was_read(dialect: str) -> None:
    tree = guard("select max(name), count(*) as n from orders group by region order by n desc", dialect).tree
    assert tree is not None
    assert {column.name for column in tree.find_all(exp.Column)} == {"name", "region", "n"}


def test_an_ordered_aggregate_still_reads_its_column_when_it_was_written_anew() -> None:
    tree = guard("select string_agg(name, ',' order by id) from customers", "duckdb").tree
    assert tree is not None
    assert {column.name for column in tree.find_all(exp.Column)} == {"name", "id"}
