from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class Permission(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERMISSION_UNSPECIFIED: _ClassVar[Permission]
    PERMISSION_PUBLIC: _ClassVar[Permission]
    PERMISSION_SIGNED_IN: _ClassVar[Permission]
    PERMISSION_ORGANIZATION_READ: _ClassVar[Permission]
    PERMISSION_AUDIT_READ: _ClassVar[Permission]
    PERMISSION_SIGN_IN_CODES_CREATE: _ClassVar[Permission]
    PERMISSION_DATA_SOURCES_READ: _ClassVar[Permission]
    PERMISSION_DATA_SOURCES_WRITE: _ClassVar[Permission]
    PERMISSION_STATEMENTS_CHECK: _ClassVar[Permission]
    PERMISSION_STATEMENTS_RUN: _ClassVar[Permission]
    PERMISSION_SCHEMAS_READ: _ClassVar[Permission]
    PERMISSION_SCHEMAS_SYNC: _ClassVar[Permission]
    PERMISSION_GENERATIONS_READ: _ClassVar[Permission]
    PERMISSION_GENERATIONS_WRITE: _ClassVar[Permission]
    PERMISSION_MODELS_USE: _ClassVar[Permission]
PERMISSION_UNSPECIFIED: Permission
PERMISSION_PUBLIC: Permission
PERMISSION_SIGNED_IN: Permission
PERMISSION_ORGANIZATION_READ: Permission
PERMISSION_AUDIT_READ: Permission
PERMISSION_SIGN_IN_CODES_CREATE: Permission
PERMISSION_DATA_SOURCES_READ: Permission
PERMISSION_DATA_SOURCES_WRITE: Permission
PERMISSION_STATEMENTS_CHECK: Permission
PERMISSION_STATEMENTS_RUN: Permission
PERMISSION_SCHEMAS_READ: Permission
PERMISSION_SCHEMAS_SYNC: Permission
PERMISSION_GENERATIONS_READ: Permission
PERMISSION_GENERATIONS_WRITE: Permission
PERMISSION_MODELS_USE: Permission
PERMISSION_FIELD_NUMBER: _ClassVar[int]
permission: _descriptor.FieldDescriptor
