"""Policies over the wire: kept for each data source, in force from the next call on, and nobody else's."""

import asyncio
import sqlite3
from typing import Any

import pytest
from candor.catalog.v1 import catalog_pb2
from candor.validation.v1 import validation_service_pb2 as pb
from service.validation.conftest import Platform

from services.kit.errors import Aborted, InvalidArgument, NotFound

EU = "customers.name LIKE 'A%'"


async def policy_of(platform: Platform, source: str, organization: str = "local") -> pb.Policy:
    request = pb.GetPolicyRequest(name=f"{source}/policy")
    response = await platform.stub.GetPolicy(request, metadata=platform.as_member(organization))
    policy: pb.Policy = response.policy
    return policy


async def put(platform: Platform, source: str, organization: str = "local", **rules: Any) -> pb.Policy:
    request = pb.UpdatePolicyRequest(name=f"{source}/policy", policy=pb.Policy(**rules))
    response = await platform.stub.UpdatePolicy(request, metadata=platform.as_member(organization))
    policy: pb.Policy = response.policy
    return policy


async def introspect(platform: Platform, source: str) -> dict[str, catalog_pb2.Table]:
    request = pb.IntrospectSchemaRequest(name=source)
    response = await platform.stub.IntrospectSchema(request, metadata=platform.as_member())
    return {table.name: table for table in response.catalog.tables}


async def sample(platform: Platform, source: str, table: str, column: str) -> list[str]:
    schema = (await introspect(platform, source))["customers"].schema
    full = f"{schema}.{table}" if schema else table
    request = pb.SampleValuesRequest(name=source, columns=[pb.ColumnRef(table=full, column=column)], max_values=10)
    response = await platform.stub.SampleValues(request, metadata=platform.as_member())
    return sorted(value for each in response.columns for value in each.values)


async def test_a_new_data_source_lets_everything_through(platform: Platform, source: str) -> None:
    policy = await policy_of(platform, source)
    assert policy.name == f"{source}/policy"
    assert policy.etag
    assert not policy.allowed_tables
    assert len((await platform.rows(source, "select * from customers"))[0][0]) == 4


async def test_what_is_kept_is_what_was_written(platform: Platform, source: str) -> None:
    written = await put(
        platform,
        source,
        allowed_tables=["*.*", "*"],
        denied_tables=["audit*"],
        denied_columns=["*.password"],
        masked_columns=[pb.ColumnMask(column="customers.email", method=pb.ColumnMask.METHOD_LAST_FOUR)],
        row_filters=[pb.RowFilter(table="customers", condition=EU)],
        limits=pb.Limits(max_rows=7, max_bytes=8000),
        cost_limits=pb.CostLimits(max_cost=1.5, max_rows_read=10, max_bytes_read=20),
        allow_analyze=True,
    )
    assert await policy_of(platform, source) == written


async def test_a_policy_is_in_force_from_the_next_call_on(platform: Platform, source: str) -> None:
    sql = "select * from customers order by id"
    before, _ = await platform.rows(source, sql)
    await put(
        platform,
        source,
        denied_columns=["customers.password"],
        masked_columns=[pb.ColumnMask(column="*.email", method=pb.ColumnMask.METHOD_STARS)],
        row_filters=[pb.RowFilter(table="customers", condition=EU)],
    )
    rows, _ = await platform.rows(source, sql)
    assert len(before) == 2
    assert rows == [(1, "Ada", "****")]
    check = await platform.check(source, sql)
    assert check.allowed
    assert "LIKE" in check.checked_sql.upper()
    assert {each.column for each in check.columns} == {"id", "name", "email"}
    await put(platform, source)
    assert (await platform.rows(source, sql))[0] == before


async def test_the_last_characters_of_a_long_text_can_be_shown(platform: Platform, source: str) -> None:
    mask = pb.ColumnMask(column="customers.email", method=pb.ColumnMask.METHOD_LAST_FOUR)
    await put(platform, source, masked_columns=[mask])
    rows, _ = await platform.rows(source, "select email from customers order by id")
    assert rows == [("****.org",), ("****",)]


async def test_what_is_denied_cannot_be_seen_anywhere(platform: Platform, source: str) -> None:
    await put(platform, source, denied_tables=["orders"], denied_columns=["*.password"])
    tables = await introspect(platform, source)
    assert "orders" not in tables
    assert "big_orders" not in tables
    assert [column.name for column in tables["customers"].columns] == ["id", "name", "email"]
    assert await sample(platform, source, "orders", "amount") == []
    for sql, reason in [
        ("select * from orders", "SQL_TABLE_UNKNOWN"),
        ("select password from customers", "SQL_COLUMN_UNKNOWN"),
        ("select * from ordres", "SQL_TABLE_UNKNOWN"),
        ("select passwrod from customers", "SQL_COLUMN_UNKNOWN"),
    ]:
        (finding,) = (await platform.check(source, sql)).findings
        assert finding.reason == reason
        assert "orders" not in finding.suggestion
        assert "password" not in finding.suggestion
        assert "password" not in finding.message.replace("'password'", "")
        with pytest.raises(InvalidArgument):
            await platform.rows(source, sql)


async def test_masked_columns_are_private_and_hidden_rows_are_not_sampled(platform: Platform, source: str) -> None:
    assert await sample(platform, source, "customers", "name") == ["Ada", "Bo"]
    await put(
        platform,
        source,
        masked_columns=[pb.ColumnMask(column="customers.email")],
        row_filters=[pb.RowFilter(table="customers", condition=EU)],
    )
    columns = {column.name: column for column in (await introspect(platform, source))["customers"].columns}
    assert columns["email"].sensitive
    assert not columns["email"].samples
    assert not columns["name"].samples
    assert await sample(platform, source, "customers", "email") == []
    assert await sample(platform, source, "customers", "name") == ["Ada"]


