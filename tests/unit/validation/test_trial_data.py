"""The data of scale trials: copies keep keys, references and distributions; what is made up keeps keys too."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Cell
from services.validation.core.trials import extract
from services.validation.core.trials.model import Sample, TrialTable
from services.validation.core.trials.replication import Replication, blocks, moved, replicate
from services.validation.core.trials.sample_types import spark_type
from services.validation.core.trials.synthesis import fill, make_up, repair

INTEGER, TEXT, NUMBER, DATE = ColumnType.INTEGER, ColumnType.TEXT, ColumnType.NUMBER, ColumnType.DATE
CUSTOMERS = Table("", "customers", columns=(Column("id", INTEGER, is_primary_key=True), Column("city", TEXT)))
ORDERS = Table(
    "",
    "orders",
    columns=(Column("id", INTEGER, is_primary_key=True), Column("customer_id", INTEGER), Column("day", DATE)),
)
LINES = Table(
    "",
    "lines",
    columns=(Column("order_id", INTEGER, is_primary_key=True), Column("line", INTEGER, is_primary_key=True)),
)
KEYS = (
    ForeignKey("orders", ("customer_id",), "customers", ("id",)),
    ForeignKey("lines", ("order_id",), "orders", ("id",)),
)
STORED = {table.qualified_name: table for table in (CUSTOMERS, ORDERS, LINES)}
COLUMNS = {(name, column.name): column for name, table in STORED.items() for column in table.columns}


def shop(owners: Sequence[int | None], *, customers: int, complete: bool = True) -> list[Sample]:
    """Customers, an order for each owner, and two lines for each order."""
    return [
        Sample(
            "customers", ("id", "city"), tuple((number, f"city-{number % 3}") for number in range(customers)), complete
        ),
        Sample(
            "orders",
            ("id", "customer_id", "day"),
            tuple((100 + number, owner, "2024-01-02") for number, owner in enumerate(owners)),
        ),
        Sample("lines", ("order_id", "line"), tuple((100 + n, line) for n in range(len(owners)) for line in (1, 2))),
    ]


def replicated(
    samples: list[Sample], joins: list[tuple[tuple[str, str], tuple[str, str]]] | None = None
) -> Replication:
    types = {
        (each.table, name): spark_type(COLUMNS[each.table, name], "postgres", each.values(name))
        for each in samples
        for name in each.columns
    }
    return replicate(samples, STORED, KEYS, joins or [], types)


def copied(replication: Replication, table: str, count: int) -> list[tuple[Cell, ...]]:
    """A table's rows in so many copies, by the expressions that Spark gets, on DuckDB."""
    found: TrialTable = next(each for each in replication.tables if each.table == table)
    database = duckdb.connect()
    types = ", ".join(f'"{each.name}" {each.type.replace("STRING", "VARCHAR")}' for each in found.columns)
    database.execute(f"CREATE TABLE sample ({types})")
    database.executemany(f"INSERT INTO sample VALUES ({', '.join('?' * len(found.columns))})", found.rows)
    select = ", ".join(each.copied for each in found.columns)
    blocks_of = 1 if found.fixed else count
    query = f"SELECT {select} FROM sample CROSS JOIN (SELECT range AS __block FROM range({blocks_of}))"
    return database.execute(sqlglot.transpile(query, read="spark", write="duckdb")[0]).fetchall()


