"""Every name of a statement is found in the catalogue, or named at its place with what was perhaps meant."""

from dataclasses import replace

import pytest

from services.kit.catalog import Column, Table
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Check, ColumnRef, Severity, Span

MEANING = {"SQL_GRAIN", "SQL_LIMIT_WITHOUT_ORDER"}
TABLES = [
    ("customers", ("id", "name", "country", "born")),
    ("orders", ("id", "customer_id", "amount", "status", "created_at")),
    ("refunds", ("id", "order_id", "amount")),
    ("nodes", ("id", "parent_id", "label")),
]


def catalog(dialect: str) -> Catalog:
    schema = {"postgres": "public"}.get(dialect, "")
    named = [(schema, *each) for each in TABLES] + [("hr", "salaries", ("pay",))]
    # Snowflake keeps names that are not quoted in capitals.
    kept = str.upper if dialect == "snowflake" else str
    tables = [
        Table(kept(schema), kept(name), columns=tuple(Column(kept(column)) for column in columns))
        for schema, name, columns in named
    ]
    return Catalog(DIALECTS[dialect], tables)


def check(sql: str, dialect: str = "postgres") -> Check:
    """What is said of a statement, without what is said of its meaning only."""
    result = check_statement(sql, catalog(dialect))
    about_names = tuple(each for each in result.findings if each.reason not in MEANING)
    return replace(result, findings=about_names)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    "sql",
    [
        "select id, name from customers",
        "select c.name, o.amount from customers as c join orders as o on o.customer_id = c.id",
        "select customers.name from customers where exists (select 1 from orders where customer_id = customers.id)",
        "select n from (select name as n, country from customers) as t order by n",
        (
            "with big as (select customer_id, sum(amount) as total from orders group by customer_id) "
            "select name, total from big join customers on customers.id = big.customer_id"
        ),
        "with r(a, b) as (select id, amount from orders) select a, b from r",
        (
            "with recursive up(id, depth) as (select id, 0 from nodes where parent_id is null union all "
            "select nodes.id, up.depth + 1 from nodes join up on nodes.parent_id = up.id) select id, depth from up"
        ),
        "select amount from orders union all select amount from refunds order by amount",
        "select count(*) as n from orders group by status order by n",
        "select id from customers join orders using (id)",
        "select t.* from (select * from orders) as t where t.status = 'x'",
        "select sum(amount) over (partition by status order by created_at) from orders",
        "select (select max(amount) from refunds where order_id = orders.id) from orders",
        "select CUSTOMERS.Name from Customers",
    ],
)
def test_names_that_exist_are_found(dialect: str, sql: str) -> None:
    assert check(sql, dialect).findings == ()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("sql", "reason", "place", "suggestion"),
    [
        ("select nmae from customers", "SQL_COLUMN_UNKNOWN", Span(1, 8, 1, 12), "name"),
        ("select c.id,\n  c.contry\nfrom customers c", "SQL_COLUMN_UNKNOWN", Span(2, 5, 2, 11), "country"),
        ("select name from custmers", "SQL_TABLE_UNKNOWN", Span(1, 18, 1, 26), "customers"),
        ("select x.name from customers c", "SQL_TABLE_UNKNOWN", Span(1, 8, 1, 9), None),
        ("select customers.name from customers c", "SQL_TABLE_UNKNOWN", Span(1, 8, 1, 17), "c"),
        (
            "select id from orders join refunds on order_id = orders.id",
            "SQL_COLUMN_AMBIGUOUS",
            Span(1, 8, 1, 10),
            "orders.id",
        ),
        ("select t.amont from (select amount from orders) t", "SQL_COLUMN_UNKNOWN", Span(1, 10, 1, 15), "amount"),
        ("select 1 from orders where statsu = 'x'", "SQL_COLUMN_UNKNOWN", Span(1, 28, 1, 34), "status"),
        (
            "select amount from orders union all select amount from refunds order by nope",
            "SQL_COLUMN_UNKNOWN",
            None,
            None,
        ),
        ("select (select pay_ from hr.salaries) from orders", "SQL_COLUMN_UNKNOWN", Span(1, 16, 1, 20), "pay"),
    ],
)
def test_a_name_that_does_not_exist_is_named_at_its_place(
    dialect: str, sql: str, reason: str, place: Span | None, suggestion: str | None
) -> None:
    result = check(sql, dialect)
    assert not result.allowed
    assert result.sql == ""
    (finding,) = result.findings
    assert finding.reason == reason
    assert place is None or finding.span == place
    assert suggestion is None or finding.suggestion.lower() == suggestion


