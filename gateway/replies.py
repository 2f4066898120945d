"""Errors as `google.rpc.Status` in JSON, the form that the edge gives them too; and whose page is asking."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from services.kit import telemetry
from services.kit.errors import CandorError, Internal, InvalidArgument, NotFound, PermissionDenied
from services.kit.rpc.status import status_from_error

_log = telemetry.log("gateway")

# Details that a status may hold must be known to be printed.
_KNOWN_DETAILS = error_details_pb2.DESCRIPTOR

# As in google/rpc/code.proto.
_HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


def status_json(error: CandorError) -> dict[str, Any]:
    """The error's `google.rpc.Status` in protobuf's JSON."""
    status: dict[str, Any] = MessageToDict(status_from_error(error))
    return status


def error_reply(error: CandorError) -> JSONResponse:
    """The error as a response."""
    return JSONResponse(status_json(error), _HTTP.get(error.code, 500), headers={"cache-control": "no-store"})


def answer_errors(app: FastAPI) -> None:
    """Has every error of the app answered as a status; of an unknown one the caller learns a trace id."""

    def on_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, CandorError)
        return error_reply(error)

    def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return error_reply(NotFound("UNIMPLEMENTED", "Nothing is served at this path. See /docs for what is."))
        reply = error_reply(InvalidArgument("INVALID_ARGUMENT", f"{request.method} does not work here."))
        reply.status_code = error.status_code
        return reply

    def on_unknown(request: Request, error: Exception) -> JSONResponse:
        trace_id = telemetry.trace_id()
        _log.error("request_failed", path=request.url.path, error=type(error).__name__)
        text = f"Something went wrong (trace {trace_id}). Try again, or tell whoever runs Candor."
        return error_reply(Internal("INTERNAL", text, metadata={"trace_id": trace_id}))

    app.add_exception_handler(CandorError, on_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_unknown)


def check_origin(headers: Headers, origins: Sequence[str]) -> None:
    """Lets a call pass that comes from our own page, or from no page at all.

    Raises:
        PermissionDenied: A browser sent it for a page of another origin.
    """
    origin = headers.get("origin")
    if origin is None or origin in origins:
        return
    if urlsplit(origin).netloc != headers.get("host"):
        raise PermissionDenied(
            "PERMISSION_DENIED", "The call comes from a page of another origin. Open Candor's own page."
        )
