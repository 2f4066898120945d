"""Data sources: made once they work, sealed, apart from other organizations', and read without touching secrets."""

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import duckdb
import psycopg
import pytest
from candor.catalog.v1 import catalog_pb2
from candor.validation.v1 import validation_service_pb2 as pb
from service.validation.conftest import Platform

from services.kit.errors import (
    AlreadyExists,
    CandorError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)

PARENT = "organizations/local"


def postgres_at(host: str, port: int = 5432, **fields: Any) -> pb.Connection:
    return pb.Connection(postgres=pb.PostgresConnection(host=host, port=port, database="d", user="u", **fields))


def file_at(kind: str, path: str) -> pb.Connection:
    if kind == "sqlite":
        return pb.Connection(sqlite=pb.SqliteConnection(path=path))
    return pb.Connection(duckdb=pb.DuckdbConnection(path=path))


async def test_the_sample_is_there_from_the_start_and_its_place_is_not_told(platform: Platform) -> None:
    response = await platform.stub.ListDataSources(
        pb.ListDataSourcesRequest(parent=PARENT), metadata=platform.as_member()
    )
    (sample,) = response.data_sources
    assert (sample.name, sample.dialect) == (f"{PARENT}/dataSources/sample", "postgres")
    assert sample.connection.postgres.host == ""


async def test_a_data_source_says_what_it_found(platform: Platform, source: str) -> None:
    response = await platform.stub.TestDataSource(pb.TestDataSourceRequest(name=source), metadata=platform.as_member())
    assert response.server_version.split()[0] in {"PostgreSQL", "SQLite", "DuckDB", "MariaDB"}


async def test_data_sources_come_in_pages(platform: Platform, sqlite_file: pb.Connection) -> None:
    for name in ("b", "a", "c"):
        await platform.create(name, sqlite_file)
    found, token = [], ""
    while True:
        request = pb.ListDataSourcesRequest(parent=PARENT, page_size=2, page_token=token)
        page = await platform.stub.ListDataSources(request, metadata=platform.as_member())
        found += [each.name.rpartition("/")[2] for each in page.data_sources]
        token = page.next_page_token
        if not token:
            break
    assert found == ["a", "b", "c", "sample"]


async def test_creating_twice_with_one_request_id_creates_once(platform: Platform, sqlite_file: pb.Connection) -> None:
    request = pb.CreateDataSourceRequest(
        parent=PARENT,
        data_source_id="files",
        data_source=pb.DataSource(connection=sqlite_file),
        request_id=str(uuid.uuid4()),
    )
    first = await platform.stub.CreateDataSource(request, metadata=platform.as_member())
    assert await platform.stub.CreateDataSource(request, metadata=platform.as_member()) == first
    request.request_id = str(uuid.uuid4())
    with pytest.raises(AlreadyExists) as raised:
        await platform.stub.CreateDataSource(request, metadata=platform.as_member())
    assert raised.value.reason == "DATA_SOURCE_EXISTS"


async def test_a_deleted_data_source_is_gone(platform: Platform, sqlite_file: pb.Connection) -> None:
    name = await platform.create("files", sqlite_file)
    await platform.stub.DeleteDataSource(pb.DeleteDataSourceRequest(name=name), metadata=platform.as_member())
    with pytest.raises(NotFound):
        await platform.stub.GetDataSource(pb.GetDataSourceRequest(name=name), metadata=platform.as_member())
    with pytest.raises(NotFound):
        await platform.stub.DeleteDataSource(pb.DeleteDataSourceRequest(name=name), metadata=platform.as_member())


async def test_another_organization_neither_sees_nor_reaches_a_data_source(
    platform: Platform, sqlite_file: pb.Connection
) -> None:
    name = await platform.create("files", sqlite_file)
    foreign = platform.as_member("other")
    with pytest.raises(PermissionDenied):
        await platform.stub.GetDataSource(pb.GetDataSourceRequest(name=name), metadata=foreign)
    with pytest.raises(PermissionDenied):
        async for _ in platform.stub.RunStatement(pb.RunStatementRequest(name=name, sql="select 1"), metadata=foreign):
            pass
    listed = await platform.stub.ListDataSources(
        pb.ListDataSourcesRequest(parent="organizations/other"), metadata=foreign
    )
    assert list(listed.data_sources) == []
    with pytest.raises(NotFound):
        name = "organizations/other/dataSources/files"
        await platform.stub.GetDataSource(pb.GetDataSourceRequest(name=name), metadata=foreign)


