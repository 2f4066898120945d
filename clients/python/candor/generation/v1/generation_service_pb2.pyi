import datetime

from buf.validate import validate_pb2 as _validate_pb2
from candor.access.v1 import access_pb2 as _access_pb2
from candor.modelhub.v1 import modelhub_service_pb2 as _modelhub_service_pb2
from candor.progress.v1 import progress_pb2 as _progress_pb2
from candor.validation.v1 import validation_service_pb2 as _validation_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Generation(_message.Message):
    __slots__ = ("name", "data_source", "question", "model", "state", "result", "error", "create_time", "end_time", "creator")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Generation.State]
        STATE_QUEUED: _ClassVar[Generation.State]
        STATE_RUNNING: _ClassVar[Generation.State]
        STATE_SUCCEEDED: _ClassVar[Generation.State]
        STATE_FAILED: _ClassVar[Generation.State]
        STATE_CANCELLED: _ClassVar[Generation.State]
    STATE_UNSPECIFIED: Generation.State
    STATE_QUEUED: Generation.State
    STATE_RUNNING: Generation.State
    STATE_SUCCEEDED: Generation.State
    STATE_FAILED: Generation.State
    STATE_CANCELLED: Generation.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    data_source: str
    question: str
    model: str
    state: Generation.State
    result: Result
    error: _status_pb2.Status
    create_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    creator: str
    def __init__(self, name: _Optional[str] = ..., data_source: _Optional[str] = ..., question: _Optional[str] = ..., model: _Optional[str] = ..., state: _Optional[_Union[Generation.State, str]] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., creator: _Optional[str] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("outcome", "sql", "explanation", "confidence", "alternatives", "row_count", "truncated", "abstention", "tables", "columns", "rows", "model", "schema_version")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[Result.Outcome]
        OUTCOME_ANSWERED: _ClassVar[Result.Outcome]
        OUTCOME_ASKED_BACK: _ClassVar[Result.Outcome]
        OUTCOME_ABSTAINED: _ClassVar[Result.Outcome]
    OUTCOME_UNSPECIFIED: Result.Outcome
    OUTCOME_ANSWERED: Result.Outcome
    OUTCOME_ASKED_BACK: Result.Outcome
    OUTCOME_ABSTAINED: Result.Outcome
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    ABSTENTION_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    outcome: Result.Outcome
    sql: str
    explanation: str
    confidence: float
    alternatives: _containers.RepeatedCompositeFieldContainer[_modelhub_service_pb2.Candidate]
    row_count: int
    truncated: bool
    abstention: Abstention
    tables: _containers.RepeatedScalarFieldContainer[str]
    columns: _containers.RepeatedCompositeFieldContainer[_validation_service_pb2.ResultColumn]
    rows: _validation_service_pb2.RowBatch
    model: str
    schema_version: str
    def __init__(self, outcome: _Optional[_Union[Result.Outcome, str]] = ..., sql: _Optional[str] = ..., explanation: _Optional[str] = ..., confidence: _Optional[float] = ..., alternatives: _Optional[_Iterable[_Union[_modelhub_service_pb2.Candidate, _Mapping]]] = ..., row_count: _Optional[int] = ..., truncated: _Optional[bool] = ..., abstention: _Optional[_Union[Abstention, _Mapping]] = ..., tables: _Optional[_Iterable[str]] = ..., columns: _Optional[_Iterable[_Union[_validation_service_pb2.ResultColumn, _Mapping]]] = ..., rows: _Optional[_Union[_validation_service_pb2.RowBatch, _Mapping]] = ..., model: _Optional[str] = ..., schema_version: _Optional[str] = ...) -> None: ...

class Abstention(_message.Message):
    __slots__ = ("reason", "message", "understood", "unknown")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    UNDERSTOOD_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    understood: _containers.RepeatedCompositeFieldContainer[_modelhub_service_pb2.Link]
    unknown: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., understood: _Optional[_Iterable[_Union[_modelhub_service_pb2.Link, _Mapping]]] = ..., unknown: _Optional[_Iterable[str]] = ...) -> None: ...

