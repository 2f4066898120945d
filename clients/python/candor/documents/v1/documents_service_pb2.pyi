import datetime

from buf.validate import validate_pb2 as _validate_pb2
from candor.access.v1 import access_pb2 as _access_pb2
from candor.catalog.v1 import catalog_pb2 as _catalog_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Schema(_message.Message):
    __slots__ = ("name", "version", "catalog", "create_time", "sync_time", "indexed_values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SYNC_TIME_FIELD_NUMBER: _ClassVar[int]
    INDEXED_VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    catalog: _catalog_pb2.Catalog
    create_time: _timestamp_pb2.Timestamp
    sync_time: _timestamp_pb2.Timestamp
    indexed_values: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., catalog: _Optional[_Union[_catalog_pb2.Catalog, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sync_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., indexed_values: _Optional[int] = ...) -> None: ...

class SyncSchemaRequest(_message.Message):
    __slots__ = ("data_source",)
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    data_source: str
    def __init__(self, data_source: _Optional[str] = ...) -> None: ...

class SyncSchemaResponse(_message.Message):
    __slots__ = ("schema", "changed")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    schema: Schema
    changed: bool
    def __init__(self, schema: _Optional[_Union[Schema, _Mapping]] = ..., changed: _Optional[bool] = ...) -> None: ...

class GetSchemaRequest(_message.Message):
    __slots__ = ("data_source", "version")
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    data_source: str
    version: str
    def __init__(self, data_source: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class GetSchemaResponse(_message.Message):
    __slots__ = ("schema",)
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    schema: Schema
    def __init__(self, schema: _Optional[_Union[Schema, _Mapping]] = ...) -> None: ...

class ListSchemaVersionsRequest(_message.Message):
    __slots__ = ("data_source", "page_size", "page_token")
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    data_source: str
    page_size: int
    page_token: str
    def __init__(self, data_source: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSchemaVersionsResponse(_message.Message):
    __slots__ = ("schemas", "next_page_token")
    SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    schemas: _containers.RepeatedCompositeFieldContainer[Schema]
    next_page_token: str
    def __init__(self, schemas: _Optional[_Iterable[_Union[Schema, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RetrieveContextRequest(_message.Message):
    __slots__ = ("data_source", "question", "max_tables")
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    MAX_TABLES_FIELD_NUMBER: _ClassVar[int]
    data_source: str
    question: str
    max_tables: int
    def __init__(self, data_source: _Optional[str] = ..., question: _Optional[str] = ..., max_tables: _Optional[int] = ...) -> None: ...

class RetrieveContextResponse(_message.Message):
    __slots__ = ("context",)
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    context: _catalog_pb2.Context
    def __init__(self, context: _Optional[_Union[_catalog_pb2.Context, _Mapping]] = ...) -> None: ...
