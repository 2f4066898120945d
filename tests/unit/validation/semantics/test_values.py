"""Texts that a statement compares with are looked for among the values of their columns, within limits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from unit.validation.semantics.shop import shop

from services.kit.clock import ManualClock
from services.kit.errors import Unavailable
from services.validation.core import known_values
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.guard.guard import guard
from services.validation.core.known_values import KnownValues
from services.validation.core.model import (
    ColumnRef,
    ColumnValues,
    DataSource,
    Finding,
    Severity,
    Span,
    SqliteConnection,
)
from services.validation.core.policies.restrict import restricted
from services.validation.core.policy import ColumnMask, Policy, RowFilter
from services.validation.core.semantics.review import read_queries
from services.validation.core.semantics.values import Compared, compared_values, missing

COUNTRIES = ("France", "Spain", "Italy")


class Database:
    """An engine that gives the values it was made with, and counts how often it is asked."""

    def __init__(self, values: dict[str, tuple[str, ...]], *, truncated: bool = False, away: bool = False) -> None:
        self.values, self.truncated, self.away = values, truncated, away
        self.asked: list[ColumnRef] = []

    def of(self, source: DataSource) -> Any:
        return self

    async def sample_values(self, columns: Any, limit: int, within: timedelta) -> tuple[ColumnValues, ...]:
        if self.away:
            raise Unavailable("DATA_SOURCE_UNAVAILABLE", "away")
        self.asked.extend(columns)
        known = [each for each in columns if each.column in self.values]
        return tuple(ColumnValues(each, self.values[each.column], self.truncated) for each in known)


def compared(sql: str, dialect: str = "sqlite") -> list[tuple[str, str]]:
    catalog = shop(dialect)
    guarded = guard(sql, catalog.dialect, catalog)
    assert guarded.tree is not None
    queries = [query for query, _ in read_queries(guarded.tree, catalog)]
    return [(each.column.column, each.value) for each in compared_values(guarded.text, queries)]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select id from customers where country = 'Frnace'", [("country", "Frnace")]),
        ("select id from customers where 'x' = country", [("country", "x")]),
        ("select id from customers where country in ('a', 'b')", [("country", "a"), ("country", "b")]),
        ("select id from customers where country <> 'a'", [("country", "a")]),
        ("select n from (select country as n from customers) t where n = 'a'", [("country", "a")]),
        ('select id from customers where country = "a"', [("country", "a")]),
        ("select id from customers where country like 'a%'", []),
        ("select id from customers where lower(country) = 'a'", []),
        ("select id from customers where points = 'a'", []),
        ("select id from customers where country = ''", []),
        ("select count(*) from customers group by country having country = 'a'", [("country", "a")]),
    ],
)
def test_the_texts_that_text_columns_are_compared_with_are_found(sql: str, found: list[tuple[str, str]]) -> None:
    assert compared(sql) == found


def test_a_value_that_no_row_has_is_named_with_the_nearest() -> None:
    asked = Compared(ColumnRef("customers", "country"), "Frnace", Span(1, 1, 1, 9))
    finding = missing(asked, COUNTRIES)
    assert finding is not None
    assert (finding.suggestion, finding.severity) == ("'France'", Severity.WARNING)
    assert finding.metadata == {"column": "country", "value": "Frnace"}
    assert missing(Compared(asked.column, "Spain", None), COUNTRIES) is None
    assert missing(Compared(asked.column, "spain", None), COUNTRIES) is not None
    assert missing(Compared(asked.column, "spain", None), COUNTRIES, ignores_case=True) is None


def test_a_suggestion_is_a_text_that_can_be_pasted() -> None:
    finding = missing(Compared(ColumnRef("t", "c"), "OReilly", None), ["O'Reilly"])
    assert finding is not None
    assert finding.suggestion == "'O''Reilly'"


SOURCE = DataSource("local", "shop", SqliteConnection("/shop.sqlite"))


async def look_up(
    known: KnownValues, sql: str, catalog: Catalog | None = None, source: DataSource = SOURCE
) -> list[Finding]:
    catalog = catalog or shop("sqlite")
    check = await known.look_up(source, sql, catalog, check_statement(sql, catalog))
    return [each for each in check.findings if each.reason == "SQL_VALUE_UNKNOWN"]


def values_of(database: Database, clock: ManualClock | None = None) -> KnownValues:
    return KnownValues(database, clock or ManualClock(datetime(2024, 1, 1, tzinfo=UTC)), timedelta(minutes=10))  # type: ignore[arg-type]


WRONG = "select id from customers where country = 'Frnace'"


async def test_what_was_read_is_kept_for_a_while_and_apart_for_each_organization() -> None:
    database, clock = Database({"country": COUNTRIES}), ManualClock(datetime(2024, 1, 1, tzinfo=UTC))
    known = values_of(database, clock)
    assert await look_up(known, WRONG)
    assert await look_up(known, WRONG)
    assert len(database.asked) == 1
    clock.advance(timedelta(minutes=11))
    assert await look_up(known, WRONG)
    assert len(database.asked) == 2
    await look_up(known, WRONG, source=DataSource("other", "shop", SqliteConnection("/shop.sqlite")))
    assert len(database.asked) == 3


async def test_nothing_is_said_of_a_column_that_was_not_read_to_its_end() -> None:
    assert await look_up(values_of(Database({"country": COUNTRIES}, truncated=True)), WRONG) == []
    assert await look_up(values_of(Database({})), WRONG) == []
    assert await look_up(values_of(Database({}, away=True)), WRONG) == []


async def test_a_statement_that_may_not_run_is_not_looked_up() -> None:
    database = Database({"country": COUNTRIES})
    await look_up(values_of(database), "select nope from customers where country = 'x'")
    assert database.asked == []


@pytest.mark.parametrize(
    "policy",
    [
        Policy(masks=(ColumnMask("customers.country"),)),
        Policy(row_filters=(RowFilter("customers", "points > 5"),)),
        Policy(denied_columns=("customers.country",)),
    ],
)
async def test_what_a_policy_hides_is_never_looked_into(policy: Policy) -> None:
    database = Database({"country": COUNTRIES})
    assert await look_up(values_of(database), WRONG, restricted(shop("sqlite"), policy)) == []
    assert database.asked == []


async def test_what_is_kept_is_bounded_by_columns_and_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database({"country": COUNTRIES, "name": ("Ada",), "status": ("paid",)})
    known = values_of(database)
    monkeypatch.setattr(known_values, "MAX_COLUMNS", 2)
    for sql in (WRONG, "select id from customers where name = 'x'", "select id from orders where status = 'x'"):
        await look_up(known, sql)
    await look_up(known, WRONG)
    assert [each.column for each in database.asked].count("country") == 2
    monkeypatch.setattr(known_values, "MAX_BYTES", 100)
    await look_up(known, "select id from customers where name = 'x'")
    await look_up(known, "select id from customers where name = 'x'")
    assert [each.column for each in database.asked].count("name") > 2
