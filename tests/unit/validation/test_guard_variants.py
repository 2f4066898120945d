"""What is written another way has the same verdict: letter case, comments, white space, wrapping, qualification."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.validation.statements import ALLOWED, REFUSED

from services.validation.core.dialects import DIALECTS, words
from services.validation.core.guard import text as reading
from services.validation.core.guard.guard import guard
from services.validation.core.guard.text import Text

FRAGMENTS = sorted(
    words("""
    select from where ( ) , * ' " ` [ ] ; -- /* */ $$ $a$ e' \\ 1 a.b 'x' case end not in explain with as union values
    :: -> ? : $1 é for update into over
    """)
    | {"\x00", "\u200b", "\uff24"}
)
GAPS = (" ", "\n", "\t ", " /* a comment */ ", " -- until the end\n", "/**/ ")
CASES = [(dialect, sql, False) for dialect, rows in REFUSED.items() for _, sql in rows] + [
    (dialect, sql, True) for dialect, rows in ALLOWED.items() for sql in rows
]
# Only a query can stand within a query.
QUERIES = [
    case
    for case in CASES
    if case[1].startswith(
        ("select", "with", "(", "values")
        if case[2]
        else ("select", "with", "(", "values", "summarize", "pivot", "from")
    )
]
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
def test_letter_case_comments_and_white_space_do_not_change_the_verdict(case: tuple[str, str, bool], seed: int) -> None:
    dialect, sql, allowed = case
    variant = rewritten(dialect, sql, random.Random(seed))  # noqa: S311  A test's dice.
    assert (guard(variant, dialect).findings == ()) == allowed, variant


@pytest.mark.parametrize(
    "around",
    [
        "select * from ({}) as wrapped",
        "with wrapped as ({}) select * from wrapped",
        "select 1 where exists ({})",
        "select * from (select * from ({}) as inside) as outside",
        "select 1 union all select 2 from ({}) as wrapped",
    ],
)
@pytest.mark.parametrize("case", QUERIES, ids=lambda case: f"{case[0]} {case[1][:50]}")
def test_wrapping_does_not_change_the_verdict(case: tuple[str, str, bool], around: str) -> None:
    dialect, sql, allowed = case
    assert (guard(around.format(sql.replace("--", "\n--") + "\n"), dialect).findings == ()) == allowed


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1][:50]}")
def test_the_schema_of_a_table_does_not_change_the_verdict(case: tuple[str, str, bool]) -> None:
    dialect, sql, allowed = case
    schema = DIALECTS[dialect].default_schemas[0]
    qualified = sql.replace("from orders", f"from {schema}.orders").replace(
        "from customers", f"from {schema}.customers"
    )
    assert (guard(qualified, dialect).findings == ()) == allowed


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
