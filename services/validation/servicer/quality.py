"""Data quality: `QualityService`."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from candor.validation.v1 import quality_service_pb2 as pb
from candor.validation.v1 import quality_service_pb2_grpc as rpc

from services.kit.ids import parse_name, resource_name
from services.kit.pages import decode_token, encode_token, page_size
from services.validation.core.model import DataSource
from services.validation.core.ports import DataSources
from services.validation.core.quality.check_quality import CheckQuality
from services.validation.core.quality.compare import compare
from services.validation.core.quality.model import Report
from services.validation.core.quality.ports import Reports
from services.validation.core.quality.profile_table import ProfileTable
from services.validation.wire import quality


class QualityServicer(rpc.QualityServiceServicer):
    """Translates, calls, translates."""

    def __init__(
        self, sources: DataSources, profile_table: ProfileTable, check_quality: CheckQuality, reports: Reports
    ) -> None:
        self._sources = sources
        self._profile_table = profile_table
        self._check_quality = check_quality
        self._reports = reports

    async def ProposeExpectations(
        self, request: pb.ProposeExpectationsRequest, context: Any
    ) -> pb.ProposeExpectationsResponse:
        """See the contract."""
        source = await self._source(request.name)
        profile, proposals = await self._profile_table(source, request.table)
        return quality.proposals_to_proto(profile, proposals)

    async def CheckDataQuality(
        self, request: pb.CheckDataQualityRequest, context: Any
    ) -> AsyncIterator[pb.CheckDataQualityResponse]:
        """See the contract."""
        against = quality.report_id_in(request.against, request.name)
        expectations = quality.expectations_from_proto(request.expectations)
        source = await self._source(request.name)
        target = quality.target_from_proto(request.target)
        async with aclosing(self._check_quality(source, target, expectations, against)) as told:
            async for part in told:
                yield quality.told_to_proto(part)

    async def GetQualityReport(self, request: pb.GetQualityReportRequest, context: Any) -> pb.GetQualityReportResponse:
        """See the contract."""
        return pb.GetQualityReportResponse(quality_report=quality.report_to_proto(await self._report(request.name)))

    async def ListQualityReports(
        self, request: pb.ListQualityReportsRequest, context: Any
    ) -> pb.ListQualityReportsResponse:
        """See the contract."""
        source = await self._source(request.parent)
        size = page_size(request.page_size)
        before = decode_token(request.page_token, scope=request.parent) or ""
        found = await self._reports.list(source.organization, source.id, before=before, limit=size + 1)
        more = encode_token(found[size - 1].id, scope=request.parent) if len(found) > size else ""
        shown = [quality.report_to_proto(each) for each in found[:size]]
        return pb.ListQualityReportsResponse(quality_reports=shown, next_page_token=more)

    async def CompareQualityReports(
        self, request: pb.CompareQualityReportsRequest, context: Any
    ) -> pb.CompareQualityReportsResponse:
        """See the contract."""
        organization, source, _ = parse_name(request.name, "organizations", "dataSources", "qualityReports")
        data_source = resource_name("organizations", organization, "dataSources", source)
        against = quality.report_id_in(request.against, data_source)
        before = await self._report(
            resource_name("organizations", organization, "dataSources", source, "qualityReports", against)
        )
        return quality.comparison_to_proto(compare(before, await self._report(request.name)))

    async def _source(self, name: str) -> DataSource:
        return await self._sources.get(*parse_name(name, "organizations", "dataSources"))

    async def _report(self, name: str) -> Report:
        organization, data_source, report = parse_name(name, "organizations", "dataSources", "qualityReports")
        source = await self._sources.get(organization, data_source)
        return (await self._reports.get(organization, data_source, report)).under(source.policy.etag)
