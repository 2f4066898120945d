"""What an Envoy itself answers when a call does not reach a service: Candor's errors, in the caller's protocol.

REST callers get `google.rpc.Status` as JSON. gRPC and gRPC-Web callers get the same details in
`grpc-status-details-bin`, for the replies that have a gRPC code; the others keep Envoy's own grpc-status.
"""

import base64
from dataclasses import dataclass
from typing import Any

from google.protobuf import duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

Json = dict[str, Any]

_DETAILS = "response.code_details"


@dataclass(frozen=True)
class Reply:
    """One kind of local reply: when it is meant, and what it says."""

    when: str
    """A CEL expression over the response."""
    http: int
    """The HTTP status that REST callers get, whatever Envoy chose."""
    code: int
    """The gRPC code in the JSON body."""
    reason: str
    """A value of `candor.errors.v1.ErrorReason` without its prefix."""
    message: str
    """What to do next; `{body}` stands for what Envoy says, where it helps."""
    grpc_code: int | None = None
    """The code that gRPC callers get, where details go with it."""
    retry_s: int | None = None
    """After how many seconds trying again may help."""


# The first that matches is given. Envoy's words for a token: source/extensions/filters/http/jwt_authn.
REPLIES = (
    Reply(
        f"{_DETAILS}.contains('Jwks_remote_fetch')",
        503,
        code_pb2.UNAVAILABLE,
        "SERVICE_UNAVAILABLE",
        "Tokens cannot be checked at the moment. Try again in a few seconds.",
        code_pb2.UNAVAILABLE,
        retry_s=1,
    ),
    Reply(
        f"{_DETAILS}.contains('Jwt_is_missing')",
        401,
        code_pb2.UNAUTHENTICATED,
        "TOKEN_MISSING",
        "Sign in first: this call needs a token.",
        code_pb2.UNAUTHENTICATED,
    ),
    Reply(
        f"{_DETAILS}.contains('Jwt_is_expired')",
        401,
        code_pb2.UNAUTHENTICATED,
        "TOKEN_EXPIRED",
        "The token has expired. Ask for a new one.",
        code_pb2.UNAUTHENTICATED,
    ),
    Reply(
        f"{_DETAILS}.startsWith('jwt_authn_access_denied')",
        401,
        code_pb2.UNAUTHENTICATED,
        "TOKEN_INVALID",
        "The token is not one of ours. Sign in again.",
        code_pb2.UNAUTHENTICATED,
    ),
    Reply(
        "response.code == 400",
        400,
        code_pb2.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
        "{body}",
    ),
    Reply(
        "response.code == 403",
        403,
        code_pb2.PERMISSION_DENIED,
        "PERMISSION_DENIED",
        "The call comes from a page of another origin. Open Candor's own page.",
    ),
    Reply(
        "response.code == 404",
        404,
        code_pb2.NOT_FOUND,
        "UNIMPLEMENTED",
        "Nothing is served at this path. See /docs for what is.",
        code_pb2.UNIMPLEMENTED,
    ),
    Reply(
        "response.code == 413",
        413,
        code_pb2.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
        "The request is too large. Send less at once.",
    ),
    Reply(
        "response.code == 429",
        429,
        code_pb2.RESOURCE_EXHAUSTED,
        "OVERLOADED",
        "Too much at once. Try again in a few seconds.",
        retry_s=1,
    ),
    Reply(
        f"{_DETAILS}.contains('max_duration_timeout')",
        504,
        code_pb2.DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
        "The call's deadline has passed. Try again, or ask for less.",
        # Envoy's own word would be UNAVAILABLE, which asks for another try.
        code_pb2.DEADLINE_EXCEEDED,
    ),
    Reply(
        "response.code == 408 || response.code == 504",
        504,
        code_pb2.DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
        "The call took too long. Try again, or ask for less.",
    ),
    Reply(
        "response.code == 502 || response.code == 503",
        503,
        code_pb2.UNAVAILABLE,
        "SERVICE_UNAVAILABLE",
        "A service that this call needs does not answer. Try again in a few seconds.",
        code_pb2.UNAVAILABLE,
        retry_s=1,
    ),
    Reply(
        "response.code == 500",
        500,
        code_pb2.INTERNAL,
        "INTERNAL",
        "Something went wrong inside. Give the x-request-id of the response to whoever runs Candor.",
    ),
)

# A REST call is one that was transcoded, or was never gRPC: the transcoder has changed its content type.
_REST: Json = {
    "or_filter": {
        "filters": [
            {"header_filter": {"header": {"name": "x-envoy-original-path", "present_match": True}}},
            {
                "header_filter": {
                    "header": {
                        "name": "content-type",
                        "string_match": {"prefix": "application/grpc"},
                        "invert_match": True,
                        "treat_missing_header_as_empty": True,
                    }
                }
            },
        ]
    }
}


def local_replies(headers: list[Json]) -> Json:
    """The `local_reply_config`: the REST form of every reply first, then the gRPC form of some.

    Args:
        headers: What REST replies carry besides (`HeaderValueOption`).
    """
    rest = [_rest_mapper(reply, headers) for reply in REPLIES]
    return {"mappers": [*rest, _web_deadline(), *grpc_replies()["mappers"]]}


def grpc_replies() -> Json:
    """The `local_reply_config` where gRPC alone is spoken, as between services."""
    return {"mappers": [_grpc_mapper(reply, reply.grpc_code) for reply in REPLIES if reply.grpc_code is not None]}


def _rest_mapper(reply: Reply, headers: list[Json]) -> Json:
    details: list[Json] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reply.reason, "domain": "candor"}
    ]
    if reply.retry_s is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{reply.retry_s}s"})
    message = reply.message.replace("{body}", "%LOCAL_REPLY_BODY%")
    return {
        "filter": {"and_filter": {"filters": [_cel(reply.when), _REST]}},
        "status_code": reply.http,
        "headers_to_add": headers,
        "body_format_override": {
            "content_type": "application/json",
            "json_format": {"code": reply.code, "message": message, "details": details},
        },
    }


def _grpc_mapper(reply: Reply, grpc_code: int) -> Json:
    status = status_pb2.Status(code=grpc_code, message=reply.message)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reply.reason, domain="candor"))
    if reply.retry_s is not None:
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=reply.retry_s)))
    details = base64.b64encode(status.SerializeToString()).decode().rstrip("=")
    return {
        "filter": _cel(reply.when),
        "status_code": reply.http,
        "body": {"inline_string": reply.message},
        "headers_to_add": [
            {"header": {"key": "grpc-status", "value": str(grpc_code)}},
            {"header": {"key": "grpc-status-details-bin", "value": details}},
        ],
    }


def _web_deadline() -> Json:
    """A gRPC-Web caller's passed deadline.

    Envoy makes their codes out of HTTP's, none of which becomes this one, but leaves what looks like gRPC-Web alone.
    """
    reply = next(each for each in REPLIES if each.grpc_code == code_pb2.DEADLINE_EXCEEDED)
    mapper = _grpc_mapper(reply, code_pb2.DEADLINE_EXCEEDED)
    web = {"header_filter": {"header": {"name": "x-grpc-web", "present_match": True}}}
    return {
        **mapper,
        "filter": {"and_filter": {"filters": [mapper["filter"], web]}},
        "status_code": 200,
        "headers_to_add": [*mapper["headers_to_add"], {"header": {"key": "grpc-message", "value": reply.message}}],
        "body": {"inline_string": ""},
        "body_format_override": {
            "content_type": "application/grpc-web+proto",
            "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"},
        },
    }


def _cel(expression: str) -> Json:
    return {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                "expression": expression,
            },
        }
    }
