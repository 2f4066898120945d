"""What a workload's proxy lets in: who may call which method, how often, and who may ask for health and metrics.

A Server claims a port of a workload. Routes attached to it cut it into methods, each route's AuthorizationPolicy says
who may call what it matches, and what no route matches is refused. One route holds the methods that share their
callers, so that a method is in exactly one. A Server of gRPC is of protocol HTTP/2, not gRPC: Linkerd gives its proxy
an HTTPLocalRateLimitPolicy with the HTTP protocols alone (`message Grpc` of linkerd2-proxy-api's inbound.proto has no
field for one), and a gRPC call is an HTTP/2 POST to a path, which an HTTPRoute matches.
"""

from collections.abc import Iterable, Mapping, Sequence

from mesh.callers import Callers, Rate
from mesh.contract import Method
from mesh.linkerd.resources import (
    EDGE_PORT,
    GATEWAY_HEALTH_PATH,
    GRPC_PORT,
    HEALTH_PATH,
    HTTP_PORT,
    METRICS_PORT,
    MONITORING,
    NAME_LABEL,
    PART_LABEL,
    PROXY_ADMIN_PORT,
    Manifest,
    in_rules,
    reference,
    resource,
)

EVERYWHERE = "everywhere"
"""Every network, with or without an identity. The kubelet probes from its node, and no list of nodes is at hand here:
an overlay that knows the nodes' networks narrows it. The edge has one of its own, which stays wide."""


def grpc_policies(room: str, callers: Callers) -> list[Manifest]:
    """What lets into a gRPC service the methods of each caller's list, and health checks."""
    server = f"{room}-grpc"
    allowed: dict[tuple[str, ...], list[Method]] = {}
    calls = callers.callers_of(room)
    for method in dict.fromkeys(method for methods in calls.values() for method in methods):
        allowed.setdefault(tuple(sorted(who for who, may in calls.items() if method in may)), []).append(method)
    return [
        _server(server, {NAME_LABEL: room}, GRPC_PORT, "HTTP/2"),
        *_health(room, server, "POST", HEALTH_PATH),
        *(each for who, methods in allowed.items() for each in _grant(room, server, who, methods)),
        _rate(room, server, callers.rate_of(room)),
    ]


def http_policies(workload: str, callers: Callers) -> list[Manifest]:
    """What lets a workload of plain HTTP be called, on every path, by its callers."""
    server = f"{workload}-http"
    everything = [{"path": {"type": "PathPrefix", "value": "/"}}]
    return [
        _server(server, {NAME_LABEL: workload}, HTTP_PORT, "HTTP/1"),
        *_health(workload, server, "GET", GATEWAY_HEALTH_PATH),
        *_granted(f"{workload}-for-{'-'.join(callers.http[workload])}", server, everything, callers.http[workload]),
        _rate(workload, server, callers.rate_of(workload)),
    ]


def edge_policies() -> list[Manifest]:
    """What lets the world reach the edge. Its TLS is Envoy's, so Linkerd sees bytes, and all limits are Envoy's."""
    return [
        _server("edge-public", {NAME_LABEL: "edge"}, EDGE_PORT, "opaque"),
        _networks("edge-public"),
        _policy("edge-public", reference("Server", "edge-public"), reference("NetworkAuthentication", "edge-public")),
    ]


def shared_policies() -> list[Manifest]:
    """What all workloads have: the networks that probes come from, and metrics for the collector alone."""
    namespace, account = MONITORING
    collector = reference("MeshTLSAuthentication", account)
    servers = {"metrics": METRICS_PORT, "proxy-admin": PROXY_ADMIN_PORT}
    return [
        _networks(EVERYWHERE),
        _identities(account, [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]),
        *(_server(name, PART_LABEL, port, "HTTP/1") for name, port in servers.items()),
        *(_policy(name, reference("Server", name), collector) for name in servers),
    ]


def _grant(room: str, server: str, who: Sequence[str], methods: Iterable[Method]) -> list[Manifest]:
    matches = [{"method": "POST", "path": {"type": "Exact", "value": method.path}} for method in methods]
    return _granted(f"{room}-for-{'-'.join(who)}", server, matches, who)


def _granted(name: str, server: str, matches: Sequence[Manifest], who: Sequence[str]) -> list[Manifest]:
    """A route, its callers, and the policy that joins them, all of one name."""
    return [
        _attached(name, server, matches),
        _identities(name, [{"kind": "ServiceAccount", "name": each} for each in who]),
        _policy(name, reference("HTTPRoute", name), reference("MeshTLSAuthentication", name)),
    ]


def _health(workload: str, server: str, verb: str, path: str) -> list[Manifest]:
    """A route of its own: where a Server has routes, Linkerd adds none for the kubelet's probes."""
    name = f"{workload}-health"
    return [
        _attached(name, server, [{"method": verb, "path": {"type": "Exact", "value": path}}]),
        _policy(name, reference("HTTPRoute", name), reference("NetworkAuthentication", EVERYWHERE)),
    ]


def _server(name: str, labels: Mapping[str, str], port: int, protocol: str) -> Manifest:
    selector = {"matchLabels": dict(labels)}
    spec = {"podSelector": selector, "port": port, "proxyProtocol": protocol, "accessPolicy": "deny"}
    return resource("Server", name, spec)


def _attached(name: str, server: str, matches: Sequence[Manifest]) -> Manifest:
    return resource("HTTPRoute", name, {"parentRefs": [reference("Server", server)], "rules": in_rules(matches)})


def _identities(name: str, accounts: Sequence[Manifest]) -> Manifest:
    return resource("MeshTLSAuthentication", name, {"identityRefs": list(accounts)})


def _networks(name: str) -> Manifest:
    return resource("NetworkAuthentication", name, {"networks": [{"cidr": "0.0.0.0/0"}, {"cidr": "::/0"}]})


def _policy(name: str, target: Manifest, authentication: Manifest) -> Manifest:
    return resource("AuthorizationPolicy", name, {"targetRef": target, "requiredAuthenticationRefs": [authentication]})


def _rate(workload: str, server: str, rate: Rate) -> Manifest:
    spec = {
        "targetRef": reference("Server", server),
        "total": {"requestsPerSecond": rate.total},
        "identity": {"requestsPerSecond": rate.caller},
    }
    return resource("HTTPLocalRateLimitPolicy", workload, spec)
