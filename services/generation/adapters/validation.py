"""validation, over gRPC: checks and rows."""

from collections.abc import AsyncIterator
from datetime import timedelta

import grpc
from candor.catalog.v1 import catalog_pb2
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc

from services.generation import wire
from services.generation.core.model import Batch, Context, Question, ResultColumn, Summary, Verdict
from services.generation.core.prove_answer import KEPT_ROWS


class GrpcValidation:
    """Has statements checked and run.

    Args:
        channel: Where validation is.
        statement_timeout: How long a statement may run.
    """

    def __init__(self, channel: grpc.aio.Channel, statement_timeout: timedelta) -> None:
        self._stub = rpc.ValidationServiceStub(channel)
        self._limits = pb.Limits(max_rows=KEPT_ROWS)
        self._limits.timeout.FromTimedelta(statement_timeout)

    async def find_data_source(self, name: str) -> None:
        """Raises NotFound where there is no such data source, so that a question is refused at the door."""
        await self._stub.GetDataSource(pb.GetDataSourceRequest(name=name))

    async def check(self, question: Question, sql: str, context: Context | None) -> Verdict:
        """See `core.ports.Validation`."""
        content = context.content if context else None
        catalog = content.catalog if isinstance(content, catalog_pb2.Context) else None
        request = pb.CheckStatementRequest(name=question.data_source, sql=sql, catalog=catalog)
        return wire.verdict_from_proto(await self._stub.CheckStatement(request))

    async def run(self, question: Question, sql: str) -> AsyncIterator[tuple[ResultColumn, ...] | Batch | Summary]:
        """See `core.ports.Validation`."""
        request = pb.RunStatementRequest(name=question.data_source, sql=sql, limits=self._limits)
        async for part in self._stub.RunStatement(request):
            match part.WhichOneof("part"):
                case "header":
                    yield tuple(wire.column_from_proto(each) for each in part.header.columns)
                case "rows":
                    yield wire.batch_from_proto(part.rows)
                case _:
                    yield wire.summary_from_proto(part.summary)
