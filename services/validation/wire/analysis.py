"""Between what is said of SQL without running it and its messages."""

from typing import Any

from candor.validation.v1 import analysis_service_pb2 as pb

from services.validation.core.scan.scan import Scan
from services.validation.core.trace_lineage import EdgeKind, Lineage, NodeKind
from services.validation.core.transpile_statement import Transpiled
from services.validation.wire.statements import finding_to_proto

_NODE_KINDS: dict[NodeKind, Any] = {kind: pb.LineageNode.Kind.Value(f"KIND_{kind.name}") for kind in NodeKind}
_EDGE_KINDS: dict[EdgeKind, Any] = {kind: pb.LineageEdge.Kind.Value(f"KIND_{kind.name}") for kind in EdgeKind}


def transpiled_to_proto(transpiled: Transpiled) -> pb.TranspileStatementResponse:
    """A statement in another dialect."""
    return pb.TranspileStatementResponse(
        sql=transpiled.sql, findings=[finding_to_proto(each) for each in transpiled.findings]
    )


def lineage_to_proto(lineage: Lineage) -> pb.TraceLineageResponse:
    """A graph of columns."""
    return pb.TraceLineageResponse(
        nodes=[
            pb.LineageNode(
                kind=_NODE_KINDS[node.kind], relation=node.relation, column=node.column, expression=node.expression
            )
            for node in lineage.nodes
        ],
        edges=[
            pb.LineageEdge(source=source, target=target, kind=_EDGE_KINDS[kind])
            for source, target, kind in lineage.edges
        ],
        findings=[finding_to_proto(each) for each in lineage.findings],
    )


def scan_to_proto(scan: Scan) -> pb.ScanTextResponse:
    """What a scan found."""
    return pb.ScanTextResponse(
        findings=[finding_to_proto(each) for each in scan.findings], statement_count=scan.statement_count
    )
