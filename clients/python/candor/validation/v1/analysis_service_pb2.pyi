from buf.validate import validate_pb2 as _validate_pb2
from candor.access.v1 import access_pb2 as _access_pb2
from candor.catalog.v1 import catalog_pb2 as _catalog_pb2
from candor.validation.v1 import validation_service_pb2 as _validation_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TranspileStatementRequest(_message.Message):
    __slots__ = ("parent", "sql", "from_dialect", "to_dialect")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    FROM_DIALECT_FIELD_NUMBER: _ClassVar[int]
    TO_DIALECT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    sql: str
    from_dialect: str
    to_dialect: str
    def __init__(self, parent: _Optional[str] = ..., sql: _Optional[str] = ..., from_dialect: _Optional[str] = ..., to_dialect: _Optional[str] = ...) -> None: ...

class TranspileStatementResponse(_message.Message):
    __slots__ = ("sql", "findings")
    SQL_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    sql: str
    findings: _containers.RepeatedCompositeFieldContainer[_validation_service_pb2.Finding]
    def __init__(self, sql: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[_validation_service_pb2.Finding, _Mapping]]] = ...) -> None: ...

class TraceLineageRequest(_message.Message):
    __slots__ = ("name", "sql", "catalog")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    name: str
    sql: str
    catalog: _catalog_pb2.Catalog
    def __init__(self, name: _Optional[str] = ..., sql: _Optional[str] = ..., catalog: _Optional[_Union[_catalog_pb2.Catalog, _Mapping]] = ...) -> None: ...

class LineageNode(_message.Message):
    __slots__ = ("kind", "relation", "column", "expression")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[LineageNode.Kind]
        KIND_STORED: _ClassVar[LineageNode.Kind]
        KIND_DERIVED: _ClassVar[LineageNode.Kind]
        KIND_RESULT: _ClassVar[LineageNode.Kind]
    KIND_UNSPECIFIED: LineageNode.Kind
    KIND_STORED: LineageNode.Kind
    KIND_DERIVED: LineageNode.Kind
    KIND_RESULT: LineageNode.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    kind: LineageNode.Kind
    relation: str
    column: str
    expression: str
    def __init__(self, kind: _Optional[_Union[LineageNode.Kind, str]] = ..., relation: _Optional[str] = ..., column: _Optional[str] = ..., expression: _Optional[str] = ...) -> None: ...

class LineageEdge(_message.Message):
    __slots__ = ("source", "target", "kind")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[LineageEdge.Kind]
        KIND_COPY: _ClassVar[LineageEdge.Kind]
        KIND_EXPRESSION: _ClassVar[LineageEdge.Kind]
        KIND_AGGREGATE: _ClassVar[LineageEdge.Kind]
        KIND_FILTER: _ClassVar[LineageEdge.Kind]
    KIND_UNSPECIFIED: LineageEdge.Kind
    KIND_COPY: LineageEdge.Kind
    KIND_EXPRESSION: LineageEdge.Kind
    KIND_AGGREGATE: LineageEdge.Kind
    KIND_FILTER: LineageEdge.Kind
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    source: int
    target: int
    kind: LineageEdge.Kind
    def __init__(self, source: _Optional[int] = ..., target: _Optional[int] = ..., kind: _Optional[_Union[LineageEdge.Kind, str]] = ...) -> None: ...

class TraceLineageResponse(_message.Message):
    __slots__ = ("nodes", "edges", "findings")
    NODES_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[LineageNode]
    edges: _containers.RepeatedCompositeFieldContainer[LineageEdge]
    findings: _containers.RepeatedCompositeFieldContainer[_validation_service_pb2.Finding]
    def __init__(self, nodes: _Optional[_Iterable[_Union[LineageNode, _Mapping]]] = ..., edges: _Optional[_Iterable[_Union[LineageEdge, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[_validation_service_pb2.Finding, _Mapping]]] = ...) -> None: ...

class ScanTextRequest(_message.Message):
    __slots__ = ("parent", "text", "dialect")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    text: str
    dialect: str
    def __init__(self, parent: _Optional[str] = ..., text: _Optional[str] = ..., dialect: _Optional[str] = ...) -> None: ...

class ScanTextResponse(_message.Message):
    __slots__ = ("findings", "statement_count")
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    findings: _containers.RepeatedCompositeFieldContainer[_validation_service_pb2.Finding]
    statement_count: int
    def __init__(self, findings: _Optional[_Iterable[_Union[_validation_service_pb2.Finding, _Mapping]]] = ..., statement_count: _Optional[int] = ...) -> None: ...
