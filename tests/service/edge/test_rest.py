"""REST through the edge: what a path names stays named, and errors are JSON."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from edge_stand import ROOMS, Stand, envoy, free_port
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from waiting import wait_for

from mesh.contract import Binding, Method, json_path, load_descriptors, read_contract

METHODS = read_contract(load_descriptors()).methods
IDS = {"organizations": "local", "dataSources": "sample", "generations": "g1", "qualityReports": "q1"}
FOREIGN = {
    "name": "organizations/foreign/dataSources/secret",
    "parent": "organizations/foreign",
    "data_source": "organizations/foreign/dataSources/secret",
}


def path_of(binding: Binding) -> str:
    """The path of a call about the local organization's own resources."""
    segments = binding.expanded.split("/")
    return "/".join(
        segment.replace("*", IDS[segments[at - 1]]) if segment.startswith("*") else segment
        for at, segment in enumerate(segments)
    )


def bound() -> Iterator[Any]:
    """Every field that a path sets, in both of its spellings."""
    for method in METHODS:
        for binding in method.bindings:
            for field in binding.path_fields:
                for spelling in sorted({field, json_path(field)}):
                    yield pytest.param(method, binding, field, spelling, id=f"{method.name}-{spelling}")


def nested_texts() -> Iterator[Any]:
    """Every text field one message deep in a body, as a query parameter in both spellings."""
    for method in METHODS:
        message = descriptor_pool.Default().FindMessageTypeByName(method.input_type)
        for binding in method.bindings if method.bindings and method.bindings[0].body else ():
            for outer in message.fields:
                if outer.message_type is None or outer.is_repeated:
                    continue
                for inner in outer.message_type.fields:
                    if inner.type == FieldDescriptor.TYPE_STRING and not inner.is_repeated:
                        for query in sorted({f"{outer.name}.{inner.name}", f"{outer.json_name}.{inner.json_name}"}):
                            yield pytest.param(binding, outer, inner, query, id=f"{method.name}-{query}")


def named(request: Any, field: str) -> str:
    value = request
    for part in field.split("."):
        value = getattr(value, part)
    return str(value)


def own(binding: Binding) -> str:
    """What the path names, as the field's value."""
    return path_of(binding).removeprefix("/v1/").split(":")[0]


@pytest.mark.parametrize(("method", "binding", "field", "spelling"), list(bound()))
def test_a_query_parameter_never_overrides_the_path(
    edge: Stand, method: Method, binding: Binding, field: str, spelling: str
) -> None:
    body: dict[str, Any] = {"json": {}} if binding.body else {}
    edge.call(binding.verb, path_of(binding), params={spelling: FOREIGN[field]}, **body)
    values = {named(seen.request, field) for seen in edge.services.seen}
    assert all(own(binding).startswith(value) and value for value in values)


@pytest.mark.parametrize(("method", "binding", "field", "spelling"), list(bound()))
def test_a_body_never_overrides_the_path(
    edge: Stand, method: Method, binding: Binding, field: str, spelling: str
) -> None:
    edge.call(binding.verb, path_of(binding), content=json.dumps({spelling: FOREIGN[field]}))
    values = {named(seen.request, field) for seen in edge.services.seen}
    assert all(own(binding).startswith(value) and value for value in values)


@pytest.mark.parametrize(("binding", "outer", "inner", "query"), list(nested_texts()))
def test_a_query_parameter_never_overrides_the_body(
    edge: Stand, binding: Binding, outer: FieldDescriptor, inner: FieldDescriptor, query: str
) -> None:
    body = {outer.json_name: {inner.json_name: "from the body"}}
    edge.call(binding.verb, path_of(binding), params={query: "from the query"}, json=body)
    values = {named(seen.request, f"{outer.name}.{inner.name}") for seen in edge.services.seen}
    assert values <= {"from the body"}


@pytest.mark.parametrize(
    ("method", "binding"),
    [pytest.param(method, each, id=method.name) for method in METHODS for each in method.bindings],
)
def test_every_route_reaches_its_rpc(edge: Stand, method: Method, binding: Binding) -> None:
    body: dict[str, Any] = {"json": {}} if binding.body else {}
    response = edge.call(binding.verb, path_of(binding), **body)
    assert response.status_code == 200, response.text
    assert [seen.path for seen in edge.services.seen] == [method.path]
    for field in binding.path_fields:
        assert own(binding).startswith(named(edge.services.seen[0].request, field))


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/v1/organizations/local/generations/g1:nope"),
        ("POST", "/v1/organizations/local/generations/g1:nope"),
        ("GET", "/v1/nothing"),
        ("PUT", "/v1/caller"),
        ("POST", "/candor.accounts.v1.AccountsService/GetCaller"),
        ("POST", "/candor.accounts.v1.AccountsService/Nothing"),
        ("POST", "/grpc.health.v1.Health/Check"),
    ],
)
def test_what_does_not_exist_is_not_found(edge: Stand, verb: str, path: str) -> None:
    response = edge.call(verb, path, headers={"content-type": "application/json"}, content=b"{}")
    assert response.status_code in {404, 405}, response.text
    assert response.json()["details"][0]["domain"] == "candor"
    assert edge.services.seen == []


def test_an_escaped_slash_is_refused(edge: Stand) -> None:
    response = edge.call("GET", "/v1/organizations/local%2Fgenerations%2Fg1/generations")
    assert response.status_code == 400
    assert edge.services.seen == []


