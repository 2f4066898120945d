"""The Kubernetes manifests as a cluster gets them: rendered by kustomize, read as documents."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from go_programs import program

ROOT = Path(__file__).parents[1]
K8S = ROOT / "k8s"
OVERLAYS = sorted(path.parent.name for path in K8S.glob("overlays/*/kustomization.yaml"))
COMPONENTS = sorted(path.parent.name for path in K8S.glob("components/*/kustomization.yaml"))
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")

Manifest = dict[str, Any]


def render(folder: Path) -> tuple[Manifest, ...]:
    """What kustomize makes of a folder."""
    text = render_text(folder)
    return tuple(each for each in yaml.load_all(text, yaml.CSafeLoader) if each)


@cache
def overlay(name: str) -> tuple[Manifest, ...]:
    """What an overlay gives a cluster."""
    return render(K8S / "overlays" / name)


def render_text(folder: Path) -> str:
    """The same as text; kustomize's complaint fails the test."""
    command = ["kubectl", "kustomize"] if shutil.which("kubectl") else [str(program("kustomize")), "build"]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr, done.stderr
    return done.stdout


def combine(folder: Path, components: Sequence[str]) -> Path:
    """A kustomization, in a folder outside the repository, of the base with these components."""
    # kustomize takes no absolute paths.
    up = Path(*[".."] * (len(folder.resolve().parts) - 1))
    k8s = up / K8S.resolve().relative_to("/")
    kustomization = {
        "resources": [str(k8s / "base")],
        "components": [str(k8s / "components" / each) for each in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return folder


def of_kind(manifests: Iterable[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] in kinds]


def named(manifests: Iterable[Manifest], kind: str, name: str) -> Manifest:
    (found,) = (each for each in of_kind(manifests, kind) if each["metadata"]["name"] == name)
    return found


def pod_of(workload: Manifest) -> Manifest:
    """The pod's specification of a workload."""
    template: Manifest = workload["spec"]["template"]
    return template["spec"]  # type: ignore[no-any-return]


def labels_of(workload: Manifest) -> dict[str, str]:
    """The labels of a workload's pods."""
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def containers_of(workload: Manifest) -> Iterator[Manifest]:
    pod = pod_of(workload)
    yield from pod.get("initContainers", ())
    yield from pod["containers"]


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/) chooses."""
    exact = selector.get("matchLabels", {})
    rules = {
        "In": lambda value, values: value in values,
        "NotIn": lambda value, values: value not in values,
        "Exists": lambda value, _: value is not None,
        "DoesNotExist": lambda value, _: value is None,
    }
    return all(labels.get(key) == value for key, value in exact.items()) and all(
        rules[each["operator"]](labels.get(each["key"]), each.get("values", []))
        for each in selector.get("matchExpressions", ())
    )


def environment(manifests: Sequence[Manifest], workload: Manifest, container: Manifest) -> dict[str, str]:
    """What a container finds in its environment by its ConfigMaps and its own variables."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= named(manifests, "ConfigMap", source["configMapRef"]["name"])["data"]
    return found | {each["name"]: each["value"] for each in container.get("env", ())}


def secret_settings(manifests: Sequence[Manifest], workload: Manifest) -> set[str]:
    """The settings that a workload's mounted secrets hold, as its ExternalSecrets name them."""
    mounted = {each["secret"]["secretName"] for each in pod_of(workload)["volumes"] if "secret" in each}
    return {
        data["secretKey"]
        for each in of_kind(manifests, "ExternalSecret")
        if each["spec"]["target"]["name"] in mounted
        for data in each["spec"]["data"]
    }
