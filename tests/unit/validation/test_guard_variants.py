"""What is written another way has the same verdict: letter case, comments, white space, quoting, wrapping, schemas."""

import json
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp
from unit.validation.statements import ALLOWED, REFUSED

from services.validation.core.dialects import DIALECTS, words
from services.validation.core.guard import text as reading
from services.validation.core.guard.guard import guard
from services.validation.core.guard.lexing import Piece
from services.validation.core.guard.reader import STUMBLES, read_tree
from services.validation.core.guard.text import Text

FRAGMENTS = sorted(
    words("""
    select from where ( ) , * ' " ` [ ] ; -- /* */ $$ $a$ e' \\ 1 a.b 'x' case end not in explain with as union values
    :: -> ? : $1 é for update into over
    """)
    | {"\x00", "\u200b", "\uff24"}
)
GAPS = (" ", "\n", "\t ", " /* a comment */ ", " -- until the end\n", "/**/ ")
Case = tuple[str, str, bool]
CASES: list[Case] = [(dialect, sql, False) for dialect, rows in REFUSED.items() for _, sql in rows] + [
    (dialect, sql, True) for dialect, rows in ALLOWED.items() for sql in rows
]
SHARED = Path(os.environ.get("CANDOR_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
if (SHARED / "sql-guard" / "cases.jsonl").exists():
    CASES += [
        (case["dialect"], case["sql"], case["verdict"] == "allow")
        for case in map(json.loads, (SHARED / "sql-guard" / "cases.jsonl").read_text().splitlines())
    ]
# Only a query can stand within a query, and in T-SQL only one without clauses of the statement as a whole.
STARTS = ("select", "with", "(", "values")
WHOLE = (" order by", " option", " for ", ";", "with ")


def can_be_wrapped(case: Case) -> bool:
    dialect, words_of, allowed = case[0], case[1].lower(), case[2]
    if not allowed:
        return words_of.startswith((*STARTS, "summarize", "pivot", "from"))
    return words_of.startswith(STARTS) and not (dialect == "tsql" and any(each in words_of for each in WHOLE))


QUERIES = [case for case in CASES if can_be_wrapped(case)]
READABLE = [case for case in CASES if reading.read(Text(case[1], DIALECTS[case[0]])) is None]


def rewritten(dialect: str, sql: str, chance: random.Random) -> str:
    """The same pieces in other letter case with other gaps; what touches stays together, but at brackets."""
    text = Text(sql, DIALECTS[dialect])
    assert reading.read(text) is None
    written: list[str] = []
    end = 0
    for piece in text.pieces:
        loose = piece.text in {"(", ")", ","} or (written and written[-1] in {"(", ")", ","})
        if piece.start > end or (loose and end and chance.random() < 0.5):
            written.append(chance.choice(GAPS))
        spellings = [piece.text]
        if piece.kind == "word" and piece.text.isascii():
            spellings += [piece.text.upper(), piece.text.lower(), piece.text.title()]
        written.append(chance.choice(spellings))
        end = piece.end
    return "".join(written)


@settings(max_examples=400, deadline=None)
@given(case=st.sampled_from(READABLE), seed=st.integers(0, 2**32))
def test_letter_case_comments_and_white_space_do_not_change_the_verdict(case: Case, seed: int) -> None:
    dialect, sql, allowed = case
    variant = rewritten(dialect, sql, random.Random(seed))  # noqa: S311  A test's dice.
    assert (guard(variant, dialect).findings == ()) == allowed, variant


AROUND = (
    "select * from ({}) as wrapped",
    "with wrapped as ({}) select * from wrapped",
    "select 1 where exists ({})",
    "select * from (select * from ({}) as inside) as outside",
    "select 1 union all select 2 from ({}) as wrapped",
)


def bare_statement(sql: str) -> str:
    """Without the semicolons around it, and with an end of line for a comment that would take what follows."""
    return sql.strip().strip(";") + "\n"


def changed(cases: list[Case], rewrite: Callable[[Case], Iterator[str]]) -> list[tuple[str, str]]:
    """The variants that the guard judges in another way than the case itself."""
    return [
        (case[0], variant)
        for case in cases
        for variant in rewrite(case)
        if (guard(variant, case[0]).findings == ()) != case[2]
    ]


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_wrapping_does_not_change_the_verdict(dialect: str) -> None:
    cases = [case for case in QUERIES if case[0] == dialect]
    assert changed(cases, lambda case: (around.format(bare_statement(case[1])) for around in AROUND)) == []


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_schema_of_a_table_does_not_change_the_verdict(dialect: str) -> None:
    schema = next(iter(DIALECTS[dialect].default_schemas), "shop")

    def qualified(case: Case) -> Iterator[str]:
        pattern = r"\b(from|join) (orders|customers)\b(?! *[.(])"
        yield re.sub(pattern, rf"\1 {schema}.\2", case[1], flags=re.IGNORECASE)

    assert changed([case for case in CASES if case[0] == dialect], qualified) == []


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_quoting_the_names_of_tables_and_columns_does_not_change_the_verdict(dialect: str) -> None:
    assert changed([case for case in CASES if case[0] == dialect], quoted) == []


def quoted(case: Case) -> Iterator[str]:
    """A statement with quotes around every plain name of a table or a column."""
    dialect, sql, _ = case
    quotes, text = DIALECTS[dialect].lexis.name_quotes[0], Text(sql, DIALECTS[dialect])
    if reading.read(text) is not None:
        return
    try:
        tree, _ = read_tree(sql, dialect)
    except STUMBLES:
        return
    names = tree.find_all(exp.Identifier) if tree is not None else ()
    places = {
        (each.meta["start"], each.meta["end"] + 1)
        for each in names
        if isinstance(each.parent, (exp.Table, exp.Column)) and not each.args.get("quoted") and each.meta.get("end")
    }
    written = sql
    for start, end in sorted(places, reverse=True):
        if Piece("word", sql[start:end], start, end) in text.pieces:
            written = f"{written[:start]}{quotes[0]}{written[start:end]}{quotes[1]}{written[end:]}"
    yield written


@pytest.mark.parametrize("name", ["pg_sleep", "pg_read_file", "set_config", "query_to_xml", "lo_import", "dblink"])
@pytest.mark.parametrize(
    "spelling", ["{}", "pg_catalog.{}", 'pg_catalog."{}"', "public.{}", 'PG_CATALOG . "{}"', "pg_catalog/**/.{}"]
)
def test_a_function_is_refused_however_it_is_spelled(name: str, spelling: str) -> None:
    assert guard(f"select {spelling.format(name)}('x')", "postgres").findings
    assert guard(f"select * from {spelling.format(name)}('x') as t", "postgres").findings


@settings(max_examples=300, deadline=None)
@given(
    dialect=st.sampled_from(sorted(DIALECTS)),
    sql=st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from(FRAGMENTS),
            max_size=40,
        ).map(" ".join),
    ),
)
def test_any_text_gets_a_verdict_and_never_another_error(dialect: str, sql: str) -> None:
    guarded = guard(sql, dialect)
    assert bool(guarded.findings) != bool(guarded.sql)


