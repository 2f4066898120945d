"""The words of Linkerd's and the Gateway API's resources, and what they are called here.

Names: a workload, its Service, its ServiceAccount and its label `app.kubernetes.io/name` are one word. Ports are given
by number, so that a Server holds whatever a container calls its port.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Manifest = dict[str, Any]

NAMESPACE = "candor"
GRPC_PORT = 8100
HTTP_PORT = 8100
EDGE_PORT = 8080
METRICS_PORT = 9464
PROXY_ADMIN_PORT = 4191
"""Where Linkerd's proxy serves its own metrics; under `deny` it asks for a policy as any other port does."""
MONITORING = ("monitoring", "collector")
"""The namespace and the ServiceAccount of what scrapes metrics."""
HEALTH_PATH = "/grpc.health.v1.Health/Check"
GATEWAY_HEALTH_PATH = "/healthz"

NAME_LABEL = "app.kubernetes.io/name"
PART_LABEL = {"app.kubernetes.io/part-of": "candor"}

_POLICY = "policy.linkerd.io"
_GATEWAY = "gateway.networking.k8s.io"
_VERSIONS = {
    "Server": f"{_POLICY}/v1beta3",
    "AuthorizationPolicy": f"{_POLICY}/v1alpha1",
    "MeshTLSAuthentication": f"{_POLICY}/v1alpha1",
    "NetworkAuthentication": f"{_POLICY}/v1alpha1",
    "HTTPLocalRateLimitPolicy": f"{_POLICY}/v1alpha1",
    "GRPCRoute": f"{_GATEWAY}/v1",
    "HTTPRoute": f"{_GATEWAY}/v1",
}
_MATCHES_PER_RULE = 8
"""What the Gateway API's schema of a GRPCRoute allows."""


def resource(kind: str, name: str, spec: Manifest, annotations: Mapping[str, str] | None = None) -> Manifest:
    """One resource in Candor's namespace."""
    metadata: Manifest = {"name": name, "namespace": NAMESPACE, "labels": dict(PART_LABEL)}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": _VERSIONS[kind], "kind": kind, "metadata": metadata, "spec": spec}


def reference(kind: str, name: str) -> Manifest:
    """How one resource names another of its namespace; a Service belongs to no group."""
    group = _VERSIONS.get(kind, "").rpartition("/")[0]
    return {"group": group, "kind": kind, "name": name}


def key(manifest: Manifest) -> tuple[str, str]:
    """A resource's kind and name."""
    return manifest["kind"], manifest["metadata"]["name"]


def in_rules(matches: Sequence[Manifest], **rest: Any) -> list[Manifest]:
    """The rules of a route that match any of these, as many to a rule as the schema allows."""
    count = _MATCHES_PER_RULE
    return [{"matches": list(matches[start : start + count]), **rest} for start in range(0, len(matches), count)]


def of_kind(manifests: Iterable[Manifest], *kinds: str) -> Iterator[Manifest]:
    """Those of some kinds."""
    return (each for each in manifests if each["kind"] in kinds)


def duration(seconds: float) -> str:
    """A duration as Linkerd reads it: a whole number and its unit."""
    return f"{round(seconds)}s" if seconds == round(seconds) else f"{round(seconds * 1000)}ms"
