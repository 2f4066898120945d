"""What the services promise, read from the descriptor set: methods, REST bindings, permissions.

`descriptors.binpb` lies beside this file and is generated from the protos together with the stubs.
Everything the edge and the mesh decide comes from here, so that they cannot drift from the contracts.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from candor.access.v1 import access_pb2
from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2

DESCRIPTORS = Path(__file__).with_name("descriptors.binpb")

_VARIABLE = re.compile(r"\{(?P<field>[\w.]+)(?:=(?P<pattern>[^}]+))?\}")
_PACKAGE = re.compile(r"candor\.(?P<service>[a-z]+)\.v\d+")


class ContractError(ValueError):
    """The contracts break a rule that the edge relies on; the message names the RPC."""


@dataclass(frozen=True)
class Binding:
    """One REST route of a method, as written in its `google.api.http` option."""

    verb: str
    """In lower case: "get"."""
    template: str
    """The path template: "/v1/{name=organizations/*}"."""
    body: str
    """The field that the body is, "*" for the whole message, or empty."""

    @property
    def path_fields(self) -> tuple[str, ...]:
        """The fields that the path sets, with dots where they are nested."""
        return tuple(match["field"] for match in _VARIABLE.finditer(self.template))

    @property
    def expanded(self) -> str:
        """The template with each variable replaced by its pattern: "/v1/organizations/*"."""
        return _VARIABLE.sub(lambda match: match["pattern"] or "*", self.template)

    @property
    def regex(self) -> str:
        """An expression (RE2) for the whole paths that the template matches."""
        parts = re.split(r"(\*\*|\*)", self.expanded)
        wild = {"**": "[^:]+", "*": "[^/:]+"}
        return "".join(wild.get(part) or re.escape(part) for part in parts)


@dataclass(frozen=True)
class Method:
    """One RPC."""

    service: str
    """The service's full name: "candor.accounts.v1.AccountsService"."""
    name: str
    input_type: str
    output_type: str
    permission: int
    """A value of `candor.access.v1.Permission`, never unspecified."""
    idempotent: bool
    """Whether calling it twice is as good as once."""
    deduplicated: bool
    """Whether its request carries a `request_id`, under which a repeated call gets the first one's answer."""
    server_streaming: bool
    client_streaming: bool
    bindings: tuple[Binding, ...]

    @property
    def path(self) -> str:
        """The path of its gRPC call."""
        return f"/{self.service}/{self.name}"

    @property
    def room(self) -> str:
        """The service that answers it, in one word: "accounts"."""
        match = _PACKAGE.match(self.service)
        assert match, "read_contract lets no other package through"
        return match["service"]

    @property
    def retryable(self) -> bool:
        """Whether a mesh may call it again where the first call could not be served (AIP-194)."""
        return (self.idempotent or self.deduplicated) and not self.client_streaming

    @property
    def public(self) -> bool:
        """Whether it may be called without a token."""
        return self.permission == access_pb2.PERMISSION_PUBLIC


@dataclass(frozen=True)
class Contract:
    """All methods of all services, in the order of the protos."""

    methods: tuple[Method, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The full names of the services."""
        return tuple(dict.fromkeys(method.service for method in self.methods))

    @property
    def rooms(self) -> tuple[str, ...]:
        """The services in one word each, sorted."""
        return tuple(sorted({method.room for method in self.methods}))

    @property
    def path_bound_parameters(self) -> tuple[str, ...]:
        """Every spelling of every field that some path sets, sorted.

        Envoy's transcoder would let a query parameter of such a name override the path, and it knows
        a field by its proto name and by its JSON name.
        """
        fields = {field for method in self.methods for each in method.bindings for field in each.path_fields}
        return tuple(sorted(fields | {json_path(field) for field in fields}))


def json_path(field: str) -> str:
    """A field's path in JSON's spelling: "data_source.display_name" is "dataSource.displayName"."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), field)


def load_descriptors(path: Path = DESCRIPTORS) -> descriptor_pb2.FileDescriptorSet:
    """The committed descriptor set, or another one."""
    return descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())


def read_contract(descriptors: descriptor_pb2.FileDescriptorSet) -> Contract:
    """What the services in a descriptor set promise.

    Raises:
        ContractError: An RPC has no permission, lies outside `candor.<service>.v<n>`, is a POST that takes
            fields from its query, or takes from its query a field of a name that another takes from its path.
    """
    fields = {
        f"{file.package}.{message.name}": {field.name for field in message.field}
        for file in descriptors.file
        for message in file.message_type
    }
    contract = Contract(tuple(_methods(descriptors, fields)))
    ignored = set(contract.path_bound_parameters)
    for method in contract.methods:
        top_level = fields[method.input_type]
        for binding in method.bindings:
            if binding.verb == "post" and binding.body != "*":
                raise ContractError(f'{method.path} is a POST whose body is a part: the edge wants body: "*" there.')
            lost = (top_level - set(binding.path_fields)) & ignored if not binding.body else set()
            if lost:
                raise ContractError(
                    f"{method.path} takes {sorted(lost)} from the query, but another RPC takes a field of that "
                    "name from its path, so the edge ignores it: rename the field or bind it in the path."
                )
    return contract


def _methods(descriptors: descriptor_pb2.FileDescriptorSet, fields: Mapping[str, AbstractSet[str]]) -> Iterator[Method]:
    for file in descriptors.file:
        for service in file.service:
            for method in service.method:
                deduplicated = "request_id" in fields.get(method.input_type.lstrip("."), ())
                yield _method(f"{file.package}.{service.name}", method, deduplicated=deduplicated)


def _method(full_name: str, method: descriptor_pb2.MethodDescriptorProto, *, deduplicated: bool) -> Method:
    options = method.options
    if not _PACKAGE.fullmatch(full_name.rpartition(".")[0]):
        raise ContractError(f"{full_name} lies outside the packages candor.<service>.v<n>.")
    extension: Any = access_pb2.permission
    permission: int = options.Extensions[extension]
    if permission == access_pb2.PERMISSION_UNSPECIFIED:
        raise ContractError(
            f"/{full_name}/{method.name} has no permission: add option (candor.access.v1.permission) to it."
        )
    rules = []
    if options.HasExtension(annotations_pb2.http):
        rule = options.Extensions[annotations_pb2.http]
        rules = [rule, *rule.additional_bindings]
    return Method(
        service=full_name,
        name=method.name,
        input_type=method.input_type.lstrip("."),
        output_type=method.output_type.lstrip("."),
        permission=permission,
        idempotent=options.idempotency_level != descriptor_pb2.MethodOptions.IDEMPOTENCY_UNKNOWN,
        deduplicated=deduplicated,
        server_streaming=method.server_streaming,
        client_streaming=method.client_streaming,
        bindings=tuple(_binding(rule) for rule in rules),
    )


def _binding(rule: http_pb2.HttpRule) -> Binding:
    verb = rule.WhichOneof("pattern")
    if verb is None or verb == "custom":
        raise ContractError(f"A google.api.http option has no verb that the edge knows: {rule}")
    return Binding(verb, getattr(rule, verb), rule.body)
