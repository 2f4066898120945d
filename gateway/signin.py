"""Sign-in, sessions and public keys: what turns a printed link into cookies, and keeps them fresh.

`candor_token` is the token, sent with every call. `candor_session` is the secret that renews it, sent to
/session alone. Scripts can read neither.
"""

import asyncio
import time
from datetime import UTC, datetime

import grpc
from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.replies import check_origin, error_reply
from gateway.settings import GatewaySettings
from services.kit import telemetry
from services.kit.errors import (
    CandorError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from services.kit.identity import COOKIE as TOKEN_COOKIE

SESSION_COOKIE = "candor_session"
# Each cookie is sent where it is needed and nowhere else.
_PATHS = {TOKEN_COOKIE: "/", SESSION_COOKIE: "/session"}

_NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
# What accounts raises for a proof that it refuses; anything else is trouble of ours.
_REFUSED = (InvalidArgument, NotFound, FailedPrecondition, Unauthenticated, PermissionDenied)
# The edge sets it and lets nobody else set it.
_ADDRESS = "x-envoy-external-address"
_log = telemetry.log("signin")


def router(settings: GatewaySettings, accounts: grpc.aio.Channel) -> APIRouter:
    """The routes `/signin`, `/session/refresh` and `/session/end`."""
    routes = APIRouter()
    stub = accounts_service_pb2_grpc.AccountsServiceStub(accounts)
    secure = settings.secure_cookies

    @routes.get("/signin")
    async def sign_in(request: Request, code: str = "") -> Response:
        """Exchanges a one-time code for cookies and goes on to the web app, which says how it went."""
        try:
            proof = accounts_service_pb2.IssueTokenRequest(sign_in_code=code)
            issued = await stub.IssueToken(proof, metadata=_outside(request))
        except CandorError as error:
            _log.info("sign_in_refused", reason=error.reason)
            word = "invalid" if isinstance(error, _REFUSED) else "unavailable"
            return RedirectResponse(f"/?signin={word}", 303, _NO_STORE)
        reply = RedirectResponse("/", 303, _NO_STORE)
        _set_cookie(reply, TOKEN_COOKIE, issued.token, issued.expire_time, secure=secure)
        _set_cookie(reply, SESSION_COOKIE, issued.session_secret, issued.session_expire_time, secure=secure)
        return reply

    @routes.post("/session/refresh")
    async def refresh(request: Request) -> Response:
        """Gives a session's browser a fresh token; 401 when the session has ended."""
        check_origin(request.headers, settings.origins)
        grant = accounts_service_pb2.SessionGrant(secret=_secret(request))
        try:
            proof = accounts_service_pb2.IssueTokenRequest(session=grant)
            issued = await stub.IssueToken(proof, metadata=_outside(request))
        except _REFUSED as error:
            _log.info("session_refused", reason=error.reason)
            return _forget(error_reply(_signed_out()), secure=secure)
        reply = Response(status_code=204, headers=_NO_STORE)
        _set_cookie(reply, TOKEN_COOKIE, issued.token, issued.expire_time, secure=secure)
        return reply

    @routes.post("/session/end")
    async def end(request: Request) -> Response:
        """Signs out: the session is revoked and the cookies are removed."""
        check_origin(request.headers, settings.origins)
        if SESSION_COOKIE in request.cookies:
            await stub.RevokeSession(accounts_service_pb2.RevokeSessionRequest(secret=_secret(request)))
        return _forget(Response(status_code=204, headers=_NO_STORE), secure=secure)

    return routes


def keys_router(settings: GatewaySettings, accounts: grpc.aio.Channel) -> APIRouter:
    """The route `/.well-known/jwks.json`: the public keys of accounts, kept briefly."""
    routes = APIRouter()
    stub = accounts_service_pb2_grpc.AccountsServiceStub(accounts)
    lock = asyncio.Lock()
    max_age_s = settings.jwks_cache.total_seconds()
    kept: list[tuple[float, JSONResponse]] = []

    @routes.get("/.well-known/jwks.json")
    async def jwks() -> Response:
        """The keys that tokens are signed with (RFC 7517); never a private one, for accounts has no field for it."""
        async with lock:
            if not kept or time.monotonic() - kept[0][0] > max_age_s:
                response = await stub.GetJwks(accounts_service_pb2.GetJwksRequest(), timeout=2)
                headers = {"cache-control": f"public, max-age={max_age_s:.0f}"}
                kept[:] = [(time.monotonic(), JSONResponse(MessageToDict(response), headers=headers))]
            return kept[0][1]

    return routes


def _outside(request: Request) -> tuple[tuple[str, str], ...]:
    """Where the person is, as the edge saw it: wrong proofs are counted for each address."""
    address = request.headers.get(_ADDRESS)
    return ((_ADDRESS, address),) if address else ()


def _secret(request: Request) -> str:
    secret = request.cookies.get(SESSION_COOKIE, "")
    if not secret:
        raise _signed_out()
    return secret


def _signed_out() -> Unauthenticated:
    return Unauthenticated("SESSION_INVALID", "You are signed out. Open a new sign-in link.")


def _set_cookie(reply: Response, name: str, value: str, expires: Timestamp, *, secure: bool) -> None:
    remaining = expires.ToDatetime(UTC) - datetime.now(UTC)
    reply.set_cookie(
        name,
        value,
        max_age=max(0, int(remaining.total_seconds())),
        path=_PATHS[name],
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def _forget(reply: Response, *, secure: bool) -> Response:
    for name, path in _PATHS.items():
        reply.delete_cookie(name, path=path, httponly=True, samesite="strict", secure=secure)
    return reply
