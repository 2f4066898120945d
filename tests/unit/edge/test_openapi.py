"""The OpenAPI document: valid, committed as generated, and true to the contract."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from mesh.contract import load_descriptors, read_contract
from mesh.edge.openapi import openapi

ROOT = Path(__file__).parents[3]
DOCUMENT = openapi(load_descriptors())


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def operation(name: str) -> dict[str, Any]:
    return next(each for path in DOCUMENT["paths"].values() for each in path.values() if each["operationId"] == name)


def test_the_document_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_the_committed_document_is_the_generated_one() -> None:
    committed = json.loads((ROOT / "gateway" / "openapi.json").read_text(encoding="utf-8"))
    assert committed == DOCUMENT, "run `make generate`"


def test_every_rest_route_is_described_with_its_permission() -> None:
    described = {each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()}
    methods = [method for method in read_contract(load_descriptors()).methods if method.bindings]
    assert described >= {f"{method.service.rpartition('.')[2]}_{method.name}" for method in methods}
    assert all(operation(name)["description"] and operation(name)["x-permission"] for name in described)


def test_a_path_has_one_parameter_per_segment_with_its_rule() -> None:
    watch = DOCUMENT["paths"]["/v1/organizations/{organization}/generations/{generation}:watch"]["get"]
    names = {each["name"]: each for each in watch["parameters"]}
    assert set(names) == {"organization", "generation", "afterSequence"}
    assert names["generation"]["schema"]["pattern"] == "^[a-z0-9][a-z0-9-]{0,62}$"
    assert set(watch["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}


def test_a_public_operation_needs_no_token() -> None:
    assert operation("AccountsService_IssueToken")["security"] == []
    assert "401" not in operation("AccountsService_IssueToken")["responses"]
    assert "security" not in operation("AccountsService_GetCaller")


@pytest.mark.parametrize(
    ("message", "good"),
    [
        ({"signInCode": "x" * 16}, True),
        ({"session": {"secret": "x" * 16}}, True),
        ({"signInCode": "x" * 15}, False),
        ({}, False),
        ({"signInCode": "x" * 16, "session": {"secret": "x" * 16}}, False),
    ],
    ids=str,
)
def test_rules_and_choices_are_keywords(message: Any, good: bool) -> None:  # noqa: FBT001
    assert schema("candor.accounts.v1.IssueTokenRequest").is_valid(message) is good


def test_what_the_path_sets_is_not_in_the_body() -> None:
    body = DOCUMENT["components"]["schemas"]["candor.generation.v1.CreateGenerationRequest.Body"]
    assert set(body["properties"]) == {"generation", "requestId"}
    assert body["required"] == ["generation"]
