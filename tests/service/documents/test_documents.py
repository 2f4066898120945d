"""documents keeps versions of schemas, and finds in them what a question is about."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from candor.documents.v1 import documents_service_pb2 as pb
from service.documents.stand import Platform

from services.cli.sample.load import write_sqlite
from services.kit import errors


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documents") / "sample.db"
    write_sqlite(path)
    return path


@pytest.fixture
def source(platform: Platform, sample_file: Path) -> str:
    """A data source of its own for each test, on the sample."""
    name = f"organizations/local/dataSources/sample-{uuid4().hex[:8]}"
    platform.validation.files[name] = sample_file
    return name


def shop(folder: Path, *statements: str) -> Path:
    path = folder / f"{uuid4().hex}.db"
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


async def sync(platform: Platform, source: str, organization: str = "local") -> Any:
    return await platform.documents.SyncSchema(
        pb.SyncSchemaRequest(data_source=source), metadata=platform.signer.metadata(organization)
    )


async def retrieve(platform: Platform, source: str, question: str, organization: str = "local") -> Any:
    response = await platform.documents.RetrieveContext(
        pb.RetrieveContextRequest(data_source=source, question=question),
        metadata=platform.signer.metadata(organization),
    )
    return response.context


async def test_the_first_sync_makes_a_version_and_the_next_keeps_it(platform: Platform, source: str) -> None:
    first, second = await sync(platform, source), await sync(platform, source)
    assert (first.changed, second.changed) == (True, False)
    assert first.schema.version == second.schema.version
    assert first.schema.create_time == second.schema.create_time
    assert first.schema.sync_time.ToDatetime() < second.schema.sync_time.ToDatetime()
    assert first.schema.name == f"{source}/schema"
    assert len(first.schema.catalog.tables) == 15
    assert first.schema.indexed_values > 900
    listed = await platform.documents.ListSchemaVersions(
        pb.ListSchemaVersionsRequest(data_source=source), metadata=platform.signer.metadata()
    )
    assert [each.version for each in listed.schemas] == [first.schema.version]


async def test_a_changed_schema_gets_a_new_version_and_the_old_one_stays(platform: Platform, tmp_path: Path) -> None:
    source = f"organizations/local/dataSources/shop-{uuid4().hex[:8]}"
    path = shop(tmp_path, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO item VALUES (1, 'Pen')")
    platform.validation.files[source] = path
    first = await sync(platform, source)
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO item VALUES (2, 'Ink')")
    assert not (await sync(platform, source)).changed
    assert [match.value for match in (await retrieve(platform, source, "Where is the Ink?")).value_matches] == ["Ink"]
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE item ADD COLUMN price NUMERIC")
    second = await sync(platform, source)
    assert second.changed
    assert second.schema.version != first.schema.version
    metadata = platform.signer.metadata()
    get, listing = platform.documents.GetSchema, platform.documents.ListSchemaVersions
    newest = await get(pb.GetSchemaRequest(data_source=source), metadata=metadata)
    old = await get(pb.GetSchemaRequest(data_source=source, version=first.schema.version), metadata=metadata)
    assert newest.schema.catalog == second.schema.catalog
    assert [column.name for column in old.schema.catalog.tables[0].columns] == ["id", "name"]
    page = await listing(pb.ListSchemaVersionsRequest(data_source=source, page_size=1), metadata=metadata)
    assert [each.version for each in page.schemas] == [second.schema.version]
    assert not page.schemas[0].HasField("catalog")
    rest = await listing(
        pb.ListSchemaVersionsRequest(data_source=source, page_size=1, page_token=page.next_page_token),
        metadata=metadata,
    )
    assert [each.version for each in rest.schemas] == [first.schema.version]
    assert rest.next_page_token == ""


async def test_a_question_gets_its_tables_values_and_ways_to_join(platform: Platform, source: str) -> None:
    await sync(platform, source)
    context = await retrieve(platform, source, "How many French customers bought 'Aurora Filter Bean 1 kg'?")
    assert context.schema_version
    found = {(match.table, match.column, match.value) for match in context.value_matches}
    assert {("customers", "country", "France"), ("products", "name", "Aurora Filter Bean 1 kg")} <= found
    ends = {frozenset((path.tables[0], path.tables[-1])) for path in context.join_paths}
    assert frozenset(("customers", "products")) in ends
    assert {table.name for table in context.catalog.tables} >= {"customers", "orders", "order_items", "products"}


async def test_a_question_about_nothing_gets_the_small_schema_and_no_value(platform: Platform, source: str) -> None:
    await sync(platform, source)
    context = await retrieve(platform, source, "blorp \U0001f41f qwxz")
    assert len(context.catalog.tables) == 15
    assert not context.value_matches
    assert not context.join_paths


async def test_values_of_sensitive_columns_are_never_read_kept_or_found(
    platform: Platform, source: str, sample_file: Path
) -> None:
    platform.validation.sensitive = {"headline"}
    synced = await sync(platform, source)
    with sqlite3.connect(sample_file) as database:
        email, phone = database.execute("SELECT email, phone FROM customers WHERE phone IS NOT NULL").fetchone()
    assert not {"email", "phone", "headline"} & {column for _, column in platform.validation.sampled}
    columns = {column.name: column for table in synced.schema.catalog.tables for column in table.columns}
    for name in ("email", "phone", "headline"):
        assert columns[name].sensitive
        assert not columns[name].samples
    context = await retrieve(platform, source, f"Who is '{email}', and whose number is '{phone}'? 'My new favourite'")
    assert {match.column for match in context.value_matches} & {"email", "phone", "headline"} == set()
    assert email not in str(context)
    async with await psycopg.AsyncConnection.connect(platform.database_url, autocommit=True) as connection:
        await connection.execute("SELECT set_config('candor.organization', 'local', false)")
        found = await connection.execute(
            "SELECT column_name, stored_values FROM column_values WHERE data_source = %s", (source.rpartition("/")[2],)
        )
        kept: dict[str, list[str]] = dict(await found.fetchall())
    assert "segment" in kept
    assert not {"email", "phone", "headline"} & kept.keys()
    assert not any(email in values for values in kept.values())


async def test_two_organizations_never_see_each_others_schemas_or_values(platform: Platform, tmp_path: Path) -> None:
    shared_id = f"shop-{uuid4().hex[:8]}"
    for organization, value in (("local", "Saffron"), ("other", "Turmeric")):
        name = f"organizations/{organization}/dataSources/{shared_id}"
        platform.validation.files[name] = shop(
            tmp_path,
            f"CREATE TABLE {organization}_items (name TEXT)",
            f"INSERT INTO {organization}_items VALUES ('{value}')",
        )
        await sync(platform, name, organization)
    ours, theirs = (f"organizations/{each}/dataSources/{shared_id}" for each in ("local", "other"))
    for source, organization, table, value in (
        (ours, "local", "local_items", "Saffron"),
        (theirs, "other", "other_items", "Turmeric"),
    ):
        context = await retrieve(platform, source, "Is it Saffron or Turmeric?", organization)
        assert [each.name for each in context.catalog.tables] == [table]
        assert [match.value for match in context.value_matches] == [value]
    request = pb.GetSchemaRequest(data_source=theirs)
    with pytest.raises(errors.PermissionDenied) as denied:
        await platform.documents.GetSchema(request, metadata=platform.signer.metadata("local"))
    assert denied.value.reason == "ORGANIZATION_DENIED"
    async with await psycopg.AsyncConnection.connect(platform.database_url, autocommit=True) as connection:
        await connection.execute("SELECT set_config('candor.organization', 'other', false)")
        found = await connection.execute("SELECT DISTINCT organization FROM column_values")
        assert await found.fetchall() == [("other",)]


async def test_what_was_never_synced_says_so(platform: Platform, source: str) -> None:
    metadata = platform.signer.metadata()
    with pytest.raises(errors.NotFound) as missing:
        await platform.documents.GetSchema(pb.GetSchemaRequest(data_source=source), metadata=metadata)
    assert missing.value.reason == "SCHEMA_NOT_FOUND"
    assert "Sync it first" in missing.value.message
    with pytest.raises(errors.NotFound) as missing:
        await retrieve(platform, source, "How many?")
    assert missing.value.reason == "SCHEMA_NOT_FOUND"
    await sync(platform, source)
    with pytest.raises(errors.NotFound) as missing:
        await platform.documents.GetSchema(pb.GetSchemaRequest(data_source=source, version="none"), metadata=metadata)
    assert missing.value.reason == "SCHEMA_NOT_FOUND"


async def test_an_error_of_validation_reaches_the_caller_and_keeps_what_was_known(
    platform: Platform, source: str
) -> None:
    await sync(platform, source)
    del platform.validation.files[source]
    with pytest.raises(errors.NotFound) as gone:
        await sync(platform, source)
    assert gone.value.reason == "DATA_SOURCE_NOT_FOUND"
    assert (await retrieve(platform, source, "stores in Berlin")).value_matches


@pytest.mark.parametrize("question", ["", "x" * 10_001])
async def test_an_empty_or_endless_question_is_refused(platform: Platform, source: str, question: str) -> None:
    with pytest.raises(errors.InvalidArgument) as refused:
        await retrieve(platform, source, question)
    assert refused.value.metadata["field"] == "question"


async def test_a_viewer_may_ask_but_not_sync(platform: Platform, source: str) -> None:
    await sync(platform, source)
    metadata = platform.signer.metadata(roles=("viewer",))
    request = pb.RetrieveContextRequest(data_source=source, question="stores")
    assert (await platform.documents.RetrieveContext(request, metadata=metadata)).context.catalog.tables
    with pytest.raises(errors.PermissionDenied):
        await platform.documents.SyncSchema(pb.SyncSchemaRequest(data_source=source), metadata=metadata)


async def test_syncs_at_the_same_time_are_one_reading(platform: Platform, source: str) -> None:
    answers = await asyncio.gather(*(sync(platform, source) for _ in range(10)))
    assert len({answer.schema.version for answer in answers}) == 1
    listed = await platform.documents.ListSchemaVersions(
        pb.ListSchemaVersionsRequest(data_source=source), metadata=platform.signer.metadata()
    )
    assert len(listed.schemas) == 1
    assert (await retrieve(platform, source, "stores in Berlin")).value_matches


async def test_questions_at_the_same_time_share_one_index(platform: Platform, source: str) -> None:
    await sync(platform, source)
    contexts = await asyncio.gather(*(retrieve(platform, source, "stores in Berlin") for _ in range(20)))
    assert all(context == contexts[0] for context in contexts)
    assert contexts[0].value_matches
