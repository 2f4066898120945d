"""The gate: what a plan reads against what its data source allows; and what PostgreSQL's figures come to."""

from dataclasses import replace

import pytest
from unit.validation.plans.shop import shop

from services.validation.core.explain_plan import require_affordable
from services.validation.core.model import DataSource, Severity, SqliteConnection
from services.validation.core.plans import postgres_json
from services.validation.core.plans.gate import has_limits, judge, readable_bytes, readable_rows
from services.validation.core.plans.model import Index, Plan, Step, StepKind, TableSize
from services.validation.core.policy import CostLimits, Policy

GIGABYTE = 1e9
SIZES = {"public.o": TableSize(200_000, 12_000_000), "public.c": TableSize(1_000, 8192)}


def plan(rows: float = 200_000, read: float = 4.1 * GIGABYTE, cost: float = 4000) -> Plan:
    orders = Step(StepKind.SCAN, "Seq Scan", "public.orders", bytes=read, rows_read=rows)
    return Plan(
        "", 1, cost, (orders, Step(StepKind.SCAN, "Seq Scan", "public.customers", bytes=1, rows_read=1)), rows, read
    )


def test_what_reads_too_much_is_told_how_much_and_what_would_help() -> None:
    indexes = (Index("public.orders", "by_day", ("placed", "seller")), Index("public.customers", "x", ("name",)))
    (finding,) = judge(plan(), CostLimits(max_bytes_read=GIGABYTE), shop(), indexes)
    assert finding.reason == "SQL_COST_LIMIT"
    assert finding.severity is Severity.ERROR
    assert finding.message == (
        "This reads about 4.1 GB; your limit is 1 GB. Add a condition on orders.placed or orders.id."
    )
    assert finding.metadata == {"limit": "max_bytes_read", "allowed": "1000000000", "estimated": "4100000000"}


@pytest.mark.parametrize(
    ("limits", "errors"),
    [
        (CostLimits(), 0),
        (CostLimits(max_rows_read=200_000), 0),
        (CostLimits(max_rows_read=199_999), 1),
        (CostLimits(max_cost=3999.5), 1),
        (CostLimits(max_cost=4000, max_rows_read=1, max_bytes_read=1), 2),
    ],
)
def test_a_limit_is_the_most_that_is_let_through(limits: CostLimits, errors: int) -> None:
    found = judge(plan(), limits, shop())
    assert [finding.severity for finding in found] == [Severity.ERROR] * errors
    assert has_limits(limits) == (limits != CostLimits())


async def test_without_limits_no_plan_is_asked_for() -> None:
    class Silent:
        async def explain(self, sql: str, analyze: object = None) -> Plan:
            raise AssertionError("a plan was asked for")

    source = DataSource("local", "shop", SqliteConnection("shop.sqlite"))
    await require_affordable(Silent(), source, shop("sqlite"), "SELECT 1")  # type: ignore[arg-type]
    limited = replace(source, policy=Policy(cost_limits=CostLimits(max_cost=1)))
    with pytest.raises(AssertionError):
        await require_affordable(Silent(), limited, shop("sqlite"), "SELECT 1")  # type: ignore[arg-type]


def test_what_no_engine_says_is_a_warning() -> None:
    limits = CostLimits(max_cost=1, max_rows_read=1, max_bytes_read=1)
    found = judge(plan(-1, -1, -1), limits, shop())
    assert [finding.severity for finding in found] == [Severity.WARNING] * 3
    assert "cannot be judged" in found[0].message


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1_550_000, "1.6 MB"),
        (999_960_000, "1 GB"),
        (4.1e12, "4.1 TB"),
    ],
)
def test_bytes_are_said_as_people_say_them(size: float, said: str) -> None:
    assert readable_bytes(size) == said


def test_rows_are_said_to_three_figures() -> None:
    assert [readable_rows(rows) for rows in (1, 1234, 2_345_678)] == ["1 row", "1,230 rows", "2,350,000 rows"]


# Parts of what PostgreSQL 18.4 gave for joins of o and c.
def scan(table: str, rows: float, **more: object) -> dict[str, object]:
    return {
        "Node Type": "Seq Scan",
        "Relation Name": table,
        "Schema": "public",
        "Plan Rows": rows,
        "Plan Width": 8,
        **more,
    }


def test_postgres_counts_a_table_as_often_as_a_loop_reads_it_and_its_bytes_once() -> None:
    inner = scan("o", 200, Filter="(o.cid = c.id)", **{"Parent Relationship": "Inner", "Total Cost": 3971.0})
    outer = scan("c", 1000, **{"Parent Relationship": "Outer"})
    document = [
        {"Plan": {"Node Type": "Nested Loop", "Plan Rows": 200_000, "Total Cost": 4e6, "Plans": [outer, inner]}}
    ]
    found = postgres_json.read("", document, SIZES)
    assert found.rows_read == 1_000 + 1_000 * 200_000
    assert found.bytes_read == 8192 + 12_000_000
    assert found.estimated_cost == 4e6
    kept = {"Node Type": "Materialize", "Parent Relationship": "Inner", "Plans": [scan("o", 200, Filter="x")]}
    document[0]["Plan"]["Plans"] = [outer, kept]
    assert postgres_json.read("", document, SIZES).rows_read == 1_000 + 200_000


def test_postgres_counts_a_correlated_subquery_for_each_row() -> None:
    subplan = scan("o", 200, Filter="(o.cid = c.id)", **{"Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 1"})
    document = [{"Plan": scan("c", 1000, Plans=[subplan])}]
    assert postgres_json.read("", document, SIZES).rows_read == 1_000 + 1_000 * 200_000


def test_postgres_counts_by_an_index_what_the_index_leads_to() -> None:
    bitmap = {
        "Node Type": "Bitmap Index Scan",
        "Index Name": "o_pkey",
        "Plan Rows": 4964,
        "Parent Relationship": "Outer",
    }
    heap = {**scan("o", 120, Filter="(o.amount > 5)"), "Node Type": "Bitmap Heap Scan", "Plans": [bitmap]}
    found = postgres_json.read("", [{"Plan": heap}], SIZES)
    assert (found.rows_read, found.bytes_read) == (4964, 4964 * 8)
    assert found.scans == ()


@pytest.mark.parametrize(
    "figures",
    [
        {"Sort Method": "external merge", "Sort Space Type": "Disk"},
        {"Hash Batches": 4},
        {"Disk Usage": 100},
        {"Planned Partitions": 8},
    ],
)
def test_postgres_says_what_goes_to_disk(figures: dict[str, object]) -> None:
    document = [{"Plan": {"Node Type": "Sort", "Plan Rows": 5, "Actual Rows": 2.5, "Actual Loops": 2, **figures}}]
    (step,) = postgres_json.read("", document, {}).steps
    assert step.spills
    assert step.actual_rows == 5
