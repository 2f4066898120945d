"""A call in progress, and the contract of the method it calls as read from the descriptors."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from candor.access.v1 import access_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from services.kit.ids import organization_of

# Fields that hold resource names; their organizations are what a call touches.
RESOURCE_FIELDS = ("name", "parent", "data_source")


@dataclass(frozen=True, slots=True)
class Method:
    """What the contract says of a method. `permission` is in lower case without its prefix."""

    path: str
    permission: str
    has_request_id: bool
    streams_requests: bool
    streams_responses: bool


@dataclass(slots=True)
class Call:
    """A call in progress. `request` is None where the client streams; `deadline` is in the event loop's time."""

    method: Method
    context: Any
    metadata: Mapping[str, str]
    request: Message | None
    deadline: float | None = None
    notes: dict[str, Any] = field(default_factory=dict)


def methods_of(services: Iterable[ServiceDescriptor]) -> dict[str, Method]:
    """The methods of services by their path, `/candor.accounts.v1.AccountsService/GetJwks`."""
    methods = (_method(each) for service in services for each in service.methods)
    return {method.path: method for method in methods}


def organizations_in(message: Message) -> set[str]:
    """The organizations that a request names, in its own fields and one message deep."""
    found = {
        organization_of(value) for name in RESOURCE_FIELDS if isinstance(value := getattr(message, name, None), str)
    }
    for descriptor, value in message.ListFields():
        if descriptor.type == FieldDescriptor.TYPE_MESSAGE and isinstance(value, Message):
            found |= {
                organization_of(inner)
                for name in RESOURCE_FIELDS
                if isinstance(inner := getattr(value, name, None), str)
            }
    return {each for each in found if each is not None}


def remaining_s(deadline: float | None) -> float | None:
    """Seconds until a deadline, or None where there is none."""
    return None if deadline is None else deadline - asyncio.get_running_loop().time()


def _method(descriptor: MethodDescriptor) -> Method:
    extension: Any = access_pb2.permission
    permission = descriptor.GetOptions().Extensions[extension]
    assert permission != access_pb2.PERMISSION_UNSPECIFIED, f"{descriptor.full_name} names no permission"
    return Method(
        path=f"/{descriptor.containing_service.full_name}/{descriptor.name}",
        permission=access_pb2.Permission.Name(permission).removeprefix("PERMISSION_").lower(),
        has_request_id="request_id" in descriptor.input_type.fields_by_name,
        streams_requests=descriptor.client_streaming,
        streams_responses=descriptor.server_streaming,
    )