async def test_only_what_is_allowed_is_there(platform: Platform, source: str) -> None:
    await put(platform, source, allowed_tables=["customers"])
    assert set(await introspect(platform, source)) == {"customers"}
    (finding,) = (await platform.check(source, "select * from orders")).findings
    assert finding.reason == "SQL_TABLE_UNKNOWN"


async def test_a_view_is_seen_only_where_it_is_named(platform: Platform) -> None:
    sample_source = "organizations/local/dataSources/sample"
    await put(platform, sample_source, allowed_tables=["*"])
    assert "big_orders" not in await introspect(platform, sample_source)
    await put(platform, sample_source, allowed_tables=["*", "big_orders"])
    assert "big_orders" in await introspect(platform, sample_source)


async def test_a_catalogue_that_is_given_is_under_the_policy_too(platform: Platform, source: str) -> None:
    await put(platform, source, denied_tables=["plan*"])
    schema = (await introspect(platform, source))["customers"].schema
    table = catalog_pb2.Table(schema=schema, name="planned", columns=[catalog_pb2.Column(name="a")])
    request = pb.CheckStatementRequest(
        name=source, sql="select a from planned", catalog=catalog_pb2.Catalog(tables=[table])
    )
    assert not (await platform.stub.CheckStatement(request, metadata=platform.as_member())).allowed


async def test_the_limits_of_a_policy_hold(platform: Platform, source: str) -> None:
    await put(platform, source, limits=pb.Limits(max_rows=2))
    for asked in ({}, {"max_rows": 100}):
        rows, summary = await platform.rows(source, "select id from orders", **asked)
        assert (len(rows), summary.limit) == (2, "max_rows")
    rows, _ = await platform.rows(source, "select id from orders", max_rows=1)
    assert len(rows) == 1


@pytest.mark.parametrize(
    "rules",
    [
        {"denied_columns": ["customers.pasword"]},
        {"denied_columns": ["password"]},
        {"denied_tables": ["a.b.c"]},
        {"denied_tables": ["nowhere"]},
        {"allowed_tables": ["nowhere"]},
        {"masked_columns": [pb.ColumnMask(column="customers.mail")]},
        {"row_filters": [pb.RowFilter(table="nowhere", condition="1 = 1")]},
        {"row_filters": [pb.RowFilter(table="cust*", condition="id = 1")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="regoin = 'EU'")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="id = 1) or (1 = 1")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="id = 1) union select (1")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="id = 1 order by id")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="id = 1; drop table orders")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="id in (select customer_id from orders)")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="exists (select 1)")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="count(*) > 1")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="row_number() over () = 1")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="pg_sleep(1) is null")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="orders.id = 1")]},
        {"row_filters": [pb.RowFilter(table="customers", condition="customers is not null")]},
    ],
)
async def test_a_policy_that_cannot_be_kept_is_refused(platform: Platform, source: str, rules: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await put(platform, source, **rules)
    assert raised.value.reason == "POLICY_INVALID"
    assert raised.value.metadata["rule"]
    assert not (await policy_of(platform, source)).denied_columns


async def test_a_change_that_would_undo_anothers_is_refused(platform: Platform, source: str) -> None:
    first = await policy_of(platform, source)
    second = await put(platform, source, denied_tables=["orders"], etag=first.etag)
    assert second.etag != first.etag
    with pytest.raises(Aborted) as raised:
        await put(platform, source, etag=first.etag)
    assert raised.value.reason == "POLICY_CHANGED"
    assert list((await policy_of(platform, source)).denied_tables) == ["orders"]
    third = await put(platform, source, etag=second.etag)
    assert third.etag not in {first.etag, second.etag}


async def test_of_two_changes_at_once_one_is_refused(platform: Platform, source: str) -> None:
    etag = (await policy_of(platform, source)).etag
    both = await asyncio.gather(
        put(platform, source, denied_tables=["orders"], etag=etag),
        put(platform, source, denied_tables=["customers"], etag=etag),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in both) == ["Aborted", "Policy"]


async def test_a_policy_is_that_of_one_organization_and_goes_with_its_data_source(
    platform: Platform, sqlite_file: pb.Connection
) -> None:
    ours = await platform.create("shop", sqlite_file)
    theirs = await platform.create("shop", sqlite_file, "others")
    await put(platform, ours, denied_tables=["orders"])
    assert not (await policy_of(platform, theirs, "others")).denied_tables
    request = pb.CheckStatementRequest(name=theirs, sql="select * from orders")
    assert (await platform.stub.CheckStatement(request, metadata=platform.as_member("others"))).allowed
    await platform.stub.DeleteDataSource(pb.DeleteDataSourceRequest(name=ours), metadata=platform.as_member())
    with pytest.raises(NotFound):
        await policy_of(platform, ours)
    again = await platform.create("shop", sqlite_file)
    assert not (await policy_of(platform, again)).denied_tables


async def test_where_the_schema_no_longer_fits_the_policy_nothing_is_shown(
    platform: Platform, sqlite_file: pb.Connection
) -> None:
    name = await platform.create("shop", sqlite_file)
    await put(platform, name, denied_columns=["customers.password"])
    with sqlite3.connect(sqlite_file.sqlite.path) as database:
        database.execute("ALTER TABLE customers RENAME COLUMN password TO pass_word")
    database.close()
    await introspect(platform, name)
    findings = (await platform.check(name, "select * from customers")).findings
    (finding,) = [each for each in findings if each.severity == pb.Finding.SEVERITY_ERROR]
    assert finding.reason == "SQL_RELATION_REFUSED"
    assert "policy" in finding.message
    assert "word" not in finding.message
    assert (await platform.check(name, "select * from orders")).allowed
