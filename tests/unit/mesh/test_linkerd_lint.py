"""The lint tells every fault that it is there for; each is made once in what is otherwise good."""

import io
from collections.abc import Callable
from copy import deepcopy

import pytest
import yaml

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.linkerd.__main__ import main
from mesh.linkerd.lint import findings
from mesh.linkerd.manifests import NAMESPACE_ANNOTATIONS, manifests
from mesh.linkerd.resources import Manifest, resource

CONTRACT = read_contract(load_descriptors())
TABLE = read_callers(CONTRACT)
_H2C = "kubernetes.io/h2c"


def service(name: str) -> Manifest:
    ports = [{"name": "grpc", "port": 8100, "appProtocol": _H2C if name in CONTRACT.rooms else "http"}]
    metadata = {"name": name, "namespace": "candor"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"clusterIP": "", "ports": ports}}


def deployment(name: str) -> Manifest:
    probe = {"grpc": {"port": 8100}} if name in CONTRACT.rooms else {"httpGet": {"path": "/healthz", "port": "http"}}
    ports = [{"name": "http", "containerPort": 8100}]
    template = {
        "metadata": {"labels": {"app.kubernetes.io/name": name}},
        "spec": {"containers": [{"name": "app", "ports": ports, "readinessProbe": probe}]},
    }
    metadata = {"name": name, "namespace": "candor"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


def account(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "candor"}}


def cluster() -> list[Manifest]:
    namespace = {"name": "candor", "annotations": dict(NAMESPACE_ANNOTATIONS)}
    named = [*CONTRACT.rooms, *TABLE.http]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": namespace},
        *(each for name in named for each in (service(name), deployment(name))),
        *(account(name) for name in TABLE.workloads),
        *(deepcopy(each) for found in manifests(CONTRACT, TABLE).values() for each in found),
    ]


class Cluster:
    """A good cluster, to spoil."""

    def __init__(self) -> None:
        self.manifests = cluster()

    def get(self, kind: str, name: str) -> Manifest:
        return next(each for each in self.manifests if (each["kind"], each["metadata"]["name"]) == (kind, name))

    def spec(self, kind: str, name: str) -> Manifest:
        found: Manifest = self.get(kind, name)["spec"]
        return found

    def notes(self, kind: str, name: str) -> dict[str, str]:
        found: dict[str, str] = self.get(kind, name)["metadata"].setdefault("annotations", {})
        return found

    def pod(self, name: str) -> Manifest:
        found: Manifest = self.spec("Deployment", name)["template"]
        return found

    def drop(self, kind: str, name: str) -> None:
        self.manifests.remove(self.get(kind, name))

    def add(self, manifest: Manifest) -> None:
        self.manifests.append(manifest)


def test_a_good_cluster_has_no_fault() -> None:
    assert findings(cluster(), CONTRACT, TABLE) == []


def stale_grant(cluster: Cluster) -> None:
    cluster.spec("MeshTLSAuthentication", "accounts-for-edge")["identityRefs"].append(
        {"kind": "ServiceAccount", "name": "modelhub"}
    )


def second_limit(cluster: Cluster) -> None:
    spec = deepcopy(cluster.spec("HTTPLocalRateLimitPolicy", "accounts"))
    cluster.add(resource("HTTPLocalRateLimitPolicy", "accounts-too", spec))


def profile(cluster: Cluster) -> None:
    cluster.add({"apiVersion": "linkerd.io/v1alpha2", "kind": "ServiceProfile", "metadata": {"name": "x"}, "spec": {}})


