from google.rpc import error_details_pb2 as _error_details_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_REASON_UNSPECIFIED: _ClassVar[ErrorReason]
    ERROR_REASON_INTERNAL: _ClassVar[ErrorReason]
    ERROR_REASON_INVALID_ARGUMENT: _ClassVar[ErrorReason]
    ERROR_REASON_TOKEN_MISSING: _ClassVar[ErrorReason]
    ERROR_REASON_TOKEN_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_TOKEN_EXPIRED: _ClassVar[ErrorReason]
    ERROR_REASON_PERMISSION_DENIED: _ClassVar[ErrorReason]
    ERROR_REASON_ORGANIZATION_DENIED: _ClassVar[ErrorReason]
    ERROR_REASON_REQUEST_ID_REUSED: _ClassVar[ErrorReason]
    ERROR_REASON_PAGE_TOKEN_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_OVERLOADED: _ClassVar[ErrorReason]
    ERROR_REASON_DEADLINE_EXCEEDED: _ClassVar[ErrorReason]
    ERROR_REASON_CANCELLED: _ClassVar[ErrorReason]
    ERROR_REASON_SERVICE_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_UNIMPLEMENTED: _ClassVar[ErrorReason]
    ERROR_REASON_REVISION_STALE: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_LARGE: _ClassVar[ErrorReason]
    ERROR_REASON_ORGANIZATION_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_SIGN_IN_CODE_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_SESSION_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_SERVICE_KEY_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_NOT_A_MEMBER: _ClassVar[ErrorReason]
    ERROR_REASON_DATA_SOURCE_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_DATA_SOURCE_EXISTS: _ClassVar[ErrorReason]
    ERROR_REASON_DATA_SOURCE_UNREACHABLE: _ClassVar[ErrorReason]
    ERROR_REASON_DATA_SOURCE_LOGIN_FAILED: _ClassVar[ErrorReason]
    ERROR_REASON_DATA_SOURCE_NOT_A_DATABASE: _ClassVar[ErrorReason]
    ERROR_REASON_DATA_SOURCE_NOT_ALLOWED: _ClassVar[ErrorReason]
    ERROR_REASON_TABLE_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_EMPTY: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_TOO_LARGE: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_FORBIDDEN_TEXT: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_SYNTAX: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_MULTIPLE_STATEMENTS: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_NOT_A_READ: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_CONSTRUCT_REFUSED: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_FUNCTION_REFUSED: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_ARGUMENT_REFUSED: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_RELATION_REFUSED: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_TABLE_UNKNOWN: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_COLUMN_UNKNOWN: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_COLUMN_AMBIGUOUS: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_PARSERS_DISAGREE: _ClassVar[ErrorReason]
    ERROR_REASON_SQL_REFUSED_BY_DATABASE: _ClassVar[ErrorReason]
    ERROR_REASON_STATEMENT_TIMEOUT: _ClassVar[ErrorReason]
    ERROR_REASON_STATEMENT_CANCELLED: _ClassVar[ErrorReason]
    ERROR_REASON_SCHEMA_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_MODEL_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_MODEL_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_MODEL_LOGIN_FAILED: _ClassVar[ErrorReason]
    ERROR_REASON_MODEL_REPLY_UNREADABLE: _ClassVar[ErrorReason]
    ERROR_REASON_GENERATION_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_GENERATION_ENDED: _ClassVar[ErrorReason]
    ERROR_REASON_NOTHING_UNDERSTOOD: _ClassVar[ErrorReason]
    ERROR_REASON_NO_CANDIDATE_PASSED: _ClassVar[ErrorReason]
    ERROR_REASON_CONFIDENCE_TOO_LOW: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
