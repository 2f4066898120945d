"""Where the columns of a result come from."""

import pytest

from services.kit.catalog import Column, Table
from services.kit.errors import InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import DIALECTS
from services.validation.core.trace_lineage import EdgeKind, Lineage, NodeKind, trace_statement


def table(name: str, *columns: str) -> Table:
    return Table("", name, columns=tuple(Column(each) for each in columns))


def catalog(dialect: str = "sqlite", more: int = 0) -> Catalog:
    shop = [table("customers", "id", "Name", "region"), table("orders", "id", "customer_id", "amount", "placed")]
    return Catalog(DIALECTS[dialect], [*shop, *(table(f"t{number}", "a", "b") for number in range(more))])


NAME, REGION, CUSTOMER = ("customers", "Name"), ("customers", "region"), ("customers", "id")
ORDER, BUYER, AMOUNT = ("orders", "id"), ("orders", "customer_id"), ("orders", "amount")
RECURSIVE = "with recursive r(n) as (select id from orders union all select n + 1 from r where n < 9) select n from r"
CORRELATED = "select (select max(amount) from orders o where o.customer_id = c.id) m from customers c"


def origins(lineage: Lineage, column: str) -> set[tuple[str, str]]:
    """The stored columns that a column of the result comes from, by any steps but those that only choose rows."""
    wanted = {i for i, node in enumerate(lineage.nodes) if node.kind is NodeKind.RESULT and node.column == column}
    while True:
        more = {a for a, b, kind in lineage.edges if b in wanted and kind is not EdgeKind.FILTER} - wanted
        if not more:
            break
        wanted |= more
    nodes = [lineage.nodes[i] for i in wanted]
    return {(node.relation, node.column) for node in nodes if node.kind is NodeKind.STORED}


@pytest.mark.parametrize(
    ("sql", "column", "expected"),
    [
        ("select name from customers", "name", {NAME}),
        ("select NAME as n from customers c", "n", {NAME}),
        ("select * from orders", "amount", {AMOUNT}),
        ("select o.* from orders o join customers c on c.id = o.customer_id", "placed", {("orders", "placed")}),
        ("select sum(amount) * 2 as t from orders", "t", {AMOUNT}),
        ("select c.id + o.id as s from customers c, orders o", "s", {CUSTOMER, ORDER}),
        (
            "with x as (select amount a, id from orders) select a + id as b from x",
            "b",
            {AMOUNT, ORDER},
        ),
        ("select t from (select max(amount) t from orders group by customer_id)", "t", {AMOUNT}),
        (
            "select id from customers union select customer_id from orders",
            "id",
            {CUSTOMER, BUYER},
        ),
        (
            CORRELATED,
            "m",
            {AMOUNT, BUYER, CUSTOMER},
        ),
        (
            RECURSIVE,
            "n",
            {ORDER},
        ),
        (
            "select row_number() over (partition by region order by name) k from customers",
            "k",
            {REGION, NAME},
        ),
        ("select 1 as one from orders", "one", set()),
    ],
)
def test_a_column_comes_from_what_its_expression_reads(sql: str, column: str, expected: set[tuple[str, str]]) -> None:
    assert origins(trace_statement(sql, catalog()), column) == expected


def test_what_only_chooses_rows_is_told_apart() -> None:
    lineage = trace_statement("select name from customers where region = 'EU'", catalog())
    kinds = {lineage.nodes[a].column: kind for a, b, kind in lineage.edges}
    assert kinds == {"Name": EdgeKind.COPY, "region": EdgeKind.FILTER}


def test_a_correlated_exists_chooses_rows() -> None:
    sql = "select name from customers c where exists (select 1 from orders o where o.customer_id = c.id)"
    lineage = trace_statement(sql, catalog())
    chosen = {lineage.nodes[a].column for a, _, kind in lineage.edges if kind is EdgeKind.FILTER}
    assert chosen == {"customer_id", "id"}


def test_quoted_names_keep_their_case_in_postgres() -> None:
    lineage = trace_statement('select "Name" from customers', catalog("postgres"))
    assert origins(lineage, "Name") == {NAME}


def test_the_graph_has_no_circles_and_ends_in_the_result() -> None:
    sql = (
        "with a as (select id, amount from orders), b as (select * from a join customers using (id)) select * from b, a"
    )
    lineage = trace_statement(sql, catalog())
    following: dict[int, set[int]] = {}
    for source, target, _ in lineage.edges:
        following.setdefault(source, set()).add(target)
    open_now: set[int] = set()

    def visit(node: int) -> None:
        assert node not in open_now
        open_now.add(node)
        for each in following.get(node, ()):
            visit(each)
        open_now.remove(node)

    for start in list(following):
        visit(start)
    last = [node for node in range(len(lineage.nodes)) if node not in following]
    assert all(lineage.nodes[node].kind is NodeKind.RESULT for node in last)


def test_a_chain_of_subqueries_is_traced_in_one_pass_each() -> None:
    # Every level reads the one before twice: paths double, nodes must not.
    levels = ", ".join(f"x{n} as (select a.v + b.v as v from x{n - 1} a, x{n - 1} b)" for n in range(1, 31))
    lineage = trace_statement(f"with x0 as (select amount v from orders), {levels} select v from x30", catalog())
    assert len(lineage.nodes) == 33
    assert origins(lineage, "v") == {AMOUNT}


def test_a_statement_that_may_not_run_is_not_traced() -> None:
    with pytest.raises(InvalidArgument) as caught:
        trace_statement("delete from orders", catalog())
    assert caught.value.reason == "SQL_NOT_A_READ"
