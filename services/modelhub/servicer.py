"""modelhub's gRPC face."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from candor.modelhub.v1 import modelhub_service_pb2 as pb
from candor.modelhub.v1 import modelhub_service_pb2_grpc as rpc

from services.modelhub import wire
from services.modelhub.core.draft_sql import DraftSql


class ModelhubServicer(rpc.ModelhubServiceServicer):
    """Translates, calls, translates."""

    def __init__(self, draft_sql: DraftSql) -> None:
        self._draft_sql = draft_sql

    async def DraftSql(self, request: pb.DraftSqlRequest, _context: Any) -> AsyncIterator[pb.DraftSqlResponse]:
        """See the contract."""
        async with aclosing(self._draft_sql.draft(wire.request_from_proto(request), request.model)) as parts:
            async for part in parts:
                yield wire.part_to_proto(part)

    async def ListModels(self, request: pb.ListModelsRequest, _context: Any) -> pb.ListModelsResponse:
        """See the contract."""
        models = self._draft_sql.models()
        return pb.ListModelsResponse(
            models=[wire.model_to_proto(each, request.parent, default=each is models[0]) for each in models]
        )
