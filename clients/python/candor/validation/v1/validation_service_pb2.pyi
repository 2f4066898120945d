import datetime

from buf.validate import validate_pb2 as _validate_pb2
from candor.access.v1 import access_pb2 as _access_pb2
from candor.catalog.v1 import catalog_pb2 as _catalog_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DataSource(_message.Message):
    __slots__ = ("name", "display_name", "connection", "dialect", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    connection: Connection
    dialect: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., connection: _Optional[_Union[Connection, _Mapping]] = ..., dialect: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Connection(_message.Message):
    __slots__ = ("sqlite", "postgres", "duckdb", "mysql", "snowflake", "bigquery", "sql_server", "trino")
    SQLITE_FIELD_NUMBER: _ClassVar[int]
    POSTGRES_FIELD_NUMBER: _ClassVar[int]
    DUCKDB_FIELD_NUMBER: _ClassVar[int]
    MYSQL_FIELD_NUMBER: _ClassVar[int]
    SNOWFLAKE_FIELD_NUMBER: _ClassVar[int]
    BIGQUERY_FIELD_NUMBER: _ClassVar[int]
    SQL_SERVER_FIELD_NUMBER: _ClassVar[int]
    TRINO_FIELD_NUMBER: _ClassVar[int]
    sqlite: SqliteConnection
    postgres: PostgresConnection
    duckdb: DuckdbConnection
    mysql: MysqlConnection
    snowflake: SnowflakeConnection
    bigquery: BigqueryConnection
    sql_server: SqlServerConnection
    trino: TrinoConnection
    def __init__(self, sqlite: _Optional[_Union[SqliteConnection, _Mapping]] = ..., postgres: _Optional[_Union[PostgresConnection, _Mapping]] = ..., duckdb: _Optional[_Union[DuckdbConnection, _Mapping]] = ..., mysql: _Optional[_Union[MysqlConnection, _Mapping]] = ..., snowflake: _Optional[_Union[SnowflakeConnection, _Mapping]] = ..., bigquery: _Optional[_Union[BigqueryConnection, _Mapping]] = ..., sql_server: _Optional[_Union[SqlServerConnection, _Mapping]] = ..., trino: _Optional[_Union[TrinoConnection, _Mapping]] = ...) -> None: ...

class SqliteConnection(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class DuckdbConnection(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class PostgresConnection(_message.Message):
    __slots__ = ("host", "port", "database", "user", "password", "tls_mode", "schemas")
    class TlsMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TLS_MODE_UNSPECIFIED: _ClassVar[PostgresConnection.TlsMode]
        TLS_MODE_DISABLE: _ClassVar[PostgresConnection.TlsMode]
        TLS_MODE_REQUIRE: _ClassVar[PostgresConnection.TlsMode]
        TLS_MODE_VERIFY_FULL: _ClassVar[PostgresConnection.TlsMode]
    TLS_MODE_UNSPECIFIED: PostgresConnection.TlsMode
    TLS_MODE_DISABLE: PostgresConnection.TlsMode
    TLS_MODE_REQUIRE: PostgresConnection.TlsMode
    TLS_MODE_VERIFY_FULL: PostgresConnection.TlsMode
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    TLS_MODE_FIELD_NUMBER: _ClassVar[int]
    SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    database: str
    user: str
    password: str
    tls_mode: PostgresConnection.TlsMode
    schemas: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., database: _Optional[str] = ..., user: _Optional[str] = ..., password: _Optional[str] = ..., tls_mode: _Optional[_Union[PostgresConnection.TlsMode, str]] = ..., schemas: _Optional[_Iterable[str]] = ...) -> None: ...

class MysqlConnection(_message.Message):
    __slots__ = ("host", "port", "database", "user", "password", "tls_mode")
    class TlsMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TLS_MODE_UNSPECIFIED: _ClassVar[MysqlConnection.TlsMode]
        TLS_MODE_DISABLE: _ClassVar[MysqlConnection.TlsMode]
        TLS_MODE_REQUIRE: _ClassVar[MysqlConnection.TlsMode]
        TLS_MODE_VERIFY_FULL: _ClassVar[MysqlConnection.TlsMode]
    TLS_MODE_UNSPECIFIED: MysqlConnection.TlsMode
    TLS_MODE_DISABLE: MysqlConnection.TlsMode
    TLS_MODE_REQUIRE: MysqlConnection.TlsMode
    TLS_MODE_VERIFY_FULL: MysqlConnection.TlsMode
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    TLS_MODE_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    database: str
    user: str
    password: str
    tls_mode: MysqlConnection.TlsMode
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., database: _Optional[str] = ..., user: _Optional[str] = ..., password: _Optional[str] = ..., tls_mode: _Optional[_Union[MysqlConnection.TlsMode, str]] = ...) -> None: ...

class SnowflakeConnection(_message.Message):
    __slots__ = ("account", "user", "password", "warehouse", "database", "schema", "role")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    account: str
    user: str
    password: str
    warehouse: str
    database: str
    schema: str
    role: str
    def __init__(self, account: _Optional[str] = ..., user: _Optional[str] = ..., password: _Optional[str] = ..., warehouse: _Optional[str] = ..., database: _Optional[str] = ..., schema: _Optional[str] = ..., role: _Optional[str] = ...) -> None: ...

class BigqueryConnection(_message.Message):
    __slots__ = ("project", "dataset", "location", "credentials_json")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_JSON_FIELD_NUMBER: _ClassVar[int]
    project: str
    dataset: str
    location: str
    credentials_json: str
    def __init__(self, project: _Optional[str] = ..., dataset: _Optional[str] = ..., location: _Optional[str] = ..., credentials_json: _Optional[str] = ...) -> None: ...

class SqlServerConnection(_message.Message):
    __slots__ = ("host", "port", "database", "user", "password")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    database: str
    user: str
    password: str
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., database: _Optional[str] = ..., user: _Optional[str] = ..., password: _Optional[str] = ...) -> None: ...

