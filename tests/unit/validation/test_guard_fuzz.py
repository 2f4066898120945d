"""Whatever is thrown at the guard, in any dialect, it answers with a verdict: no other error, in time and memory.

`make fuzz` gives it ten minutes; the limits of time are of the processor's time and generous, for a busy machine.
"""

import os
import resource
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.validation.statements import ALLOWED, REFUSED

from services.validation.core.dialects import DIALECTS, words
from services.validation.core.guard.guard import Guarded, guard
from services.validation.core.guard.text import MAX_BYTES

EXAMPLES = {"nightly": 90_000, "quick": 15}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 500)
CPU_SECONDS = 5.0
MEMORY_MIB = 512
STATEMENTS = [
    (dialect, sql) for dialect in sorted(DIALECTS) for sql in [*(sql for _, sql in REFUSED[dialect]), *ALLOWED[dialect]]
]
SOUP = sorted(
    words("""
    select from where ( ) , * [ ] { } case when then else end not in is null between and or like interval cast as
    exists any all union x 1 'a' - + ~ ! @ @@ $ # . :: : -> ->> ? := = < > || |> with recursive t over filter distinct
    array struct map row object union char( try if values lateral unnest table explain describe pivot for on join using
    begin prior connect by match_recognize pattern & | ^ % / ** ; -- // /* */ /*! ' " ` $$ r' ''' \\ é go into outfile
    """)
    | {"\n", "\r", "\x00", "\u200b", "\u2028", "\uff24", "\ud800", "\u0301", "\u212a", "\u00a0"}
)
fuzz = settings(
    deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
# A repetition costs about ten times as much as the others.
fuzz_long = settings(fuzz, max_examples=max(15, EXAMPLES // 5))
dialects = st.sampled_from(sorted(DIALECTS))


def verdict(sql: str, dialect: str) -> Guarded:
    """The guard's answer, which is either findings or a text to run, within the limit of time."""
    begun = time.process_time()
    guarded = guard(sql, dialect)
    assert time.process_time() - begun < CPU_SECONDS, (dialect, sql[:200])
    assert bool(guarded.findings) != bool(guarded.sql)
    for finding in guarded.findings:
        assert finding.reason
        assert finding.message
        if finding.span is not None:
            assert (finding.span.line, finding.span.column) >= (1, 1)
            assert (finding.span.line, finding.span.column) <= (finding.span.end_line, finding.span.end_column)
    return guarded


def stands(guarded: Guarded, dialect: str) -> bool:
    """Whether a refusal is one, and the guard agrees with what it wrote: that may only be too deep to be read twice."""
    again = () if guarded.findings else verdict(guarded.sql, dialect).findings
    return {finding.reason for finding in again} <= {"SQL_TOO_LARGE"}


@fuzz
@given(dialect=dialects, sql=st.text(max_size=300))
def test_any_text_gets_a_verdict(dialect: str, sql: str) -> None:
    assert stands(verdict(sql, dialect), dialect)


@fuzz
@given(dialect=dialects, parts=st.lists(st.sampled_from(SOUP), max_size=60), start=st.sampled_from(["", "select "]))
def test_any_soup_of_words_gets_a_verdict(dialect: str, parts: list[str], start: str) -> None:
    assert stands(verdict(start + " ".join(parts), dialect), dialect)


@fuzz
@given(
    statement=st.sampled_from(STATEMENTS),
    cut=st.integers(0, 400),
    length=st.integers(0, 12),
    patch=st.one_of(st.sampled_from(SOUP), st.text(max_size=4)),
)
def test_any_damaged_statement_gets_a_verdict(statement: tuple[str, str], cut: int, length: int, patch: str) -> None:
    dialect, sql = statement
    at = cut % (len(sql) + 1)
    assert stands(verdict(sql[:at] + patch + sql[at + length :], dialect), dialect)


@fuzz
@given(one=st.sampled_from(STATEMENTS), other=st.sampled_from(STATEMENTS), between=st.sampled_from(SOUP))
def test_two_statements_in_one_get_a_verdict(one: tuple[str, str], other: tuple[str, str], between: str) -> None:
    assert stands(verdict(f"{one[1]} {between} {other[1]}", one[0]), one[0])


@fuzz_long
@given(
    dialect=dialects,
    start=st.sampled_from(["select ", "select 1 from ", "select * from t where ", "", "with a as ", "values "]),
    unit=st.lists(st.sampled_from(SOUP), min_size=1, max_size=5),
    times=st.sampled_from([9, 60, 99, 500, 5000]),
)
def test_anything_repeated_gets_a_verdict_in_time(dialect: str, start: str, unit: list[str], times: int) -> None:
    assert stands(verdict((start + f"{' '.join(unit)} " * times)[:MAX_BYTES], dialect), dialect)


# Each of these once hid its depth, or made the parser do its work twice for each level.
DOUBLINGS = (
    "- if ", "(end + ", "case when end then ", "case when x.end then ", "struct ( ", "union ( ", "object (", "row ( ",
    "char ( 1, ", "isnull [ ", "time [ ", "join t t ", "from select ", "struct < ", "array < ", "a struct < ",
    "not a = ", "interval ", "prior ", "exists ( ", "f ( ", "f ( x -> ", "[ ", "{ 'a' : ", "a . ", "a :: ",
    "|> where ", "@ ", "$ ", "with a as ( ", "from ( ", "union select 1 ", "cast ( ", "over ( ", "1 + ", "x -> ", ": ",
    "between ", "in ( ",
    "case ", "select ", "lateral ", "unnest ( ", "table ( ", "pivot ( ", "explain ", "match_recognize ( ", "if ( ",
    "/* ", "-- \n", "'' ", '"" ', "`` ", "[] ", "$$ ", "; ", "go\n", "intersect ( ", "values ( ", "at ( ", "try ( ",
)  # fmt: skip


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_what_doubles_the_parsers_work_costs_no_more_for_it(dialect: str) -> None:
    for unit in DOUBLINGS:
        for start in ("select ", "select 1 from ", "select a::"):
            for times in (40, 300):
                assert stands(verdict((start + unit * times)[:MAX_BYTES], dialect), dialect)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_largest_statements_get_a_verdict_in_time_and_memory(dialect: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for sql in (
        "select " + ", ".join(f"c{number}" for number in range(9_900)) + " from t",
        "select " + ", ".join(f"c{number}" for number in range(10_000)) + " from t",
        "select '" + "x" * (MAX_BYTES - 9) + "'",
        "select '" + "x" * MAX_BYTES + "'",
        "select " + "a" * (MAX_BYTES - 10),
        "select 1 where a in (" + ", ".join(map(str, range(9_000))) + ")",
        "select 1 /* " + "/* " * 20_000,
        "-- " * 20_000 + "\nselect 1",
        "'" * MAX_BYTES,
        "select '" + "''" * 30_000,
        "(" * 60_000,
        " " * 60_000 + "select 1",
        "select " + "é" * 30_000,
        "select " + "e\u0301" * 9_000,
    ):
        verdict(sql, dialect)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown / (2**20 if sys.platform == "darwin" else 2**10) < MEMORY_MIB


@pytest.mark.parametrize("trick", ["/* ( */", "'('", "-- (\n", "{quoted}"])
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_brackets_that_are_none_are_not_counted_and_those_that_are_cannot_hide(dialect: str, trick: str) -> None:
    opening, closing = DIALECTS[dialect].lexis.name_quotes[0][:2]
    written = trick.format(quoted=f"{opening}({closing}")
    assert guard("select 1 as a" + f" {written}" * 300, dialect).findings or trick.startswith(("/*", "--"))
    deep = guard("select " + f"( {'' if trick[0] in chr(39) + '{' else written} " * 200 + "1" + ")" * 200, dialect)
    assert deep.findings[0].reason == "SQL_TOO_LARGE"
