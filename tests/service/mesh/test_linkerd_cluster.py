"""The mesh on the real base: what kustomize makes of it, by the API server's own validation and by our lint."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from go_programs import program
from service.mesh.linkerd_kinds import gateway_crds, linkerd_crds

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.linkerd.lint import findings
from mesh.linkerd.manifests import NAMESPACE_ANNOTATIONS, read
from mesh.linkerd.resources import Manifest, of_kind

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("linkerd")]

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = read_contract(load_descriptors())
CALLERS = read_callers(CONTRACT)


def rendered(folder: Path, *components: str) -> list[Manifest]:
    shutil.copytree(ROOT / "k8s", folder / "k8s")
    (folder / "cluster").mkdir()
    overlay = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../k8s/base"],
        "components": [f"../k8s/components/{each}" for each in components],
    }
    (folder / "cluster" / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    return built(folder / "cluster")


def built(folder: Path) -> list[Manifest]:
    command = [str(program("kustomize")), "build", str(folder)]
    return read([subprocess.run(command, check=True, capture_output=True, text=True).stdout])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return rendered(tmp_path_factory.mktemp("cluster"), "linkerd")


class Validator:
    """kubectl-validate: the API server's code, with the rules of the CRDs, on files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "crds").mkdir()
        (folder / "crds" / "linkerd.yaml").write_text(linkerd_crds())
        for crd in gateway_crds():
            (folder / "crds" / crd.name).write_text(crd.read_text())

    def objections(self, manifests: list[Manifest]) -> str:
        """What it says against them; empty where they are good."""
        (self._folder / "manifests.yaml").write_text(yaml.safe_dump_all(manifests))
        command = [str(program("kubectl-validate")), "--local-crds", "crds", "manifests.yaml"]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True)
        return done.stderr + done.stdout if done.returncode else ""


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Validator:
    return Validator(tmp_path_factory.mktemp("validator"))


def test_the_api_server_would_take_every_resource(cluster: list[Manifest], validator: Validator) -> None:
    assert {"GRPCRoute", "HTTPRoute", "Server", "Deployment"} <= {each["kind"] for each in cluster}
    assert validator.objections(cluster) == ""


@pytest.mark.parametrize(
    ("kind", "spoil", "told"),
    [
        ("Server", lambda spec: spec.update(acessPolicy="deny"), "unknown field"),
        ("GRPCRoute", lambda spec: spec["parentRefs"].append(spec["parentRefs"][0]), "must be unique"),
        ("HTTPRoute", lambda spec: spec["parentRefs"][0].pop("name"), "Required value"),
        ("HTTPLocalRateLimitPolicy", lambda spec: spec["total"].update(requestsPerSecond="many"), "integer"),
        ("AuthorizationPolicy", lambda spec: spec.pop("targetRef"), "Required value"),
    ],
)
def test_the_api_server_would_refuse_a_slip(
    cluster: list[Manifest], validator: Validator, kind: str, spoil: object, told: str
) -> None:
    assert callable(spoil)
    (spoiled,) = read([yaml.safe_dump(next(of_kind(cluster, kind)))])
    spoil(spoiled["spec"])
    assert told in validator.objections([spoiled])


def test_the_mesh_of_the_real_base_is_as_the_table_says(cluster: list[Manifest]) -> None:
    assert findings(cluster, CONTRACT, CALLERS) == []


def test_every_workload_of_the_base_gets_a_proxy_that_refuses_by_default(cluster: list[Manifest]) -> None:
    (namespace,) = of_kind(cluster, "Namespace")
    assert namespace["metadata"]["annotations"].items() >= NAMESPACE_ANNOTATIONS.items()
    pods = list(of_kind(cluster, "Deployment"))
    assert {each["spec"]["template"]["spec"]["serviceAccountName"] for each in pods} == set(CALLERS.workloads)
    assert {each["metadata"]["namespace"] for each in pods} == {"candor"}


def test_every_service_that_is_called_lets_failing_endpoints_rest(cluster: list[Manifest]) -> None:
    resting = {
        each["metadata"]["name"]
        for each in of_kind(cluster, "Service")
        if "balancer.linkerd.io/failure-accrual" in each["metadata"].get("annotations", {})
    }
    assert resting == {*CONTRACT.rooms, *CALLERS.http}


@pytest.mark.parametrize("overlay", ["production", "staging"])
def test_the_mesh_of_an_overlay_is_as_the_table_says(overlay: str) -> None:
    assert findings(built(ROOT / "k8s" / "overlays" / overlay), CONTRACT, CALLERS) == []


def test_a_rollout_starts_by_watching(tmp_path: Path) -> None:
    watching = rendered(tmp_path, "linkerd", "linkerd/audit")
    (namespace,) = of_kind(watching, "Namespace")
    assert namespace["metadata"]["annotations"]["config.linkerd.io/default-inbound-policy"] == "audit"
    policies = Counter(each["spec"]["accessPolicy"] for each in of_kind(watching, "Server"))
    assert policies == {"audit": len(list(of_kind(watching, "Server")))}
    assert findings(watching, CONTRACT, CALLERS) == []