SECOND_STATEMENTS = (
    "drop table orders", "delete from orders", "delete orders", "update orders set a = 1",
    "insert into orders values (1)",
    "exec sp_who", "exec('x')", "execute as login = 'sa'", "shutdown", "commit", "rollback", "revert", "reconfigure",
    "checkpoint", "return", "waitfor delay '0:0:5'", "kill 53", "use master", "set nocount on", "declare @x int", "go",
    "truncate table orders", "alter login sa enable", "create table x (a int)", "grant control to x", "dbcc checkdb",
    "backup database x to disk = 'y'", "bulk insert x from 'y'", "print 'x'", "select 2", "begin tran",
    "dump database x",
    "merge into x using y on 1 = 1 when matched then delete", "raiserror('x', 16, 1)", "if 1 = 1 select 2", "goto x",
)  # fmt: skip


@pytest.mark.parametrize("second", SECOND_STATEMENTS)
def test_a_second_statement_of_t_sql_needs_no_semicolon_to_be_seen(second: str) -> None:
    cases = [case for case in CASES if case[0] == "tsql" and case[2]]
    through = [case[1] for case in cases if guard(f"{case[1].rstrip(';')}\n{second}", "tsql").findings == ()]
    assert through == []


@pytest.mark.parametrize(
    "ending", ["into outfile '/tmp/x'", "into dumpfile '/tmp/x'", "into @x", "for update", "lock in share mode"]
)
def test_what_mysql_lets_follow_a_select_and_is_no_read_is_seen(ending: str) -> None:
    cases = [case for case in CASES if case[0] == "mysql" and case[2] and "#" not in case[1] and "--" not in case[1]]
    assert [case[1] for case in cases if guard(f"{case[1]} {ending}", "mysql").findings == ()] == []
