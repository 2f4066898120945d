"""Sign-in and sessions: a code becomes cookies once, cookies are renewed and removed, keys are public."""

import json
import time
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest
from candor.accounts.v1 import accounts_service_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

ISSUE = "/candor.accounts.v1.AccountsService/IssueToken"
REVOKE = "/candor.accounts.v1.AccountsService/RevokeSession"
CODE = "code-code-code-code"
SECRET = "session-secret-0123456789"


def cookies(response: httpx.Response) -> dict[str, Morsel[str]]:
    found: SimpleCookie = SimpleCookie()
    for header in response.headers.get_list("set-cookie"):
        found.load(header)
    return dict(found)


async def issue(request: Any, _context: Any) -> accounts_service_pb2.IssueTokenResponse:
    response = accounts_service_pb2.IssueTokenResponse(token="a.new.token")
    response.expire_time.FromSeconds(int(time.time()) + 900)
    if request.WhichOneof("grant") == "sign_in_code":
        response.session_secret = SECRET
        response.session_expire_time.FromSeconds(int(time.time()) + 86_400)
    return response


def refuse(code: int, reason: str) -> Any:
    async def answer(_request: Any, context: Any) -> Any:
        status = status_pb2.Status(code=code, message="no")
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="candor"))
        told = rpc_status.to_status(status)
        await context.abort(told.code, told.details, told.trailing_metadata)

    return answer


def test_a_code_becomes_two_cookies_that_scripts_cannot_read(gateway: Any) -> None:
    gateway.services.answers[ISSUE] = issue
    response = gateway.client.get("/signin", params={"code": CODE})
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert gateway.services.seen[0].request.sign_in_code == CODE
    token, session = cookies(response)["candor_token"], cookies(response)["candor_session"]
    assert (token.value, token["path"], session.value, session["path"]) == ("a.new.token", "/", SECRET, "/session")
    for cookie in (token, session):
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "strict"
        assert not cookie["secure"]
    assert 890 <= int(token["max-age"]) <= 900
    assert 86_390 <= int(session["max-age"]) <= 86_400


@pytest.mark.parametrize(
    ("code", "reason", "word"),
    [
        (code_pb2.UNAUTHENTICATED, "SIGN_IN_CODE_INVALID", "invalid"),
        (code_pb2.INVALID_ARGUMENT, "INVALID_ARGUMENT", "invalid"),
        (code_pb2.NOT_FOUND, "SIGN_IN_CODE_INVALID", "invalid"),
        (code_pb2.UNAVAILABLE, "SERVICE_UNAVAILABLE", "unavailable"),
        (code_pb2.INTERNAL, "INTERNAL", "unavailable"),
    ],
)
def test_a_code_that_does_not_work_leads_back_with_a_word(gateway: Any, code: int, reason: str, word: str) -> None:
    gateway.services.answers[ISSUE] = refuse(code, reason)
    response = gateway.client.get("/signin", params={"code": CODE})
    assert (response.status_code, response.headers["location"]) == (303, f"/?signin={word}")
    assert not cookies(response)


def test_the_code_is_in_no_log(gateway: Any, capfd: pytest.CaptureFixture[str]) -> None:
    gateway.services.answers[ISSUE] = refuse(code_pb2.INTERNAL, "INTERNAL")
    gateway.client.get("/signin", params={"code": "do-not-log-this-code"})
    gateway.services.answers[ISSUE] = issue
    gateway.client.get("/signin", params={"code": "do-not-log-this-code"})
    logged = "".join(capfd.readouterr())
    assert "do-not-log" not in logged
    assert SECRET not in logged


def test_a_session_is_renewed(gateway: Any) -> None:
    gateway.services.answers[ISSUE] = issue
    headers = {"cookie": f"candor_session={SECRET}", "origin": gateway.origin}
    response = gateway.client.post("/session/refresh", headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert gateway.services.seen[0].request.session.secret == SECRET
    assert set(cookies(response)) == {"candor_token"}


def test_a_session_that_has_ended_is_forgotten(gateway: Any) -> None:
    gateway.services.answers[ISSUE] = refuse(code_pb2.UNAUTHENTICATED, "SESSION_INVALID")
    response = gateway.client.post("/session/refresh", headers={"cookie": f"candor_session={SECRET}"})
    assert (response.status_code, response.json()["details"][0]["reason"]) == (401, "SESSION_INVALID")
    assert {name: cookie["max-age"] for name, cookie in cookies(response).items()} == {
        "candor_token": "0",
        "candor_session": "0",
    }


def test_without_a_session_there_is_nothing_to_renew(gateway: Any) -> None:
    response = gateway.client.post("/session/refresh")
    assert (response.status_code, response.json()["details"][0]["reason"]) == (401, "SESSION_INVALID")
    assert gateway.services.seen == []


def test_a_session_is_kept_while_accounts_is_down(gateway: Any) -> None:
    gateway.services.answers[ISSUE] = refuse(code_pb2.UNAVAILABLE, "SERVICE_UNAVAILABLE")
    response = gateway.client.post("/session/refresh", headers={"cookie": f"candor_session={SECRET}"})
    assert (response.status_code, response.json()["details"][0]["reason"]) == (503, "SERVICE_UNAVAILABLE")
    assert not cookies(response)


def test_signing_out_revokes_the_session_and_removes_the_cookies(gateway: Any) -> None:
    response = gateway.client.post("/session/end", headers={"cookie": f"candor_session={SECRET}"})
    assert response.status_code == 204
    assert [(seen.path, seen.request.secret) for seen in gateway.services.seen] == [(REVOKE, SECRET)]
    assert {cookie["max-age"] for cookie in cookies(response).values()} == {"0"}


@pytest.mark.parametrize("path", ["/session/refresh", "/session/end"])
@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://elsewhere.example", "null"])
def test_a_session_is_no_other_pages_to_use(gateway: Any, path: str, origin: str) -> None:
    headers = {"cookie": f"candor_session={SECRET}", "origin": origin}
    response = gateway.client.post(path, headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, 7)
    assert gateway.services.seen == []


def test_the_public_keys_are_served_and_nothing_private(gateway: Any) -> None:
    response = gateway.client.get("/.well-known/jwks.json")
    assert response.headers["cache-control"] == "public, max-age=0"
    assert {key["kid"] for key in response.json()["keys"]} == set(gateway.keys.private)
    assert all(set(key) == {"kty", "crv", "alg", "use", "kid", "x"} for key in response.json()["keys"])
    assert '"d"' not in json.dumps(response.json())


def test_a_wrong_method_is_an_error_in_json(gateway: Any) -> None:
    response = gateway.client.put("/signin")
    assert (response.status_code, response.json()["details"][0]["domain"]) == (405, "candor")
