"""Between catalogues, checks and results, and their messages."""

from collections.abc import Sequence
from typing import Any

from candor.catalog.v1 import catalog_pb2
from candor.validation.v1 import validation_service_pb2 as pb

from services.kit import catalog, catalog_wire
from services.validation.core.catalog import Catalog
from services.validation.core.model import (
    Batch,
    Cell,
    Check,
    ColumnRef,
    ColumnValues,
    Finding,
    Limits,
    Part,
    ResultColumn,
    Severity,
    Span,
    Summary,
)

_NONE = type(None)
_SEVERITY_TO_PROTO: dict[Severity, Any] = {
    severity: pb.Finding.Severity.Value(f"SEVERITY_{severity.name}") for severity in Severity
}


def catalog_to_proto(known: Catalog) -> catalog_pb2.Catalog:
    """What a data source holds, without the ways to look it up."""
    return catalog_wire.catalog_to_proto(catalog.Catalog(known.dialect.name, known.tables, known.foreign_keys))


def check_to_proto(check: Check) -> pb.CheckStatementResponse:
    """A verdict."""
    return pb.CheckStatementResponse(
        allowed=check.allowed,
        findings=[finding_to_proto(finding) for finding in check.findings],
        checked_sql=check.sql,
        tables=check.tables,
        columns=[column_ref_to_proto(column) for column in check.columns],
    )


def finding_to_proto(finding: Finding) -> pb.Finding:
    """What a check has to say."""
    return pb.Finding(
        reason=finding.reason,
        severity=_SEVERITY_TO_PROTO[finding.severity],
        message=finding.message,
        span=_span_to_proto(finding.span) if finding.span else None,
        suggestion=finding.suggestion,
        metadata=finding.metadata,
    )


def _span_to_proto(span: Span) -> pb.Span:
    return pb.Span(line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column)


def column_ref_to_proto(column: ColumnRef) -> pb.ColumnRef:
    """A column's name."""
    return pb.ColumnRef(table=column.table, column=column.column)


def column_refs_from_proto(messages: Any) -> list[ColumnRef]:
    """Columns' names."""
    return [ColumnRef(each.table, each.column) for each in messages]


def column_values_to_proto(found: ColumnValues) -> pb.SampleValuesResponse.ColumnValues:
    """The values of a column."""
    return pb.SampleValuesResponse.ColumnValues(
        column=column_ref_to_proto(found.column), values=found.values, truncated=found.truncated
    )


def limits_from_proto(message: pb.Limits) -> Limits:
    """The limits that are asked for; 0 asks for nothing."""
    return Limits(message.max_rows, message.max_bytes, message.timeout.ToTimedelta())


def part_to_proto(part: Part, checked_sql: str) -> pb.RunStatementResponse:
    """A part of a result."""
    match part:
        case Batch():
            response = pb.RunStatementResponse()
            _fill_rows(response.rows, part)
            return response
        case Summary(row_count, limit):
            summary = pb.RunStatementResponse.Summary(row_count=row_count, truncated=bool(limit), limit=limit)
            return pb.RunStatementResponse(summary=summary)
    header = pb.RunStatementResponse.Header(
        columns=[_result_column_to_proto(column) for column in part], checked_sql=checked_sql
    )
    return pb.RunStatementResponse(header=header)


def _result_column_to_proto(column: ResultColumn) -> pb.ResultColumn:
    return pb.ResultColumn(
        name=column.name, type=catalog_wire.column_type_to_proto(column.type), native_type=column.native_type
    )


def _fill_rows(message: pb.RowBatch, batch: Batch) -> None:
    message.row_count = batch.row_count
    for cells in batch.columns:
        _fill_values(message.columns.add(), cells)


def _fill_values(message: pb.RowBatch.Values, cells: Sequence[Any]) -> None:
    """One look at the types of all cells decides how they are written; nothing is decided cell by cell."""
    if type(cells[0]) is str:
        try:
            message.texts.items.extend(cells)
        except TypeError:
            # Not all are texts.
            del message.texts.items[:]
        else:
            return
    kinds = set(map(type, cells))
    if _NONE in kinds:
        kinds.discard(_NONE)
        message.null_rows.extend([position for position, each in enumerate(cells) if each is None])
    nulls = bool(message.null_rows)
    if kinds == {bool}:
        message.bools.items.extend(_filled(cells, default=False) if nulls else cells)
    elif kinds == {int}:
        message.integers.items.extend(_filled(cells, 0) if nulls else cells)
    elif kinds and kinds <= {int, float}:
        message.numbers.items.extend(_filled(cells, 0.0) if nulls else cells)
    else:
        exact: Sequence[Any] = cells if kinds == {str} else [each if each is None else str(each) for each in cells]
        message.texts.items.extend(_filled(exact, "") if nulls else exact)


def _filled(cells: Sequence[Cell], default: Any) -> list[Any]:
    return [default if each is None else each for each in cells]
