"""The Envoy beside a workload, configured from the contract and `callers.toml`: `sidecar_config` is the whole of it.

In: mutual TLS on a port, callers and methods of the table alone, then the workload's Unix socket. Out: a Unix socket
for each workload that it may call, then mutual TLS. So nothing in the mesh listens on TCP without TLS.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from mesh.callers import Callers, Limits
from mesh.contract import Method
from mesh.edge.replies import grpc_replies
from mesh.envoy import (
    KIB,
    MIB,
    TRUST_DOMAIN,
    Json,
    access_log,
    breaker,
    called,
    calling,
    cluster,
    ejection,
    endpoint,
    retries,
    seconds,
    spiffe_id,
    typed,
)
from mesh.local.settings import MeshSettings

_HEALTH = "/grpc.health.v1.Health/"
_HTTP2 = {
    "max_concurrent_streams": 1024,
    "initial_stream_window_size": 256 * KIB,
    "initial_connection_window_size": 16 * MIB,
}
# Whoever does not say within 15 s that they live, as a program that hangs or a machine that is cut off, is given up
# with all calls to them: their callers learn it then, also those without a deadline.
_PEER = {**_HTTP2, "connection_keepalive": {"interval": "10s", "timeout": "5s"}}
# One line a call, after what every line has. What calls carry is in no field: no header but these, no query string.
_ACCESS_LOG = {
    "caller": "%DOWNSTREAM_PEER_URI_SAN%",
    "rpc": "%PATH(NQ:PATH)%",
    "http": "%RESPONSE_CODE%",
    "grpc": "%GRPC_STATUS%",
    "flags": "%RESPONSE_FLAGS%",
    "detail": "%RESPONSE_CODE_DETAILS%",
    "failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "ms": "%DURATION%",
    "deadline": "%REQ(GRPC-TIMEOUT)%",
    "traceparent": "%REQ(TRACEPARENT)%",
}
# Headers by which a caller would have the callee's Envoy retry, wait or log otherwise.
_ORDERS = ("x-envoy-retry-", "x-envoy-max-retries", "x-envoy-upstream-", "x-envoy-hedge-", "x-envoy-original-")
# How often, and after how long at most, a call looks again for a service that nobody listens for: one that is being
# started again. It was never sent, so this repeats nothing; its deadline and the caller's try bound it.
_STARTING = {"num_retries": 100, "retry_back_off": {"base_interval": "0.1s", "max_interval": "0.5s"}}

# Faults that whoever owns the admin interface may switch on, by `POST /runtime_modify?fault.abort_percent=50`: calls
# that fail with UNAVAILABLE before they reach the workload, or come late by `fault.delay_ms`. None of itself.
_FAULTS = {
    "name": "envoy.filters.http.fault",
    "typed_config": typed(
        "filters.http.fault.v3.HTTPFault",
        abort={"http_status": 503, "percentage": {"numerator": 0}},
        abort_percent_runtime="fault.abort_percent",
        delay={"fixed_delay": "1s", "percentage": {"numerator": 0}},
        delay_percent_runtime="fault.delay_percent",
        delay_duration_runtime="fault.delay_ms",
    ),
}
_NO_PROBE = {"header_filter": {"header": {"name": ":path", "string_match": {"prefix": _HEALTH}, "invert_match": True}}}


def sidecar_name(workload: str) -> str:
    """What the Envoy beside a workload is called where programs are listed, and in its lines."""
    return f"{workload}-mesh"


def write_sidecar(workload: str, settings: MeshSettings, callers: Callers) -> Path:
    """Writes a workload's configuration as JSON into its folder, readable by its owner alone, and returns the path."""
    place = settings.place(workload)
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.config.touch(mode=0o600)
    place.config.write_text(json.dumps(sidecar_config(workload, settings, callers), indent=1))
    return place.config


