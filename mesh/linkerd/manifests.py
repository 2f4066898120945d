"""The kustomize component: which file holds what, as YAML.

One file for each workload, one for what they share, two patches for what the base owns (the Namespace and the
Services), and beside them a component that turns `deny` into `audit` for a rollout.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from mesh.callers import Callers
from mesh.contract import Contract
from mesh.linkerd.policies import edge_policies, grpc_policies, http_policies, shared_policies
from mesh.linkerd.resources import NAMESPACE, Manifest
from mesh.linkerd.routes import resting, routes_to

_HEADER = "# Made by `make generate` from mesh/callers.toml and the protos.\n"

_INBOUND = "config.linkerd.io/default-inbound-policy"

NAMESPACE_ANNOTATIONS = {
    "linkerd.io/inject": "enabled",
    _INBOUND: "deny",
    # An annotation replaces Linkerd's list: these are its ports of databases and mail, and MongoDB's.
    "config.linkerd.io/opaque-ports": "25,587,3306,4444,5432,6379,9300,11211,27017",
    "config.linkerd.io/proxy-cpu-request": "50m",
    "config.linkerd.io/proxy-memory-request": "64Mi",
    "config.linkerd.io/proxy-memory-limit": "256Mi",
}

_COMPONENT = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
_NAMESPACE_TARGET = {"kind": "Namespace", "name": NAMESPACE}


def manifests(contract: Contract, callers: Callers) -> dict[str, list[Manifest]]:
    """What is Linkerd's, by workload, and under "shared" for all of them."""
    found = {
        room: [*grpc_policies(room, callers), *routes_to(room, contract, callers.limits)] for room in contract.rooms
    }
    found |= {workload: http_policies(workload, callers) for workload in callers.http}
    return found | {"edge": edge_policies(), "shared": shared_policies()}


def component(contract: Contract, callers: Callers) -> dict[str, str]:
    """The texts of the component's files, by path."""
    by_workload = manifests(contract, callers)
    called = sorted({*contract.rooms, *callers.http})
    kustomization: Manifest = {
        **_COMPONENT,
        "resources": [f"{workload}.yaml" for workload in by_workload],
        "patches": [
            {"path": "patch-namespace.yaml", "target": _NAMESPACE_TARGET},
            {"path": "patch-services.yaml", "target": {"kind": "Service", "name": "|".join(called)}},
        ],
    }
    files = {f"{workload}.yaml": _text(*found) for workload, found in by_workload.items()}
    return files | {
        "kustomization.yaml": _text(kustomization),
        "patch-namespace.yaml": _text(_annotated("Namespace", NAMESPACE, NAMESPACE_ANNOTATIONS)),
        "patch-services.yaml": _text(_annotated("Service", "any", resting(callers.limits))),
        **_audit(),
    }


def _audit() -> dict[str, str]:
    kustomization: Manifest = {
        **_COMPONENT,
        "patches": [
            {"path": "patch-namespace.yaml", "target": _NAMESPACE_TARGET},
            {"path": "patch-servers.yaml", "target": {"kind": "Server"}},
        ],
    }
    server: Manifest = {
        "apiVersion": "policy.linkerd.io/v1beta3",
        "kind": "Server",
        "metadata": {"name": "any"},
        "spec": {"accessPolicy": "audit"},
    }
    return {
        "audit/kustomization.yaml": _text(kustomization),
        "audit/patch-namespace.yaml": _text(_annotated("Namespace", NAMESPACE, {_INBOUND: "audit"})),
        "audit/patch-servers.yaml": _text(server),
    }


def write(files: Mapping[str, str], directory: Path) -> None:
    """Makes a directory hold these files, and no other YAML."""
    for stale in set(directory.rglob("*.yaml")) - {directory / name for name in files}:
        stale.unlink()
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")


def read(texts: Iterable[str]) -> list[Manifest]:
    """Every resource in some YAML texts, those of a `List` one by one.

    Raises:
        yaml.YAMLError: A text is no YAML.
    """
    documents = [each for text in texts for each in yaml.safe_load_all(text) if each]
    return [item for each in documents for item in (each["items"] if each["kind"] == "List" else [each])]


def _annotated(kind: str, name: str, annotations: Mapping[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "annotations": dict(annotations)}}


def _text(*documents: Manifest) -> str:
    return _HEADER + yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, explicit_start=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes what occurs twice in full: anchors help no reader."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True
