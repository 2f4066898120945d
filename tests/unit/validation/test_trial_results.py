"""What a scale trial makes of measurements and results: growth in numbers and words, equality, costs from events."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.catalog import Column, ColumnType, Table
from services.kit.errors import InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Cell
from services.validation.core.trials import findings, to_spark
from services.validation.core.trials.compare import compare
from services.validation.core.trials.events import read_cost, skew
from services.validation.core.trials.growth import bytes_in_words, fit, growths, seconds_in_words, trembling
from services.validation.core.trials.model import Cost, Measurement, Verdict, Written

SIZES = (10_000, 100_000, 1_000_000)


def measured(rows: int, seconds: float, shuffle: int = 0, **cost: Any) -> Measurement:
    return Measurement(rows, (), seconds, 1, Cost(task_seconds=seconds, shuffle_write_bytes=shuffle, **cost))


@settings(max_examples=50, deadline=None)
@given(exponent=st.floats(0.3, 2.5), factor=st.floats(1e-6, 10))
def test_a_known_power_is_found(exponent: float, factor: float) -> None:
    _, _, found = fit(SIZES, [factor * rows**exponent for rows in SIZES])
    assert found == pytest.approx(exponent, abs=0.05)


@pytest.mark.parametrize("exponent", [1.0, 1.5, 2.0])
def test_a_fixed_part_does_not_hide_the_growth(exponent: float) -> None:
    costs = [0.8 + 0.4 * (rows / SIZES[0]) ** exponent for rows in SIZES]
    fixed, _, found = fit(SIZES, costs)
    assert found == pytest.approx(exponent, abs=0.15)
    assert fixed == pytest.approx(0.8, rel=0.1)


@pytest.mark.parametrize(
    ("costs", "expected"), [([5.0, 5.0, 5.0], 0.0), ([0.0, 0.0, 0.0], 0.0), ([0.0, 1.0, 2.0], 0.0)]
)
def test_a_cost_that_does_not_grow_has_no_exponent(costs: list[float], expected: float) -> None:
    assert fit(SIZES, costs)[2] == pytest.approx(expected, abs=1e-9)


def test_noise_about_a_fixed_part_does_not_make_the_forecast_too_low() -> None:
    fixed, factor, exponent = fit((10**5, 10**6, 10**7), [1.95, 1.85, 3.26], noise=0.05)
    assert exponent == pytest.approx(1.0, abs=0.02)
    assert fixed + factor * 10**9 == pytest.approx(140, rel=0.2)


@given(
    exponent=st.sampled_from([1.0, 2.0]),
    noise=st.lists(st.floats(0.9, 1.1), min_size=3, max_size=3),
)
@settings(max_examples=50, deadline=None)
def test_a_tenth_of_noise_moves_the_exponent_little(exponent: float, noise: list[float]) -> None:
    costs = [each * (rows / 1e6) ** exponent for each, rows in zip(noise, SIZES, strict=True)]
    assert fit(SIZES, costs, noise=0.05)[2] == pytest.approx(exponent, abs=0.25)


def test_times_that_fall_as_rows_grow_say_themselves_how_far_they_are_off() -> None:
    costs = [0.81, 0.62, 2.72]
    assert trembling(costs) == pytest.approx(0.2346, abs=0.001)
    assert fit((10**5, 10**6, 10**7), costs, noise=0.05)[2] > 1.7
    assert fit((10**5, 10**6, 10**7), costs, noise=trembling(costs))[2] == pytest.approx(1, abs=0.1)


def test_growth_is_told_in_a_sentence_with_what_it_comes_to() -> None:
    time, _, shuffle = growths([measured(rows, rows / 1e5, rows * 8) for rows in SIZES], 10**9, "local[2]")
    assert "grows about linearly with the rows (n^1.0" in time.message
    assert "at 1,000,000,000 rows expect about 2.8 h on local[2]" in time.message
    assert time.projected == pytest.approx(10_000, rel=0.01)
    assert shuffle.projected == pytest.approx(8e9, rel=0.01)
    assert "8.0 GB" in shuffle.message


@pytest.mark.parametrize("slope", [1e-9, -3e-7])
def test_nothing_is_made_of_growth_that_cannot_be_seen(slope: float) -> None:
    time, _, shuffle = growths([measured(rows, 1.0 + rows * slope) for rows in SIZES], 10**9, "local[2]")
    assert time.exponent >= 0
    assert time.projected == 0
    assert "expect about" not in time.message
    assert "Try larger sizes" in time.message
    assert shuffle.message == "What is shuffled: nothing at any size."


def test_one_size_says_nothing_of_growth() -> None:
    assert "one size alone" in growths([measured(10, 1.0)], 100, "local[2]")[0].message


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.85, "850 ms"), (12, "12 s"), (210, "3.5 min"), (7560, "2.1 h"), (362_880, "4.2 days")]
)
def test_times_are_in_words_of_their_size(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_bytes_are_in_words_of_their_size() -> None:
    assert [bytes_in_words(each) for each in (12, 4_100_000_000)] == ["12 bytes", "4.1 GB"]


CELLS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, width=32)
    | st.text(max_size=4)
)
ROWS = st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), max_size=15))


@settings(max_examples=50, deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_same_rows_in_any_order_are_equal(rows: list[tuple[Cell, ...]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert compare("postgres", tuple(shuffled), tuple(rows)).verdict is Verdict.EQUAL


@settings(max_examples=50, deadline=None)
@given(rows=ROWS.filter(bool), number=st.integers(0, 14))
def test_a_row_more_is_different(rows: list[tuple[Cell, ...]], number: int) -> None:
    more = (*rows, rows[number % len(rows)])
    found = compare("postgres", more, tuple(rows))
    assert found.verdict is Verdict.DIFFERENT
    assert [engine for engine, _ in found.differences] == ["postgres"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("8.3333333333333333", 8.333333333333334, True),
        ("7.5833333333333333", "7.583333", True),
        ("7.58", "7.59", False),
        ("12.50", "12.5", True),
        (12.5, "12.50", True),
        (1, "1", True),
        (True, 1, True),
        ("007", "7", False),
        ("2024-01-02", "2024-01-02 00:00:00", True),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05.000", True),
        ("2024-01-02 03:04:05+00", "2024-01-02 03:04:05+00:00", True),
        ("2024-01-02", "2024-01-03", False),
        (None, "", False),
        (None, 0, False),
        ("a", "A", False),
        (0.1 + 0.2, 0.3, True),
        (1.001, 1.002, False),
    ],
)
def test_values_are_compared_as_exactly_as_both_are_written(one: Cell, other: Cell, same: bool) -> None:  # noqa: FBT001  A case.
    assert (compare("duckdb", ((one,),), ((other,),)).verdict is Verdict.EQUAL) is same


def test_order_counts_only_where_the_statement_asks_for_one() -> None:
    one, other = ((1, "a"), (2, "b")), ((2, "b"), (1, "a"))
    assert compare("postgres", one, other).verdict is Verdict.EQUAL
    found = compare("postgres", one, other, ordered_by=(0,))
    assert found.verdict is Verdict.DIFFERENT
    assert "another order" in found.message
    ties = ((1, "b"), (1, "a"))
    assert compare("postgres", ((1, "a"), (1, "b")), ties, ordered_by=(0,)).verdict is Verdict.EQUAL


def test_a_result_that_is_too_large_is_not_compared() -> None:
    assert compare("postgres", None, ((1,),)).verdict is Verdict.NOT_COMPARED


def task(stage: int, milliseconds: int, records: int, spilled: int = 0) -> dict[str, Any]:
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Task Metrics": {
            "Executor Run Time": milliseconds,
            "Disk Bytes Spilled": spilled,
            "Shuffle Read Metrics": {"Total Records Read": records, "Local Bytes Read": 10, "Remote Bytes Read": 1},
            "Shuffle Write Metrics": {"Shuffle Bytes Written": 5},
        },
    }


def job(group: str, *stages: int) -> dict[str, Any]:
    properties = {"spark.jobGroup.id": group, "spark.sql.execution.id": group}
    return {"Event": "SparkListenerJobStart", "Stage IDs": list(stages), "Properties": properties}


def test_costs_are_those_of_one_group_of_jobs() -> None:
    events = [
        job("mine", 1, 2),
        job("other", 3),
        *(task(1, 100, 10) for _ in range(3)),
        task(1, 900, 80, spilled=7),
        task(2, 50, 1),
        task(3, 9999, 9999),
        {
            "Event": "org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate",
            "executionId": "mine",
            "physicalPlanDescription": "== Final Plan ==\n SortMergeJoin Inner\n== Initial Plan ==\n BroadcastHashJoin",
        },
    ]
    cost = read_cost([*(json.dumps(each) for each in events), '{"Event": "cut off'], "mine")
    assert (cost.stages, cost.tasks, cost.task_seconds) == (2, 5, 1.25)
    assert (cost.shuffle_read_bytes, cost.shuffle_write_bytes, cost.disk_spilled_bytes) == (55, 25, 7)
    assert (cost.time_skew, cost.record_skew) == (9.0, 8.0)
    assert cost.joins == ("SortMergeJoin",)


def test_an_even_stage_has_no_skew() -> None:
    assert [skew(each) for each in ((), (5,), (5, 5, 5), (0, 0, 0))] == [1.0, 1.0, 1.0, 1.0]


def test_what_to_mind_of_measurements_is_said() -> None:
    said = findings.of_measurements(
        [
            measured(10, 1.0, joins=("BroadcastHashJoin",)),
            measured(100, 1.0, joins=("SortMergeJoin",), disk_spilled_bytes=5000, record_skew=9.0),
        ]
    )
    assert {each.reason for each in said} == {"TRIAL_SKEW", "TRIAL_SPILLED", "TRIAL_PLAN_CHANGED"}


INTEGER, TEXT = ColumnType.INTEGER, ColumnType.TEXT
TABLES = (
    Table(
        "", "customers", columns=(Column("id", INTEGER, is_primary_key=True), Column("name", TEXT), Column("pin", TEXT))
    ),
    Table("", "orders", columns=(Column("id", INTEGER, is_primary_key=True), Column("customer_id", INTEGER))),
)


def written(sql: str, dialect: str = "sqlite") -> Written:
    catalog = Catalog(DIALECTS[dialect], TABLES)
    tree = to_spark.read(sql, dialect)
    read = to_spark.columns_read(tree, catalog)
    views = {name: f"t_{number}" for number, name in enumerate(read)}
    types = {views[name]: {each: "BIGINT" if "id" in each else "STRING" for each in read[name]} for name in read}
    return to_spark.write(sql, tree, catalog, views, types)


def read(sql: str) -> dict[str, tuple[str, ...]]:
    return to_spark.columns_read(to_spark.read(sql, "sqlite"), Catalog(DIALECTS["sqlite"], TABLES))


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select count(*) from orders", {"orders": ("id",)}),
        ("select name from customers where id = 3", {"customers": ("id", "name")}),
        ("select * from customers", {"customers": ("id", "name", "pin")}),
        ("select o.* from customers c join orders o on o.customer_id = c.id",
         {"customers": ("id",), "orders": ("id", "customer_id")}),
        ("select name from customers c where exists (select 1 from orders where customer_id = c.id)",
         {"customers": ("id", "name"), "orders": ("customer_id",)}),
        ("with x as (select customer_id k from orders) select k from x", {"orders": ("customer_id",)}),
        ("with orders as (select id from customers) select * from orders", {"customers": ("id",)}),
        ("select 1", {}),
    ],
)  # fmt: skip
def test_only_the_columns_that_a_statement_reads_are_taken(sql: str, columns: dict[str, tuple[str, ...]]) -> None:
    assert read(sql) == columns


def test_tables_become_views_and_keep_the_names_that_the_statement_uses() -> None:
    found = written(
        "select customers.name, o.id from customers join orders o on o.customer_id = customers.id order by 2"
    )
    assert "`t_0` AS `customers`" in found.spark
    assert "`t_1` AS `o`" in found.spark
    assert found.ordered_by == (1,)
    assert found.joins == ((("orders", "customer_id"), ("customers", "id")),)


def test_division_keeps_the_meaning_of_the_source() -> None:
    whole = written("select id / customer_id from orders")
    assert "NULLIF(`orders`.`customer_id`, 0)" in whole.spark
    assert "AS BIGINT)" in whole.spark
    assert any(each.reason == "SQL_NOT_PORTABLE" for each in whole.findings)
    assert "NULLIF" not in written("select id / customer_id from orders", "postgres").spark


def test_a_text_that_looks_like_a_variable_of_sparks_stays_a_text() -> None:
    assert "'${env:HOME}'" in written("select '${env:HOME}' from orders").spark


@pytest.mark.parametrize(
    "function", ["java_method('java.lang.System', 'exit')", "reflect('a', 'b')", "input_file_name()"]
)
def test_functions_that_reach_java_or_files_are_refused_whatever_the_guard_says(function: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        written(f"select {function} from orders")
    assert raised.value.reason == "SQL_FUNCTION_REFUSED"