@settings(max_examples=25, deadline=None)
@given(
    owners=st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=40),
    count=st.integers(1, 7),
)
def test_copies_keep_keys_unique_references_whole_and_distributions_as_they_are(
    owners: list[int | None], count: int
) -> None:
    samples = shop(owners, customers=10)
    replication = replicated(samples)
    customers, orders, lines = (copied(replication, name, count) for name in ("customers", "orders", "lines"))
    assert len({row[0] for row in customers}) == len(customers) == 10 * count
    assert len({row[0] for row in orders}) == len(orders) == len(owners) * count
    assert len(set(lines)) == len(lines)
    assert {row[1] for row in orders if row[1] is not None} <= {row[0] for row in customers}
    assert {row[0] for row in lines} == {row[0] for row in orders}
    assert Counter(row[1] for row in customers) == {
        city: times * count for city, times in Counter(samples[0].values("city")).items()
    }
    assert sum(row[1] is None for row in orders) == sum(each is None for each in owners) * count
    if not replication.heavy:
        fan_out = Counter(Counter(each for each in owners if each is not None).values())
        found = Counter(Counter(row[1] for row in orders if row[1] is not None).values())
        assert found == {rows: times * count for rows, times in fan_out.items()}


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.text("0123456789ab~", min_size=1, max_size=4), min_size=1, max_size=20, unique=True),
    count=st.integers(1, 12),
)
def test_text_keys_stay_unique_whatever_they_look_like(texts: list[str], count: int) -> None:
    table = Table("", "t", columns=(Column("code", TEXT, is_primary_key=True),))
    sample = Sample("t", ("code",), tuple((each,) for each in texts))
    replication = replicate([sample], {"t": table}, (), (), {("t", "code"): "STRING"})
    found = [row[0] for row in copied(replication, "t", count)]
    assert len(set(found)) == len(texts) * count
    assert set(texts) <= set(found)
    move = replication.moves["t", "code"]
    assert set(found) == {moved(each, move, block) for each in texts for block in range(count)}


def test_a_key_that_holds_much_of_the_rows_holds_as_much_at_every_size() -> None:
    owners = [7] * 31 + [number % 100 for number in range(69)]
    replication = replicated(shop(owners, customers=100))
    (heavy,) = replication.heavy
    assert (heavy.table, heavy.column, heavy.value) == ("orders", "customer_id", "7")
    for count in (1, 10):
        found = Counter(row[1] for row in copied(replication, "orders", count))
        assert found[7] == 32 * count


def test_a_list_of_codes_does_not_grow_and_references_to_it_stay() -> None:
    owners = [number % 2 for number in range(400)]
    replication = replicated(shop(owners, customers=2))
    assert replication.fixed == ["customers"]
    assert {row[1] for row in copied(replication, "orders", 5)} == {0, 1}
    assert len(copied(replication, "customers", 5)) == 2


def test_a_join_to_a_key_is_a_reference_though_none_is_declared() -> None:
    samples = shop([number % 10 for number in range(30)], customers=10)
    joins = [(("orders", "customer_id"), ("customers", "id"))]
    types = {(each.table, name): "BIGINT" for each in samples for name in each.columns} | {
        ("customers", "city"): "STRING",
        ("orders", "day"): "DATE",
    }
    replication = replicate(samples, STORED, (), joins, types)
    assert replication.moves["orders", "customer_id"] == replication.moves["customers", "id"]
    assert {row[1] for row in copied(replication, "orders", 3)} == {
        row[0] for row in copied(replication, "customers", 3)
    }


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.integers(1, 10**7), min_size=1, max_size=5, unique=True), largest=st.integers(1, 10**4))
def test_sizes_are_whole_copies_and_always_grow(sizes: list[int], largest: int) -> None:
    found = blocks(sizes, largest)
    assert len(found) == len(sizes)
    assert all(before < after for before, after in pairwise(found))
    assert found[0] == max(1, round(min(sizes) / largest))


@settings(max_examples=50, deadline=None)
@given(owners=st.lists(st.none() | st.integers(0, 40), min_size=1, max_size=60), customers=st.integers(1, 10))
def test_references_that_lead_outside_a_cut_sample_are_turned_inside_key_by_key(
    owners: list[int | None], customers: int
) -> None:
    samples, turned = repair(shop(owners, customers=customers, complete=False), KEYS)
    found = samples[1].values("customer_id")
    assert {each for each in found if each is not None} <= set(range(customers))
    assert [each is None for each in found] == [each is None for each in owners]
    assert turned == sum(each is not None and each >= customers for each in owners)
    assert all(now == was for now, was in zip(found, owners, strict=True) if was is None or was < customers)
    together = {was: now for now, was in zip(found, owners, strict=True)}
    assert all(together[was] == now for now, was in zip(found, owners, strict=True))


def test_references_into_a_complete_table_are_left_as_they_are() -> None:
    samples, turned = repair(shop([3, 99], customers=5), KEYS)
    assert turned == 0
    assert samples[1].values("customer_id") == [3, 99]