FAULTS: list[tuple[str, Callable[[Cluster], object], str]] = [
    ("a profile", profile, "ServiceProfile x"),
    (
        "a protocol that Linkerd does not know",
        lambda c: c.spec("Service", "gateway")["ports"][0].update(appProtocol="grpc"),
        "which Linkerd takes for plain bytes",
    ),
    (
        "a port that says nothing",
        lambda c: c.spec("Service", "accounts")["ports"][0].pop("appProtocol"),
        "must say appProtocol: kubernetes.io/h2c",
    ),
    ("a headless service", lambda c: c.spec("Service", "accounts").update(clusterIP="None"), "is headless"),
    ("no catch-all", lambda c: c.drop("GRPCRoute", "accounts-rest"), "accounts has no catch-all"),
    ("a method without a route", lambda c: c.drop("GRPCRoute", "modelhub-streams"), "DraftSql is in 0 GRPCRoutes"),
    (
        "a method in two routes",
        lambda c: c.spec("GRPCRoute", "modelhub-retried")["rules"].extend(
            c.spec("GRPCRoute", "modelhub-streams")["rules"]
        ),
        "DraftSql is in 2 GRPCRoutes",
    ),
    (
        "a bounded stream",
        lambda c: c.notes("GRPCRoute", "modelhub-streams").update({"timeout.linkerd.io/request": "60s"}),
        "a stream never",
    ),
    (
        "an unbounded call",
        lambda c: c.notes("GRPCRoute", "accounts-once").pop("timeout.linkerd.io/request"),
        "bounded as a whole",
    ),
    (
        "a repeated act",
        lambda c: c.notes("GRPCRoute", "accounts-once").update({"retry.linkerd.io/grpc": "unavailable"}),
        "only what may be repeated",
    ),
    (
        "a list with spaces",
        lambda c: c.notes("GRPCRoute", "accounts-retried").update({"retry.linkerd.io/grpc": "unavailable, internal"}),
        "retries on 'unavailable, internal'",
    ),
    (
        "a number without a unit",
        lambda c: c.notes("GRPCRoute", "accounts-retried").update({"retry.linkerd.io/timeout": "10"}),
        "no number with a unit",
    ),
    ("a grant too many", stale_grant, "candor/modelhub may call accounts:8100/candor.accounts"),
    (
        "a grant too few",
        lambda c: c.drop("AuthorizationPolicy", "modelhub-for-edge-generation"),
        "candor/generation may not call modelhub:8100",
    ),
    (
        "a route that matches all",
        lambda c: c.spec("HTTPRoute", "accounts-for-edge").update(rules=[{}]),
        "candor/edge may call accounts:8100/candor.unknown",
    ),
    (
        "no health",
        lambda c: c.drop("AuthorizationPolicy", "accounts-health"),
        "may not call accounts:8100/grpc.health.v1.Health/Check",
    ),
    (
        "open metrics",
        lambda c: c.spec("AuthorizationPolicy", "metrics").update(
            requiredAuthenticationRefs=[
                {"group": "policy.linkerd.io", "kind": "NetworkAuthentication", "name": "everywhere"}
            ]
        ),
        "a caller without an identity may call accounts:9464/metrics",
    ),
    (
        "a name of nothing",
        lambda c: c.drop("ServiceAccount", "modelhub"),
        "ServiceAccount modelhub, which is not there",
    ),
    (
        "a server of gRPC",
        lambda c: c.spec("Server", "accounts-grpc").update(proxyProtocol="gRPC"),
        "knows no rate limit",
    ),
    ("two limits", second_limit, "accounts-grpc has 2 rate limits"),
    ("a host's network", lambda c: c.pod("accounts")["spec"].update(hostNetwork=True), "on its host's network"),
    (
        "an injection refused",
        lambda c: c.pod("accounts")["metadata"].update(annotations={"linkerd.io/inject": "disabled"}),
        "linkerd.io/inject is disabled",
    ),
    (
        "a proxy that is there",
        lambda c: c.pod("accounts")["spec"]["containers"].append({"name": "linkerd-proxy"}),
        "has a proxy already",
    ),
    (
        "a port of UDP",
        lambda c: c.pod("accounts")["spec"]["containers"][0]["ports"].append({"containerPort": 9, "protocol": "UDP"}),
        "UDP passes the mesh by",
    ),
    (
        "a namespace that lets all in",
        lambda c: c.notes("Namespace", "candor").pop("config.linkerd.io/default-inbound-policy"),
        "does not ask for proxies that refuse by default",
    ),
    (
        "a probe that is refused",
        lambda c: c.pod("gateway")["spec"]["containers"][0]["readinessProbe"]["httpGet"].update(path="/alive"),
        "may not call gateway:8100/alive",
    ),
]


@pytest.mark.parametrize(("spoil", "told"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_fault_is_told(spoil: Callable[[Cluster], object], told: str) -> None:
    spoiled = Cluster()
    spoil(spoiled)
    assert any(told in fault for fault in findings(spoiled.manifests, CONTRACT, TABLE))


def test_the_command_judges_what_kubectl_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled = Cluster()
    spoiled.drop("GRPCRoute", "accounts-rest")
    listed = {"apiVersion": "v1", "kind": "List", "items": spoiled.manifests}
    monkeypatch.setattr("sys.stdin", io.StringIO(yaml.safe_dump(listed)))
    assert main(["--lint"]) == 1
    assert capsys.readouterr().out == "Service accounts has no catch-all GRPCRoute\n"


@pytest.mark.parametrize(("caller", "status"), [("gateway", 0), ("documents", 1)])
def test_the_command_says_who_may_call_what(capsys: pytest.CaptureFixture[str], caller: str, status: int) -> None:
    assert main(["--may", caller, "IssueToken"]) == status
    assert "AccountsService/IssueToken: " in capsys.readouterr().out
