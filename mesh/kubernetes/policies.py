"""Kubernetes' network policies, made from the table of callers: what the table does not name cannot connect.

Policies only ever add (https://kubernetes.io/docs/concepts/services-networking/network-policies/), so one denies
everything and each other one opens what one line of a table says. Where Linkerd is, callers reach the proxy of a pod
at a port of its own, so its policies are a set of their own, added to these.
"""

import ipaddress
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.callers import Callers

Json = dict[str, Any]

OUTSIDE = Path(__file__).with_name("outside.toml")
NAMESPACE = "candor"
# Where every workload listens, where the edge does, and where each is asked for its metrics.
PORT, EDGE_PORT, METRICS_PORT = 8100, 8080, 9464
MONITORING = "monitoring"
TRACES_PORT = 4317
# Linkerd's proxies: where they take calls, where they give metrics; and its control plane, by namespace:
# identity, destination and policy (https://linkerd.io/2/reference/architecture/).
PROXY_PORT, PROXY_METRICS_PORT = 4143, 4191
LINKERD, LINKERD_PORTS = "linkerd", (8080, 8086, 8090)
# What of all addresses is not the Internet (https://www.iana.org/assignments/iana-ipv4-special-registry/ and -ipv6-):
# private networks, where the platform's own servers are, and link-local ones, where clouds keep their credentials.
_NOT_INTERNET = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
    *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8"),
)


@dataclass(frozen=True, slots=True)
class Outside:
    """Networks outside the cluster's namespace that some workloads may reach.

    Args:
        callers: Who may.
        networks: In CIDR notation.
        internet: Whether the Internet is one of them; private and link-local networks are not of it.
        ports: TCP ports; none means all of them.
    """

    callers: tuple[str, ...]
    networks: tuple[str, ...] = ()
    internet: bool = False
    ports: tuple[int, ...] = ()


def read_outside(callers: Callers, path: Path = OUTSIDE) -> dict[str, Outside]:
    """The table in a file, by name.

    Raises:
        ValueError: It names a workload that is not there.
    """
    found = {name: _outside(entry) for name, entry in tomllib.loads(path.read_text()).items()}
    strangers = {caller for each in found.values() for caller in each.callers} - set(callers.workloads)
    if strangers:
        raise ValueError(f"{path.name} lets {', '.join(sorted(strangers))} call, which the mesh does not know.")
    return found


def _outside(entry: Json) -> Outside:
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Outside(**lists)


def network_policies(callers: Callers, outside: dict[str, Outside]) -> list[Json]:
    """Everything is closed but names, the table's calls, the platform's stores, metrics and traces."""
    return [
        _policy("default-deny", {}, ingress=[], egress=[]),
        _policy(
            "names", {}, egress=[_rule("to", [_pods("kube-system", {"k8s-app": "kube-dns"})], udp=(53,), tcp=(53,))]
        ),
        _policy("metrics", {}, ingress=[_rule("from", [_namespace(MONITORING)], tcp=(METRICS_PORT,))]),
        _policy("traces", {}, egress=[_rule("to", [_namespace(MONITORING)], tcp=(TRACES_PORT,))]),
        # Whoever comes may knock at the edge: it checks tokens, and a load balancer has no labels.
        _policy("edge-entrance", {"app.kubernetes.io/name": "edge"}, ingress=[{"ports": _tcp((EDGE_PORT,))}]),
        *_calls(callers, PORT, ""),
        *(_reaches(name, each) for name, each in sorted(outside.items())),
    ]


def linkerd_policies(callers: Callers) -> list[Json]:
    """What the same calls need where Linkerd's proxies make and take them, and where the proxies ask who is who."""
    control = [_rule("to", [_namespace(LINKERD)], tcp=LINKERD_PORTS)]
    return [
        _policy("linkerd-control-plane", {}, egress=control),
        _policy("linkerd-metrics", {}, ingress=[_rule("from", [_namespace(MONITORING)], tcp=(PROXY_METRICS_PORT,))]),
        *_calls(callers, PROXY_PORT, "linkerd-"),
    ]


def _calls(callers: Callers, port: int, prefix: str) -> Iterator[Json]:
    """For each workload, from whom it takes calls and whom it calls."""
    pairs = sorted(_pairs(callers))
    for workload in callers.workloads:
        taken = [caller for caller, called in pairs if called == workload]
        made = [called for caller, called in pairs if caller == workload]
        yield _policy(
            f"{prefix}{workload}",
            {"app.kubernetes.io/name": workload},
            ingress=[_rule("from", map(_workload, taken), tcp=(port,))] if taken else None,
            egress=[_rule("to", map(_workload, made), tcp=(port,))] if made else None,
        )


def _pairs(callers: Callers) -> set[tuple[str, str]]:
    """Who calls whom."""
    grpc = {(caller, room) for caller in callers.may_call for room in callers.called_by(caller)}
    return grpc | {(caller, called) for called, allowed in callers.http.items() for caller in allowed}


def _reaches(name: str, outside: Outside) -> Json:
    to: list[Json] = [{"ipBlock": {"cidr": network}} for network in outside.networks]
    if outside.internet:
        to += [_internet(everything) for everything in ("0.0.0.0/0", "::/0")]
    chosen = {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": [*outside.callers]}]}
    ports = _tcp(outside.ports) if outside.ports else [{"protocol": "TCP"}]
    return _policy(f"to-{name}", chosen, egress=[{"to": to, "ports": ports}])


def _internet(everything: str) -> Json:
    version = ipaddress.ip_network(everything).version
    closed = [each for each in _NOT_INTERNET if ipaddress.ip_network(each).version == version]
    return {"ipBlock": {"cidr": everything, "except": closed}}


def _policy(name: str, pods: Json, *, ingress: list[Json] | None = None, egress: list[Json] | None = None) -> Json:
    """A policy for pods with these labels, or with a selector; a direction that is None is not spoken of."""
    selector = pods if not pods or "matchExpressions" in pods else {"matchLabels": pods}
    directions = {"Ingress": ingress, "Egress": egress}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "podSelector": selector,
            "policyTypes": [name for name, rules in directions.items() if rules is not None],
            **{name.lower(): rules for name, rules in directions.items() if rules},
        },
    }


def _rule(direction: str, peers: Iterable[Json], *, tcp: Sequence[int] = (), udp: Sequence[int] = ()) -> Json:
    return {direction: [*peers], "ports": [*({"protocol": "UDP", "port": port} for port in udp), *_tcp(tcp)]}


def _tcp(ports: Sequence[int]) -> list[Json]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _workload(name: str) -> Json:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}


def _namespace(name: str) -> Json:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _pods(namespace: str, labels: Json) -> Json:
    return {**_namespace(namespace), "podSelector": {"matchLabels": labels}}
