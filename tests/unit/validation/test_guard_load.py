"""What asks for load alone is refused by its shape; what data decides is left to the limits of time and cost."""

import pytest

from services.validation.core.check_statement import check_text

ENDLESS = "with recursive r(n) as (select 1 union all select n + 1 from r {}) select count(*) from r"
DAYS = "with recursive d(x) as (select '2024-01-01' union all"


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "select repeat('a', 1 << 30)"),
        ("postgres", "select repeat('a', 0x3B9ACA00)"),
        ("postgres", "select repeat('a', 1000000000 % 2000000000)"),
        ("postgres", "select repeat('a', (select 1000000000))"),
        ("postgres", "with v as (select 1000000000 as n) select repeat('a', n) from v"),
        ("postgres", "select repeat('a', n) from (values (1000000000)) v(n)"),
        ("postgres", "select repeat(repeat('a', 100000), 100000)"),
        ("postgres", "select string_agg(repeat('x', 100000), '') from generate_series(1, 1000000)"),
        ("postgres", "select repeat('a', ('1' || '000000000')::int)"),
        ("postgres", "select * from generate_series(now() - interval '100 years', now(), '1 microsecond')"),
        ("mysql", "select repeat('a', ~0)"),
        ("mysql", "select cast('a' as char(4000000000))"),
        ("sqlite", "select printf('%*d', 1000000000, 1)"),
        ("sqlite", "select printf('%.' || 1000000000 || 'c', 'x')"),
        ("duckdb", "select format('{:1000000000}', 'a')"),
        ("bigquery", "select generate_array(1, 1 << 40)"),
        ("tsql", "select replicate('a', 2000000000 / 1)"),
        ("trino", "select sequence(1, 10000000000 / 1)"),
        ("postgres", "select count(*) from orders a, orders b, orders c, orders d where 1 = 1"),
        ("mysql", "select count(*) from a join b on true join c on 1 = 1 join d on true"),
        ("postgres", ENDLESS.format("")),
        ("postgres", ENDLESS.format("where n > 0")),
        ("postgres", ENDLESS.format("where n = n")),
        ("postgres", ENDLESS.format("where n is not null")),
        ("postgres", ENDLESS.format("where n < 100000000000")),
        ("sqlite", ENDLESS.format("").replace("recursive ", "")),
        ("trino", ENDLESS.format("where n > 0")),
    ],
)
def test_load_alone_is_refused(dialect: str, sql: str) -> None:
    found = [finding.reason for finding in check_text(sql, dialect).findings]
    assert found[:1] == ["SQL_ARGUMENT_REFUSED"]


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "select repeat('*', amount / 1000000) from orders"),
        ("postgres", "select rpad(name, 20), repeat('-', 30), array_fill(0, array[3]) from customers"),
        ("postgres", "select d from generate_series('2024-01-01'::date, current_date, interval '1 day') d"),
        ("postgres", "select generate_series(min(placed), max(placed), interval '1 month') from orders"),
        ("bigquery", "select d from unnest(generate_date_array('2020-01-01', current_date(), interval 1 month)) as d"),
        ("snowflake", "select randstr(5, random())"),
        ("duckdb", "select bar(amount, 0, 1000000, 20) from orders"),
        ("postgres", ENDLESS.format("where n < 100")),
        ("postgres", "with recursive r(n) as (select 9 union all select n - 1 from r where n > 0) select * from r"),
        (
            "postgres",
            "with recursive t as (select id from p union all select p.id from p join t on p.of = t.id) table t",
        ),
        ("sqlite", f"{DAYS} select date(x, '+1 day') from d where x < '2024-02-01') select x from d"),
        (
            "postgres",
            "select * from (select count(*) from a) x, (select count(*) from b) y, (select count(*) from c) z",
        ),
        ("postgres", "select count(*) from a, b, c, d where a.id = b.id"),
        ("tsql", "select * from dbo.orders (nolock) join customers (nolock) on orders.cid = customers.id"),
    ],
)
def test_what_analysts_write_is_let_through(dialect: str, sql: str) -> None:
    assert check_text(sql, dialect).findings == ()


@pytest.mark.parametrize(
    ("dialect", "sql", "reason"),
    [
        ("sqlite", "select 1 where 'x' in sqlite_master", "SQL_RELATION_REFUSED"),
        ("sqlite", "select * from other.orders", "SQL_RELATION_REFUSED"),
        ("sqlite", "select count(*) from generate_series where stop = 1000000000000", "SQL_RELATION_REFUSED"),
        ("duckdb", "select * from data.parquet", "SQL_RELATION_REFUSED"),
        ("duckdb", "from (show databases)", "SQL_RELATION_REFUSED"),
        ("postgres", "select query from pg_stat_statements", "SQL_RELATION_REFUSED"),
        ("postgres", "select null::pg_authid", "SQL_CONSTRUCT_REFUSED"),
        ("trino", 'select "$path" from orders', "SQL_CONSTRUCT_REFUSED"),
        ("bigquery", "select * from `*`", "SQL_RELATION_REFUSED"),
        ("tsql", "select 1 a fetch next c", "SQL_CONSTRUCT_REFUSED"),
    ],
)
def test_a_hidden_way_to_a_relation_is_refused(dialect: str, sql: str, reason: str) -> None:
    assert [finding.reason for finding in check_text(sql, dialect).findings][:1] == [reason]