def test_a_header_with_an_underscore_is_refused(edge: Stand) -> None:
    assert edge.call("GET", "/v1/caller", headers={"x_user": "someone"}).status_code == 400
    assert edge.services.seen == []


def test_an_unknown_query_parameter_is_refused(edge: Stand) -> None:
    response = edge.call("GET", "/v1/caller", params={"nothing": "1"})
    assert (response.status_code, response.json()["details"][0]["reason"]) == (400, "INVALID_ARGUMENT")
    assert edge.services.seen == []


def test_a_body_that_is_too_large_is_refused(edge: Stand) -> None:
    path = "/v1/organizations/local/generations"
    response = edge.call("POST", path, json={"generation": {"question": "x" * (5 * 1024 * 1024)}})
    assert (response.status_code, response.json()["details"][0]["reason"]) == (413, "INVALID_ARGUMENT")
    assert edge.services.seen == []
    assert edge.call("POST", path, json={"generation": {"question": "x" * (3 * 1024 * 1024)}}).status_code == 200


def test_a_body_that_is_no_json_is_refused(edge: Stand) -> None:
    response = edge.call("POST", "/v1/organizations/local/generations", content=b"\xff{")
    assert (response.status_code, response.json()["code"]) == (400, 3)


def test_an_error_of_a_service_keeps_its_details(edge: Stand) -> None:
    async def refuse(_request: Any, context: Any) -> Any:
        status = status_pb2.Status(code=5, message="There is no generation g1. <List> them.")
        info = error_details_pb2.ErrorInfo(
            reason="GENERATION_NOT_FOUND", domain="candor", metadata={"generation": "g1"}
        )
        status.details.add().Pack(info)
        told = rpc_status.to_status(status)
        await context.abort(told.code, told.details, told.trailing_metadata)

    edge.services.answers["/candor.generation.v1.GenerationService/GetGeneration"] = refuse
    response = edge.call("GET", "/v1/organizations/local/generations/g1")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "code": 5,
        "message": "There is no generation g1. <List> them.",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "GENERATION_NOT_FOUND",
                "domain": "candor",
                "metadata": {"generation": "g1"},
            }
        ],
    }


def test_a_rest_call_has_a_deadline_and_a_shorter_one_stands(edge: Stand) -> None:
    edge.call("GET", "/v1/caller")
    edge.call("GET", "/v1/caller", headers={"grpc-timeout": "2S"})
    first, second = (seen.time_remaining_s for seen in edge.services.seen)
    assert first is not None
    assert second is not None
    # gRPC rounds a deadline up, and its clock is coarse.
    assert second < 2.2 < first < 60.2


def test_headers_that_steer_envoy_are_not_believed(edge: Stand) -> None:
    headers = {"x-envoy-upstream-rq-timeout-ms": "1", "x-envoy-max-retries": "5", "x-envoy-retry-grpc-on": "internal"}

    async def fail(_request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.INTERNAL, "once")

    edge.services.answers["/candor.accounts.v1.AccountsService/GetCaller"] = fail
    assert edge.call("GET", "/v1/caller", headers=headers).status_code == 500
    assert len(edge.services.seen) == 1


def test_the_access_log_holds_neither_query_strings_nor_tokens(edge: Stand) -> None:
    token = edge.keys.token()
    edge.call("GET", "/v1/organizations/local/members", token=token, params={"page_token": "do-not-log-me"})
    edge.client.get("/signin", params={"code": "one-time-code-do-not-log"})
    forged = {"x-envoy-original-path": "/forged"}
    edge.call("GET", "/v1/caller", headers=forged | {"cookie": f"candor_token={token}"})
    edge.call("GET", "/v1/caller", token=token)
    lines = [json.loads(line) for line in _log_with(edge, edge.call("GET", "/v1/caller").headers["x-request-id"])]
    text = edge.log.read_text()
    assert {"/v1/organizations/local/members", "/signin", "/v1/caller"} <= {line["path"] for line in lines}
    assert not any(secret in text for secret in ("do-not-log", token.split(".")[2], "/forged"))


def _log_with(edge: Stand, request_id: str) -> list[str]:
    """The access log's lines, once the one of a request is among them."""
    wait_for(lambda: request_id in edge.log.read_text(), "the access log")
    return [line for line in edge.log.read_text().splitlines() if line.startswith("{")]


def test_responses_carry_security_headers(edge: Stand) -> None:
    for response in (edge.call("GET", "/v1/caller"), edge.call("GET", "/v1/caller", token=None)):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["server"] == "candor"
        assert "x-request-id" in response.headers


def test_a_service_that_is_down_is_unavailable(edge: Stand, tmp_path: Any) -> None:
    nowhere = {f"{room}_address": f"127.0.0.1:{free_port()}" for room in ROOMS}
    with envoy(tmp_path, gateway_address=edge.gateway, **nowhere) as (url, _pid):
        headers = {"authorization": f"Bearer {edge.keys.token()}"}
        response = httpx.get(f"{url}/v1/caller", headers=headers, trust_env=False)
    assert (response.status_code, response.json()["details"][0]["reason"]) == (503, "SERVICE_UNAVAILABLE")
    assert response.json()["details"][1]["retryDelay"] == "1s"