class TrinoConnection(_message.Message):
    __slots__ = ("host", "port", "catalog", "schema", "user", "password", "plain_text")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    PLAIN_TEXT_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    catalog: str
    schema: str
    user: str
    password: str
    plain_text: bool
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., catalog: _Optional[str] = ..., schema: _Optional[str] = ..., user: _Optional[str] = ..., password: _Optional[str] = ..., plain_text: _Optional[bool] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("name", "allowed_tables", "denied_tables", "denied_columns", "masked_columns", "row_filters", "limits", "cost_limits", "etag", "allow_analyze")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_TABLES_FIELD_NUMBER: _ClassVar[int]
    DENIED_TABLES_FIELD_NUMBER: _ClassVar[int]
    DENIED_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    MASKED_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROW_FILTERS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    COST_LIMITS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    ALLOW_ANALYZE_FIELD_NUMBER: _ClassVar[int]
    name: str
    allowed_tables: _containers.RepeatedScalarFieldContainer[str]
    denied_tables: _containers.RepeatedScalarFieldContainer[str]
    denied_columns: _containers.RepeatedScalarFieldContainer[str]
    masked_columns: _containers.RepeatedCompositeFieldContainer[ColumnMask]
    row_filters: _containers.RepeatedCompositeFieldContainer[RowFilter]
    limits: Limits
    cost_limits: CostLimits
    etag: str
    allow_analyze: bool
    def __init__(self, name: _Optional[str] = ..., allowed_tables: _Optional[_Iterable[str]] = ..., denied_tables: _Optional[_Iterable[str]] = ..., denied_columns: _Optional[_Iterable[str]] = ..., masked_columns: _Optional[_Iterable[_Union[ColumnMask, _Mapping]]] = ..., row_filters: _Optional[_Iterable[_Union[RowFilter, _Mapping]]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., cost_limits: _Optional[_Union[CostLimits, _Mapping]] = ..., etag: _Optional[str] = ..., allow_analyze: _Optional[bool] = ...) -> None: ...

class ColumnMask(_message.Message):
    __slots__ = ("column", "method")
    class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        METHOD_UNSPECIFIED: _ClassVar[ColumnMask.Method]
        METHOD_NULL: _ClassVar[ColumnMask.Method]
        METHOD_STARS: _ClassVar[ColumnMask.Method]
        METHOD_LAST_FOUR: _ClassVar[ColumnMask.Method]
    METHOD_UNSPECIFIED: ColumnMask.Method
    METHOD_NULL: ColumnMask.Method
    METHOD_STARS: ColumnMask.Method
    METHOD_LAST_FOUR: ColumnMask.Method
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    column: str
    method: ColumnMask.Method
    def __init__(self, column: _Optional[str] = ..., method: _Optional[_Union[ColumnMask.Method, str]] = ...) -> None: ...

class RowFilter(_message.Message):
    __slots__ = ("table", "condition")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    table: str
    condition: str
    def __init__(self, table: _Optional[str] = ..., condition: _Optional[str] = ...) -> None: ...

class CostLimits(_message.Message):
    __slots__ = ("max_cost", "max_rows_read", "max_bytes_read")
    MAX_COST_FIELD_NUMBER: _ClassVar[int]
    MAX_ROWS_READ_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_READ_FIELD_NUMBER: _ClassVar[int]
    max_cost: float
    max_rows_read: float
    max_bytes_read: float
    def __init__(self, max_cost: _Optional[float] = ..., max_rows_read: _Optional[float] = ..., max_bytes_read: _Optional[float] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("reason", "severity", "message", "span", "suggestion", "metadata")
    class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SEVERITY_UNSPECIFIED: _ClassVar[Finding.Severity]
        SEVERITY_INFO: _ClassVar[Finding.Severity]
        SEVERITY_WARNING: _ClassVar[Finding.Severity]
        SEVERITY_ERROR: _ClassVar[Finding.Severity]
    SEVERITY_UNSPECIFIED: Finding.Severity
    SEVERITY_INFO: Finding.Severity
    SEVERITY_WARNING: Finding.Severity
    SEVERITY_ERROR: Finding.Severity
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    reason: str
    severity: Finding.Severity
    message: str
    span: Span
    suggestion: str
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, reason: _Optional[str] = ..., severity: _Optional[_Union[Finding.Severity, str]] = ..., message: _Optional[str] = ..., span: _Optional[_Union[Span, _Mapping]] = ..., suggestion: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("line", "column", "end_line", "end_column")
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    END_LINE_FIELD_NUMBER: _ClassVar[int]
    END_COLUMN_FIELD_NUMBER: _ClassVar[int]
    line: int
    column: int
    end_line: int
    end_column: int
    def __init__(self, line: _Optional[int] = ..., column: _Optional[int] = ..., end_line: _Optional[int] = ..., end_column: _Optional[int] = ...) -> None: ...

class ResultColumn(_message.Message):
    __slots__ = ("name", "type", "native_type")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NATIVE_TYPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: _catalog_pb2.ColumnType
    native_type: str
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[_catalog_pb2.ColumnType, str]] = ..., native_type: _Optional[str] = ...) -> None: ...

