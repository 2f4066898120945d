"""A policy on a statement: what it becomes, what is refused and where, and that the proof notices all."""

import time

import pytest
import sqlglot

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS
from services.validation.core.model import Check, Finding, Severity, Span
from services.validation.core.policies.restrict import RestrictedCatalog, restricted
from services.validation.core.policies.verify import is_kept_to
from services.validation.core.policy import ColumnMask, MaskMethod, Policy, RowFilter

NUMBER, TEXT = ColumnType.INTEGER, ColumnType.TEXT
POLICY = Policy(
    denied_tables=("sales.secrets",),
    denied_columns=("*.password",),
    masks=(ColumnMask("customers.email"),),
    row_filters=(RowFilter("sales.customers", "region = 'EU'"),),
)


def shop(dialect: str = "postgres", search_path: tuple[str, ...] = ("sales", "public")) -> Catalog:
    def columns(*names: str) -> tuple[Column, ...]:
        return tuple(Column(stored(name), NUMBER if name.endswith("id") else TEXT, "text") for name in names)

    def stored(name: str) -> str:
        return DIALECTS[dialect].key(name, quoted=False)

    tables = [
        Table(
            stored("sales"),
            stored("customers"),
            columns=columns("id", "name", "email", "password", "region"),
            row_estimate=9,
        ),
        Table(stored("sales"), stored("orders"), columns=columns("id", "customer_id", "status")),
        Table(stored("sales"), stored("secrets"), columns=columns("id", "word")),
        Table(stored("public"), stored("secrets"), columns=columns("id", "color")),
        Table(stored("sales"), stored("seen"), "view", columns=columns("id", "word")),
    ]
    keys = [
        ForeignKey("sales.orders", ("customer_id",), "sales.customers", ("id",)),
        ForeignKey("sales.secrets", ("id",), "sales.customers", ("id",)),
        ForeignKey("sales.orders", ("status",), "sales.customers", ("email",)),
    ]
    return Catalog(DIALECTS[dialect], tables, keys, search_path)


def under(policy: Policy = POLICY, dialect: str = "postgres") -> RestrictedCatalog:
    catalog = restricted(shop(dialect), policy)
    assert isinstance(catalog, RestrictedCatalog)
    return catalog


def check(sql: str, policy: Policy = POLICY, dialect: str = "postgres") -> Check:
    return check_statement(sql, under(policy, dialect))


def errors(result: Check) -> list[Finding]:
    return [finding for finding in result.findings if finding.severity is Severity.ERROR]


def test_a_policy_that_says_nothing_changes_nothing() -> None:
    catalog = shop()
    assert restricted(catalog, Policy()) is catalog


def test_a_table_with_rules_is_read_through_what_may_be_seen_of_it() -> None:
    assert check("select c.name from customers c").sql == (
        "SELECT c.name FROM (SELECT candor_source.name FROM sales.customers candor_source "
        "WHERE candor_source.region = 'EU' OFFSET 0) c"
    )


def test_only_the_columns_that_a_statement_may_mean_are_in_it() -> None:
    every = ["id", "name", "email", "region"]
    for sql, columns in [
        ("select name from customers where id > 1", ["id", "name"]),
        ("select count(*) from customers", ["id"]),
        ("select * from customers", every),
        ("select customers from customers", every),
        ("select 1 from customers natural join orders", every),
        ("select a from customers as c(a, b)", every),
    ]:
        tree = sqlglot.parse_one(check(sql).sql, read="postgres")
        inner = next(each for each in tree.find_all(sqlglot.exp.Subquery)).this
        assert inner.named_selects == columns, sql


def test_a_table_without_rules_is_left_as_it_is_written() -> None:
    assert check("select id from orders").sql == "SELECT id FROM orders"


def test_a_name_means_what_is_shown_even_where_something_hidden_comes_first() -> None:
    result = check("select color from secrets")
    assert result.allowed
    assert "public.secrets" in result.sql
    assert not check("select word from secrets").allowed
    assert not check("select word from sales.secrets").allowed


def test_findings_are_at_their_place_in_what_the_person_wrote() -> None:
    (finding,) = errors(check("select id\nfrom customers tablesample bernoulli (10)"))
    assert finding.reason == "SQL_CONSTRUCT_REFUSED"
    assert finding.span == Span(2, 6, 2, 15)
    (finding,) = errors(
        check("with recursive orders as (select id from orders union all select 1 from orders where id < 3)\nselect 1")
    )
    assert finding.reason == "SQL_CONSTRUCT_REFUSED"
    assert finding.span is not None
    assert finding.span.line == 1


