"""Between expectations, profiles and reports, and their messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from candor.validation.v1 import quality_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2
from google.protobuf.json_format import MessageToDict, ParseDict

from services.kit import catalog_wire
from services.kit.errors import InvalidArgument
from services.kit.ids import parse_name, resource_name
from services.validation.core.model import Severity
from services.validation.core.quality.compare import ChangeKind, Comparison
from services.validation.core.quality.model import (
    Distribution,
    Expectation,
    Outcome,
    Report,
    Target,
    Verdict,
)
from services.validation.core.quality.propose import ColumnProfile, Origin, Profile, Proposal
from services.validation.core.steps import Step
from services.validation.wire.steps import step_to_proto

_Severity = validation_service_pb2.Finding.Severity
_Change = pb.CompareQualityReportsResponse.Change
_SEVERITY: Mapping[Severity, Any] = {each: _Severity.Value(f"SEVERITY_{each.name}") for each in Severity}
_SEVERITY_OF = {number: severity for severity, number in _SEVERITY.items()}
_OUTCOME: Mapping[Outcome, Any] = {each: pb.ExpectationResult.Outcome.Value(f"OUTCOME_{each.name}") for each in Outcome}
_ORIGIN: Mapping[Origin, Any] = {each: pb.ProposedExpectation.Source.Value(f"SOURCE_{each.name}") for each in Origin}
_CHANGE: Mapping[ChangeKind, Any] = {each: _Change.Kind.Value(f"KIND_{each.name}") for each in ChangeKind}
# A report repeats them, and has to fit a message.
_EXPECTATIONS_BYTES = 512 * 1024


def target_from_proto(message: pb.Target) -> Target:
    """What is judged."""
    return Target(table=message.table, sql=message.sql)


def expectations_from_proto(messages: Sequence[pb.Expectation]) -> list[Expectation]:
    """What is expected.

    Raises:
        InvalidArgument: The parameters are too large.
    """
    if sum(message.ByteSize() for message in messages) > _EXPECTATIONS_BYTES:
        raise InvalidArgument(
            "EXPECTATION_INVALID",
            f"The expectations take more than {_EXPECTATIONS_BYTES // 1024} KiB together. List fewer values.",
        )
    return [_expectation_from_proto(each) for each in messages]


def _expectation_from_proto(message: pb.Expectation) -> Expectation:
    return Expectation(
        type=message.type,
        columns=tuple(message.columns),
        parameters=MessageToDict(message.parameters),
        mostly=message.mostly if message.HasField("mostly") else 1.0,
        severity=_SEVERITY_OF.get(message.severity, Severity.ERROR),
    )


def expectation_to_proto(expectation: Expectation) -> pb.Expectation:
    """One thing that is expected."""
    message = pb.Expectation(
        type=expectation.type, columns=expectation.columns, severity=_SEVERITY[expectation.severity]
    )
    if expectation.parameters:
        ParseDict(_listed(expectation.parameters), message.parameters)
    if expectation.mostly < 1:
        message.mostly = expectation.mostly
    return message


def verdict_to_proto(verdict: Verdict) -> pb.ExpectationResult:
    """What came of an expectation."""
    return pb.ExpectationResult(
        position=verdict.position,
        expectation=expectation_to_proto(verdict.expectation),
        outcome=_OUTCOME[verdict.outcome],
        element_count=verdict.element_count,
        unexpected_count=verdict.unexpected_count,
        missing_count=verdict.missing_count,
        observed=verdict.observed,
        examples=verdict.examples,
        message=verdict.message,
        exact=verdict.exact,
    )


def told_to_proto(told: Step | Verdict | Report) -> pb.CheckDataQualityResponse:
    """A part of the stream of a check."""
    match told:
        case Step():
            return pb.CheckDataQualityResponse(progress=step_to_proto(told))
        case Verdict():
            return pb.CheckDataQualityResponse(result=verdict_to_proto(told))
    return pb.CheckDataQualityResponse(report=report_to_proto(told))


def report_to_proto(report: Report) -> pb.QualityReport:
    """What one check found."""
    message = pb.QualityReport(
        name=report_name(report.organization, report.source, report.id),
        target=pb.Target(table=report.target.table) if report.target.table else pb.Target(sql=report.target.sql),
        row_count=report.row_count,
        judged_rows=report.judged_rows,
        sampled=report.sampled,
        passed=report.count(Outcome.PASSED),
        failed=report.count(Outcome.FAILED),
        not_judged=report.count(Outcome.NOT_JUDGED),
        results=[verdict_to_proto(each) for each in report.verdicts],
        distributions=[_distribution_to_proto(each) for each in report.distributions],
        against=report_name(report.organization, report.source, report.against) if report.against else "",
    )
    message.create_time.FromDatetime(report.create_time)
    message.duration.FromTimedelta(report.duration)
    return message


def comparison_to_proto(comparison: Comparison) -> pb.CompareQualityReportsResponse:
    """Two reports side by side."""
    return pb.CompareQualityReportsResponse(
        changes=[
            _Change(
                kind=_CHANGE[each.kind],
                before=verdict_to_proto(each.before) if each.before else None,
                after=verdict_to_proto(each.after) if each.after else None,
            )
            for each in comparison.changes
        ],
        drifts=[
            pb.CompareQualityReportsResponse.Drift(column=each.column, psi=each.psi, ks=each.ks)
            for each in comparison.drifts
        ],
        row_count_before=comparison.before.row_count,
        row_count_after=comparison.after.row_count,
    )


def proposals_to_proto(profile: Profile, proposals: Sequence[Proposal]) -> pb.ProposeExpectationsResponse:
    """A profile and what it suggests."""
    return pb.ProposeExpectationsResponse(
        expectations=[
            pb.ProposedExpectation(
                expectation=expectation_to_proto(each.expectation), reason=each.reason, source=_ORIGIN[each.origin]
            )
            for each in proposals
        ],
        columns=[_profile_to_proto(each, profile.rows) for each in profile.columns],
        row_count=profile.rows,
    )


def report_name(organization: str, source: str, report: str) -> str:
    """A report's name."""
    return resource_name("organizations", organization, "dataSources", source, "qualityReports", report)


def report_id_in(name: str, data_source: str) -> str:
    """The id in the name of a report of a data source; empty for the empty name.

    Raises:
        InvalidArgument: It is a report of another data source.
    """
    if not name:
        return ""
    organization, source, report = parse_name(name, "organizations", "dataSources", "qualityReports")
    if resource_name("organizations", organization, "dataSources", source) != data_source:
        raise InvalidArgument(
            "INVALID_ARGUMENT",
            "The report to compare with is of another data source. Name one of the same.",
            fields={"against": "is a report of another data source"},
        )
    return report


def _distribution_to_proto(distribution: Distribution) -> pb.Distribution:
    return pb.Distribution(
        column=distribution.column,
        edges=distribution.edges,
        values=distribution.values,
        counts=distribution.counts,
        other_count=distribution.other_count,
        missing_count=distribution.missing_count,
    )


def _profile_to_proto(profile: ColumnProfile, rows: int) -> pb.ColumnProfile:
    return pb.ColumnProfile(
        column=profile.column.name,
        type=catalog_wire.column_type_to_proto(profile.column.type),
        missing_count=rows - profile.facts.non_null,
        distinct_count=profile.facts.distinct,
        min=profile.facts.min or "",
        max=profile.facts.max or "",
        values_hidden=profile.hidden,
    )


def _listed(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Mapping):
        return {name: _listed(each) for name, each in value.items()}
    return [_listed(each) for each in value] if isinstance(value, list | tuple) else value
