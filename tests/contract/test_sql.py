"""PostgreSQL as every service uses it: isolation, one transaction per RPC, answers by request id, migrations."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from identities import Signer
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from services.kit import errors
from services.kit.identity import current_principal
from services.kit.ids import new_id
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import serving
from services.kit.settings import ServiceSettings
from services.storage.embedded import EmbeddedPostgres
from services.storage.sql import Database, migrate, open_database, request_answers_table, sqlstate

MIGRATION = """
from alembic import op
import sqlalchemy as sa
from services.storage.sql import isolate, request_answers_table

revision = "0001"
down_revision = None

def upgrade():
    op.create_table(
        "notes",
        sa.Column("organization", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    request_answers_table().create(op.get_bind())
    for table in ("notes", "request_answers"):
        for statement in isolate(table):
            op.execute(statement)
"""
NOTES = sa.table("notes", sa.column("organization"), sa.column("text"))


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "0001_notes.py").write_text(MIGRATION)
    return tmp_path


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> URL:
    return postgres.ensure_database(f"t{new_id()}")


@pytest.fixture
async def database(url: URL, migrations: Path) -> AsyncIterator[Database]:
    async with open_database(url.render_as_string(hide_password=False), "t", migrations) as opened:
        yield opened


async def notes(database: Database, organization: str) -> list[str]:
    async with database.transaction(organization) as connection:
        return list(await connection.scalars(sa.select(NOTES.c.text)))


async def write(database: Database, organization: str, text: str, owner: str | None = None) -> None:
    async with database.transaction(organization) as connection:
        await connection.execute(sa.insert(NOTES).values(organization=owner or organization, text=text))


class Generations(rpc.GenerationServiceServicer):
    """Writes a note for each generation, and then fails where the question asks for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def CreateGeneration(self, request: Any, context: Any) -> Any:
        connection = await self._database.connection()
        question = request.generation.question
        await connection.execute(sa.insert(NOTES).values(organization=current_principal().organization, text=question))
        if question == "fail":
            raise errors.FailedPrecondition("GENERATION_ENDED", "It failed as asked.")
        if question == "wait":
            await asyncio.Event().wait()
        return pb.CreateGenerationResponse(generation=pb.Generation(name=new_id(), question=question))


@asynccontextmanager
async def serve(database: Database, signer: Signer) -> AsyncIterator[Any]:
    server = build_server(
        ServiceSettings(address="127.0.0.1:0"),
        [
            Servicer(
                pb.DESCRIPTOR.services_by_name["GenerationService"],
                rpc.add_GenerationServiceServicer_to_server,
                Generations(database),  # type: ignore[abstract]
            )
        ],
        verify=signer.verifier().verify,
        layers=[database.per_rpc],
        replays=database,
    )
    async with serving(server), open_channel(server.address) as channel:
        yield rpc.GenerationServiceStub(channel)


def request(question: str, request_id: str = "", organization: str = "local") -> pb.CreateGenerationRequest:
    return pb.CreateGenerationRequest(
        parent=f"organizations/{organization}",
        request_id=request_id,
        generation=pb.Generation(data_source=f"organizations/{organization}/dataSources/s", question=question),
    )


async def test_an_organization_sees_its_own_rows_alone(database: Database) -> None:
    await write(database, "one", "mine")
    await write(database, "two", "theirs")
    assert await notes(database, "one") == ["mine"]
    assert await notes(database, "three") == []
    async with database.transaction("one") as connection:
        await connection.execute(sa.delete(NOTES))
        await connection.execute(sa.update(NOTES).values(text="changed"))
    assert await notes(database, "two") == ["theirs"]


async def test_a_row_of_another_organization_cannot_be_written(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        await write(database, "one", "planted", owner="two")
    assert sqlstate(raised.value) == "42501"
    assert await notes(database, "two") == []


async def test_a_connection_does_not_remember_the_organization_before(database: Database) -> None:
    await write(database, "one", "mine")
    async with database.engine.connect() as connection:
        assert list(await connection.scalars(sa.select(NOTES.c.text))) == []


async def test_the_role_of_a_service_cannot_step_around_isolation(database: Database) -> None:
    async with database.engine.connect() as connection:
        role = (
            await connection.execute(
                sa.text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            )
        ).one()
    assert tuple(role) == (False, False)


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError):
        async with database.transaction("one") as connection:
            await connection.execute(sa.insert(NOTES).values(organization="one", text="half"))
            raise KeyError
    assert await notes(database, "one") == []


async def test_an_rpc_that_answers_has_committed_and_one_that_fails_has_not(database: Database) -> None:
    signer = Signer()
    async with serve(database, signer) as stub:
        await stub.CreateGeneration(request("kept"), metadata=signer.metadata())
        assert await notes(database, "local") == ["kept"]
        with pytest.raises(errors.FailedPrecondition):
            await stub.CreateGeneration(request("fail"), metadata=signer.metadata())
        with pytest.raises(errors.DeadlineExceeded):
            await stub.CreateGeneration(request("wait"), metadata=signer.metadata(), timeout=0.3)
        assert await notes(database, "local") == ["kept"]


async def test_twenty_identical_calls_at_once_make_one_row_and_equal_answers(database: Database) -> None:
    signer, request_id = Signer(), str(uuid.uuid4())
    async with serve(database, signer) as stub:
        answers = await asyncio.gather(
            *(stub.CreateGeneration(request("once", request_id), metadata=signer.metadata()) for _ in range(20))
        )
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert answers[0].generation.question == "once"
    assert await notes(database, "local") == ["once"]


async def test_a_request_id_with_another_body_is_refused(database: Database) -> None:
    signer, request_id = Signer(), str(uuid.uuid4())
    async with serve(database, signer) as stub:
        await stub.CreateGeneration(request("first", request_id), metadata=signer.metadata())
        with pytest.raises(errors.AlreadyExists) as raised:
            await stub.CreateGeneration(request("second", request_id), metadata=signer.metadata())
    assert raised.value.reason == "REQUEST_ID_REUSED"
    assert await notes(database, "local") == ["first"]


async def test_a_request_that_failed_may_be_repeated_under_its_id(database: Database) -> None:
    signer, request_id = Signer(), str(uuid.uuid4())
    async with serve(database, signer) as stub:
        for _ in range(2):
            with pytest.raises(errors.FailedPrecondition):
                await stub.CreateGeneration(request("fail", request_id), metadata=signer.metadata())


async def test_a_request_id_is_its_organizations_own(database: Database) -> None:
    signer, request_id = Signer(), str(uuid.uuid4())
    async with serve(database, signer) as stub:
        one = await stub.CreateGeneration(request("q", request_id), metadata=signer.metadata())
        two = await stub.CreateGeneration(request("q", request_id, "other"), metadata=signer.metadata("other"))
    assert one.generation.name != two.generation.name
    assert (await notes(database, "local"), await notes(database, "other")) == (["q"], ["q"])


async def test_an_rpc_in_another_organizations_name_writes_nothing(database: Database) -> None:
    signer = Signer()
    async with serve(database, signer) as stub:
        with pytest.raises(errors.PermissionDenied):
            await stub.CreateGeneration(request("q"), metadata=signer.metadata("other"))
    assert await notes(database, "local") == []


async def test_a_database_that_is_down_is_unavailable(tmp_path: Path, migrations: Path) -> None:
    with pytest.raises(errors.Unavailable) as raised:
        async with open_database(f"postgresql:///x?host={tmp_path}", "x", migrations):
            pytest.fail("nothing listens there")
    assert raised.value.metadata == {"service": "postgres"}


async def test_two_copies_that_start_together_migrate_once(url: URL, migrations: Path) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            migrate(url, migrations)
        except BaseException as error:  # noqa: BLE001  Told to the test's thread.
            failures.append(error)

    copies = [threading.Thread(target=start) for _ in range(3)]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()
    assert failures == []
    migrate(url, migrations)


async def test_a_folder_of_migrations_beside_another_has_a_version_of_its_own(
    url: URL, migrations: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "0001_things.py").write_text(
        'from alembic import op\nrevision = "things"\ndown_revision = None\n'
        'def upgrade():\n    op.execute("CREATE TABLE things (id int)")\n'
    )
    for _ in range(2):
        migrate(url, migrations)
        migrate(url, other, version_table="alembic_version_things")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        versions = [
            connection.scalar(sa.text(f"SELECT version_num FROM {table}"))
            for table in ("alembic_version", "alembic_version_things")
        ]
    engine.dispose()
    assert versions[1] == "things"
    assert versions[0] not in {None, "things"}


def test_one_process_may_hold_the_server_twice(
    tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedPostgres
) -> None:
    second = EmbeddedPostgres(postgres.folder).start()
    second.stop()
    second.stop()
    engine = sa.create_engine(postgres.url("postgres"))
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
    engine.dispose()


def test_two_copies_that_start_together_make_one_database(postgres: EmbeddedPostgres) -> None:
    name, urls = f"t{new_id()}", list[URL]()
    copies = [threading.Thread(target=lambda: urls.append(postgres.ensure_database(name))) for _ in range(3)]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()
    assert len(urls) == 3


async def test_an_error_of_the_database_does_not_repeat_what_was_written(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        await write(database, "one", "a salary of 4711", owner="two")
    assert "4711" not in str(raised.value)


async def test_a_database_that_dropped_its_connections_is_used_again(
    database: Database, postgres: EmbeddedPostgres, url: URL
) -> None:
    await write(database, "one", "kept")
    admin = sa.create_engine(postgres.url("postgres"))
    with admin.connect() as connection:
        terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name"
        assert connection.scalar(sa.text(terminate), {"name": url.database}) == 1
    admin.dispose()
    assert await notes(database, "one") == ["kept"]


async def test_a_connection_that_is_lost_in_the_middle_of_its_work_is_unavailable(database: Database) -> None:
    with pytest.raises(errors.Unavailable) as raised:
        async with database.transaction("one") as connection:
            await connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert raised.value.retry_after_s == 1.0


async def test_a_repeated_request_that_waits_too_long_for_the_first_may_be_tried_again(
    database: Database, url: URL
) -> None:
    signer, request_id = Signer(), str(uuid.uuid4())
    impatient = create_async_engine(url, connect_args={"options": "-c lock_timeout=200"})
    holding = await database.engine.connect()
    async with holding.begin() as first, serve(Database(impatient), signer) as stub:
        await holding.execute(sa.text("SELECT set_config('candor.organization', 'local', true)"))
        await holding.execute(
            sa.insert(request_answers_table()).values(
                organization="local",
                key=f"/candor.generation.v1.GenerationService/CreateGeneration:{request_id}",
                digest=b"",
                answer=b"",
            )
        )
        with pytest.raises(errors.Unavailable) as raised:
            await stub.CreateGeneration(request("q", request_id), metadata=signer.metadata())
        await first.rollback()
        await stub.CreateGeneration(request("q", request_id), metadata=signer.metadata())
    await holding.close()
    await impatient.dispose()
    assert raised.value.retry_after_s == 1
    assert await notes(database, "local") == ["q"]
