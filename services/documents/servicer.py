"""documents' gRPC face."""

from typing import Any

from candor.documents.v1 import documents_service_pb2 as pb
from candor.documents.v1 import documents_service_pb2_grpc as rpc

from services.documents import wire
from services.documents.core.keep_snapshots import Snapshots
from services.documents.core.open_retriever import Retrievers
from services.documents.core.sync_schema import SyncSchema
from services.kit.pages import decode_token, encode_token, page_size


class DocumentsServicer(rpc.DocumentsServiceServicer):
    """Translates, calls, translates."""

    def __init__(self, sync_schema: SyncSchema, snapshots: Snapshots, retrievers: Retrievers) -> None:
        self._sync_schema = sync_schema
        self._snapshots = snapshots
        self._retrievers = retrievers

    async def SyncSchema(self, request: pb.SyncSchemaRequest, _context: Any) -> pb.SyncSchemaResponse:
        """See the contract."""
        source = wire.data_source_from_proto(request.data_source)
        snapshot, changed = await self._sync_schema(source)
        schema = wire.schema_to_proto(source, snapshot.version, snapshot.catalog)
        return pb.SyncSchemaResponse(schema=schema, changed=changed)

    async def GetSchema(self, request: pb.GetSchemaRequest, _context: Any) -> pb.GetSchemaResponse:
        """See the contract."""
        source = wire.data_source_from_proto(request.data_source)
        snapshot = await self._snapshots.get(source, request.version)
        return pb.GetSchemaResponse(schema=wire.schema_to_proto(source, snapshot.version, snapshot.catalog))

    async def ListSchemaVersions(
        self, request: pb.ListSchemaVersionsRequest, _context: Any
    ) -> pb.ListSchemaVersionsResponse:
        """See the contract."""
        source = wire.data_source_from_proto(request.data_source)
        size = page_size(request.page_size)
        after = decode_token(request.page_token, scope=source.name) or ""
        found = await self._snapshots.list(source, after=after, limit=size + 1)
        more = encode_token(found[size - 1][0], scope=source.name) if len(found) > size else ""
        schemas = [wire.schema_to_proto(source, version) for _, version in found[:size]]
        return pb.ListSchemaVersionsResponse(schemas=schemas, next_page_token=more)

    async def RetrieveContext(self, request: pb.RetrieveContextRequest, _context: Any) -> pb.RetrieveContextResponse:
        """See the contract."""
        source = wire.data_source_from_proto(request.data_source)
        version, retriever = await self._retrievers.open(source)
        context = retriever.retrieve(request.question, request.max_tables)
        return pb.RetrieveContextResponse(context=wire.context_to_proto(context, version))
