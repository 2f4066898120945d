"""The process that judges: bounded, shut off from the network and the disk, and exact about types."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.catalog import ColumnType
from services.kit.errors import DeadlineExceeded, ResourceExhausted
from services.validation.adapters.judging.columns import Column, read_times, shown, spread
from services.validation.adapters.judging.judges import ProcessJudges
from services.validation.core.model import Batch
from services.validation.core.quality.model import Distribution
from services.validation.core.quality.ports import Answer, Question, Task

GUARDED = """
import sys
from services.validation.adapters.judging.process import _Guard
guard = _Guard()
sys.addaudithook(guard)
guard.imported = True
try:
    {}
except PermissionError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 1))", "no network"),
        ("import socket; socket.getaddrinfo('example.org', 443)", "no network"),
        ("import subprocess; subprocess.run(['true'])", "no other program"),
        ("import os; os.system('true')", "no other program"),
        ("import os; os.fork()", "no other program"),
        ("open('/tmp/candor-was-here', 'w')", "no file"),
        ("import os; os.open('/tmp/candor-was-here', os.O_CREAT)", "no file"),
    ],
)
def test_nothing_leaves_the_process_but_its_answers(act: str, refusal: str) -> None:
    done = subprocess.run([sys.executable, "-c", GUARDED.format(act)], capture_output=True, text=True)
    assert refusal in done.stdout


async def test_the_process_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDOR_VALIDATION_MASTER_KEY", "secret")
    async with ProcessJudges(1, 2048).open(timedelta(seconds=60)):
        (process,) = [each for each in psutil.Process().children() if "judging.process" in " ".join(each.cmdline())]
        assert "secret" not in process.environ().values()


async def judged(
    cells: Sequence[Any], kind: ColumnType, *questions: Question, memory: int = 2048, seconds: float = 60
) -> list[Answer | Distribution]:
    task = Task((("a", kind),), questions, ("a",))
    async with ProcessJudges(1, memory).open(timedelta(seconds=seconds)) as judging:
        await judging.begin(task)
        await judging.feed(Batch(len(cells), (tuple(cells),)))
        return [each async for each in judging.answers(len(cells))]


def question(position: int, name: str, reads: str = "typed", **arguments: Any) -> Question:
    return Question(position, f"expect_column_{name}", {"column": "a", **arguments}, reads, ("a",))


@pytest.mark.slow
async def test_values_that_are_not_of_their_columns_type_meet_no_expectation() -> None:
    found = await judged(
        ["1.50", "25", "abc", None],
        ColumnType.NUMBER,
        question(0, "values_to_be_between", min_value=0, max_value=100),
        question(1, "values_to_be_between", min_value=0, max_value=100, mostly=0.6),
        question(2, "mean_to_be_between", min_value=0),
        question(3, "values_to_not_be_null", "raw"),
        question(4, "values_to_be_between", min_value="not a number"),
    )
    first, mostly, mean, nulls, nonsense = (dict(each.fields) for each in found if isinstance(each, Answer))
    assert (first["outcome"], first["unexpected_count"], first["missing_count"]) == ("failed", 1, 1)
    assert mostly["outcome"] == "passed"
    assert (mean["outcome"], mean["observed"]) == ("passed", "13.25")
    assert "not of the column's type" in mean["message"]
    assert nulls["unexpected_count"] == 1
    assert nonsense["outcome"] == "not_judged"


@pytest.mark.slow
async def test_large_whole_numbers_are_told_apart_beside_a_null() -> None:
    cells = [2**53, 2**53 + 1, None, 2**62]
    (answer,) = await judged(cells, ColumnType.INTEGER, question(0, "values_to_be_unique", "raw"))
    assert isinstance(answer, Answer)
    assert (answer.fields["outcome"], answer.fields["unexpected_count"]) == ("passed", 0)


