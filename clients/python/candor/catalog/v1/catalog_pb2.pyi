from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ColumnType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLUMN_TYPE_UNSPECIFIED: _ClassVar[ColumnType]
    COLUMN_TYPE_INTEGER: _ClassVar[ColumnType]
    COLUMN_TYPE_NUMBER: _ClassVar[ColumnType]
    COLUMN_TYPE_TEXT: _ClassVar[ColumnType]
    COLUMN_TYPE_DATE: _ClassVar[ColumnType]
    COLUMN_TYPE_TIMESTAMP: _ClassVar[ColumnType]
    COLUMN_TYPE_TIME: _ClassVar[ColumnType]
    COLUMN_TYPE_BOOLEAN: _ClassVar[ColumnType]
    COLUMN_TYPE_BINARY: _ClassVar[ColumnType]
    COLUMN_TYPE_JSON: _ClassVar[ColumnType]
    COLUMN_TYPE_OTHER: _ClassVar[ColumnType]
COLUMN_TYPE_UNSPECIFIED: ColumnType
COLUMN_TYPE_INTEGER: ColumnType
COLUMN_TYPE_NUMBER: ColumnType
COLUMN_TYPE_TEXT: ColumnType
COLUMN_TYPE_DATE: ColumnType
COLUMN_TYPE_TIMESTAMP: ColumnType
COLUMN_TYPE_TIME: ColumnType
COLUMN_TYPE_BOOLEAN: ColumnType
COLUMN_TYPE_BINARY: ColumnType
COLUMN_TYPE_JSON: ColumnType
COLUMN_TYPE_OTHER: ColumnType

class Column(_message.Message):
    __slots__ = ("name", "type", "native_type", "nullable", "primary_key", "unique", "comment", "sensitive", "samples")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NATIVE_TYPE_FIELD_NUMBER: _ClassVar[int]
    NULLABLE_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_KEY_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    SENSITIVE_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: ColumnType
    native_type: str
    nullable: bool
    primary_key: bool
    unique: bool
    comment: str
    sensitive: bool
    samples: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[ColumnType, str]] = ..., native_type: _Optional[str] = ..., nullable: _Optional[bool] = ..., primary_key: _Optional[bool] = ..., unique: _Optional[bool] = ..., comment: _Optional[str] = ..., sensitive: _Optional[bool] = ..., samples: _Optional[_Iterable[str]] = ...) -> None: ...

class Table(_message.Message):
    __slots__ = ("schema", "name", "kind", "comment", "columns", "row_estimate")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Table.Kind]
        KIND_TABLE: _ClassVar[Table.Kind]
        KIND_VIEW: _ClassVar[Table.Kind]
    KIND_UNSPECIFIED: Table.Kind
    KIND_TABLE: Table.Kind
    KIND_VIEW: Table.Kind
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROW_ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    schema: str
    name: str
    kind: Table.Kind
    comment: str
    columns: _containers.RepeatedCompositeFieldContainer[Column]
    row_estimate: int
    def __init__(self, schema: _Optional[str] = ..., name: _Optional[str] = ..., kind: _Optional[_Union[Table.Kind, str]] = ..., comment: _Optional[str] = ..., columns: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., row_estimate: _Optional[int] = ...) -> None: ...

class ForeignKey(_message.Message):
    __slots__ = ("table", "columns", "referred_table", "referred_columns")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    REFERRED_TABLE_FIELD_NUMBER: _ClassVar[int]
    REFERRED_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    table: str
    columns: _containers.RepeatedScalarFieldContainer[str]
    referred_table: str
    referred_columns: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, table: _Optional[str] = ..., columns: _Optional[_Iterable[str]] = ..., referred_table: _Optional[str] = ..., referred_columns: _Optional[_Iterable[str]] = ...) -> None: ...

class Catalog(_message.Message):
    __slots__ = ("dialect", "tables", "foreign_keys")
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    FOREIGN_KEYS_FIELD_NUMBER: _ClassVar[int]
    dialect: str
    tables: _containers.RepeatedCompositeFieldContainer[Table]
    foreign_keys: _containers.RepeatedCompositeFieldContainer[ForeignKey]
    def __init__(self, dialect: _Optional[str] = ..., tables: _Optional[_Iterable[_Union[Table, _Mapping]]] = ..., foreign_keys: _Optional[_Iterable[_Union[ForeignKey, _Mapping]]] = ...) -> None: ...

class ValueMatch(_message.Message):
    __slots__ = ("table", "column", "value", "phrase", "start", "end", "score")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PHRASE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    table: str
    column: str
    value: str
    phrase: str
    start: int
    end: int
    score: float
    def __init__(self, table: _Optional[str] = ..., column: _Optional[str] = ..., value: _Optional[str] = ..., phrase: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ..., score: _Optional[float] = ...) -> None: ...

class JoinPath(_message.Message):
    __slots__ = ("tables", "keys")
    TABLES_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    tables: _containers.RepeatedScalarFieldContainer[str]
    keys: _containers.RepeatedCompositeFieldContainer[ForeignKey]
    def __init__(self, tables: _Optional[_Iterable[str]] = ..., keys: _Optional[_Iterable[_Union[ForeignKey, _Mapping]]] = ...) -> None: ...

class Context(_message.Message):
    __slots__ = ("catalog", "join_paths", "value_matches", "schema_version")
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    JOIN_PATHS_FIELD_NUMBER: _ClassVar[int]
    VALUE_MATCHES_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    catalog: Catalog
    join_paths: _containers.RepeatedCompositeFieldContainer[JoinPath]
    value_matches: _containers.RepeatedCompositeFieldContainer[ValueMatch]
    schema_version: str
    def __init__(self, catalog: _Optional[_Union[Catalog, _Mapping]] = ..., join_paths: _Optional[_Iterable[_Union[JoinPath, _Mapping]]] = ..., value_matches: _Optional[_Iterable[_Union[ValueMatch, _Mapping]]] = ..., schema_version: _Optional[str] = ...) -> None: ...