def test_all_wrong_names_are_named_at_once() -> None:
    findings = check("select nmae, contry from customers where brn > 1").findings
    assert [finding.suggestion for finding in findings] == ["name", "country", "born"]


def test_a_column_of_another_table_is_pointed_to() -> None:
    (finding,) = check("select amount from customers where pay > 1 and amount > 1", "duckdb").findings[1:2]
    assert "hr.salaries has it" in finding.message


def test_a_table_of_another_schema_is_pointed_to() -> None:
    (finding,) = check("select pay from salaries").findings
    assert finding.suggestion == "hr.salaries"


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_an_alias_may_be_grouped_by_except_in_sql_server_and_trino(dialect: str) -> None:
    reasons = [each.reason for each in check("select status as s from orders group by s", dialect).findings]
    assert reasons == (["SQL_COLUMN_UNKNOWN"] if dialect in {"tsql", "trino"} else [])


def test_an_alias_is_no_column_in_where_for_postgres_and_is_for_sqlite() -> None:
    sql = "select amount * 2 as double from orders where double > 10"
    assert [finding.reason for finding in check(sql).findings] == ["SQL_COLUMN_UNKNOWN"]
    assert check(sql, "sqlite").findings == ()


def test_a_subquery_does_not_see_its_neighbours_unless_it_is_lateral() -> None:
    inside = "(select max(amount) as m from orders where customer_id = c.id)"
    assert check(f"select m from customers c cross join lateral {inside} t").findings == ()
    assert [f.reason for f in check(f"select m from customers c cross join {inside} t").findings] == [
        "SQL_TABLE_UNKNOWN"
    ]


def test_double_quotes_around_a_text_are_a_warning_in_sqlite_and_an_error_elsewhere() -> None:
    sql = 'select name from customers where country = "France"'
    (finding,) = check(sql, "sqlite").findings
    assert (finding.severity, finding.suggestion) == (Severity.WARNING, "'France'")
    assert check(sql, "sqlite").allowed
    assert not check(sql, "postgres").allowed


def test_what_is_read_is_told() -> None:
    result = check("select n.name from (select name, id from customers) n join orders o on o.customer_id = n.id")
    assert result.tables == ("public.customers", "public.orders")
    assert set(result.columns) == {
        ColumnRef("public.customers", "name"),
        ColumnRef("public.customers", "id"),
        ColumnRef("public.orders", "customer_id"),
    }


def test_a_star_reads_every_column() -> None:
    assert {each.column for each in check("select * from customers").columns} == {"id", "name", "country", "born"}


@pytest.mark.parametrize(
    "sql",
    [
        "select s.a from (select {'a': 1} as s) t",
        "select list_transform([1, 2], x -> x + amount) from orders",
        "select [y * 2 for y in [1, 2]] from orders",
        "from orders select status order by all",
        "pivot orders on status using sum(amount)",
        "select columns('a.*') from orders",
        "select amount * 2 as double, double + 1 as more from orders",
        "select status from orders qualify row_number() over (partition by status order by id) = 1",
        "select u from orders, unnest([1]) as t(u)",
    ],
)
def test_the_ways_of_duckdb_are_understood(sql: str) -> None:
    assert check(sql, "duckdb").findings == ()


def test_row_identifiers_of_sqlite_are_columns_of_every_table() -> None:
    assert check("select rowid, orders._rowid_ from orders", "sqlite").findings == ()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from customers, customers",
        "select 1 from customers c join orders c on c.id = c.id",
        "select 1 from (select 1 as x) q, (select 2 as y) q",
        "select (select max(o.id) from orders o, orders o) from customers",
    ],
)
def test_two_sources_of_one_name_are_told_apart_by_nobody(dialect: str, sql: str) -> None:
    written = sql.upper() if dialect == "snowflake" else sql
    assert [each.reason for each in check(written, dialect).findings] == ["SQL_COLUMN_AMBIGUOUS"]
