"""The HTTP filters, in their order: what happens to every call before a route is taken.

The transcoder stands before the token check, so that one rule per RPC covers REST, gRPC-Web and gRPC alike.
"""

from urllib.parse import urlsplit

from mesh.contract import DESCRIPTORS, Contract
from mesh.edge.settings import EdgeSettings
from mesh.envoy import Json, seconds, typed
from services.kit.identity import AUDIENCE, COOKIE, ISSUER

TRANSCODER = "envoy.filters.http.grpc_json_transcoder"
BODY_LIMIT = "envoy.filters.http.buffer"
JWKS_PATH = "/.well-known/jwks.json"


def http_filters(settings: EdgeSettings, contract: Contract) -> list[Json]:
    """All filters, outermost first."""
    return [
        same_origin(settings),
        body_limit(settings),
        {"name": "envoy.filters.http.grpc_web", "typed_config": typed("filters.http.grpc_web.v3.GrpcWeb")},
        {"name": TRANSCODER, "typed_config": transcoder(settings, contract)},
        {"name": "envoy.filters.http.jwt_authn", "typed_config": token_check(settings, contract)},
        {
            "name": "envoy.filters.http.router",
            "typed_config": typed("filters.http.router.v3.Router", suppress_envoy_headers=True),
        },
    ]


def transcoder(settings: EdgeSettings, contract: Contract, *, sse: bool = False) -> Json:
    """REST to gRPC and back. Streams come as one JSON object a line, or as server-sent events.

    Args:
        settings: The limits.
        contract: The services that are served.
        sse: Whether streams come as server-sent events; such a config stands on a route, which it then keeps.
    """
    delimiter = "stream_sse_style_delimited" if sse else "stream_newline_delimited"
    return typed(
        "filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        proto_descriptor=str(DESCRIPTORS),
        services=list(contract.services),
        match_incoming_request_route=sse,
        convert_grpc_status=True,
        match_unregistered_custom_verb=True,
        # Otherwise ?name= would override the name in the path.
        ignored_query_parameters=list(contract.path_bound_parameters),
        max_request_body_size=settings.max_request_bytes,
        max_response_body_size=settings.max_response_bytes,
        request_validation_options={
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        print_options={delimiter: True, "always_print_primitive_fields": True},
    )


def token_check(settings: EdgeSettings, contract: Contract) -> Json:
    """Every RPC needs a token, except the public ones. Services check the token again."""
    provider = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}],
        "from_cookies": [COOKIE],
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": 1,
        # Checking a signature takes longer than everything else about a call; an entry lives as long as its token.
        "jwt_cache_config": {"jwt_cache_size": 1000},
        "remote_jwks": {
            "http_uri": {"uri": f"http://gateway{JWKS_PATH}", "cluster": "gateway", "timeout": "2s"},
            "cache_duration": seconds(settings.jwks_cache),
            # Fetched in the background, so that a key that was rotated in is known before it is used.
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
        },
    }
    public = [{"match": {"path": method.path}} for method in contract.methods if method.public]
    return typed(
        "filters.http.jwt_authn.v3.JwtAuthentication",
        providers={"candor": provider},
        rules=[*public, {"match": {"prefix": "/candor."}, "requires": {"provider_name": "candor"}}],
    )


def same_origin(settings: EdgeSettings) -> Json:
    """Changes that a browser sends for a page of another origin are refused, for they carry our cookie.

    Calls without an Origin are no browser's cross-origin calls, and pass.
    """
    everywhere = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    # Envoy compares hosts with ports, without the scheme.
    ours = [{"exact": urlsplit(origin).netloc} for origin in settings.origins]
    policy = typed("filters.http.csrf.v3.CsrfPolicy", filter_enabled=everywhere, additional_origins=ours)
    return _skipped_if({"not_matcher": _header("origin", ".+")}, "envoy.filters.http.csrf", policy)


def body_limit(settings: EdgeSettings) -> Json:
    """Bodies are read whole before they go on, up to the limit. gRPC's messages are limited by the services."""
    policy = typed("filters.http.buffer.v3.Buffer", max_request_bytes=settings.max_request_bytes)
    return _skipped_if(_header("content-type", "application/grpc.*"), BODY_LIMIT, policy)


def _skipped_if(predicate: Json, name: str, config: Json) -> Json:
    """A filter that calls of one kind pass by."""
    skip = {"name": "skip", "typed_config": typed("filters.common.matcher.action.v3.SkipFilter")}
    return {
        "name": name,
        "typed_config": typed(
            "common.matching.v3.ExtensionWithMatcher",
            xds_matcher={"matcher_list": {"matchers": [{"predicate": predicate, "on_match": {"action": skip}}]}},
            extension_config={"name": name, "typed_config": config},
        ),
    }


def _header(name: str, regex: str) -> Json:
    """Holds for a call that has the header with a value of that form."""
    return {
        "single_predicate": {
            "input": {
                "name": name,
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
                    "header_name": name,
                },
            },
            "value_match": {"safe_regex": {"google_re2": {}, "regex": regex}},
        }
    }
