"""Envoy's configuration, made from the settings and the contract: `edge_config` is the whole of it."""

from typing import Any

from mesh.edge.contract import Contract
from mesh.edge.filters import http_filters, seconds, typed
from mesh.edge.replies import local_replies
from mesh.edge.routes import api_headers, security_headers, virtual_host
from mesh.edge.settings import EdgeSettings, is_ip, split_address

Json = dict[str, Any]

_KIB = 1024
_MIB = 1024 * _KIB

# One line a call. Query strings, cookies and tokens hold secrets and are not among the fields.
_ACCESS_LOG = {
    "timestamp": "%START_TIME%",
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
    "traceparent": "%REQ(TRACEPARENT)%",
}


def edge_config(settings: EdgeSettings, contract: Contract) -> Json:
    """The bootstrap configuration: one listener, one cluster per service and one for the gateway."""
    clusters = [_service_cluster(settings, room) for room in contract.rooms]
    config: Json = {
        "node": {"id": "edge", "cluster": "edge"},
        "static_resources": {
            "listeners": [_listener(settings, contract)],
            "clusters": [*clusters, _gateway_cluster(settings)],
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
        config["admin"] = {"address": _address(settings.admin_address)}
    return config


def _listener(settings: EdgeSettings, contract: Contract) -> Json:
    chain: Json = {
        "filters": [
            {
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": _connection_manager(settings, contract),
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
        "address": _address(settings.address),
        "per_connection_buffer_limit_bytes": _MIB,
        "filter_chains": [chain],
    }


def _connection_manager(settings: EdgeSettings, contract: Contract) -> Json:
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
            "initial_stream_window_size": 256 * _KIB,
            "initial_connection_window_size": 4 * _MIB,
        },
        stream_idle_timeout=seconds(settings.stream_idle_timeout),
        request_headers_timeout="10s",
        drain_timeout="10s",
        local_reply_config=local_replies([*shared, *api_headers()]),
        access_log=[
            {
                "name": "envoy.access_loggers.stdout",
                "typed_config": typed(
                    "access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": _ACCESS_LOG}
                ),
            }
        ],
        upgrade_configs=[{"upgrade_type": "websocket", "enabled": False}],
        http_filters=http_filters(settings, contract),
        route_config={
            "name": "edge",
            "response_headers_to_add": shared,
            "virtual_hosts": [virtual_host(settings, contract)],
        },
    )


def _service_cluster(settings: EdgeSettings, room: str) -> Json:
    """A gRPC service. Retries are the mesh's; one slow watcher may hold one stream's window, not the others'."""
    return {
        **_cluster(room, settings.service_address(room)),
        "per_connection_buffer_limit_bytes": 4 * _MIB,
        "circuit_breakers": {
            "thresholds": [{"max_requests": settings.max_calls, "max_pending_requests": 1024, "max_retries": 0}]
        },
        "health_checks": [
            {
                "timeout": "1s",
                "interval": "15s",
                "no_traffic_interval": "60s",
                "unhealthy_threshold": 2,
                "healthy_threshold": 1,
                "grpc_health_check": {},
            }
        ],
        "typed_extension_protocol_options": _protocol(
            http2_protocol_options={
                "initial_stream_window_size": 64 * _KIB,
                "initial_connection_window_size": 64 * _MIB,
                "connection_keepalive": {"interval": "60s", "timeout": "5s"},
            }
        ),
    }


def _gateway_cluster(settings: EdgeSettings) -> Json:
    return {
        **_cluster("gateway", settings.gateway_address),
        "circuit_breakers": {
            "thresholds": [
                {"max_connections": settings.max_calls, "max_requests": settings.max_calls, "max_retries": 0}
            ]
        },
        "typed_extension_protocol_options": _protocol(http_protocol_options={}),
    }


def _cluster(name: str, address: str) -> Json:
    by_name = not address.startswith("unix:") and not is_ip(split_address(address)[0])
    return {
        "name": name,
        "connect_timeout": "1s",
        **({"type": "STRICT_DNS", "dns_lookup_family": "ALL"} if by_name else {"type": "STATIC"}),
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(address)}}]}],
        },
    }


def _protocol(**http: Json) -> Json:
    name = "upstreams.http.v3.HttpProtocolOptions"
    return {f"envoy.extensions.{name}": typed(name, explicit_http_config=http)}


def _foreign_orders_removed() -> Json:
    """Nobody outside may steer Envoy by its own headers (retries, timeouts, the path that is logged)."""
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": typed(
            "http.early_header_mutation.header_mutation.v3.HeaderMutation",
            mutations=[{"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}}],
        ),
    }


def _address(address: str) -> Json:
    if address.startswith("unix:"):
        return {"pipe": {"path": address.removeprefix("unix:")}}
    host, port = split_address(address)
    return {"socket_address": {"address": host, "port_value": port}}
