"""documents, over gRPC: what is known about the data that a question is about."""

import grpc
from candor.documents.v1 import documents_service_pb2 as pb
from candor.documents.v1 import documents_service_pb2_grpc as rpc

from services.generation.core.model import Context, Question
from services.kit.errors import NotFound


class GrpcDocuments:
    """Retrieves context; a data source whose schema was never read is read first."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = rpc.DocumentsServiceStub(channel)

    async def retrieve(self, question: Question) -> Context:
        """See `core.ports.Documents`."""
        request = pb.RetrieveContextRequest(data_source=question.data_source, question=question.text)
        try:
            response = await self._stub.RetrieveContext(request)
        except NotFound as error:
            if error.reason != "SCHEMA_NOT_FOUND":
                raise
            await self._stub.SyncSchema(pb.SyncSchemaRequest(data_source=question.data_source), timeout=60)
            response = await self._stub.RetrieveContext(request)
        context = response.context
        return Context(
            dialect=context.catalog.dialect,
            tables=tuple(table.name for table in context.catalog.tables),
            values=tuple(
                f"“{each.phrase}” is {each.table}.{each.column} = {each.value!r}" for each in context.value_matches
            ),
            schema_version=context.schema_version,
            content=context,
        )
