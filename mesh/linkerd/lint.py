"""What is wrong with a rendered cluster, as far as the mesh goes; nothing to say is good.

It reads what `kubectl kustomize` prints or what `kubectl get -o yaml` finds in a cluster, where it also shows a grant
that a removed line of `callers.toml` left behind. Each rule is a function that yields one sentence for each fault.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mesh.callers import Callers
from mesh.contract import Contract
from mesh.linkerd.resources import (
    EDGE_PORT,
    GATEWAY_HEALTH_PATH,
    GRPC_PORT,
    HEALTH_PATH,
    HTTP_PORT,
    METRICS_PORT,
    MONITORING,
    NAME_LABEL,
    NAMESPACE,
    PROXY_ADMIN_PORT,
    Manifest,
    key,
    of_kind,
)
from mesh.linkerd.routes import RETRIED_CODE
from mesh.linkerd.verdict import Call, verdict

_Rule = Callable[[Sequence[Manifest], Contract, Callers], Iterator[str]]

_INJECT = "linkerd.io/inject"
_DEFAULT_POLICY = "config.linkerd.io/default-inbound-policy"
_APP_PROTOCOLS = {"http", "kubernetes.io/h2c", "linkerd.io/tcp", "linkerd.io/opaque"}
"""Every other value makes a port one of bytes, without retries, routes or figures by method."""
_DURATION = re.compile(r"\d+(ms|s|m|h)")
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


def findings(manifests: Sequence[Manifest], contract: Contract, callers: Callers) -> list[str]:
    """Every fault, by rule."""
    return [fault for rule in _RULES for fault in rule(manifests, contract, callers)]


def _no_service_profile(manifests: Sequence[Manifest], _: Contract, __: Callers) -> Iterator[str]:
    for profile in of_kind(manifests, "ServiceProfile"):
        yield f"ServiceProfile {profile['metadata']['name']}: it switches off the routes and breaking of its Service"


def _services_speak_what_linkerd_knows(manifests: Sequence[Manifest], contract: Contract, _: Callers) -> Iterator[str]:
    for service in of_kind(manifests, "Service"):
        name = service["metadata"]["name"]
        if service["spec"].get("clusterIP") == "None" and name in contract.rooms:
            yield f"Service {name} is headless: Linkerd's routes hold for a Service with an address of its own"
        for port in service["spec"].get("ports", ()):
            protocol = port.get("appProtocol")
            if protocol is not None and protocol not in _APP_PROTOCOLS:
                yield f"Service {name}: port {port['port']} speaks {protocol}, which Linkerd takes for plain bytes"
            if name in contract.rooms and port["port"] == GRPC_PORT and protocol != "kubernetes.io/h2c":
                yield f"Service {name}: port {GRPC_PORT} must say appProtocol: kubernetes.io/h2c"


def _each_method_has_its_route(manifests: Sequence[Manifest], contract: Contract, callers: Callers) -> Iterator[str]:
    routes = [(route, _route_matches(route)) for route in of_kind(manifests, "GRPCRoute")]
    for room in contract.rooms:
        if not any("" in matches and _parents(route) == [("Service", room)] for route, matches in routes):
            yield f"Service {room} has no catch-all GRPCRoute"
    for method in contract.methods:
        found = [route for route, matches in routes if method.path in matches]
        if len(found) != 1 or _parents(found[0]) != [("Service", method.room)]:
            yield f"{method.path} is in {len(found)} GRPCRoutes of its service, not in one"
            continue
        told = found[0]["metadata"]["annotations"]
        bounded = "timeout.linkerd.io/request" in told
        if bounded != (callers.limits.timeout_s(method) is not None):
            yield f"{method.path}: a call is bounded as a whole, a stream never"
        if ("retry.linkerd.io/grpc" in told) != (method.retryable and bounded):
            yield f"{method.path}: only what may be repeated is retried, and all of it"


def _annotations_are_read(manifests: Sequence[Manifest], _: Contract, __: Callers) -> Iterator[str]:
    for route in of_kind(manifests, "GRPCRoute"):
        for name, value in route["metadata"].get("annotations", {}).items():
            timed = name.startswith("timeout.linkerd.io/") or name == "retry.linkerd.io/timeout"
            if timed and not _DURATION.fullmatch(value):
                yield f"GRPCRoute {route['metadata']['name']}: {name} is {value}, no number with a unit"
            if name == "retry.linkerd.io/grpc" and value != RETRIED_CODE:
                yield f"GRPCRoute {route['metadata']['name']}: retries on {value!r}, not on {RETRIED_CODE} alone"


def _who_may_call_is_the_table(manifests: Sequence[Manifest], contract: Contract, callers: Callers) -> Iterator[str]:
    people = (*callers.workloads, "stranger", None)
    for caller in people:
        for method in contract.methods:
            may = method in callers.may_call.get(caller or "", ())
            yield from _unless(manifests, _grpc(caller, method.room, method.path), may=may)
        for workload, allowed in callers.http.items():
            yield from _unless(manifests, _http(caller, workload, HTTP_PORT, "/"), may=caller in allowed)
    for room in contract.rooms:
        yield from _unless(manifests, _grpc("edge", room, "/candor.unknown.v1.Service/Method"), may=False)


def _health_is_open_and_metrics_are_not(
    manifests: Sequence[Manifest], contract: Contract, callers: Callers
) -> Iterator[str]:
    for room in contract.rooms:
        yield from _unless(manifests, _grpc(None, room, HEALTH_PATH), may=True)
    for workload in callers.http:
        yield from _unless(manifests, _http(None, workload, HTTP_PORT, GATEWAY_HEALTH_PATH), may=True)
    yield from _unless(manifests, _http(None, "edge", EDGE_PORT, "/"), may=True)
    for workload in callers.workloads:
        for port in (METRICS_PORT, PROXY_ADMIN_PORT):
            yield from _unless(manifests, Call(MONITORING, workload, port, "GET", "/metrics"), may=True)
            for caller in (None, "edge", MONITORING[1]):
                yield from _unless(manifests, _http(caller, workload, port, "/metrics"), may=False)


def _what_is_named_is_there(manifests: Sequence[Manifest], _: Contract, __: Callers) -> Iterator[str]:
    known = {key(each) for each in manifests}
    own = [each for each in manifests if "linkerd.io/" in each["apiVersion"] or "gateway.net" in each["apiVersion"]]
    needed = [(each, named) for each in own for named in _named(each)]
    accounts = any(kind == "ServiceAccount" for kind, _ in known)
    for each, (kind, name) in needed:
        # The base's own kinds are judged where the base is there.
        elsewhere = kind in {"Service", "ServiceAccount", "Namespace"} and not accounts
        if (kind, name) not in known and not elsewhere:
            yield f"{'/'.join(key(each))} names {kind} {name}, which is not there"
    limited = Counter(each["spec"]["targetRef"]["name"] for each in of_kind(manifests, "HTTPLocalRateLimitPolicy"))
    for server in of_kind(manifests, "Server"):
        name, protocol = server["metadata"]["name"], server["spec"]["proxyProtocol"]
        if protocol == "gRPC":
            yield f"Server {name} is of protocol gRPC, for which Linkerd knows no rate limit: say HTTP/2"
        if limited[name] > 1:
            yield f"Server {name} has {limited[name]} rate limits, of which Linkerd takes any one"


def _every_pod_gets_a_proxy(manifests: Sequence[Manifest], _: Contract, __: Callers) -> Iterator[str]:
    """As `Injectable` of Linkerd's injector (`pkg/inject/report.go`) says, with its default of a token of its own."""
    pods = list(of_kind(manifests, *_WORKLOADS))
    namespace = next((each for each in of_kind(manifests, "Namespace") if each["metadata"]["name"] == NAMESPACE), None)
    told = (namespace or {"metadata": {}})["metadata"].get("annotations", {})
    if pods and (told.get(_INJECT) != "enabled" or told.get(_DEFAULT_POLICY) not in {"deny", "audit"}):
        yield f"Namespace {NAMESPACE} does not ask for proxies that refuse by default"
    for each in pods:
        template = each["spec"]["template"]
        spec, annotations = template["spec"], template["metadata"].get("annotations", {})
        containers = [*spec["containers"], *spec.get("initContainers", ())]
        name = "/".join(key(each))
        if spec.get("hostNetwork"):
            yield f"{name}: a pod on its host's network gets no proxy"
        if annotations.get(_INJECT, "enabled") != "enabled":
            yield f"{name}: {_INJECT} is {annotations[_INJECT]}"
        if any(container["name"] == "linkerd-proxy" for container in containers):
            yield f"{name}: has a proxy already, which the injector leaves alone"
        if any(port.get("protocol") == "UDP" for container in containers for port in container.get("ports", ())):
            yield f"{name}: UDP passes the mesh by"


