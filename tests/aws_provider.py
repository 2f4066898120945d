"""The AWS provider's schema, spoken to OpenTofu as a provider speaks: `tofu validate` and `tofu test` ask it.

It knows what the provider knows of names and types (`aws_schema.json`), and makes nothing: where a plan is asked for,
`mock_provider` answers from the same schema. So OpenTofu itself finds an argument that does not exist, one that is
missing, a value of the wrong type, a reference that leads nowhere. What the provider's own code refuses, it lets pass.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import grpc_tools
from aws_schema import KEPT, KINDS
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_tools import protoc

_PROTO = Path(__file__).parents[1] / "third_party" / "opentofu" / "tfplugin5.9.proto"
_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


@contextmanager
def aws_provider() -> Iterator[dict[str, str]]:
    """Serves the schema; gives the environment in which OpenTofu finds it instead of a registry's provider."""
    messages = _messages()
    schema = _schema(messages)
    prepare = messages("PrepareProviderConfig.Response")
    upgraded = messages("UpgradeResourceState.Response")
    answers = {
        "GetSchema": lambda _: schema,
        "PrepareProviderConfig": lambda asked: prepare(prepared_config=asked.config),
        "UpgradeResourceState": lambda asked: upgraded(upgraded_state={"json": asked.raw_state.json}),
        **{
            name: lambda _, name=name: messages(f"{name}.Response")()
            for name in (
                "ValidateResourceTypeConfig",
                "ValidateDataSourceConfig",
                "ValidateEphemeralResourceConfig",
                "Stop",
            )
        },
    }
    asked_for = {"GetSchema": "GetProviderSchema"}
    server = grpc.server(ThreadPoolExecutor(4))
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            lambda asked, _context, answer=answer: answer(asked),
            request_deserializer=messages(f"{asked_for.get(name, name)}.Request").FromString,
            response_serializer=lambda answer: answer.SerializeToString(),
        )
        for name, answer in answers.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers),))
    serving = health.HealthServicer()
    serving.set("plugin", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(serving, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    place = {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({"registry.opentofu.org/hashicorp/aws": place})}
    finally:
        server.stop(grace=None).wait()


def _messages() -> Callable[[str], Any]:
    with TemporaryDirectory() as folder:
        made = Path(folder) / "set"
        known = Path(grpc_tools.__file__).with_name("_proto")
        arguments = [
            f"-I{_PROTO.parent}",
            f"-I{known}",
            f"--descriptor_set_out={made}",
            "--include_imports",
            str(_PROTO),
        ]
        assert protoc.main(["protoc", *arguments]) == 0
        files = descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tfplugin5.{name}"))


def _schema(messages: Callable[[str], Any]) -> Any:
    kept = json.loads(KEPT.read_text())
    response = messages("GetProviderSchema.Response")()
    _fill(response.provider.block, kept["provider"]["block"])
    for kind in KINDS.values():
        for name, each in kept[kind].items():
            _fill(getattr(response, kind)[name].block, each["block"])
    return response


def _fill(block: Any, kept: Mapping[str, Any]) -> None:
    for name, each in kept["attributes"].items():
        attribute = block.attributes.add(name=name, type=json.dumps(each["type"]).encode())
        for flag in ("required", "optional", "computed", "write_only"):
            setattr(attribute, flag, each.get(flag, False))
    for name, each in kept.get("block_types", {}).items():
        nested = block.block_types.add(
            type_name=name, nesting=_NESTING[each["nesting_mode"]], min_items=each.get("min_items", 0)
        )
        nested.block.SetInParent()
        _fill(nested.block, each["block"])
