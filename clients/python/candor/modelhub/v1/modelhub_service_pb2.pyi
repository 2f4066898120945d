from buf.validate import validate_pb2 as _validate_pb2
from candor.access.v1 import access_pb2 as _access_pb2
from candor.catalog.v1 import catalog_pb2 as _catalog_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Model(_message.Message):
    __slots__ = ("name", "model_id", "display_name", "local", "default")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    name: str
    model_id: str
    display_name: str
    local: bool
    default: bool
    def __init__(self, name: _Optional[str] = ..., model_id: _Optional[str] = ..., display_name: _Optional[str] = ..., local: _Optional[bool] = ..., default: _Optional[bool] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ("sql", "reason", "message")
    SQL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    sql: str
    reason: str
    message: str
    def __init__(self, sql: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("sql", "confidence", "source", "reading")
    SQL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    READING_FIELD_NUMBER: _ClassVar[int]
    sql: str
    confidence: float
    source: str
    reading: str
    def __init__(self, sql: _Optional[str] = ..., confidence: _Optional[float] = ..., source: _Optional[str] = ..., reading: _Optional[str] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ("phrase", "start", "end", "kind", "target", "score")
    PHRASE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    phrase: str
    start: int
    end: int
    kind: str
    target: str
    score: float
    def __init__(self, phrase: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ..., kind: _Optional[str] = ..., target: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...

class Draft(_message.Message):
    __slots__ = ("candidates", "links", "unlinked")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    UNLINKED_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    links: _containers.RepeatedCompositeFieldContainer[Link]
    unlinked: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., unlinked: _Optional[_Iterable[str]] = ...) -> None: ...

class DraftSqlRequest(_message.Message):
    __slots__ = ("parent", "question", "context", "max_candidates", "rejections", "model")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    MAX_CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    parent: str
    question: str
    context: _catalog_pb2.Context
    max_candidates: int
    rejections: _containers.RepeatedCompositeFieldContainer[Rejection]
    model: str
    def __init__(self, parent: _Optional[str] = ..., question: _Optional[str] = ..., context: _Optional[_Union[_catalog_pb2.Context, _Mapping]] = ..., max_candidates: _Optional[int] = ..., rejections: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ..., model: _Optional[str] = ...) -> None: ...

class DraftSqlResponse(_message.Message):
    __slots__ = ("text", "draft")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    text: str
    draft: Draft
    def __init__(self, text: _Optional[str] = ..., draft: _Optional[_Union[Draft, _Mapping]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...