class Check(_message.Message):
    __slots__ = ("candidate", "sql", "allowed", "findings", "attempt")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    candidate: int
    sql: str
    allowed: bool
    findings: _containers.RepeatedCompositeFieldContainer[_validation_service_pb2.Finding]
    attempt: int
    def __init__(self, candidate: _Optional[int] = ..., sql: _Optional[str] = ..., allowed: _Optional[bool] = ..., findings: _Optional[_Iterable[_Union[_validation_service_pb2.Finding, _Mapping]]] = ..., attempt: _Optional[int] = ...) -> None: ...

class Candidates(_message.Message):
    __slots__ = ("candidates", "links", "unlinked", "attempt")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    UNLINKED_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[_modelhub_service_pb2.Candidate]
    links: _containers.RepeatedCompositeFieldContainer[_modelhub_service_pb2.Link]
    unlinked: _containers.RepeatedScalarFieldContainer[str]
    attempt: int
    def __init__(self, candidates: _Optional[_Iterable[_Union[_modelhub_service_pb2.Candidate, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[_modelhub_service_pb2.Link, _Mapping]]] = ..., unlinked: _Optional[_Iterable[str]] = ..., attempt: _Optional[int] = ...) -> None: ...

class Rows(_message.Message):
    __slots__ = ("columns", "batch")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[_validation_service_pb2.ResultColumn]
    batch: _validation_service_pb2.RowBatch
    def __init__(self, columns: _Optional[_Iterable[_Union[_validation_service_pb2.ResultColumn, _Mapping]]] = ..., batch: _Optional[_Union[_validation_service_pb2.RowBatch, _Mapping]] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("text", "sql")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    text: str
    sql: str
    def __init__(self, text: _Optional[str] = ..., sql: _Optional[str] = ...) -> None: ...

class GenerationEvent(_message.Message):
    __slots__ = ("sequence", "create_time", "step", "candidates", "check", "rows", "explanation", "result", "error", "heartbeat")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    create_time: _timestamp_pb2.Timestamp
    step: _progress_pb2.Step
    candidates: Candidates
    check: Check
    rows: Rows
    explanation: Explanation
    result: Result
    error: _status_pb2.Status
    heartbeat: _progress_pb2.Heartbeat
    def __init__(self, sequence: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step: _Optional[_Union[_progress_pb2.Step, _Mapping]] = ..., candidates: _Optional[_Union[Candidates, _Mapping]] = ..., check: _Optional[_Union[Check, _Mapping]] = ..., rows: _Optional[_Union[Rows, _Mapping]] = ..., explanation: _Optional[_Union[Explanation, _Mapping]] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., heartbeat: _Optional[_Union[_progress_pb2.Heartbeat, _Mapping]] = ...) -> None: ...

class CreateGenerationRequest(_message.Message):
    __slots__ = ("parent", "generation", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    generation: Generation
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., generation: _Optional[_Union[Generation, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateGenerationResponse(_message.Message):
    __slots__ = ("generation",)
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    generation: Generation
    def __init__(self, generation: _Optional[_Union[Generation, _Mapping]] = ...) -> None: ...

class WatchGenerationRequest(_message.Message):
    __slots__ = ("name", "after_sequence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    after_sequence: int
    def __init__(self, name: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class WatchGenerationResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[GenerationEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[GenerationEvent, _Mapping]]] = ...) -> None: ...

class CancelGenerationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CancelGenerationResponse(_message.Message):
    __slots__ = ("generation",)
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    generation: Generation
    def __init__(self, generation: _Optional[_Union[Generation, _Mapping]] = ...) -> None: ...

class GetGenerationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetGenerationResponse(_message.Message):
    __slots__ = ("generation",)
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    generation: Generation
    def __init__(self, generation: _Optional[_Union[Generation, _Mapping]] = ...) -> None: ...

class ListGenerationsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListGenerationsResponse(_message.Message):
    __slots__ = ("generations", "next_page_token")
    GENERATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    generations: _containers.RepeatedCompositeFieldContainer[Generation]
    next_page_token: str
    def __init__(self, generations: _Optional[_Iterable[_Union[Generation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
