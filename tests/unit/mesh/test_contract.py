"""The contract as the edge reads it: fresh, whole, and refused when it breaks a rule the edge relies on."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from candor.access.v1 import access_pb2
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from hypothesis import given
from hypothesis import strategies as st

from mesh.contract import Binding, ContractError, json_path, load_descriptors, read_contract

ROOT = Path(__file__).parents[3]
PERMISSION: Any = access_pb2.permission


def method_of(descriptors: descriptor_pb2.FileDescriptorSet, name: str) -> descriptor_pb2.MethodDescriptorProto:
    return next(
        method
        for file in descriptors.file
        for service in file.service
        for method in service.method
        if method.name == name
    )


def test_the_committed_descriptors_are_those_of_the_protos(tmp_path: Path) -> None:
    buf = shutil.which("buf", path=str(Path(sys.executable).parent)) or shutil.which("buf")
    assert buf, "buf is not installed"
    fresh = tmp_path / "fresh.binpb"
    subprocess.run([buf, "build", "-o", str(fresh), "--as-file-descriptor-set"], cwd=ROOT, check=True)
    assert fresh.read_bytes() == (ROOT / "mesh/descriptors.binpb").read_bytes(), "run `make generate`"


def test_every_rpc_has_a_permission_and_a_room() -> None:
    contract = read_contract(load_descriptors())
    assert contract.rooms == ("accounts", "documents", "generation", "modelhub", "validation")
    assert all(method.permission for method in contract.methods)


def test_errors_can_be_told_with_their_details() -> None:
    assert "google/rpc/error_details.proto" in {file.name for file in load_descriptors().file}


def forget_permission(method: descriptor_pb2.MethodDescriptorProto) -> None:
    method.options.ClearExtension(PERMISSION)


def take_a_bound_field_from_the_query(method: descriptor_pb2.MethodDescriptorProto) -> None:
    method.options.Extensions[annotations_pb2.http].get = "/v1/generation"


def take_a_part_as_the_body(method: descriptor_pb2.MethodDescriptorProto) -> None:
    method.options.Extensions[annotations_pb2.http].post = "/v1/{name=organizations/*/generations/*}:part"
    method.options.Extensions[annotations_pb2.http].body = "name"


def use_a_verb_of_its_own(method: descriptor_pb2.MethodDescriptorProto) -> None:
    method.options.Extensions[annotations_pb2.http].custom.kind = "HEAD"


@pytest.mark.parametrize(
    "break_it", [forget_permission, take_a_bound_field_from_the_query, take_a_part_as_the_body, use_a_verb_of_its_own]
)
def test_a_contract_that_the_edge_cannot_keep_is_refused(
    break_it: Callable[[descriptor_pb2.MethodDescriptorProto], None],
) -> None:
    descriptors = load_descriptors()
    break_it(method_of(descriptors, "GetGeneration"))
    with pytest.raises(ContractError):
        read_contract(descriptors)


def test_a_service_outside_our_packages_is_refused() -> None:
    descriptors = load_descriptors()
    next(file for file in descriptors.file if file.service).package = "elsewhere.v1"
    with pytest.raises(ContractError):
        read_contract(descriptors)


def test_path_bound_parameters_have_both_spellings() -> None:
    assert {"data_source", "dataSource", "name", "parent"} <= set(
        read_contract(load_descriptors()).path_bound_parameters
    )


@pytest.mark.parametrize(
    ("field", "expected"),
    [("name", "name"), ("data_source", "dataSource"), ("data_source.display_name", "dataSource.displayName")],
)
def test_json_spells_a_field_in_camel_case(field: str, expected: str) -> None:
    assert json_path(field) == expected


IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


@given(organization=IDS, generation=IDS, verb=st.sampled_from(["", ":watch", ":cancel", "/x", "?a=b"]))
def test_a_bindings_expression_matches_its_own_paths_alone(organization: str, generation: str, verb: str) -> None:
    binding = Binding("get", "/v1/{name=organizations/*/generations/*}:watch", "")
    path = f"/v1/organizations/{organization}/generations/{generation}{verb}"
    assert bool(re.fullmatch(binding.regex, path)) is (verb == ":watch")
