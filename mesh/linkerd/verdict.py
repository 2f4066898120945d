"""What a proxy would say to a call, worked out from the manifests as Linkerd's controller and proxy do.

The order is the controller's (`policy-controller/k8s/index/src/inbound/index.rs` of linkerd2) and the proxy's
(`linkerd/app/inbound/src/policy/http.rs` of linkerd2-proxy):

1. `reindex_servers`: the Server that selects the pod and the port; without one, the default policy, which is to refuse.
2. `http_routes`: the HTTPRoutes attached to it; without any, one that matches everything.
3. `HttpPolicyService::authorize`: the route that matches best (an exact path before a longer prefix before a shorter,
   then a verb before none); without one, `HttpRouteNotFound`.
4. `route_client_authzs` and `client_authzs`: the policies of that route, and those of its Server and the namespace.
5. `policy_client_authz`: a policy holds where all its authentications do; one that holds is enough.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh.linkerd.resources import NAME_LABEL, NAMESPACE, PART_LABEL, Manifest, key, of_kind


@dataclass(frozen=True)
class Call:
    """A call as it arrives at a workload's proxy."""

    caller: tuple[str, str] | None
    """The caller's namespace and ServiceAccount, proved by mTLS; None for one without an identity."""
    workload: str
    port: int
    verb: str
    path: str


@dataclass(frozen=True)
class Verdict:
    """Whether it is let in, and which resource says so."""

    allowed: bool
    why: str


def verdict(manifests: Iterable[Manifest], call: Call) -> Verdict:
    """What the proxy would answer; networks are taken to hold the caller's address."""
    known = {key(each): each for each in manifests}
    server = _server(known.values(), call)
    if server is None:
        return Verdict(allowed=False, why=f"no Server claims port {call.port}: the default policy refuses")
    attached = [
        route
        for route in of_kind(known.values(), "HTTPRoute")
        if any((ref["kind"], ref["name"]) == key(server) for ref in route["spec"]["parentRefs"])
    ]
    targets = [key(server), ("Namespace", NAMESPACE)]
    if attached:
        route = max(attached, key=lambda each: _rank(each, call))
        if not _rank(route, call):
            return Verdict(allowed=False, why=f"no route of Server {server['metadata']['name']} matches")
        targets.insert(0, key(route))
    for policy in of_kind(known.values(), "AuthorizationPolicy"):
        target = policy["spec"]["targetRef"]
        if (target["kind"], target["name"]) in targets and _holds(policy, known, call):
            return Verdict(allowed=True, why=f"AuthorizationPolicy {policy['metadata']['name']}")
    return Verdict(allowed=False, why=f"no policy of {' or '.join('/'.join(each) for each in targets)} holds")


def _server(manifests: Iterable[Manifest], call: Call) -> Manifest | None:
    labels = {NAME_LABEL: call.workload, **PART_LABEL}
    for server in of_kind(manifests, "Server"):
        spec = server["spec"]
        if spec["port"] == call.port and spec["podSelector"]["matchLabels"].items() <= labels.items():
            return server
    return None


def _rank(route: Manifest, call: Call) -> tuple[int, ...]:
    """How well a route's best match fits; empty where none does."""
    ranks = [_match_rank(match, call) for rule in route["spec"]["rules"] for match in rule.get("matches") or [{}]]
    return max(ranks, default=())


def _match_rank(match: Mapping[str, Any], call: Call) -> tuple[int, ...]:
    path = match.get("path", {"type": "PathPrefix", "value": "/"})
    verb = match.get("method")
    exact = path["type"] == "Exact"
    fits = call.path == path["value"] if exact else _under(call.path, path["value"])
    if not fits or verb not in {None, call.verb}:
        return ()
    return (1 + exact, len(path["value"]), verb is not None)


def _under(path: str, prefix: str) -> bool:
    return f"{path}/".startswith(f"{prefix.rstrip('/')}/")


def _holds(policy: Manifest, known: Mapping[tuple[str, str], Manifest], call: Call) -> bool:
    found: Sequence[Manifest | None] = [
        known.get((ref["kind"], ref["name"])) for ref in policy["spec"]["requiredAuthenticationRefs"]
    ]
    return bool(found) and all(each is not None and _authenticates(each, call) for each in found)


def _authenticates(authentication: Manifest, call: Call) -> bool:
    if authentication["kind"] == "NetworkAuthentication":
        return True
    return call.caller in {
        (ref.get("namespace", NAMESPACE), ref["name"]) for ref in authentication["spec"]["identityRefs"]
    }
