"""The REST API as OpenAPI 3.1, from the same contract as the routes. `python -m mesh.edge.openapi FILE` writes it."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from buf.validate import validate_pb2
from candor.access.v1 import access_pb2
from google.protobuf import descriptor_pb2

from mesh.contract import Binding, Contract, Method, load_descriptors, read_contract
from mesh.edge.schemas import Schemas
from services.kit.identity import COOKIE

Json = dict[str, Any]

_STATUS = "google.rpc.Status"
_DESCRIPTION = """Questions in plain language, answered with SQL that has been checked.

The same API is served as gRPC and gRPC-Web on the same port. A stream (`:watch`, `:runStatement`) comes as one
JSON object a line, or as server-sent events with `Accept: text/event-stream`; a generation's events also come by
WebSocket from `/ws/generations/{generation}?after={sequence}`.

Errors are `google.rpc.Status`; its first detail is a `google.rpc.ErrorInfo` whose `reason` never changes."""
_ERRORS = {
    "400": "A field is missing or malformed; the details name it.",
    "401": "The token is missing, expired or not ours.",
    "403": "The roles do not hold the permission, or the organization is another's.",
    "404": "What the request names does not exist.",
    "default": "Any other error.",
}


def openapi(descriptors: descriptor_pb2.FileDescriptorSet) -> Json:
    """The document. It describes every RPC that has a REST route, and nothing else."""
    contract, schemas = read_contract(descriptors), Schemas(descriptors)
    paths: dict[str, Json] = {}
    for method in contract.methods:
        for number, binding in enumerate(method.bindings):
            suffix = f"_{number}" if number else ""
            paths.setdefault(_path(binding), {})[binding.verb] = _operation(schemas, method, binding, suffix)
    schemas.reference(_STATUS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Candor", "version": "v1", "description": _DESCRIPTION, "license": _license()},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"cookie": []}],
        "tags": _tags(contract, schemas),
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": {code: _error(text) for code, text in _ERRORS.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _license() -> Json:
    return {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def _tags(contract: Contract, schemas: Schemas) -> list[Json]:
    rooms = {method.room: method.service for method in contract.methods if method.bindings}
    return [{"name": room, "description": schemas.comment(service)} for room, service in rooms.items()]


def _operation(schemas: Schemas, method: Method, binding: Binding, suffix: str) -> Json:
    permission = access_pb2.Permission.Name(method.permission).removeprefix("PERMISSION_").lower()
    operation: Json = {
        "operationId": f"{method.service.rpartition('.')[2]}_{method.name}{suffix}",
        "tags": [method.room],
        "summary": _summary(method.name),
        "description": schemas.comment(f"{method.service}.{method.name}"),
        "x-permission": permission,
        "parameters": [*_path_parameters(schemas, method, binding), *_query_parameters(schemas, method, binding)],
        "responses": _responses(schemas, method),
    }
    if binding.body:
        body = schemas.body(method.input_type, binding.path_fields)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if method.public:
        operation["security"] = []
    return operation


def _summary(name: str) -> str:
    """The words of a name: "ListAuditEvents" is "List audit events"."""
    words = re.findall("[A-Z][a-z]*", name)
    return " ".join([words[0], *(word.lower() for word in words[1:])])


def _responses(schemas: Schemas, method: Method) -> Json:
    schema = schemas.reference(method.output_type)
    content: Json = {"application/json": {"schema": schema}}
    described = "Done."
    if method.server_streaming:
        content["text/event-stream"] = {"schema": schema}
        described = "A stream: one such object a line, or one in the data of each server-sent event."
    codes = [code for code in _ERRORS if not (method.public and code in {"401", "403"})]
    errors = {code: {"$ref": f"#/components/responses/{code}"} for code in codes}
    return {"200": {"description": described, "content": content}, **errors}


def _error(text: str) -> Json:
    schema = {"$ref": f"#/components/schemas/{_STATUS}"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _segments(binding: Binding) -> list[tuple[str, str]]:
    """The path's segments, each with the name of the parameter that it is, or an empty one.

    "organizations/*" is the segment "organizations" and the parameter "organization".
    """
    parts = binding.expanded.removeprefix("/").split("/")
    return [(part, _singular(parts[at - 1]) if part.startswith("*") else "") for at, part in enumerate(parts)]


def _singular(collection: str) -> str:
    return collection.removesuffix("s")


def _path(binding: Binding) -> str:
    """The path in OpenAPI's form: every parameter is one segment."""
    parts = (part.replace("*", f"{{{name}}}", 1) if name else part for part, name in _segments(binding))
    return "/" + "/".join(parts)


def _path_parameters(schemas: Schemas, method: Method, binding: Binding) -> list[Json]:
    patterns = _segment_patterns(schemas, method, binding)
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", **({"pattern": patterns[name]} if name in patterns else {})},
        }
        for _part, name in _segments(binding)
        if name
    ]


def _segment_patterns(schemas: Schemas, method: Method, binding: Binding) -> dict[str, str]:
    """What each segment must look like, from the rule for the whole name."""
    patterns: dict[str, str] = {}
    extension: Any = validate_pb2.field
    for field in schemas.message(method.input_type).field:
        if field.name in binding.path_fields:
            whole = field.options.Extensions[extension].string.pattern.strip("^$").split("/")
            pairs = zip(whole[::2], whole[1::2], strict=False)
            patterns |= {_singular(collection): f"^{pattern}$" for collection, pattern in pairs}
    return patterns


def _query_parameters(schemas: Schemas, method: Method, binding: Binding) -> list[Json]:
    if binding.body:
        return []
    parameters = []
    for field in schemas.message(method.input_type).field:
        if field.name not in binding.path_fields:
            schema = schemas.field(method.input_type, field)
            described = schema.pop("description", "")
            parameters.append({"name": field.json_name, "in": "query", "description": described, "schema": schema})
    return parameters


if __name__ == "__main__":
    document = openapi(load_descriptors())
    Path(sys.argv[1]).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
