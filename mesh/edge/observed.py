"""How the edge is seen: its span in every trace, and Envoy's statistics for Prometheus.

The edge decides which traces are recorded, whatever a caller wants: it is the first that the operator trusts.
"""

from mesh.edge.settings import EdgeSettings
from mesh.envoy import Json, cluster, endpoint, typed

_TRACES, _ADMIN = "traces", "admin"
_STATS_PATH = "/stats/prometheus"
# Envoy's own tag holds the query string too, and /signin's holds a code.
_TAGS = {"http.url": "%PATH(NQ:ORIG_OR_PATH)%", "candor.rpc": "%PATH(NQ:PATH)%"}


def observers(settings: EdgeSettings) -> list[Json]:
    """The clusters that traces and statistics need."""
    clusters = []
    if settings.otlp_address:
        clusters.append(cluster(_TRACES, [settings.otlp_address], {"http2_protocol_options": {}}))
    if settings.metrics_address:
        assert settings.admin_address, "statistics come from the admin interface"
        clusters.append(cluster(_ADMIN, [settings.admin_address], {"http_protocol_options": {}}))
    return clusters


def tracing(settings: EdgeSettings) -> Json:
    """The connection manager's `tracing`; nothing where no traces are collected."""
    if not settings.otlp_address:
        return {}
    sampler = "tracers.opentelemetry.samplers.v3.TraceIdRatioBasedSamplerConfig"
    share = {"numerator": round(settings.trace_ratio * 1_000_000), "denominator": "MILLION"}
    provider = {
        "name": "envoy.tracers.opentelemetry",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
            "service_name": "edge",
            "grpc_service": {"envoy_grpc": {"cluster_name": _TRACES}, "timeout": "1s"},
            "sampler": {
                "name": "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
                "typed_config": typed(sampler, sampling_percentage=share),
            },
        },
    }
    return {
        "tracing": {
            "provider": provider,
            "spawn_upstream_span": True,
            "custom_tags": [{"tag": tag, "value": value} for tag, value in _TAGS.items()],
        }
    }


def metrics_listeners(settings: EdgeSettings) -> list[Json]:
    """A listener that answers one path of the admin interface and no other: the statistics, which only reads."""
    if not settings.metrics_address:
        return []
    exact = [
        {"name": ":method", "string_match": {"exact": "GET"}},
        # With the query: the admin interface takes orders there.
        {"name": ":path", "string_match": {"exact": _STATS_PATH}},
    ]
    route = {"match": {"path": _STATS_PATH, "headers": exact}, "route": {"cluster": _ADMIN, "timeout": "5s"}}
    manager = typed(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="metrics",
        common_http_protocol_options={"idle_timeout": "60s", "max_requests_per_connection": 1000},
        request_headers_timeout="5s",
        http_filters=[{"name": "envoy.filters.http.router", "typed_config": typed("filters.http.router.v3.Router")}],
        route_config={"virtual_hosts": [{"name": "metrics", "domains": ["*"], "routes": [route]}]},
    )
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    return [
        {
            "name": "metrics",
            "address": endpoint(settings.metrics_address),
            "per_connection_buffer_limit_bytes": 64 * 1024,
            "filter_chains": [{"filters": filters}],
        }
    ]
