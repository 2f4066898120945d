"""Routes: which service answers which path, and for how long. Generated from the contract, RPC by RPC.

A REST call passes the routes twice: with its own path, which decides how it is transcoded, and with the path
of its RPC, which decides who answers. A path under /v1/ or /candor. that is not listed does not exist.
"""

from mesh.callers import Limits
from mesh.contract import Contract, Method
from mesh.edge.filters import BODY_LIMIT, TRANSCODER, transcoder
from mesh.edge.settings import EdgeSettings
from mesh.envoy import Json, retries, seconds, typed

_NOT_FOUND = {"status": 404, "body": {"inline_string": "not found"}}
_NO_TRANSCODER = {
    TRANSCODER: {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True, "config": {}}
}
# A POST takes its fields from the body (the contract sees to it); the transcoder would let a query override them.
_QUERY_BESIDE_BODY = {
    "match": {
        "prefix": "/v1/",
        "headers": [
            {"name": ":method", "string_match": {"exact": "POST"}},
            {"name": ":path", "string_match": {"contains": "?"}},
        ],
    },
    "direct_response": {
        "status": 400,
        "body": {"inline_string": "A POST takes its fields from the body: move the query's there."},
    },
    "typed_per_filter_config": _NO_TRANSCODER,
}
# No service reads these, and each would become metadata of every call.
_UNREAD = [
    *("accept", "accept-encoding", "accept-language", "origin", "referer", "priority", "dnt", "x-user-agent"),
    *("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"),
    "x-forwarded-proto",
]
_API_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def header(key: str, value: str) -> Json:
    """A header that is added where it is absent."""
    return {"header": {"key": key, "value": value}, "append_action": "ADD_IF_ABSENT"}


def security_headers(settings: EdgeSettings) -> list[Json]:
    """What every response carries."""
    headers = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    if settings.tls:
        headers["strict-transport-security"] = "max-age=31536000"
    return [header(key, value) for key, value in headers.items()]


def api_headers() -> list[Json]:
    """What responses of RPCs carry besides."""
    return [header(key, value) for key, value in _API_HEADERS.items()]


def virtual_host(settings: EdgeSettings, contract: Contract, limits: Limits | None) -> Json:
    """The one virtual host: streams over REST, RPCs, REST paths, WebSockets, then the gateway's pages.

    Args:
        settings: How long calls may take.
        contract: The RPCs.
        limits: How calls are repeated; None where another does that.
    """
    return {
        "name": "candor",
        "domains": ["*"],
        "routes": [
            _QUERY_BESIDE_BODY,
            *_event_streams(settings, contract, limits),
            *(_rpc(settings, method, limits) for method in contract.methods),
            # Passed before transcoding and by what no RPC matches; the transcoder answers first.
            {"match": {"prefix": "/candor."}, "direct_response": _NOT_FOUND},
            {"match": {"prefix": "/v1/"}, "direct_response": _NOT_FOUND},
            {
                "match": {"prefix": "/ws/"},
                "route": {
                    "cluster": "gateway",
                    "timeout": "0s",
                    "idle_timeout": seconds(settings.stream_idle_timeout),
                    "upgrade_configs": [{"upgrade_type": "websocket", "enabled": True}],
                },
                # An upgraded request has no end that could be waited for.
                "typed_per_filter_config": {
                    **_NO_TRANSCODER,
                    BODY_LIMIT: typed("filters.http.buffer.v3.BufferPerRoute", disabled=True),
                },
            },
            {
                "match": {"prefix": "/"},
                "route": {"cluster": "gateway", "timeout": seconds(settings.request_timeout)},
                "typed_per_filter_config": _NO_TRANSCODER,
            },
        ],
    }


def _rpc(settings: EdgeSettings, method: Method, limits: Limits | None) -> Json:
    """The route of one RPC, as native gRPC, gRPC-Web or transcoded REST reach it."""
    limit = settings.stream_timeout if method.server_streaming else settings.request_timeout
    idle = settings.stream_idle_timeout if method.server_streaming else settings.request_timeout
    return {
        "match": {"path": method.path},
        "route": {
            "cluster": method.room,
            "timeout": "0s" if method.server_streaming else seconds(limit),
            "idle_timeout": seconds(idle),
            "max_stream_duration": {"max_stream_duration": seconds(limit), "grpc_timeout_header_max": seconds(limit)},
            **(retries(limits, method) if limits else {}),
        },
        # REST callers send no deadline; services shall have one.
        "request_headers_to_add": [header("grpc-timeout", f"{limit.total_seconds():.0f}S")],
        "request_headers_to_remove": _UNREAD,
        "response_headers_to_add": api_headers(),
    }


def _event_streams(settings: EdgeSettings, contract: Contract, limits: Limits | None) -> list[Json]:
    """Routes for REST streams whose caller asks for server-sent events; each carries its own transcoder."""
    per_filter = {TRANSCODER: transcoder(settings, contract, sse=True)}
    accepts = {"name": "accept", "string_match": {"prefix": "text/event-stream"}}
    routes = []
    for method in contract.methods:
        for binding in method.bindings if method.server_streaming else ():
            verb = {"name": ":method", "string_match": {"exact": binding.verb.upper()}}
            routes.append(
                {
                    **_rpc(settings, method, limits),
                    "match": {"safe_regex": {"regex": binding.regex}, "headers": [accepts, verb]},
                    "typed_per_filter_config": per_filter,
                }
            )
    return routes