async def test_a_viewer_may_not_make_a_data_source(platform: Platform, sqlite_file: pb.Connection) -> None:
    request = pb.CreateDataSourceRequest(
        parent=PARENT, data_source_id="x", data_source=pb.DataSource(connection=sqlite_file)
    )
    with pytest.raises(PermissionDenied):
        await platform.stub.CreateDataSource(request, metadata=platform.as_member(roles=("viewer",)))


async def test_what_is_kept_is_sealed_and_of_one_organization(
    platform: Platform, sqlite_file: pb.Connection, watcher: psycopg.Connection[Any]
) -> None:
    await platform.create("files", sqlite_file)
    with psycopg.connect(dbname="validation_test", user="validation_test", host=watcher.info.host) as own:
        assert own.execute("SELECT count(*) FROM data_sources").fetchone() == (0,)
        own.execute("SELECT set_config('candor.organization', 'local', false)")
        rows = own.execute("SELECT id, sealed_connection FROM data_sources").fetchall()
    assert {row[0] for row in rows} == {"files", "sample"}
    assert not any(b"shop" in row[1] for row in rows)


@pytest.mark.parametrize(
    ("connection", "error", "reason"),
    [
        (postgres_at("127.0.0.1", 1), Unavailable, "DATA_SOURCE_UNREACHABLE"),
        (postgres_at("no-such-host.invalid"), Unavailable, "DATA_SOURCE_UNREACHABLE"),
        (postgres_at("/var/run/postgresql"), PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
        (postgres_at("a.example,b.example"), PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
        (postgres_at("169.254.169.254"), PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
        (postgres_at("::ffff:169.254.169.254"), PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
    ],
)
async def test_a_server_that_cannot_or_may_not_be_reached_is_refused_with_its_reason(
    platform: Platform, connection: pb.Connection, error: type[CandorError], reason: str
) -> None:
    with pytest.raises(error) as raised:
        await platform.create("bad", connection)
    assert raised.value.reason == reason


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
async def test_a_file_that_is_missing_wrong_or_elsewhere_is_refused_with_its_reason(
    platform: Platform, kind: str
) -> None:
    (platform.folder / "text.db").write_text("this is no database at all, only a long enough text " * 40)
    (platform.folder / "way-out").symlink_to("/etc")
    (platform.folder / "secrets" / "inside.db").write_text("")
    expected = {
        str(platform.folder / "missing.db"): (FailedPrecondition, "DATA_SOURCE_UNREACHABLE"),
        str(platform.folder / "text.db"): (FailedPrecondition, "DATA_SOURCE_NOT_A_DATABASE"),
        "/etc/passwd": (PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
        str(platform.folder / ".." / ".." / "etc" / "passwd"): (PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
        str(platform.folder / "way-out" / "passwd"): (PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
        str(platform.folder / "secrets" / "inside.db"): (PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
        "shop.sqlite": (PermissionDenied, "DATA_SOURCE_NOT_ALLOWED"),
    }
    for path, (error, reason) in expected.items():
        with pytest.raises(error) as raised:
            await platform.create("bad", file_at(kind, path))
        assert raised.value.reason == reason, path


async def test_a_malformed_data_source_is_refused_by_the_contract(platform: Platform) -> None:
    with pytest.raises(InvalidArgument):
        await platform.create("Not An Id", postgres_at("localhost"))
    with pytest.raises(InvalidArgument):
        await platform.create("empty", pb.Connection())


async def test_the_schema_has_tables_types_keys_estimates_and_samples(platform: Platform, source: str) -> None:
    request = pb.IntrospectSchemaRequest(name=source)
    catalog = (await platform.stub.IntrospectSchema(request, metadata=platform.as_member())).catalog
    tables = {table.name: table for table in catalog.tables}
    columns = {column.name: column for column in tables["customers"].columns}
    assert {"customers", "orders"} <= set(tables)
    assert columns["id"].type == catalog_pb2.COLUMN_TYPE_INTEGER
    assert columns["id"].primary_key
    assert columns["name"].type == catalog_pb2.COLUMN_TYPE_TEXT
    assert not columns["name"].nullable
    assert columns["email"].unique
    assert list(columns["name"].samples) == ["Ada", "Bo"]
    amounts = {column.name: column.type for column in tables["orders"].columns}
    assert amounts["amount"] == catalog_pb2.COLUMN_TYPE_NUMBER
    assert amounts["placed"] == catalog_pb2.COLUMN_TYPE_DATE
    (key,) = catalog.foreign_keys
    assert (key.table.rpartition(".")[2], list(key.columns)) == ("orders", ["customer_id"])
    assert (key.referred_table.rpartition(".")[2], list(key.referred_columns)) == ("customers", ["id"])


async def test_comments_and_views_of_postgres_are_read(platform: Platform) -> None:
    request = pb.IntrospectSchemaRequest(name=f"{PARENT}/dataSources/sample")
    catalog = (await platform.stub.IntrospectSchema(request, metadata=platform.as_member())).catalog
    tables = {table.name: table for table in catalog.tables}
    assert tables["orders"].comment == "What was bought"
    assert {column.name: column.comment for column in tables["orders"].columns}["amount"] == "In euros"
    assert tables["big_orders"].kind == catalog_pb2.Table.KIND_VIEW


async def test_values_are_sampled_but_never_of_a_sensitive_column(platform: Platform, source: str) -> None:
    catalog = (
        await platform.stub.IntrospectSchema(pb.IntrospectSchemaRequest(name=source), metadata=platform.as_member())
    ).catalog
    (customers,) = [table for table in catalog.tables if table.name == "customers"]
    table = f"{customers.schema}.customers" if customers.schema else "customers"
    password = next(column for column in customers.columns if column.name == "password")
    assert (password.sensitive, list(password.samples)) == (True, [])
    request = pb.SampleValuesRequest(
        name=source,
        columns=[pb.ColumnRef(table=table, column=column) for column in ("name", "password", "not_there")],
        max_values=1,
    )
    response = await platform.stub.SampleValues(request, metadata=platform.as_member())
    (names,) = response.columns
    assert (names.column.column, len(names.values), names.truncated) == ("name", 1, True)


@pytest.mark.parametrize(("kind", "connect"), [("sqlite", sqlite3.connect), ("duckdb", duckdb.connect)])
async def test_a_view_of_a_file_is_told_from_a_table(
    platform: Platform, kind: str, connect: Callable[[str], Any]
) -> None:
    path = str(platform.folder / f"views.{kind}")
    with closing(connect(path)) as database:
        database.execute("CREATE TABLE items (id INTEGER)")
        database.execute("CREATE VIEW few_items AS SELECT id FROM items")
    request = pb.IntrospectSchemaRequest(name=await platform.create("views", file_at(kind, path)))
    catalog = (await platform.stub.IntrospectSchema(request, metadata=platform.as_member())).catalog
    kinds = {table.name: table.kind for table in catalog.tables}
    assert kinds == {"items": catalog_pb2.Table.KIND_TABLE, "few_items": catalog_pb2.Table.KIND_VIEW}


async def test_a_column_of_no_declared_type_has_the_type_of_its_values(platform: Platform) -> None:
    path = str(platform.folder / "untyped.sqlite")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE items (name, size, empty)")
        database.execute("INSERT INTO items VALUES ('a', 1, NULL), ('b', 2.5, NULL)")
    request = pb.IntrospectSchemaRequest(name=await platform.create("untyped", file_at("sqlite", path)))
    (table,) = (await platform.stub.IntrospectSchema(request, metadata=platform.as_member())).catalog.tables
    assert {column.name: column.type for column in table.columns} == {
        "name": catalog_pb2.COLUMN_TYPE_TEXT,
        "size": catalog_pb2.COLUMN_TYPE_NUMBER,
        "empty": catalog_pb2.COLUMN_TYPE_OTHER,
    }
