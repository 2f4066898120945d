"""Data sources, checks and runs: `ValidationService`."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc

from services.kit import metrics
from services.kit.catalog_wire import catalog_from_proto
from services.kit.errors import InvalidArgument
from services.kit.ids import parse_name
from services.kit.pages import decode_token, encode_token, page_size
from services.validation.core.check_statement import check_statement
from services.validation.core.explain_plan import ExplainPlan
from services.validation.core.keep_data_sources import KeepDataSources
from services.validation.core.model import Check, DataSource, Severity, Summary
from services.validation.core.policies.restrict import restricted
from services.validation.core.ports import DataSources
from services.validation.core.read_catalogs import ReadCatalogs, catalog_of
from services.validation.core.run_statement import RunStatement
from services.validation.wire import data_sources, plans, policies, statements


class ValidationServicer(rpc.ValidationServiceServicer):
    """Translates, calls, translates."""

    def __init__(
        self,
        sources: DataSources,
        catalogs: ReadCatalogs,
        keep_data_sources: KeepDataSources,
        run_statement: RunStatement,
        explain_plan: ExplainPlan,
    ) -> None:
        self._sources = sources
        self._catalogs = catalogs
        self._keep_data_sources = keep_data_sources
        self._run_statement = run_statement
        self._explain_plan = explain_plan

    async def CreateDataSource(self, request: pb.CreateDataSourceRequest, context: Any) -> pb.CreateDataSourceResponse:
        """See the contract."""
        (organization,) = parse_name(request.parent, "organizations")
        given = request.data_source
        source = DataSource(
            organization=organization,
            id=request.data_source_id,
            connection=data_sources.connection_from_proto(given.connection),
            display_name=given.display_name or request.data_source_id,
        )
        created = await self._keep_data_sources.create(source)
        return pb.CreateDataSourceResponse(data_source=data_sources.data_source_to_proto(created))

    async def GetDataSource(self, request: pb.GetDataSourceRequest, context: Any) -> pb.GetDataSourceResponse:
        """See the contract."""
        source = await self._source(request.name)
        return pb.GetDataSourceResponse(data_source=data_sources.data_source_to_proto(source))

    async def ListDataSources(self, request: pb.ListDataSourcesRequest, context: Any) -> pb.ListDataSourcesResponse:
        """See the contract."""
        (organization,) = parse_name(request.parent, "organizations")
        size = page_size(request.page_size)
        after = decode_token(request.page_token, scope=request.parent) or ""
        found = await self._sources.list(organization, after=after, limit=size + 1)
        more = encode_token(found[size - 1].id, scope=request.parent) if len(found) > size else ""
        shown = [data_sources.data_source_to_proto(source) for source in found[:size]]
        return pb.ListDataSourcesResponse(data_sources=shown, next_page_token=more)

    async def DeleteDataSource(self, request: pb.DeleteDataSourceRequest, context: Any) -> pb.DeleteDataSourceResponse:
        """See the contract."""
        await self._keep_data_sources.delete(*parse_name(request.name, "organizations", "dataSources"))
        return pb.DeleteDataSourceResponse()

    async def TestDataSource(self, request: pb.TestDataSourceRequest, context: Any) -> pb.TestDataSourceResponse:
        """See the contract."""
        source = await self._source(request.name)
        started = time.perf_counter()
        version = await self._keep_data_sources.test(source)
        response = pb.TestDataSourceResponse(server_version=version)
        response.duration.FromTimedelta(timedelta(seconds=time.perf_counter() - started))
        return response

    async def GetPolicy(self, request: pb.GetPolicyRequest, context: Any) -> pb.GetPolicyResponse:
        """See the contract."""
        source = await self._source(request.name.removesuffix("/policy"))
        return pb.GetPolicyResponse(policy=policies.policy_to_proto(source.policy, source.organization, source.id))

    async def UpdatePolicy(self, request: pb.UpdatePolicyRequest, context: Any) -> pb.UpdatePolicyResponse:
        """See the contract."""
        source = await self._source(request.name.removesuffix("/policy"))
        kept = await self._keep_data_sources.put_policy(source, policies.policy_from_proto(request.policy))
        return pb.UpdatePolicyResponse(policy=policies.policy_to_proto(kept, source.organization, source.id))

    async def IntrospectSchema(self, request: pb.IntrospectSchemaRequest, context: Any) -> pb.IntrospectSchemaResponse:
        """See the contract."""
        source = await self._source(request.name)
        catalog = await self._catalogs.read(source)
        message = statements.catalog_to_proto(catalog)
        return pb.IntrospectSchemaResponse(catalog=message)

    async def SampleValues(self, request: pb.SampleValuesRequest, context: Any) -> pb.SampleValuesResponse:
        """See the contract."""
        source = await self._source(request.name)
        columns = statements.column_refs_from_proto(request.columns)
        found = await self._keep_data_sources.sample(source, columns, request.max_values)
        return pb.SampleValuesResponse(columns=[statements.column_values_to_proto(each) for each in found])

    async def CheckStatement(self, request: pb.CheckStatementRequest, context: Any) -> pb.CheckStatementResponse:
        """See the contract."""
        source = await self._source(request.name)
        if not request.HasField("catalog"):
            check = await self._catalogs.check(source, request.sql, look_up_values=request.look_up_values)
            return _answered(check)
        given = catalog_from_proto(request.catalog)
        catalog = catalog_of(source, given.tables, given.foreign_keys)
        check = check_statement(request.sql, restricted(catalog, source.policy))
        if request.look_up_values:
            check = await self._catalogs.look_up_values(source, request.sql, check)
        return _answered(check)

    async def ExplainPlan(self, request: pb.ExplainPlanRequest, context: Any) -> pb.ExplainPlanResponse:
        """See the contract."""
        source = await self._source(request.name)
        explained = await self._explain_plan(source, request.sql, analyze=request.analyze, advice=request.advise)
        return plans.explained_to_proto(explained)

    async def RunStatement(
        self, request: pb.RunStatementRequest, context: Any
    ) -> AsyncIterator[pb.RunStatementResponse]:
        """See the contract."""
        source = await self._source(request.name)
        started, checked_sql = time.perf_counter(), ""
        limits = statements.limits_from_proto(request.limits)
        async with _cost_refusals_counted(source), aclosing(self._run_statement(source, request.sql, limits)) as parts:
            async for part in parts:
                if isinstance(part, str):
                    checked_sql = part
                    continue
                message = statements.part_to_proto(part, checked_sql)
                if isinstance(part, Summary):
                    message.summary.duration.FromTimedelta(timedelta(seconds=time.perf_counter() - started))
                yield message

    async def _source(self, name: str) -> DataSource:
        return await self._sources.get(*parse_name(name, "organizations", "dataSources"))


@asynccontextmanager
async def _cost_refusals_counted(source: DataSource) -> AsyncIterator[None]:
    """Counts a statement of a data source that is refused for its plan."""
    try:
        yield
    except InvalidArgument as error:
        if error.reason == "SQL_COST_LIMIT":
            metrics.COST_REFUSALS.of(source.dialect, error.metadata["limit"]).inc()
        raise


def _answered(check: Check) -> pb.CheckStatementResponse:
    refusal = next((each.reason for each in check.findings if each.severity is Severity.ERROR), None)
    metrics.STATEMENT_CHECKS.of("refused" if refusal else "allowed", refusal or metrics.NONE).inc()
    return statements.check_to_proto(check)