def sidecar_config(workload: str, settings: MeshSettings, callers: Callers) -> Json:
    """The configuration of the Envoy beside a workload.

    Raises:
        KeyError: `settings` has no address of a workload that is called.
    """
    called_by = callers.called_by(workload)
    outward = [_outbound(callee, methods, settings, callers, workload) for callee, methods in called_by.items()]
    upstream = [_callee(callee, settings, callers.limits, workload) for callee in called_by]
    return {
        "node": {"id": workload, "cluster": workload},
        # What is set by the admin interface, until the process ends.
        "layered_runtime": {"layers": [{"name": "admin", "admin_layer": {}}]},
        "admin": {"address": endpoint(f"unix:{settings.place(workload).admin}")},
        "static_resources": {
            "listeners": [_inbound(workload, settings, callers), *outward],
            "clusters": [_itself(workload, settings, callers), *upstream],
        },
    }


def _inbound(workload: str, settings: MeshSettings, callers: Callers) -> Json:
    speaks_http = workload in callers.http
    upgrades = [{"upgrade_type": "websocket"}] if speaks_http else []
    waiting: Json = {"retry_on": "connect-failure", **_STARTING}
    route: Json = {"cluster": workload, "timeout": "0s", "retry_policy": waiting}
    if not speaks_http:
        # A caller's deadline counts, and no other.
        route["max_stream_duration"] = {"grpc_timeout_header_max": "0s"}
    manager = _manager(
        "inbound",
        codec_type="HTTP1" if speaks_http else "HTTP2",
        forward_client_cert_details="SANITIZE_SET",
        set_current_client_cert_details={"uri": True},
        early_header_mutation_extensions=[_orders_removed()],
        upgrade_configs=upgrades,
        access_log=[access_log(_line(workload, "info"), only=_NO_PROBE)],
        http_filters=[_allowed(workload, callers), _FAULTS],
        # A watcher's stream may be silent for so long; an HTTP workload has WebSockets of watchers.
        stream_idle_timeout=seconds(callers.limits.stream_idle_s),
        routes=[{"match": {"prefix": "/"}, "route": route}],
    )
    address = settings.addresses[workload][0]
    secret = called(settings.place(workload).identity, "http/1.1" if speaks_http else "h2")
    return _listener(
        "inbound", address, {"transport_socket": secret, "transport_socket_connect_timeout": "5s"}, manager
    )


def _outbound(callee: str, methods: Iterable[Method], settings: MeshSettings, callers: Callers, workload: str) -> Json:
    refused = f"{workload} may not call this method of {callee}: mesh/callers.toml says who may call what."
    health = {
        "match": {"prefix": _HEALTH},
        "route": {"cluster": callee, "timeout": "5s"},
    }
    manager = _manager(
        f"to_{callee}",
        codec_type="HTTP2",
        # What goes well is logged by the callee.
        access_log=[access_log({**_line(workload, "warning"), "callee": callee}, only=_failed())],
        http_filters=[],
        stream_idle_timeout=seconds(callers.limits.stream_idle_s),
        routes=[
            *(_route(callee, method, callers.limits) for method in methods),
            health,
            {
                "match": {"prefix": "/"},
                "direct_response": {"status": 403, "body": {"inline_string": refused}},
            },
        ],
    )
    return _listener(f"to_{callee}", f"unix:{settings.place(workload).to(callee)}", {}, manager)


def _route(callee: str, method: Method, limits: Limits) -> Json:
    whole = limits.timeout_s(method)
    # A stream lasts as long as its caller's deadline lets it.
    bound = seconds(whole if whole is not None else 0)
    return {
        "match": {"path": method.path},
        "route": {
            "cluster": callee,
            "timeout": bound,
            "idle_timeout": seconds(limits.stream_idle_s),
            "max_stream_duration": {"grpc_timeout_header_max": bound},
            **retries(limits, method),
        },
    }


