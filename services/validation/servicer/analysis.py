"""What can be said of SQL without running it: `AnalysisService`."""

from typing import Any

from candor.validation.v1 import analysis_service_pb2 as pb
from candor.validation.v1 import analysis_service_pb2_grpc as rpc

from services.kit.catalog_wire import catalog_from_proto
from services.kit.ids import parse_name
from services.validation.core.ports import DataSources
from services.validation.core.read_catalogs import ReadCatalogs, catalog_of
from services.validation.core.scan.scan import scan_text
from services.validation.core.trace_lineage import trace_statement
from services.validation.core.transpile_statement import transpile_statement
from services.validation.wire import analysis


class AnalysisServicer(rpc.AnalysisServiceServicer):
    """Translates, calls, translates."""

    def __init__(self, sources: DataSources, catalogs: ReadCatalogs) -> None:
        self._sources = sources
        self._catalogs = catalogs

    async def TranspileStatement(
        self, request: pb.TranspileStatementRequest, context: Any
    ) -> pb.TranspileStatementResponse:
        """See the contract."""
        transpiled = transpile_statement(request.sql, request.from_dialect, request.to_dialect)
        return analysis.transpiled_to_proto(transpiled)

    async def TraceLineage(self, request: pb.TraceLineageRequest, context: Any) -> pb.TraceLineageResponse:
        """See the contract."""
        source = await self._sources.get(*parse_name(request.name, "organizations", "dataSources"))
        if request.HasField("catalog"):
            given = catalog_from_proto(request.catalog)
            catalog = catalog_of(source, given.tables, given.foreign_keys)
        else:
            catalog = await self._catalogs.get(source)
        return analysis.lineage_to_proto(trace_statement(request.sql, catalog))

    async def ScanText(self, request: pb.ScanTextRequest, context: Any) -> pb.ScanTextResponse:
        """See the contract."""
        return analysis.scan_to_proto(scan_text(request.text, request.dialect))
