import datetime

from buf.validate import validate_pb2 as _validate_pb2
from candor.access.v1 import access_pb2 as _access_pb2
from candor.catalog.v1 import catalog_pb2 as _catalog_pb2
from candor.progress.v1 import progress_pb2 as _progress_pb2
from candor.validation.v1 import validation_service_pb2 as _validation_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Expectation(_message.Message):
    __slots__ = ("type", "columns", "parameters", "mostly", "severity")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    MOSTLY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    type: str
    columns: _containers.RepeatedScalarFieldContainer[str]
    parameters: _struct_pb2.Struct
    mostly: float
    severity: _validation_service_pb2.Finding.Severity
    def __init__(self, type: _Optional[str] = ..., columns: _Optional[_Iterable[str]] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., mostly: _Optional[float] = ..., severity: _Optional[_Union[_validation_service_pb2.Finding.Severity, str]] = ...) -> None: ...

class ExpectationResult(_message.Message):
    __slots__ = ("position", "expectation", "outcome", "element_count", "unexpected_count", "missing_count", "observed", "examples", "message", "exact")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[ExpectationResult.Outcome]
        OUTCOME_PASSED: _ClassVar[ExpectationResult.Outcome]
        OUTCOME_FAILED: _ClassVar[ExpectationResult.Outcome]
        OUTCOME_NOT_JUDGED: _ClassVar[ExpectationResult.Outcome]
    OUTCOME_UNSPECIFIED: ExpectationResult.Outcome
    OUTCOME_PASSED: ExpectationResult.Outcome
    OUTCOME_FAILED: ExpectationResult.Outcome
    OUTCOME_NOT_JUDGED: ExpectationResult.Outcome
    POSITION_FIELD_NUMBER: _ClassVar[int]
    EXPECTATION_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNEXPECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    MISSING_COUNT_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    position: int
    expectation: Expectation
    outcome: ExpectationResult.Outcome
    element_count: int
    unexpected_count: int
    missing_count: int
    observed: str
    examples: _containers.RepeatedScalarFieldContainer[str]
    message: str
    exact: bool
    def __init__(self, position: _Optional[int] = ..., expectation: _Optional[_Union[Expectation, _Mapping]] = ..., outcome: _Optional[_Union[ExpectationResult.Outcome, str]] = ..., element_count: _Optional[int] = ..., unexpected_count: _Optional[int] = ..., missing_count: _Optional[int] = ..., observed: _Optional[str] = ..., examples: _Optional[_Iterable[str]] = ..., message: _Optional[str] = ..., exact: _Optional[bool] = ...) -> None: ...

class Distribution(_message.Message):
    __slots__ = ("column", "edges", "values", "counts", "other_count", "missing_count")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    OTHER_COUNT_FIELD_NUMBER: _ClassVar[int]
    MISSING_COUNT_FIELD_NUMBER: _ClassVar[int]
    column: str
    edges: _containers.RepeatedScalarFieldContainer[float]
    values: _containers.RepeatedScalarFieldContainer[str]
    counts: _containers.RepeatedScalarFieldContainer[int]
    other_count: int
    missing_count: int
    def __init__(self, column: _Optional[str] = ..., edges: _Optional[_Iterable[float]] = ..., values: _Optional[_Iterable[str]] = ..., counts: _Optional[_Iterable[int]] = ..., other_count: _Optional[int] = ..., missing_count: _Optional[int] = ...) -> None: ...

class Target(_message.Message):
    __slots__ = ("table", "sql")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    table: str
    sql: str
    def __init__(self, table: _Optional[str] = ..., sql: _Optional[str] = ...) -> None: ...