def _itself(workload: str, settings: MeshSettings, callers: Callers) -> Json:
    http: Json = {"http_protocol_options": {}} if workload in callers.http else {"http2_protocol_options": _PEER}
    limit = settings.max_calls
    return {
        **cluster(workload, [f"unix:{settings.place(workload).service}"], http),
        # These retries are no second calls, so nothing is gained by counting them.
        "circuit_breakers": {
            "thresholds": [
                {"max_connections": limit, "max_pending_requests": limit, "max_requests": limit, "max_retries": limit}
            ]
        },
        "per_connection_buffer_limit_bytes": 4 * MIB,
    }


def _callee(callee: str, settings: MeshSettings, limits: Limits, workload: str) -> Json:
    secret = calling(settings.place(workload).identity, callee, "h2")
    life = {"max_connection_duration": seconds(settings.connection_life)}
    return {
        **cluster(callee, settings.addresses[callee], {"http2_protocol_options": _PEER}, secret=secret, common=life),
        **breaker(settings.max_calls, limits),
        **ejection(),
        "per_connection_buffer_limit_bytes": 4 * MIB,
    }


def _allowed(workload: str, callers: Callers) -> Json:
    """Who may call which methods; everybody in the mesh may ask for a service's health."""
    policies = {
        caller: _policy([_path({"exact": method.path}) for method in methods], {"exact": spiffe_id(caller)})
        for caller, methods in callers.callers_of(workload).items()
    }
    for caller in callers.http.get(workload, ()):
        policies[caller] = _policy([{"any": True}], {"exact": spiffe_id(caller)})
    if workload not in callers.http:
        policies["health"] = _policy([_path({"prefix": _HEALTH})], {"prefix": f"spiffe://{TRUST_DOMAIN}/"})
    config = typed("filters.http.rbac.v3.RBAC", rules={"action": "ALLOW", "policies": policies})
    return {"name": "envoy.filters.http.rbac", "typed_config": config}


def _policy(permissions: list[Json], principal: Json) -> Json:
    return {"permissions": permissions, "principals": [{"authenticated": {"principal_name": principal}}]}


def _path(matcher: Json) -> Json:
    return {"url_path": {"path": matcher}}


def _line(workload: str, level: str) -> dict[str, str]:
    every = {"timestamp": "%START_TIME%", "level": level, "service": sidecar_name(workload), "event": "call_ended"}
    return every | _ACCESS_LOG


def _failed() -> Json:
    """Lets through what the callee did not answer, and what is refused."""
    refused = {"grpc_status_filter": {"statuses": ["PERMISSION_DENIED"]}}
    return {"or_filter": {"filters": [{"response_flag_filter": {}}, refused]}}


def _manager(prefix: str, *, routes: list[Json], http_filters: list[Json], **fields: object) -> Json:
    router = {"name": "envoy.filters.http.router", "typed_config": typed("filters.http.router.v3.Router")}
    return typed(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=prefix,
        server_name="candor",
        # The edge names calls; what has no name keeps none.
        generate_request_id=False,
        http2_protocol_options=_HTTP2,
        drain_timeout="5s",
        local_reply_config=grpc_replies(),
        http_filters=[*http_filters, router],
        route_config={"virtual_hosts": [{"name": prefix, "domains": ["*"], "routes": routes}]},
        **fields,
    )


def _orders_removed() -> Json:
    mutations: Iterator[Json] = ({"remove_on_match": {"key_matcher": {"prefix": each}}} for each in _ORDERS)
    name = "http.early_header_mutation.header_mutation"
    return {"name": f"envoy.{name}", "typed_config": typed(f"{name}.v3.HeaderMutation", mutations=list(mutations))}


def _listener(name: str, address: str, chain: Json, manager: Json) -> Json:
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    return {
        "name": name,
        "address": endpoint(address),
        "per_connection_buffer_limit_bytes": MIB,
        "filter_chains": [{"filters": filters, **chain}],
    }
