"""Nothing that a policy hides is reached by any way of writing: what comes is what a database without it would give."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service.validation.policed_shop import POLICY, RESTRICTED, WHOLE, catalog

from services.storage.embedded import EmbeddedPostgres
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.policies.restrict import restricted

# They pass, and see the shop without what is hidden.
SAME = [
    "select * from customers",
    "select customers.* from customers",
    "select c.* from customers as c",
    "select c.*, o.amount from customers c join orders o on o.customer_id = c.id",
    "select * from CUSTOMERS",
    "select NAME, customers.Name from Customers",
    "select count(*) from customers",
    "select count(*), count(email), max(id), min(name) from customers",
    "select id from customers where email is not null",
    "select id from customers where email like 'a%'",
    "select id from customers where name like 'B%' or region = 'US'",
    "select id from customers where region is null",
    "select email, id from customers order by email, id",
    "select email, count(*) from customers group by email",
    "select region, count(*) from customers group by region having count(*) > 0",
    "select distinct region from customers",
    "select a.id, b.id from customers a join customers b on a.id < b.id",
    "select a.id, b.id from customers a cross join customers b",
    "select id, row_number() over (order by id) from customers",
    "select id, count(*) over (partition by region), lag(name) over (order by id) from customers",
    "select id from customers union select customer_id from orders",
    "select id from orders except select id from customers",
    "select id from orders intersect select id from customers",
    "select id from orders where customer_id in (select id from customers)",
    "select id from orders where customer_id not in (select id from customers)",
    "select id from orders o where exists (select 1 from customers c where c.id = o.customer_id)",
    "select id from orders o where not exists (select 1 from customers where customers.id = o.customer_id)",
    "select id, (select name from customers c where c.id = o.customer_id) from orders o",
    "select o.id from orders o left join customers c on c.id = o.customer_id where c.id is null",
    "select o.id, c.name from orders o right join customers c on c.id = o.customer_id",
    "select id from customers natural join orders",
    "select * from customers natural join orders",
    "select id, name, amount from customers join orders using (id)",
    "select * from customers join orders using (id, region)",
    "with c as (select * from customers) select * from c",
    "with orders as (select id as n from customers) select * from orders",
    "with c as (select id, name from customers), d as (select id from c where name > 'A') select * from d",
    "with recursive r(n) as (select min(id) from customers union all select n + 1 from r where n < 4) select n from r",
    "with recursive r(n) as (select 1 union all select id + n from customers, r where n < 9) select n from r",
    "select * from (select * from (select * from customers) a) b",
    "select x.id from (select id from customers where id > 0) x, orders where orders.customer_id = x.id",
    "select case when exists (select 1 from customers where id = 2) then 'yes' else 'no' end",
    "select sum(amount) from orders where customer_id = (select id from customers where name = 'Bo')",
    "select coalesce(email, 'none') from customers",
    "select length(email), upper(email) from customers",
    "select (select count(*) from customers) + (select count(*) from orders)",
    "select * from orders",
    "select id from customers order by (select count(*) from customers c2 where c2.id > customers.id), id",
    "select o.region from orders o join customers c on o.region = c.region group by o.region",
    # An error on a row that is hidden would tell that there is one.
    "select id from customers where 10 / (id - 2) is not null",
    "select count(*) from customers where 10 / (id - 4) > -100",
    "select o.id from orders o join customers c on 10 / (c.id - 2) <> o.amount * 1000",
    "select id, 10 / (id - 2) from customers",
    "select id from customers where cast(substr(name, 3, 1) || '1' as integer) > 0",
]
# They are refused here and have nothing to find there, or give the same.
SAME_OR_REFUSED = [
    "select password from customers",
    'select "password" from customers',
    "select customers.password from customers",
    "select id from customers where password like 's%'",
    "select id from customers order by password",
    "select * from salaries",
    "select 1 from customers where exists (select 1 from salaries)",
    "with a as (select * from salaries), salaries as (select 1 as pay) select * from a",
    "with recursive a as (select * from salaries), salaries as (select 1 as pay) select * from a",
    "with recursive salaries as (select * from salaries) select * from salaries",
    'with "Salaries" as (select 1 as x) select * from salaries',
    "with salaries as (select * from salaries) select * from salaries",
    "with customers as (select * from customers) select * from customers",
    "with recursive customers as (select * from customers) select * from customers",
    'with "CUSTOMERS" as (select 1 as id) select * from customers',
    "with a as (select * from customers), customers as (select 7 as id) select * from a",
    "select * from everyone",
    "select rowid from customers",
    "select customers._rowid_, oid from customers",
    "select rowid, orders.id from customers, orders",
    "select 2 in customers",
    "select 1 from orders where (2, 'Bo', 'bo@example.org', 'secret-two', 'US') in customers",
    "select 1 from orders where 1000 in salaries",
    'select 1 from orders where 1000 in "salaries"',
    "select * from customers not indexed",
    "select * from customers indexed by sqlite_autoindex_customers_1",
    "select * from (customers)",
    "select * from (customers) x",
    "select * from (customers join orders on orders.customer_id = customers.id)",
    "table customers",
    "from customers",
    "from customers select name",
    "from c: customers",
    "from 'customers'",
    "summarize customers",
    "describe customers",
    "select * from (describe customers)",
    "select * from (summarize customers)",
    "pivot customers on region using count(*)",
    "select * from customers pivot (count(*) for region in ('EU', 'US'))",
    "unpivot customers on password into name n value v",
    "select columns(*) from customers",
    "select columns('pass.*') from customers",
    "select * exclude (id) from customers",
    "select * replace (1 as id) from customers",
    "select cast(customers as text) from customers",
    "select cast(c as text), c is null from customers c",
    "select count(distinct c) from customers c",
    "select row_to_json(customers) from customers",
    "select to_json(c) from customers c",
    "select (customers).name from customers",
    "select (customers).password from customers",
    "select (c).* from customers c",
    "select name(customers) from customers",
    "select c.x from customers as c(x, y, z, w)",
    "select c.w from customers as c(x, y, z, w)",
    "select * from customers tablesample bernoulli (100)",
    "select * from customers using sample 100%",
    "select * from only customers",
    "select * from customers *",
    "select (null::customers).*",
    "select row_to_json(customers '(1,a,b,c,d)')",
    "select * from json_populate_record(null::customers, '{}')",
    "select json_object_keys(row_to_json(null::salaries))",
    "select * from json_to_record('{\"a\": {}}') as x(a customers)",
    "select * from json_to_recordset('[]') as x(a salaries[])",
    "select public.customers.name from public.customers",
    "select public.customers.* from public.customers join public.orders on public.orders.id = public.customers.id",
    "select main.customers.name from main.customers",
    'select "customers"."name" from "customers"',
    'select "CUSTOMERS"."NAME" from "CUSTOMERS"',
    "select [customers].[name] from [customers]",
    "select o.id, x.name from orders o cross join lateral (select name from customers c where c.id = o.customer_id) x",
    "select o.id, x.name from orders o left join lateral (select * from customers where id > o.id) x on true",
    "select * from orders semi join customers using (id)",
    "select * from orders anti join customers on customers.id = orders.customer_id",
    "select * from orders positional join customers",
    "select * from orders asof join customers on orders.id >= customers.id",
    "values ((select count(*) from customers)), ((select max(id) from customers))",
    "select * from (values (1), (2)) v(id) join customers on customers.id = v.id",
    "select distinct on (region) region, id from customers order by region, id",
    "select id from customers fetch first 2 rows only",
    "select grouping(region), region, count(*) from customers group by rollup (region) order by 1, 2",
    "select id, name from customers group by id",
    "select array(select id from customers order by id)",
    "select string_agg(name, ',' order by id) from customers",
    "select group_concat(name) from (select name from customers order by id)",
    "select json_agg(customers) from customers",
    "select list(name order by id) from customers",
    "select arg_max(name, id) from customers",
    "select name from customers qualify row_number() over (order by id desc) = 1",
    "select #2 from customers",
    "select * from customers union by name select * from orders",
    "select id from customers where case when name = 'Bo' then 1 / 0 else 1 end = 1",
    "select id from customers where case when name = 'Bo' then json('{') else '1' end is not null",
    "select id from customers where case when region = 'US' then cast(name as integer) else 1 end = 1",
    "select id from customers where case when name = 'Bo' then error('x') else true end",
    "select count(*) from customers where name::int > 0 or true",
    "select count(*) from customers where 9 / (length(name) - 2 + case when id = 3 then 9 else 0 end) > -9",
    "select id from customers where regexp_matches(name, case when name = 'Bo' then '(' else 'A' end)",
    "explain select * from salaries",
]


@dataclass
class Shop:
    """One engine with both databases."""

    dialect: str
    whole: Any
    without: Any
    under_policy: Catalog
    plain: Catalog

    def policed(self, sql: str) -> Any:
        """The outcome under the policy."""
        check = check_statement(sql, self.under_policy)
        return ("refused", check.findings[0].reason) if not check.sql else _outcome(self.whole, check.sql)

    def physical(self, sql: str) -> Any:
        """The outcome of the same statement where nothing is hidden because nothing is there."""
        check = check_statement(sql, self.plain)
        return ("refused", check.findings[0].reason) if not check.sql else _outcome(self.without, check.sql)


def _outcome(database: Any, sql: str) -> Any:
    try:
        cursor = database.execute(sql)
        # A column that is not named is called by its text, which holds what was put into it.
        names = ["?" if "select" in column[0].lower() else column[0].lower() for column in cursor.description or ()]
        return "rows", names, sorted(map(repr, cursor.fetchall()))
    except (sqlite3.Error, duckdb.Error, psycopg.Error) as error:
        return "error", type(error).__name__


@pytest.fixture(scope="module", params=["sqlite", "duckdb", "postgres"])
def shop(request: pytest.FixtureRequest, postgres: EmbeddedPostgres) -> Iterator[Shop]:
    dialect = request.param
    whole, plain = catalog(dialect, whole=True), catalog(dialect, whole=False)
    with closing(_open(dialect, "policed", WHOLE, postgres)) as full:
        with closing(_open(dialect, "unhidden", RESTRICTED, postgres)) as without:
            yield Shop(dialect, full, without, restricted(whole, POLICY), plain)


def _open(dialect: str, name: str, script: str, postgres: EmbeddedPostgres) -> Any:
    if dialect == "sqlite":
        database = sqlite3.connect(":memory:")
        database.executescript(script)
        return database
    if dialect == "duckdb":
        files = duckdb.connect(":memory:")
        files.execute(script)
        return files
    owner = postgres.ensure_database(name)
    server = psycopg.connect(dbname=name, user=name, host=str(owner.query["host"]), autocommit=True)
    server.execute(f"DROP OWNED BY {name} CASCADE")
    server.execute(script)
    return server


@pytest.mark.parametrize("sql", SAME)
def test_what_may_be_read_is_what_is_there(shop: Shop, sql: str) -> None:
    assert shop.policed(sql) == shop.physical(sql)


@pytest.mark.parametrize("sql", SAME_OR_REFUSED)
def test_no_way_of_writing_reaches_what_is_hidden(shop: Shop, sql: str) -> None:
    found = shop.policed(sql)
    if found[0] not in {"refused", "error"}:
        assert found == shop.physical(sql)
    elif found[0] == "error":
        # What is refused at run time is refused for what it is, not for a row that is hidden.
        assert shop.physical(sql)[0] in {"error", "refused"} or "group by id" in sql


def test_most_of_what_is_harmless_passes(shop: Shop) -> None:
    refused = [sql for sql in SAME if shop.policed(sql)[0] == "refused" and shop.physical(sql)[0] != "refused"]
    assert refused == []


COLUMNS = {"customers": ["id", "name", "email", "region"], "orders": ["id", "customer_id", "amount", "region"]}


@st.composite
def conditions(draw: st.DrawFn, columns: list[str], depth: int) -> str:
    """A condition on columns that are in sight, now and then with a query inside it."""
    column = draw(st.sampled_from(columns))
    kinds = [
        f"{column} is null",
        f"{column} = {draw(st.sampled_from(columns))}",
        f"{column} > {draw(st.integers(0, 5))}",
        f"{column} like '{draw(st.sampled_from(['A%', '%o', 'E_', '%@%']))}'",
        f"{column} in ('EU', 'US', 2, 3)",
        f"not coalesce({column}, 0) between 1 and 3",
    ]
    if depth:
        inner = draw(selects(depth - 1, columns))
        kinds += [f"exists ({inner})", f"{column} in (select c1 from ({inner}))"]
    return draw(st.sampled_from(kinds))


@st.composite
def selects(draw: st.DrawFn, depth: int = 2, outer: list[str] | None = None) -> str:
    """A SELECT over the shop of two columns, c1 and c2, over tables, derived tables and joins of them."""
    sources, columns = [], []
    for position in range(draw(st.integers(1, 2))):
        alias = f"t{depth}{position}"
        table = draw(st.sampled_from(["customers", "orders", "Customers", 'main."customers"']))
        if depth and draw(st.booleans()):
            sources.append(f"({draw(selects(depth - 1))}) as {alias}")
            columns += [f"{alias}.c1", f"{alias}.c2"]
        else:
            sources.append(f"{table} as {alias}")
            columns += [f"{alias}.{each}" for each in COLUMNS["orders" if table == "orders" else "customers"]]
    joined = sources[0]
    for source in sources[1:]:
        kind = draw(st.sampled_from(["join", "left join", "cross join", ","]))
        on = f" on {draw(conditions(columns, 0))}" if kind.endswith("join") and kind != "cross join" else ""
        joined += f" {kind} {source}{on}"
    first, second = draw(st.sampled_from(columns)), draw(st.sampled_from(columns))
    clauses = f"from {joined}"
    if draw(st.booleans()):
        clauses += f" where {draw(conditions(columns + (outer or []), depth))}"
    if draw(st.integers(0, 3)) == 0:
        return f"select {first} as c1, count({second}) as c2 {clauses} group by {first}"
    return f"select {draw(st.sampled_from(['', 'distinct ']))}{first} as c1, {second} as c2 {clauses}"


@st.composite
def statements(draw: st.DrawFn) -> str:
    """A statement over the shop: a SELECT, two of them put together, or one with a WITH query."""
    one, other = draw(selects()), draw(selects(1))
    together = draw(st.sampled_from(["union", "union all", "except", "intersect"]))
    name = draw(st.sampled_from(["w", "orders", "customers2"]))
    with_query = f"with {name} as ({one}) select count(*) as c1, max(c2) as c2 from {name}"
    return draw(st.sampled_from([one, f"{one} {together} {other}", with_query]))


@pytest.fixture(scope="module")
def sqlite_shop() -> Iterator[Shop]:
    whole, plain = catalog("sqlite", whole=True), catalog("sqlite", whole=False)
    with closing(sqlite3.connect(":memory:")) as full, closing(sqlite3.connect(":memory:")) as without:
        full.executescript(WHOLE)
        without.executescript(RESTRICTED)
        yield Shop("sqlite", full, without, restricted(whole, POLICY), plain)


@given(sql=statements())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_asked_the_answer_is_that_of_a_database_without_what_is_hidden(sqlite_shop: Shop, sql: str) -> None:
    assert sqlite_shop.policed(sql) == sqlite_shop.physical(sql)
