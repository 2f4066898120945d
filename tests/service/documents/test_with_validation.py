"""documents and the real validation understand each other, on the sample."""

import base64
from pathlib import Path

from candor.documents.v1 import documents_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2 as validation_pb
from candor.validation.v1 import validation_service_pb2_grpc
from identities import Signer
from service.documents.stand import accounts, documents

from services.cli.sample.load import write_sqlite
from services.kit.rpc import open_channel
from services.kit.rpc.server import serving
from services.storage.embedded import EmbeddedPostgres
from services.validation.__main__ import build
from services.validation.settings import Settings

SOURCE = "organizations/local/dataSources/sample"


async def test_the_sample_is_synced_and_asked_about(
    postgres: EmbeddedPostgres, documents_url: str, tmp_path: Path
) -> None:
    write_sqlite(tmp_path / "data" / "sample.db")
    signer = Signer()
    url = postgres.ensure_database("validation_for_documents").set(drivername="postgresql").render_as_string()
    async with accounts(signer) as address:
        settings = Settings(
            address="127.0.0.1:0",
            accounts_address=address,
            database_url=url,
            master_key=base64.b64encode(bytes(32)).decode(),
            master_key_file=tmp_path / "keys" / "master.key",
            file_roots=(tmp_path / "data",),
        )
        async with (
            build(settings) as server,
            serving(server),
            open_channel(server.address) as channel,
            documents(documents_url, accounts_address=address, validation_address=server.address) as stub,
        ):
            metadata = signer.metadata()
            connection = validation_pb.Connection(
                sqlite=validation_pb.SqliteConnection(path=str(tmp_path / "data" / "sample.db"))
            )
            await validation_service_pb2_grpc.ValidationServiceStub(channel).CreateDataSource(
                validation_pb.CreateDataSourceRequest(
                    parent="organizations/local",
                    data_source_id="sample",
                    data_source=validation_pb.DataSource(display_name="Sample", connection=connection),
                ),
                metadata=metadata,
            )
            synced = await stub.SyncSchema(pb.SyncSchemaRequest(data_source=SOURCE), metadata=metadata)
            again = await stub.SyncSchema(pb.SyncSchemaRequest(data_source=SOURCE), metadata=metadata)
            question = "How many canceled orders did French customers place?"
            retrieved = await stub.RetrieveContext(
                pb.RetrieveContextRequest(data_source=SOURCE, question=question), metadata=metadata
            )
    assert (synced.changed, again.changed) == (True, False)
    assert synced.schema.catalog.dialect == "sqlite"
    assert len(synced.schema.catalog.tables) == 15
    assert len(synced.schema.catalog.foreign_keys) == 19
    assert 900 < synced.schema.indexed_values < 1_000
    found = {(match.table, match.column, match.value) for match in retrieved.context.value_matches}
    assert {("orders", "status", "Cancelled"), ("customers", "country", "France")} <= found
