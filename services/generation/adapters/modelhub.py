"""modelhub, over gRPC: drafts."""

from collections.abc import AsyncIterator, Sequence

import grpc
from candor.catalog.v1 import catalog_pb2
from candor.modelhub.v1 import modelhub_service_pb2 as pb
from candor.modelhub.v1 import modelhub_service_pb2_grpc as rpc

from services.generation import wire
from services.generation.core.model import Context, Draft, Question, Rejection
from services.kit.ids import parse_name, resource_name


class GrpcModelhub:
    """Has a model draft SQL."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = rpc.ModelhubServiceStub(channel)

    async def draft(
        self, question: Question, context: Context, rejections: Sequence[Rejection]
    ) -> AsyncIterator[str | Draft]:
        """See `core.ports.Modelhub`."""
        assert isinstance(context.content, catalog_pb2.Context)
        organization, _ = parse_name(question.data_source, "organizations", "dataSources")
        request = pb.DraftSqlRequest(
            parent=resource_name("organizations", organization),
            question=question.text,
            context=context.content,
            rejections=[wire.rejection_to_proto(each) for each in rejections],
            model=question.model,
        )
        async for part in self._stub.DraftSql(request):
            yield part.text if part.HasField("text") else wire.draft_from_proto(part.draft)
