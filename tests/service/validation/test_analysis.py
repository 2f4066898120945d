"""Transpiling, lineage and scans over a real socket."""

from typing import Any

import pytest
from candor.validation.v1 import analysis_service_pb2 as pb
from service.validation.conftest import Platform

from services.kit.errors import InvalidArgument, PermissionDenied

PARENT = "organizations/local"


async def test_a_statement_is_written_in_another_dialect(platform: Platform) -> None:
    request = pb.TranspileStatementRequest(
        parent=PARENT, sql="select ifnull(a, 1) from t limit 3", from_dialect="sqlite", to_dialect="tsql"
    )
    response = await platform.analysis.TranspileStatement(request, metadata=platform.as_member())
    assert response.sql == "SELECT TOP 3 COALESCE(a, 1) FROM t"


async def test_lineage_follows_a_column_of_the_data_source(platform: Platform, source: str) -> None:
    sql = "select c.name, sum(o.amount) as total from customers c join orders o on o.customer_id = c.id group by c.name"
    response = await platform.analysis.TraceLineage(
        pb.TraceLineageRequest(name=source, sql=sql), metadata=platform.as_member()
    )
    total = next(i for i, node in enumerate(response.nodes) if node.column == "total")
    edges = [edge for edge in response.edges if edge.target == total and edge.kind == pb.LineageEdge.KIND_AGGREGATE]
    assert [response.nodes[edge.source].column for edge in edges] == ["amount"]


async def test_a_refused_statement_has_no_lineage(platform: Platform, source: str) -> None:
    request = pb.TraceLineageRequest(name=source, sql="delete from orders")
    with pytest.raises(InvalidArgument) as caught:
        await platform.analysis.TraceLineage(request, metadata=platform.as_member())
    assert caught.value.reason == "SQL_NOT_A_READ"


async def test_a_script_is_scanned_at_its_places(platform: Platform) -> None:
    request = pb.ScanTextRequest(parent=PARENT, text="select 1;\ngrant all on t to public", dialect="postgres")
    response: Any = await platform.analysis.ScanText(request, metadata=platform.as_member())
    assert response.statement_count == 2
    assert {(each.reason, each.span.line) for each in response.findings} == {("SQL_GRANT_EXCESSIVE", 2)}


async def test_another_organizations_door_stays_closed(platform: Platform) -> None:
    request = pb.ScanTextRequest(parent=PARENT, text="select 1", dialect="postgres")
    with pytest.raises(PermissionDenied):
        await platform.analysis.ScanText(request, metadata=platform.as_member("other"))