class RowBatch(_message.Message):
    __slots__ = ("row_count", "columns")
    class Values(_message.Message):
        __slots__ = ("bools", "integers", "numbers", "texts", "null_rows")
        BOOLS_FIELD_NUMBER: _ClassVar[int]
        INTEGERS_FIELD_NUMBER: _ClassVar[int]
        NUMBERS_FIELD_NUMBER: _ClassVar[int]
        TEXTS_FIELD_NUMBER: _ClassVar[int]
        NULL_ROWS_FIELD_NUMBER: _ClassVar[int]
        bools: RowBatch.Bools
        integers: RowBatch.Integers
        numbers: RowBatch.Numbers
        texts: RowBatch.Texts
        null_rows: _containers.RepeatedScalarFieldContainer[int]
        def __init__(self, bools: _Optional[_Union[RowBatch.Bools, _Mapping]] = ..., integers: _Optional[_Union[RowBatch.Integers, _Mapping]] = ..., numbers: _Optional[_Union[RowBatch.Numbers, _Mapping]] = ..., texts: _Optional[_Union[RowBatch.Texts, _Mapping]] = ..., null_rows: _Optional[_Iterable[int]] = ...) -> None: ...
    class Bools(_message.Message):
        __slots__ = ("items",)
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        items: _containers.RepeatedScalarFieldContainer[bool]
        def __init__(self, items: _Optional[_Iterable[bool]] = ...) -> None: ...
    class Integers(_message.Message):
        __slots__ = ("items",)
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        items: _containers.RepeatedScalarFieldContainer[int]
        def __init__(self, items: _Optional[_Iterable[int]] = ...) -> None: ...
    class Numbers(_message.Message):
        __slots__ = ("items",)
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        items: _containers.RepeatedScalarFieldContainer[float]
        def __init__(self, items: _Optional[_Iterable[float]] = ...) -> None: ...
    class Texts(_message.Message):
        __slots__ = ("items",)
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        items: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, items: _Optional[_Iterable[str]] = ...) -> None: ...
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    row_count: int
    columns: _containers.RepeatedCompositeFieldContainer[RowBatch.Values]
    def __init__(self, row_count: _Optional[int] = ..., columns: _Optional[_Iterable[_Union[RowBatch.Values, _Mapping]]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_rows", "max_bytes", "timeout")
    MAX_ROWS_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    max_rows: int
    max_bytes: int
    timeout: _duration_pb2.Duration
    def __init__(self, max_rows: _Optional[int] = ..., max_bytes: _Optional[int] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class CreateDataSourceRequest(_message.Message):
    __slots__ = ("parent", "data_source_id", "data_source", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    data_source_id: str
    data_source: DataSource
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., data_source_id: _Optional[str] = ..., data_source: _Optional[_Union[DataSource, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateDataSourceResponse(_message.Message):
    __slots__ = ("data_source",)
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    data_source: DataSource
    def __init__(self, data_source: _Optional[_Union[DataSource, _Mapping]] = ...) -> None: ...

class GetDataSourceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetDataSourceResponse(_message.Message):
    __slots__ = ("data_source",)
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    data_source: DataSource
    def __init__(self, data_source: _Optional[_Union[DataSource, _Mapping]] = ...) -> None: ...

class ListDataSourcesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDataSourcesResponse(_message.Message):
    __slots__ = ("data_sources", "next_page_token")
    DATA_SOURCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    data_sources: _containers.RepeatedCompositeFieldContainer[DataSource]
    next_page_token: str
    def __init__(self, data_sources: _Optional[_Iterable[_Union[DataSource, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteDataSourceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteDataSourceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TestDataSourceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class TestDataSourceResponse(_message.Message):
    __slots__ = ("server_version", "duration")
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    server_version: str
    duration: _duration_pb2.Duration
    def __init__(self, server_version: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetPolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ...) -> None: ...

class UpdatePolicyRequest(_message.Message):
    __slots__ = ("policy", "name")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    name: str
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ..., name: _Optional[str] = ...) -> None: ...

class UpdatePolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ...) -> None: ...

class IntrospectSchemaRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class IntrospectSchemaResponse(_message.Message):
    __slots__ = ("catalog",)
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    catalog: _catalog_pb2.Catalog
    def __init__(self, catalog: _Optional[_Union[_catalog_pb2.Catalog, _Mapping]] = ...) -> None: ...

class ColumnRef(_message.Message):
    __slots__ = ("table", "column")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    table: str
    column: str
    def __init__(self, table: _Optional[str] = ..., column: _Optional[str] = ...) -> None: ...

class SampleValuesRequest(_message.Message):
    __slots__ = ("name", "columns", "max_values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    columns: _containers.RepeatedCompositeFieldContainer[ColumnRef]
    max_values: int
    def __init__(self, name: _Optional[str] = ..., columns: _Optional[_Iterable[_Union[ColumnRef, _Mapping]]] = ..., max_values: _Optional[int] = ...) -> None: ...

class SampleValuesResponse(_message.Message):
    __slots__ = ("columns",)
    class ColumnValues(_message.Message):
        __slots__ = ("column", "values", "truncated")
        COLUMN_FIELD_NUMBER: _ClassVar[int]
        VALUES_FIELD_NUMBER: _ClassVar[int]
        TRUNCATED_FIELD_NUMBER: _ClassVar[int]
        column: ColumnRef
        values: _containers.RepeatedScalarFieldContainer[str]
        truncated: bool
        def __init__(self, column: _Optional[_Union[ColumnRef, _Mapping]] = ..., values: _Optional[_Iterable[str]] = ..., truncated: _Optional[bool] = ...) -> None: ...
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[SampleValuesResponse.ColumnValues]
    def __init__(self, columns: _Optional[_Iterable[_Union[SampleValuesResponse.ColumnValues, _Mapping]]] = ...) -> None: ...

class CheckStatementRequest(_message.Message):
    __slots__ = ("name", "sql", "catalog", "look_up_values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    LOOK_UP_VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    sql: str
    catalog: _catalog_pb2.Catalog
    look_up_values: bool
    def __init__(self, name: _Optional[str] = ..., sql: _Optional[str] = ..., catalog: _Optional[_Union[_catalog_pb2.Catalog, _Mapping]] = ..., look_up_values: _Optional[bool] = ...) -> None: ...

class CheckStatementResponse(_message.Message):
    __slots__ = ("allowed", "findings", "checked_sql", "tables", "columns")
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    CHECKED_SQL_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    allowed: bool
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    checked_sql: str
    tables: _containers.RepeatedScalarFieldContainer[str]
    columns: _containers.RepeatedCompositeFieldContainer[ColumnRef]
    def __init__(self, allowed: _Optional[bool] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., checked_sql: _Optional[str] = ..., tables: _Optional[_Iterable[str]] = ..., columns: _Optional[_Iterable[_Union[ColumnRef, _Mapping]]] = ...) -> None: ...

class ExplainPlanRequest(_message.Message):
    __slots__ = ("name", "sql", "analyze", "advise")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    ANALYZE_FIELD_NUMBER: _ClassVar[int]
    ADVISE_FIELD_NUMBER: _ClassVar[int]
    name: str
    sql: str
    analyze: bool
    advise: bool
    def __init__(self, name: _Optional[str] = ..., sql: _Optional[str] = ..., analyze: _Optional[bool] = ..., advise: _Optional[bool] = ...) -> None: ...

class PlanStep(_message.Message):
    __slots__ = ("kind", "operation", "table", "index", "condition", "rows", "cost", "bytes", "actual_rows", "actual_ms", "spills", "parent")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[PlanStep.Kind]
        KIND_SCAN: _ClassVar[PlanStep.Kind]
        KIND_INDEX_SCAN: _ClassVar[PlanStep.Kind]
        KIND_JOIN: _ClassVar[PlanStep.Kind]
        KIND_SORT: _ClassVar[PlanStep.Kind]
        KIND_AGGREGATE: _ClassVar[PlanStep.Kind]
        KIND_FILTER: _ClassVar[PlanStep.Kind]
        KIND_UNION: _ClassVar[PlanStep.Kind]
        KIND_MATERIALIZE: _ClassVar[PlanStep.Kind]
        KIND_EXCHANGE: _ClassVar[PlanStep.Kind]
        KIND_LIMIT: _ClassVar[PlanStep.Kind]
    KIND_UNSPECIFIED: PlanStep.Kind
    KIND_SCAN: PlanStep.Kind
    KIND_INDEX_SCAN: PlanStep.Kind
    KIND_JOIN: PlanStep.Kind
    KIND_SORT: PlanStep.Kind
    KIND_AGGREGATE: PlanStep.Kind
    KIND_FILTER: PlanStep.Kind
    KIND_UNION: PlanStep.Kind
    KIND_MATERIALIZE: PlanStep.Kind
    KIND_EXCHANGE: PlanStep.Kind
    KIND_LIMIT: PlanStep.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    ACTUAL_ROWS_FIELD_NUMBER: _ClassVar[int]
    ACTUAL_MS_FIELD_NUMBER: _ClassVar[int]
    SPILLS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    kind: PlanStep.Kind
    operation: str
    table: str
    index: str
    condition: str
    rows: float
    cost: float
    bytes: float
    actual_rows: float
    actual_ms: float
    spills: bool
    parent: int
    def __init__(self, kind: _Optional[_Union[PlanStep.Kind, str]] = ..., operation: _Optional[str] = ..., table: _Optional[str] = ..., index: _Optional[str] = ..., condition: _Optional[str] = ..., rows: _Optional[float] = ..., cost: _Optional[float] = ..., bytes: _Optional[float] = ..., actual_rows: _Optional[float] = ..., actual_ms: _Optional[float] = ..., spills: _Optional[bool] = ..., parent: _Optional[int] = ...) -> None: ...

class ExplainPlanResponse(_message.Message):
    __slots__ = ("text", "estimated_rows", "estimated_cost", "steps", "rows_read", "bytes_read", "findings")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_ROWS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_COST_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ROWS_READ_FIELD_NUMBER: _ClassVar[int]
    BYTES_READ_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    text: str
    estimated_rows: float
    estimated_cost: float
    steps: _containers.RepeatedCompositeFieldContainer[PlanStep]
    rows_read: float
    bytes_read: float
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    def __init__(self, text: _Optional[str] = ..., estimated_rows: _Optional[float] = ..., estimated_cost: _Optional[float] = ..., steps: _Optional[_Iterable[_Union[PlanStep, _Mapping]]] = ..., rows_read: _Optional[float] = ..., bytes_read: _Optional[float] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ...) -> None: ...

class RunStatementRequest(_message.Message):
    __slots__ = ("name", "sql", "limits")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    name: str
    sql: str
    limits: Limits
    def __init__(self, name: _Optional[str] = ..., sql: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class RunStatementResponse(_message.Message):
    __slots__ = ("header", "rows", "summary")
    class Header(_message.Message):
        __slots__ = ("columns", "checked_sql")
        COLUMNS_FIELD_NUMBER: _ClassVar[int]
        CHECKED_SQL_FIELD_NUMBER: _ClassVar[int]
        columns: _containers.RepeatedCompositeFieldContainer[ResultColumn]
        checked_sql: str
        def __init__(self, columns: _Optional[_Iterable[_Union[ResultColumn, _Mapping]]] = ..., checked_sql: _Optional[str] = ...) -> None: ...
    class Summary(_message.Message):
        __slots__ = ("row_count", "truncated", "limit", "duration")
        ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
        TRUNCATED_FIELD_NUMBER: _ClassVar[int]
        LIMIT_FIELD_NUMBER: _ClassVar[int]
        DURATION_FIELD_NUMBER: _ClassVar[int]
        row_count: int
        truncated: bool
        limit: str
        duration: _duration_pb2.Duration
        def __init__(self, row_count: _Optional[int] = ..., truncated: _Optional[bool] = ..., limit: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    header: RunStatementResponse.Header
    rows: RowBatch
    summary: RunStatementResponse.Summary
    def __init__(self, header: _Optional[_Union[RunStatementResponse.Header, _Mapping]] = ..., rows: _Optional[_Union[RowBatch, _Mapping]] = ..., summary: _Optional[_Union[RunStatementResponse.Summary, _Mapping]] = ...) -> None: ...
