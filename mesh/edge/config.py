"""Envoy's configuration, made from the settings and the contract: `edge_config` is the whole of it."""

from mesh.callers import Limits, read_callers
from mesh.contract import Contract
from mesh.edge.filters import http_filters
from mesh.edge.observed import metrics_listeners, observers, tracing
from mesh.edge.replies import local_replies
from mesh.edge.routes import api_headers, security_headers, virtual_host
from mesh.edge.settings import EdgeSettings
from mesh.envoy import KIB, MIB, Json, access_log, breaker, calling, cluster, ejection, endpoint, seconds, typed

# One line a call. Query strings, cookies and tokens hold secrets and are not among the fields.
_ACCESS_LOG = {
    "timestamp": "%START_TIME%",
    "level": "info",
    "service": "edge",
    "event": "call_ended",
    "method": "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD)%",
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "rpc": "%PATH(NQ:PATH)%",
    "http": "%RESPONSE_CODE%",
    "grpc": "%GRPC_STATUS%",
    "flags": "%RESPONSE_FLAGS%",
    "detail": "%RESPONSE_CODE_DETAILS%",
    "ms": "%DURATION%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "trace_id": "%TRACE_ID%",
    "traceparent": "%REQ(TRACEPARENT)%",
}


def edge_config(settings: EdgeSettings, contract: Contract) -> Json:
    """The bootstrap configuration: one listener, one cluster per service and one for the gateway."""
    limits = read_callers(contract).limits if settings.mesh_identity else None
    clusters = [_service_cluster(settings, room, limits) for room in contract.rooms]
    config: Json = {
        "node": {"id": "edge", "cluster": "edge"},
        "static_resources": {
            "listeners": [_listener(settings, contract, limits), *metrics_listeners(settings)],
            "clusters": [*clusters, _gateway_cluster(settings, limits), *observers(settings)],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": typed(
                        "resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                        max_active_downstream_connections=settings.max_connections,
                    ),
                }
            ]
        },
    }
    if settings.admin_address:
        config["admin"] = {"address": endpoint(settings.admin_address)}
    return config


def _listener(settings: EdgeSettings, contract: Contract, limits: Limits | None) -> Json:
    chain: Json = {
        "filters": [
            {
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": _connection_manager(settings, contract, limits),
            }
        ]
    }
    if settings.tls:
        chain["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": typed(
                "transport_sockets.tls.v3.DownstreamTlsContext",
                common_tls_context={
                    "alpn_protocols": ["h2", "http/1.1"],
                    "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                    "tls_certificates": [
                        {
                            "certificate_chain": {"filename": str(settings.tls_certificate)},
                            "private_key": {"filename": str(settings.tls_private_key)},
                        }
                    ],
                },
            ),
        }
    return {
        "name": "edge",
        "address": endpoint(settings.address),
        "per_connection_buffer_limit_bytes": MIB,
        "filter_chains": [chain],
    }


def _connection_manager(settings: EdgeSettings, contract: Contract, limits: Limits | None) -> Json:
    shared = security_headers(settings)
    return typed(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="edge",
        codec_type="AUTO",
        server_name="candor",
        use_remote_address=True,
        xff_num_trusted_hops=settings.trusted_hops,
        early_header_mutation_extensions=[_foreign_orders_removed()],
        generate_request_id=True,
        always_set_request_id_in_response=True,
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action="REJECT_REQUEST",
        common_http_protocol_options={"idle_timeout": "900s", "headers_with_underscores_action": "REJECT_REQUEST"},
        http2_protocol_options={
            "max_concurrent_streams": 256,
            "initial_stream_window_size": 256 * KIB,
            "initial_connection_window_size": 4 * MIB,
        },
        stream_idle_timeout=seconds(settings.stream_idle_timeout),
        request_headers_timeout="10s",
        drain_timeout="10s",
        local_reply_config=local_replies([*shared, *api_headers()]),
        access_log=[access_log(_ACCESS_LOG)],
        **tracing(settings),
        upgrade_configs=[{"upgrade_type": "websocket", "enabled": False}],
        http_filters=http_filters(settings, contract),
        route_config={
            "name": "edge",
            "response_headers_to_add": shared,
            "virtual_hosts": [virtual_host(settings, contract, limits)],
        },
    )


def _service_cluster(settings: EdgeSettings, room: str, limits: Limits | None) -> Json:
    """A gRPC service. One slow watcher may hold one stream's window, not the others'."""
    http = {
        "http2_protocol_options": {
            "initial_stream_window_size": 64 * KIB,
            "initial_connection_window_size": 64 * MIB,
            # One that a lost network leaves half open is given up as soon as one between services.
            "connection_keepalive": {"interval": "10s", "timeout": "5s"},
        }
    }
    return {
        **cluster(room, [settings.service_address(room)], http, secret=_secret(settings, room, "h2")),
        **breaker(settings.max_calls, limits),
        **(ejection() if limits else {}),
        "per_connection_buffer_limit_bytes": 4 * MIB,
        "health_checks": [
            {
                "timeout": "1s",
                "interval": "15s",
                "no_traffic_interval": "60s",
                # One that answers again is called again at once.
                "unhealthy_interval": "1s",
                "unhealthy_threshold": 2,
                "healthy_threshold": 1,
                "grpc_health_check": {},
            }
        ],
    }


def _gateway_cluster(settings: EdgeSettings, limits: Limits | None) -> Json:
    secret = _secret(settings, "gateway", "http/1.1")
    return {
        **cluster("gateway", [settings.gateway_address], {"http_protocol_options": {}}, secret=secret),
        **breaker(settings.max_calls, limits),
    }


def _secret(settings: EdgeSettings, callee: str, protocol: str) -> Json | None:
    return calling(settings.mesh_identity, callee, protocol) if settings.mesh_identity else None


def _foreign_orders_removed() -> Json:
    """Nobody outside may steer Envoy by its own headers (retries, timeouts, the path that is logged)."""
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": typed(
            "http.early_header_mutation.header_mutation.v3.HeaderMutation",
            mutations=[{"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}}],
        ),
    }