def _probes_are_answered(manifests: Sequence[Manifest], _: Contract, __: Callers) -> Iterator[str]:
    """Linkerd lets a pod's own HTTP probes in by itself where nothing is attached to the Server of their port."""
    routed = {name for route in of_kind(manifests, "HTTPRoute") for _, name in _parents(route)}
    judged = {each["spec"]["port"] for each in of_kind(manifests, "Server") if each["metadata"]["name"] in routed}
    for each in of_kind(manifests, *_WORKLOADS):
        template = each["spec"]["template"]
        workload = template["metadata"].get("labels", {}).get(NAME_LABEL, "")
        for container in template["spec"]["containers"]:
            numbers = {port["name"]: port["containerPort"] for port in container.get("ports", ()) if "name" in port}
            for name in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = container.get(name, {})
                call = _probe_call(workload, probe, numbers)
                if call and (call.verb == "POST" or call.port in judged):
                    yield from _unless(manifests, call, may=True)


def _probe_call(workload: str, probe: Manifest, numbers: dict[str, int]) -> Call | None:
    if "grpc" in probe:
        return Call(None, workload, probe["grpc"]["port"], "POST", HEALTH_PATH)
    if "httpGet" in probe:
        asked = probe["httpGet"]
        return _http(None, workload, numbers.get(asked["port"], asked["port"]), asked.get("path", "/"))
    return None