@pytest.mark.slow
async def test_a_pattern_that_never_ends_is_ended() -> None:
    endless = question(0, "values_to_match_regex", "text", regex="^(x+x+)+y$")
    with pytest.raises(DeadlineExceeded) as raised:
        await judged(["x" * 64], ColumnType.TEXT, endless, seconds=5)
    assert raised.value.reason == "STATEMENT_TIMEOUT"


@pytest.mark.slow
async def test_judging_that_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(ResourceExhausted) as raised:
        await judged([1], ColumnType.INTEGER, question(0, "values_to_be_unique", "raw"), memory=32)
    assert raised.value.reason == "TOO_LARGE"


async def test_only_so_many_are_judged_at_once() -> None:
    one_place = ProcessJudges(1, 2048)
    async with one_place.open(timedelta(seconds=60)):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), one_place.open(timedelta(seconds=60)):
                pass


def test_times_are_read_in_utc_whatever_form_they_come_in() -> None:
    noon = datetime(2024, 5, 2, 12, tzinfo=UTC)
    texts = ["2024-05-02 12:00:00", "2024-05-02T14:00:00+02:00", "2024-05-02 12:00:00+00"]
    assert {each.to_pydatetime().replace(tzinfo=UTC) for each in read_times(texts)} == {noon}
    # SQLite's numbers: seconds since 1970, and Julian days.
    mixed = read_times([int(noon.timestamp()), 2460433.0, "2024-05-02 12:00:00", None])
    assert [each.to_pydatetime().replace(tzinfo=UTC) for each in mixed[:3]] == [noon] * 3
    assert list(read_times(["junk", None, "2024-13-01"]).isna()) == [True] * 3


@pytest.mark.parametrize(
    ("value", "text"), [(5.0, "5"), (5.25, "5.25"), (None, "NULL"), ("x" * 300, "x" * 200), ([1, "a"], "1, a")]
)
def test_values_are_shown_short(value: Any, text: str) -> None:
    assert shown(value) == text


numbers = st.lists(st.none() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6), max_size=80)


@given(numbers, numbers)
def test_every_value_is_counted_once_also_by_the_ranges_of_another(now: list[Any], later: list[Any]) -> None:
    first = spread(Column("a", ColumnType.NUMBER, now), None)
    assert first is not None
    for cells in (now, later):
        found = spread(Column("a", ColumnType.NUMBER, cells), first)
        assert found is not None
        assert (found.edges, found.values) == (first.edges, first.values)
        assert sum(found.counted) + found.missing_count == len(cells)
        assert found.missing_count == sum(each is None for each in cells)


def test_ranges_hold_a_tenth_of_the_rows_each() -> None:
    found = spread(Column("a", ColumnType.INTEGER, list(range(1000))), None)
    assert found is not None
    assert found.counts == (100,) * 10
    assert np.all(np.diff(found.edges) > 0)


def test_a_value_on_a_bound_is_in_the_range_above_it() -> None:
    reference = Distribution("a", (1, 1), edges=(0.0, 10.0, 20.0))
    found = spread(Column("a", ColumnType.INTEGER, [-5, 0, 10, 20, 99]), reference)
    assert found is not None
    assert found.counts == (2, 3)


def test_what_is_infinite_is_in_no_range() -> None:
    found = spread(Column("a", ColumnType.NUMBER, [*range(100), "Infinity", float("-inf")]), None)
    assert found is not None
    assert np.all(np.isfinite(found.edges))
    assert sum(found.counts) == 100


def test_texts_that_are_all_different_are_not_kept() -> None:
    assert spread(Column("a", ColumnType.TEXT, [f"letter {row}" for row in range(200)]), None) is None
    times = spread(Column("a", ColumnType.TEXT, [f"2024-01-{day:02d}" for day in range(1, 31)]), None)
    assert times is not None
    assert len(times.edges) == 11


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12), max_size=20))
def test_no_cell_breaks_the_reading_of_a_column(cells: list[Any]) -> None:
    for kind in ColumnType:
        column = Column("a", kind, list(cells))
        spread(column, None)
        assert len(column.typed) == len(column.text) == len(cells)
        assert 0 <= column.unreadable <= len(cells)