def test_what_is_made_up_has_unique_keys_and_references_to_rows_there_are() -> None:
    made_up = [
        Sample(
            table.name,
            tuple(each.name for each in table.columns),
            ((None,) * len(table.columns),) * rows,
            complete=False,
            made_up=tuple(each.name for each in table.columns),
        )
        for table, rows in ((LINES, 60), (ORDERS, 40), (CUSTOMERS, 7))
    ]
    lines, orders, customers = fill(made_up, COLUMNS, KEYS)
    assert len(set(customers.values("id"))) == 7
    assert set(orders.values("customer_id")) <= set(customers.values("id"))
    assert set(lines.values("order_id")) <= set(orders.values("id"))
    assert len(set(lines.rows)) == 60


@pytest.mark.parametrize("kind", list(ColumnType))
def test_values_of_every_type_are_made_up_some_of_them_null(kind: ColumnType) -> None:
    values = [make_up(Column("c", kind), number) for number in range(100)]
    assert 0 < sum(each is None for each in values) < 20
    keys = [make_up(Column("c", kind, is_unique=True), number) for number in range(100)]
    if kind not in {ColumnType.BOOLEAN, ColumnType.JSON}:
        assert len(set(keys)) == 100


def test_private_columns_are_never_asked_for() -> None:
    table = Table(
        "",
        "people",
        columns=(Column("id", INTEGER, is_primary_key=True), Column("password", TEXT, is_sensitive=True)),
        row_estimate=10,
    )
    catalog = Catalog(DIALECTS["sqlite"], [table])
    (planned,) = extract.plan(
        catalog, {"people": ("id", "password")}, 100, lambda _, column: column.is_sensitive, extract=True
    )
    assert planned.made_up == ("password",)
    assert "password" not in planned.sql
    (nothing,) = extract.plan(catalog, {"people": ("id", "password")}, 100, lambda _, __: False, extract=False)
    assert nothing.sql == ""


def test_tables_are_sampled_in_the_proportion_of_their_sizes_and_small_ones_whole() -> None:
    sizes = {"big": 1_000_000, "half": 500_000, "codes": 200}
    tables = [Table("", name, columns=(Column("id", INTEGER),), row_estimate=rows) for name, rows in sizes.items()]
    planned = extract.plan(
        Catalog(DIALECTS["sqlite"], tables), dict.fromkeys(sizes, ("id",)), 1000, lambda _, __: False, extract=True
    )
    assert {each.table: each.limit for each in planned} == {"big": 1000, "half": 500, "codes": 1000}


@pytest.mark.parametrize(
    ("native", "kind", "dialect", "values", "expected"),
    [
        ("integer", INTEGER, "postgres", [1, None], "BIGINT"),
        ("numeric(10,2)", NUMBER, "postgres", ["1.50", None], "DECIMAL(10,2)"),
        ("numeric", NUMBER, "postgres", ["1.5", "22.123"], "DECIMAL(38,3)"),
        ("numeric", NUMBER, "postgres", ["NaN", "1"], "DOUBLE"),
        ("double precision", NUMBER, "postgres", [1.5], "DOUBLE"),
        ("hugeint", INTEGER, "duckdb", ["170141183460469231731687303715884105727"], "DOUBLE"),
        ("date", DATE, "postgres", ["2024-02-29", None], "DATE"),
        ("date", DATE, "postgres", ["infinity"], "STRING"),
        ("date", DATE, "mysql", ["0000-00-00"], "STRING"),
        ("timestamptz", ColumnType.TIMESTAMP, "postgres", ["2024-01-02 03:04:05+00"], "TIMESTAMP"),
        ("timestamp", ColumnType.TIMESTAMP, "postgres", ["2024-01-02 03:04:05.123456"], "TIMESTAMP_NTZ"),
        ("INTEGER", INTEGER, "sqlite", [1, "one"], "STRING"),
        ("INTEGER", INTEGER, "sqlite", [1, 2.5], "DOUBLE"),
        ("DATE", DATE, "sqlite", ["2024-01-02"], "STRING"),
        ("numeric(10,2)", NUMBER, "sqlite", [1, 2.5], "DOUBLE"),
        ("uuid", TEXT, "postgres", ["5f3c"], "STRING"),
    ],
)
def test_a_columns_type_on_spark_keeps_every_value_exact(
    native: str, kind: ColumnType, dialect: str, values: list[Cell], expected: str
) -> None:
    assert spark_type(Column("c", kind, native), dialect, values) == expected
