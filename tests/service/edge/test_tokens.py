"""Who passes the edge: every way a token can come, and every way it can be wrong."""

import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from edge_stand import JWKS_CACHE_S, Stand
from waiting import wait_for

from mesh.contract import Method, load_descriptors, read_contract

GET_CALLER = "/v1/caller"
METHODS = read_contract(load_descriptors()).methods


def reason(response: httpx.Response) -> Any:
    return response.json()["details"][0]["reason"]


def test_a_token_in_the_authorization_header_passes_and_is_handed_on(edge: Stand) -> None:
    token = edge.keys.token()
    assert edge.call("GET", GET_CALLER, token=token).status_code == 200
    assert edge.services.seen[0].metadata["authorization"] == f"Bearer {token}"


def test_a_token_in_the_cookie_passes_and_is_handed_on(edge: Stand) -> None:
    token = edge.keys.token()
    response = edge.call("GET", GET_CALLER, token=None, headers={"cookie": f"theme=dark; candor_token={token}"})
    assert response.status_code == 200
    assert f"candor_token={token}" in edge.services.seen[0].metadata["cookie"]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": int(time.time()) - 60}, "TOKEN_EXPIRED"),
        ({"exp": None}, "TOKEN_INVALID"),
        ({"aud": "elsewhere"}, "TOKEN_INVALID"),
        ({"aud": None}, "TOKEN_INVALID"),
        ({"iss": "elsewhere"}, "TOKEN_INVALID"),
        ({"kid": "unknown", "key": Ed25519PrivateKey.generate()}, "TOKEN_INVALID"),
        ({"kid": "first", "key": Ed25519PrivateKey.generate()}, "TOKEN_INVALID"),
    ],
)
def test_a_token_that_is_wrong_is_refused_with_its_reason(edge: Stand, claims: dict[str, Any], expected: str) -> None:
    response = edge.call("GET", GET_CALLER, token=edge.keys.token(**claims))
    assert (response.status_code, reason(response), response.json()["code"]) == (401, expected, 16)
    assert edge.services.seen == []


@pytest.mark.parametrize("token", ["x", "a.b.c", "é"])
def test_what_is_no_token_is_refused(edge: Stand, token: str) -> None:
    response = edge.client.get(GET_CALLER, headers=[(b"authorization", f"Bearer {token}".encode())])
    assert (response.status_code, reason(response)) == (401, "TOKEN_INVALID")


def test_an_unsigned_token_is_refused(edge: Stand) -> None:
    header = "eyJhbGciOiJub25lIiwia2lkIjoiZmlyc3QifQ"
    payload = edge.keys.token().split(".")[1]
    response = edge.call("GET", GET_CALLER, token=f"{header}.{payload}.")
    assert (response.status_code, reason(response)) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_an_rpc_asks_for_a_token_unless_it_is_public(edge: Stand, method: Method) -> None:
    """By native gRPC's path, which also serves REST and gRPC-Web."""
    response = edge.client.post(
        method.path, headers={"content-type": "application/grpc-web+proto"}, content=b"\x00\x00\x00\x00\x00"
    )
    assert (response.headers.get("grpc-status") == "16") is not method.public
    assert bool(edge.services.seen) is method.public


def test_a_rotated_key_is_picked_up(edge: Stand) -> None:
    edge.keys.private["second"] = Ed25519PrivateKey.generate()
    token = edge.keys.token(kid="second")
    wait_for(lambda: edge.call("GET", GET_CALLER, token=token).status_code == 200, "the new key", JWKS_CACHE_S + 5)
    assert edge.call("GET", GET_CALLER, token=edge.keys.token(kid="first")).status_code == 200


def test_a_change_for_a_page_of_another_origin_is_refused(edge: Stand) -> None:
    path = "/v1/organizations/local/generations"
    headers = {"cookie": f"candor_token={edge.keys.token()}", "origin": "http://localhost:3000"}
    response = edge.call("POST", path, token=None, headers=headers, json={})
    assert (response.status_code, reason(response)) == (403, "PERMISSION_DENIED")
    assert edge.call("POST", path, token=None, headers=headers | {"origin": "null"}, json={}).status_code == 403
    assert edge.services.seen == []
    assert edge.call("POST", path, token=None, headers=headers | {"origin": edge.edge}, json={}).status_code == 200
    assert edge.call("POST", path, json={}).status_code == 200
    ours = headers | {"origin": "https://candor.example"}
    assert edge.call("POST", path, token=None, headers=ours, json={}).status_code == 200
