"""validation's gRPC face."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc

from services.kit.catalog_wire import catalog_from_proto
from services.kit.ids import parse_name
from services.kit.pages import decode_token, encode_token, page_size
from services.validation import wire
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS
from services.validation.core.keep_data_sources import KeepDataSources
from services.validation.core.model import DataSource, Summary
from services.validation.core.ports import DataSources, Engines
from services.validation.core.read_catalogs import ReadCatalogs, search_path_of
from services.validation.core.run_statement import RunStatement


class ValidationServicer(rpc.ValidationServiceServicer):
    """Translates, calls, translates."""

    def __init__(
        self,
        sources: DataSources,
        engines: Engines,
        catalogs: ReadCatalogs,
        keep_data_sources: KeepDataSources,
        run_statement: RunStatement,
    ) -> None:
        self._sources = sources
        self._engines = engines
        self._catalogs = catalogs
        self._keep_data_sources = keep_data_sources
        self._run_statement = run_statement

    async def CreateDataSource(self, request: pb.CreateDataSourceRequest, context: Any) -> pb.CreateDataSourceResponse:
        """See the contract."""
        (organization,) = parse_name(request.parent, "organizations")
        given = request.data_source
        source = DataSource(
            organization=organization,
            id=request.data_source_id,
            connection=wire.connection_from_proto(given.connection),
            display_name=given.display_name or request.data_source_id,
        )
        created = await self._keep_data_sources.create(source)
        return pb.CreateDataSourceResponse(data_source=wire.data_source_to_proto(created))

    async def GetDataSource(self, request: pb.GetDataSourceRequest, context: Any) -> pb.GetDataSourceResponse:
        """See the contract."""
        source = await self._source(request.name)
        return pb.GetDataSourceResponse(data_source=wire.data_source_to_proto(source))

    async def ListDataSources(self, request: pb.ListDataSourcesRequest, context: Any) -> pb.ListDataSourcesResponse:
        """See the contract."""
        (organization,) = parse_name(request.parent, "organizations")
        size = page_size(request.page_size)
        after = decode_token(request.page_token, scope=request.parent) or ""
        found = await self._sources.list(organization, after=after, limit=size + 1)
        more = encode_token(found[size - 1].id, scope=request.parent) if len(found) > size else ""
        shown = [wire.data_source_to_proto(source) for source in found[:size]]
        return pb.ListDataSourcesResponse(data_sources=shown, next_page_token=more)

    async def DeleteDataSource(self, request: pb.DeleteDataSourceRequest, context: Any) -> pb.DeleteDataSourceResponse:
        """See the contract."""
        await self._sources.delete(*parse_name(request.name, "organizations", "dataSources"))
        return pb.DeleteDataSourceResponse()

    async def TestDataSource(self, request: pb.TestDataSourceRequest, context: Any) -> pb.TestDataSourceResponse:
        """See the contract."""
        source = await self._source(request.name)
        started = time.perf_counter()
        version = await self._engines.open(source.connection, own=source.own).test()
        response = pb.TestDataSourceResponse(server_version=version)
        response.duration.FromTimedelta(timedelta(seconds=time.perf_counter() - started))
        return response

    async def IntrospectSchema(self, request: pb.IntrospectSchemaRequest, context: Any) -> pb.IntrospectSchemaResponse:
        """See the contract."""
        source = await self._source(request.name)
        catalog = await self._catalogs.read(source)
        message = wire.catalog_to_proto(catalog)
        return pb.IntrospectSchemaResponse(catalog=message)

    async def SampleValues(self, request: pb.SampleValuesRequest, context: Any) -> pb.SampleValuesResponse:
        """See the contract."""
        source = await self._source(request.name)
        columns = wire.column_refs_from_proto(request.columns)
        found = await self._keep_data_sources.sample(source, columns, request.max_values)
        return pb.SampleValuesResponse(columns=[wire.column_values_to_proto(each) for each in found])

    async def CheckStatement(self, request: pb.CheckStatementRequest, context: Any) -> pb.CheckStatementResponse:
        """See the contract."""
        source = await self._source(request.name)
        if not request.HasField("catalog"):
            return wire.check_to_proto(await self._catalogs.check(source, request.sql))
        catalog = Catalog(
            DIALECTS[source.dialect], catalog_from_proto(request.catalog).tables, (), search_path_of(source)
        )
        return wire.check_to_proto(check_statement(request.sql, catalog))

    async def ExplainPlan(self, request: pb.ExplainPlanRequest, context: Any) -> pb.ExplainPlanResponse:
        """See the contract."""
        source = await self._source(request.name)
        plan = await self._run_statement.explain(source, request.sql)
        return pb.ExplainPlanResponse(
            text=plan.text, estimated_rows=plan.estimated_rows, estimated_cost=plan.estimated_cost
        )

    async def RunStatement(
        self, request: pb.RunStatementRequest, context: Any
    ) -> AsyncIterator[pb.RunStatementResponse]:
        """See the contract."""
        source = await self._source(request.name)
        started, checked_sql = time.perf_counter(), ""
        limits = wire.limits_from_proto(request.limits)
        async with aclosing(self._run_statement(source, request.sql, limits)) as parts:
            async for part in parts:
                if isinstance(part, str):
                    checked_sql = part
                    continue
                message = wire.part_to_proto(part, checked_sql)
                if isinstance(part, Summary):
                    message.summary.duration.FromTimedelta(timedelta(seconds=time.perf_counter() - started))
                yield message

    async def _source(self, name: str) -> DataSource:
        return await self._sources.get(*parse_name(name, "organizations", "dataSources"))