ERROR_REASON_INTERNAL: ErrorReason
ERROR_REASON_INVALID_ARGUMENT: ErrorReason
ERROR_REASON_TOKEN_MISSING: ErrorReason
ERROR_REASON_TOKEN_INVALID: ErrorReason
ERROR_REASON_TOKEN_EXPIRED: ErrorReason
ERROR_REASON_PERMISSION_DENIED: ErrorReason
ERROR_REASON_ORGANIZATION_DENIED: ErrorReason
ERROR_REASON_REQUEST_ID_REUSED: ErrorReason
ERROR_REASON_PAGE_TOKEN_INVALID: ErrorReason
ERROR_REASON_OVERLOADED: ErrorReason
ERROR_REASON_DEADLINE_EXCEEDED: ErrorReason
ERROR_REASON_CANCELLED: ErrorReason
ERROR_REASON_SERVICE_UNAVAILABLE: ErrorReason
ERROR_REASON_UNIMPLEMENTED: ErrorReason
ERROR_REASON_REVISION_STALE: ErrorReason
ERROR_REASON_TOO_LARGE: ErrorReason
ERROR_REASON_ORGANIZATION_NOT_FOUND: ErrorReason
ERROR_REASON_SIGN_IN_CODE_INVALID: ErrorReason
ERROR_REASON_SESSION_INVALID: ErrorReason
ERROR_REASON_SERVICE_KEY_INVALID: ErrorReason
ERROR_REASON_NOT_A_MEMBER: ErrorReason
ERROR_REASON_DATA_SOURCE_NOT_FOUND: ErrorReason
ERROR_REASON_DATA_SOURCE_EXISTS: ErrorReason
ERROR_REASON_DATA_SOURCE_UNREACHABLE: ErrorReason
ERROR_REASON_DATA_SOURCE_LOGIN_FAILED: ErrorReason
ERROR_REASON_DATA_SOURCE_NOT_A_DATABASE: ErrorReason
ERROR_REASON_DATA_SOURCE_NOT_ALLOWED: ErrorReason
ERROR_REASON_TABLE_NOT_FOUND: ErrorReason
ERROR_REASON_SQL_EMPTY: ErrorReason
ERROR_REASON_SQL_TOO_LARGE: ErrorReason
ERROR_REASON_SQL_FORBIDDEN_TEXT: ErrorReason
ERROR_REASON_SQL_SYNTAX: ErrorReason
ERROR_REASON_SQL_MULTIPLE_STATEMENTS: ErrorReason
ERROR_REASON_SQL_NOT_A_READ: ErrorReason
ERROR_REASON_SQL_CONSTRUCT_REFUSED: ErrorReason
ERROR_REASON_SQL_FUNCTION_REFUSED: ErrorReason
ERROR_REASON_SQL_ARGUMENT_REFUSED: ErrorReason
ERROR_REASON_SQL_RELATION_REFUSED: ErrorReason
ERROR_REASON_SQL_TABLE_UNKNOWN: ErrorReason
ERROR_REASON_SQL_COLUMN_UNKNOWN: ErrorReason
ERROR_REASON_SQL_COLUMN_AMBIGUOUS: ErrorReason
ERROR_REASON_SQL_PARSERS_DISAGREE: ErrorReason
ERROR_REASON_SQL_REFUSED_BY_DATABASE: ErrorReason
ERROR_REASON_STATEMENT_TIMEOUT: ErrorReason
ERROR_REASON_STATEMENT_CANCELLED: ErrorReason
ERROR_REASON_SCHEMA_NOT_FOUND: ErrorReason
ERROR_REASON_MODEL_NOT_FOUND: ErrorReason
ERROR_REASON_MODEL_UNAVAILABLE: ErrorReason
ERROR_REASON_MODEL_LOGIN_FAILED: ErrorReason
ERROR_REASON_MODEL_REPLY_UNREADABLE: ErrorReason
ERROR_REASON_GENERATION_NOT_FOUND: ErrorReason
ERROR_REASON_GENERATION_ENDED: ErrorReason
ERROR_REASON_NOTHING_UNDERSTOOD: ErrorReason
ERROR_REASON_NO_CANDIDATE_PASSED: ErrorReason
ERROR_REASON_CONFIDENCE_TOO_LOW: ErrorReason

class ErrorDetails(_message.Message):
    __slots__ = ("error_info", "bad_request", "resource_info", "retry_info")
    ERROR_INFO_FIELD_NUMBER: _ClassVar[int]
    BAD_REQUEST_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_INFO_FIELD_NUMBER: _ClassVar[int]
    RETRY_INFO_FIELD_NUMBER: _ClassVar[int]
    error_info: _error_details_pb2.ErrorInfo
    bad_request: _error_details_pb2.BadRequest
    resource_info: _error_details_pb2.ResourceInfo
    retry_info: _error_details_pb2.RetryInfo
    def __init__(self, error_info: _Optional[_Union[_error_details_pb2.ErrorInfo, _Mapping]] = ..., bad_request: _Optional[_Union[_error_details_pb2.BadRequest, _Mapping]] = ..., resource_info: _Optional[_Union[_error_details_pb2.ResourceInfo, _Mapping]] = ..., retry_info: _Optional[_Union[_error_details_pb2.RetryInfo, _Mapping]] = ...) -> None: ...