_RULES: tuple[_Rule, ...] = (
    _no_service_profile,
    _services_speak_what_linkerd_knows,
    _each_method_has_its_route,
    _annotations_are_read,
    _who_may_call_is_the_table,
    _health_is_open_and_metrics_are_not,
    _what_is_named_is_there,
    _every_pod_gets_a_proxy,
    _probes_are_answered,
)


def _unless(manifests: Sequence[Manifest], call: Call, *, may: bool) -> Iterator[str]:
    """One fault where a call's verdict is another."""
    said = verdict(manifests, call)
    if said.allowed != may:
        who = "/".join(call.caller) if call.caller else "a caller without an identity"
        yield f"{who} {'may' if said.allowed else 'may not'} call {call.workload}:{call.port}{call.path} ({said.why})"


def _grpc(caller: str | None, room: str, path: str) -> Call:
    return Call((NAMESPACE, caller) if caller else None, room, GRPC_PORT, "POST", path)


def _http(caller: str | None, workload: str, port: int, path: str) -> Call:
    return Call((NAMESPACE, caller) if caller else None, workload, port, "GET", path)


def _parents(route: Manifest) -> list[tuple[str, str]]:
    return [(parent["kind"], parent["name"]) for parent in route["spec"]["parentRefs"]]


def _route_matches(route: Manifest) -> set[str]:
    """The paths that a GRPCRoute matches, and "" where it matches all."""
    found = set()
    for rule in route["spec"]["rules"]:
        methods = [match["method"] for match in rule.get("matches", ())]
        found |= {f"/{method['service']}/{method['method']}" for method in methods} or {""}
    return found


def _named(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The kinds and names of what a resource refers to in its own namespace."""
    spec = manifest["spec"]
    references = [
        *spec.get("parentRefs", ()),
        *spec.get("requiredAuthenticationRefs", ()),
        *(ref for ref in spec.get("identityRefs", ()) if ref.get("namespace", NAMESPACE) == NAMESPACE),
        *([spec["targetRef"]] if "targetRef" in spec else ()),
    ]
    return ((reference["kind"], reference["name"]) for reference in references)