class QualityReport(_message.Message):
    __slots__ = ("name", "target", "create_time", "duration", "row_count", "judged_rows", "sampled", "passed", "failed", "not_judged", "results", "distributions", "against")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    JUDGED_ROWS_FIELD_NUMBER: _ClassVar[int]
    SAMPLED_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    NOT_JUDGED_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    AGAINST_FIELD_NUMBER: _ClassVar[int]
    name: str
    target: Target
    create_time: _timestamp_pb2.Timestamp
    duration: _duration_pb2.Duration
    row_count: int
    judged_rows: int
    sampled: bool
    passed: int
    failed: int
    not_judged: int
    results: _containers.RepeatedCompositeFieldContainer[ExpectationResult]
    distributions: _containers.RepeatedCompositeFieldContainer[Distribution]
    against: str
    def __init__(self, name: _Optional[str] = ..., target: _Optional[_Union[Target, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., row_count: _Optional[int] = ..., judged_rows: _Optional[int] = ..., sampled: _Optional[bool] = ..., passed: _Optional[int] = ..., failed: _Optional[int] = ..., not_judged: _Optional[int] = ..., results: _Optional[_Iterable[_Union[ExpectationResult, _Mapping]]] = ..., distributions: _Optional[_Iterable[_Union[Distribution, _Mapping]]] = ..., against: _Optional[str] = ...) -> None: ...

class ColumnProfile(_message.Message):
    __slots__ = ("column", "type", "missing_count", "distinct_count", "min", "max", "values_hidden")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MISSING_COUNT_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_COUNT_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    VALUES_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    column: str
    type: _catalog_pb2.ColumnType
    missing_count: int
    distinct_count: int
    min: str
    max: str
    values_hidden: bool
    def __init__(self, column: _Optional[str] = ..., type: _Optional[_Union[_catalog_pb2.ColumnType, str]] = ..., missing_count: _Optional[int] = ..., distinct_count: _Optional[int] = ..., min: _Optional[str] = ..., max: _Optional[str] = ..., values_hidden: _Optional[bool] = ...) -> None: ...

class ProposedExpectation(_message.Message):
    __slots__ = ("expectation", "reason", "source")
    class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SOURCE_UNSPECIFIED: _ClassVar[ProposedExpectation.Source]
        SOURCE_CATALOG: _ClassVar[ProposedExpectation.Source]
        SOURCE_PROFILE: _ClassVar[ProposedExpectation.Source]
    SOURCE_UNSPECIFIED: ProposedExpectation.Source
    SOURCE_CATALOG: ProposedExpectation.Source
    SOURCE_PROFILE: ProposedExpectation.Source
    EXPECTATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    expectation: Expectation
    reason: str
    source: ProposedExpectation.Source
    def __init__(self, expectation: _Optional[_Union[Expectation, _Mapping]] = ..., reason: _Optional[str] = ..., source: _Optional[_Union[ProposedExpectation.Source, str]] = ...) -> None: ...

class ProposeExpectationsRequest(_message.Message):
    __slots__ = ("name", "table")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    table: str
    def __init__(self, name: _Optional[str] = ..., table: _Optional[str] = ...) -> None: ...

class ProposeExpectationsResponse(_message.Message):
    __slots__ = ("expectations", "columns", "row_count")
    EXPECTATIONS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    expectations: _containers.RepeatedCompositeFieldContainer[ProposedExpectation]
    columns: _containers.RepeatedCompositeFieldContainer[ColumnProfile]
    row_count: int
    def __init__(self, expectations: _Optional[_Iterable[_Union[ProposedExpectation, _Mapping]]] = ..., columns: _Optional[_Iterable[_Union[ColumnProfile, _Mapping]]] = ..., row_count: _Optional[int] = ...) -> None: ...

class CheckDataQualityRequest(_message.Message):
    __slots__ = ("name", "target", "expectations", "against")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    EXPECTATIONS_FIELD_NUMBER: _ClassVar[int]
    AGAINST_FIELD_NUMBER: _ClassVar[int]
    name: str
    target: Target
    expectations: _containers.RepeatedCompositeFieldContainer[Expectation]
    against: str
    def __init__(self, name: _Optional[str] = ..., target: _Optional[_Union[Target, _Mapping]] = ..., expectations: _Optional[_Iterable[_Union[Expectation, _Mapping]]] = ..., against: _Optional[str] = ...) -> None: ...

class CheckDataQualityResponse(_message.Message):
    __slots__ = ("progress", "result", "report")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    progress: _progress_pb2.Step
    result: ExpectationResult
    report: QualityReport
    def __init__(self, progress: _Optional[_Union[_progress_pb2.Step, _Mapping]] = ..., result: _Optional[_Union[ExpectationResult, _Mapping]] = ..., report: _Optional[_Union[QualityReport, _Mapping]] = ...) -> None: ...

class GetQualityReportRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetQualityReportResponse(_message.Message):
    __slots__ = ("quality_report",)
    QUALITY_REPORT_FIELD_NUMBER: _ClassVar[int]
    quality_report: QualityReport
    def __init__(self, quality_report: _Optional[_Union[QualityReport, _Mapping]] = ...) -> None: ...

class ListQualityReportsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListQualityReportsResponse(_message.Message):
    __slots__ = ("quality_reports", "next_page_token")
    QUALITY_REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    quality_reports: _containers.RepeatedCompositeFieldContainer[QualityReport]
    next_page_token: str
    def __init__(self, quality_reports: _Optional[_Iterable[_Union[QualityReport, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CompareQualityReportsRequest(_message.Message):
    __slots__ = ("name", "against")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGAINST_FIELD_NUMBER: _ClassVar[int]
    name: str
    against: str
    def __init__(self, name: _Optional[str] = ..., against: _Optional[str] = ...) -> None: ...

class CompareQualityReportsResponse(_message.Message):
    __slots__ = ("changes", "drifts", "row_count_before", "row_count_after")
    class Change(_message.Message):
        __slots__ = ("kind", "before", "after")
        class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            KIND_UNSPECIFIED: _ClassVar[CompareQualityReportsResponse.Change.Kind]
            KIND_SAME: _ClassVar[CompareQualityReportsResponse.Change.Kind]
            KIND_BROKEN: _ClassVar[CompareQualityReportsResponse.Change.Kind]
            KIND_FIXED: _ClassVar[CompareQualityReportsResponse.Change.Kind]
            KIND_ADDED: _ClassVar[CompareQualityReportsResponse.Change.Kind]
            KIND_REMOVED: _ClassVar[CompareQualityReportsResponse.Change.Kind]
        KIND_UNSPECIFIED: CompareQualityReportsResponse.Change.Kind
        KIND_SAME: CompareQualityReportsResponse.Change.Kind
        KIND_BROKEN: CompareQualityReportsResponse.Change.Kind
        KIND_FIXED: CompareQualityReportsResponse.Change.Kind
        KIND_ADDED: CompareQualityReportsResponse.Change.Kind
        KIND_REMOVED: CompareQualityReportsResponse.Change.Kind
        KIND_FIELD_NUMBER: _ClassVar[int]
        BEFORE_FIELD_NUMBER: _ClassVar[int]
        AFTER_FIELD_NUMBER: _ClassVar[int]
        kind: CompareQualityReportsResponse.Change.Kind
        before: ExpectationResult
        after: ExpectationResult
        def __init__(self, kind: _Optional[_Union[CompareQualityReportsResponse.Change.Kind, str]] = ..., before: _Optional[_Union[ExpectationResult, _Mapping]] = ..., after: _Optional[_Union[ExpectationResult, _Mapping]] = ...) -> None: ...
    class Drift(_message.Message):
        __slots__ = ("column", "psi", "ks")
        COLUMN_FIELD_NUMBER: _ClassVar[int]
        PSI_FIELD_NUMBER: _ClassVar[int]
        KS_FIELD_NUMBER: _ClassVar[int]
        column: str
        psi: float
        ks: float
        def __init__(self, column: _Optional[str] = ..., psi: _Optional[float] = ..., ks: _Optional[float] = ...) -> None: ...
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    DRIFTS_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_AFTER_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[CompareQualityReportsResponse.Change]
    drifts: _containers.RepeatedCompositeFieldContainer[CompareQualityReportsResponse.Drift]
    row_count_before: int
    row_count_after: int
    def __init__(self, changes: _Optional[_Iterable[_Union[CompareQualityReportsResponse.Change, _Mapping]]] = ..., drifts: _Optional[_Iterable[_Union[CompareQualityReportsResponse.Drift, _Mapping]]] = ..., row_count_before: _Optional[int] = ..., row_count_after: _Optional[int] = ...) -> None: ...