def test_what_is_shown_of_the_catalogue_names_nothing_that_is_hidden() -> None:
    catalog = under()
    assert [table.qualified_name for table in catalog.tables] == ["sales.customers", "sales.orders", "public.secrets"]
    (customers, *_) = catalog.tables
    assert [column.name for column in customers.columns] == ["id", "name", "email", "region"]
    assert [column.name for column in customers.columns if column.is_sensitive] == ["email"]
    assert customers.row_estimate == -1
    assert [key.columns for key in catalog.foreign_keys] == [("customer_id",)]


@pytest.mark.parametrize(
    ("policy", "column"),
    [
        (Policy(denied_columns=("customers.gone",)), "gone"),
        (Policy(masks=(ColumnMask("sales.customers.gone", MaskMethod.STARS),)), "gone"),
        (Policy(row_filters=(RowFilter("customers", "gone = 1"),)), "gone"),
    ],
)
def test_a_rule_that_no_longer_fits_closes_its_table_alone(policy: Policy, column: str) -> None:
    (finding,) = errors(check("select id from customers", policy))
    assert finding.reason == "SQL_RELATION_REFUSED"
    assert column not in finding.message
    assert check("select id from orders", policy).allowed


def test_the_strictest_of_several_masks_counts() -> None:
    masks = (ColumnMask("*.email", MaskMethod.LAST_FOUR), ColumnMask("customers.email", MaskMethod.NULL))
    assert "right" not in check("select email from customers", Policy(masks=masks)).sql


def test_conditions_are_put_together_and_keep_to_their_own_table() -> None:
    filters = (RowFilter("customers", "region = 'EU' or id = 1 -- ours"), RowFilter("sales.customers", "name <> 'x)'"))
    sql = check("select id from customers", Policy(row_filters=filters)).sql
    assert "(candor_source.region = 'EU' OR candor_source.id = 1) AND candor_source.name <> 'x)'" in sql


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_keeps_rows_and_columns_back(dialect: str) -> None:
    policy = Policy(
        denied_columns=("*.password",),
        masks=(ColumnMask("customers.email", MaskMethod.LAST_FOUR),),
        row_filters=(RowFilter("sales.customers", "region = 'EU'"),),
    )
    result = check("select c.name, c.email from sales.customers c", policy, dialect)
    assert result.allowed, result.findings
    assert "'EU'" in result.sql
    assert "password" not in result.sql.lower()
    assert not check("select password from sales.customers", policy, dialect).allowed


@pytest.mark.parametrize(
    "sql",
    [
        "select * from sales.customers",
        "select * from (select id from sales.customers) x",
        "select * from (select candor_source.id from sales.customers as candor_source) x",
        "select * from (select candor_source.id from sales.customers as candor_source where region = 'EU' offset 0) x",
        (
            "select * from (select candor_source.password from sales.customers as candor_source"
            " where (candor_source.region = 'EU') offset 0) x"
        ),
        (
            "select * from (select candor_source.id from sales.customers as candor_source join sales.orders on true"
            " where (candor_source.region = 'EU') offset 0) x"
        ),
        (
            "select * from (select candor_source.id from sales.customers as candor_source"
            " where (candor_source.region = 'EU' or true) offset 0) x"
        ),
        "select candor_source.id from sales.customers as candor_source where (candor_source.region = 'EU') offset 0",
        "select 1 from sales.secrets",
        "select 1 from secrets",
        "select 1 from sales.seen",
        "select 1 from nowhere",
        'with "Customers" as (select 1) select * from customers',
    ],
)
def test_the_proof_fails_for_every_tree_that_reads_past_the_policy(sql: str) -> None:
    assert not is_kept_to(sqlglot.parse_one(sql, read="postgres"), under())


def test_the_proof_holds_for_what_was_rewritten() -> None:
    sql = check("select * from customers c join orders o on o.customer_id = c.id", dialect="duckdb").sql
    assert is_kept_to(sqlglot.parse_one(sql, read="duckdb"), under(dialect="duckdb"))


def test_a_large_catalogue_is_restricted_in_a_moment_and_statements_are_still_checked_fast() -> None:
    columns = tuple(Column(f"c{each}", TEXT, "text") for each in range(20))
    tables = [Table("sales", f"t{each}", columns=columns) for each in range(2000)]
    catalog = Catalog(DIALECTS["postgres"], tables, (), ("sales",))
    rules = tuple(f"sales.t{each}.c1" for each in range(500))
    started = time.perf_counter()
    small = restricted(catalog, Policy(denied_columns=(*rules, "*.c2")))
    assert time.perf_counter() - started < 2
    assert check_statement("select c3 from t1", small).allowed
    assert not check_statement("select c1 from t1", small).allowed
    assert not check_statement("select c2 from t1999", small).allowed
