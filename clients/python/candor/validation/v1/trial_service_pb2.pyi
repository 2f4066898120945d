import datetime

from buf.validate import validate_pb2 as _validate_pb2
from candor.access.v1 import access_pb2 as _access_pb2
from candor.progress.v1 import progress_pb2 as _progress_pb2
from candor.validation.v1 import validation_service_pb2 as _validation_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunScaleTrialRequest(_message.Message):
    __slots__ = ("name", "sql", "sizes", "data", "project_rows")
    class Data(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DATA_UNSPECIFIED: _ClassVar[RunScaleTrialRequest.Data]
        DATA_EXTRACTED: _ClassVar[RunScaleTrialRequest.Data]
        DATA_SYNTHESIZED: _ClassVar[RunScaleTrialRequest.Data]
    DATA_UNSPECIFIED: RunScaleTrialRequest.Data
    DATA_EXTRACTED: RunScaleTrialRequest.Data
    DATA_SYNTHESIZED: RunScaleTrialRequest.Data
    NAME_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ROWS_FIELD_NUMBER: _ClassVar[int]
    name: str
    sql: str
    sizes: _containers.RepeatedScalarFieldContainer[int]
    data: RunScaleTrialRequest.Data
    project_rows: int
    def __init__(self, name: _Optional[str] = ..., sql: _Optional[str] = ..., sizes: _Optional[_Iterable[int]] = ..., data: _Optional[_Union[RunScaleTrialRequest.Data, str]] = ..., project_rows: _Optional[int] = ...) -> None: ...

class RunScaleTrialResponse(_message.Message):
    __slots__ = ("progress", "comparison", "measurement", "result")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    progress: _progress_pb2.Step
    comparison: TrialComparison
    measurement: TrialMeasurement
    result: TrialResult
    def __init__(self, progress: _Optional[_Union[_progress_pb2.Step, _Mapping]] = ..., comparison: _Optional[_Union[TrialComparison, _Mapping]] = ..., measurement: _Optional[_Union[TrialMeasurement, _Mapping]] = ..., result: _Optional[_Union[TrialResult, _Mapping]] = ...) -> None: ...

class TrialComparison(_message.Message):
    __slots__ = ("verdict", "engine", "message", "row_count", "spark_row_count", "differences")
    class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        VERDICT_UNSPECIFIED: _ClassVar[TrialComparison.Verdict]
        VERDICT_EQUAL: _ClassVar[TrialComparison.Verdict]
        VERDICT_DIFFERENT: _ClassVar[TrialComparison.Verdict]
        VERDICT_NOT_COMPARED: _ClassVar[TrialComparison.Verdict]
    VERDICT_UNSPECIFIED: TrialComparison.Verdict
    VERDICT_EQUAL: TrialComparison.Verdict
    VERDICT_DIFFERENT: TrialComparison.Verdict
    VERDICT_NOT_COMPARED: TrialComparison.Verdict
    class Row(_message.Message):
        __slots__ = ("engine", "values")
        ENGINE_FIELD_NUMBER: _ClassVar[int]
        VALUES_FIELD_NUMBER: _ClassVar[int]
        engine: str
        values: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, engine: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    SPARK_ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    verdict: TrialComparison.Verdict
    engine: str
    message: str
    row_count: int
    spark_row_count: int
    differences: _containers.RepeatedCompositeFieldContainer[TrialComparison.Row]
    def __init__(self, verdict: _Optional[_Union[TrialComparison.Verdict, str]] = ..., engine: _Optional[str] = ..., message: _Optional[str] = ..., row_count: _Optional[int] = ..., spark_row_count: _Optional[int] = ..., differences: _Optional[_Iterable[_Union[TrialComparison.Row, _Mapping]]] = ...) -> None: ...

class TrialTable(_message.Message):
    __slots__ = ("table", "row_count", "bytes")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    table: str
    row_count: int
    bytes: int
    def __init__(self, table: _Optional[str] = ..., row_count: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class TrialMeasurement(_message.Message):
    __slots__ = ("rows", "tables", "bytes", "duration", "task_time", "shuffle_read_bytes", "shuffle_write_bytes", "memory_spilled_bytes", "disk_spilled_bytes", "time_skew", "record_skew", "stages", "tasks", "result_rows", "joins")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    TASK_TIME_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_READ_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_WRITE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEMORY_SPILLED_BYTES_FIELD_NUMBER: _ClassVar[int]
    DISK_SPILLED_BYTES_FIELD_NUMBER: _ClassVar[int]
    TIME_SKEW_FIELD_NUMBER: _ClassVar[int]
    RECORD_SKEW_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    RESULT_ROWS_FIELD_NUMBER: _ClassVar[int]
    JOINS_FIELD_NUMBER: _ClassVar[int]
    rows: int
    tables: _containers.RepeatedCompositeFieldContainer[TrialTable]
    bytes: int
    duration: _duration_pb2.Duration
    task_time: _duration_pb2.Duration
    shuffle_read_bytes: int
    shuffle_write_bytes: int
    memory_spilled_bytes: int
    disk_spilled_bytes: int
    time_skew: float
    record_skew: float
    stages: int
    tasks: int
    result_rows: int
    joins: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rows: _Optional[int] = ..., tables: _Optional[_Iterable[_Union[TrialTable, _Mapping]]] = ..., bytes: _Optional[int] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., task_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., shuffle_read_bytes: _Optional[int] = ..., shuffle_write_bytes: _Optional[int] = ..., memory_spilled_bytes: _Optional[int] = ..., disk_spilled_bytes: _Optional[int] = ..., time_skew: _Optional[float] = ..., record_skew: _Optional[float] = ..., stages: _Optional[int] = ..., tasks: _Optional[int] = ..., result_rows: _Optional[int] = ..., joins: _Optional[_Iterable[str]] = ...) -> None: ...

class TrialGrowth(_message.Message):
    __slots__ = ("measure", "exponent", "fixed", "projected", "message")
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    FIXED_FIELD_NUMBER: _ClassVar[int]
    PROJECTED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    measure: str
    exponent: float
    fixed: float
    projected: float
    message: str
    def __init__(self, measure: _Optional[str] = ..., exponent: _Optional[float] = ..., fixed: _Optional[float] = ..., projected: _Optional[float] = ..., message: _Optional[str] = ...) -> None: ...

class TrialResult(_message.Message):
    __slots__ = ("growth", "findings", "spark_sql", "spark", "project_rows")
    GROWTH_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    SPARK_SQL_FIELD_NUMBER: _ClassVar[int]
    SPARK_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ROWS_FIELD_NUMBER: _ClassVar[int]
    growth: _containers.RepeatedCompositeFieldContainer[TrialGrowth]
    findings: _containers.RepeatedCompositeFieldContainer[_validation_service_pb2.Finding]
    spark_sql: str
    spark: str
    project_rows: int
    def __init__(self, growth: _Optional[_Iterable[_Union[TrialGrowth, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[_validation_service_pb2.Finding, _Mapping]]] = ..., spark_sql: _Optional[str] = ..., spark: _Optional[str] = ..., project_rows: _Optional[int] = ...) -> None: ...
