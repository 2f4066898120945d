"""Every overlay, and the base with any components, is rendered, fits Kubernetes' schemas and passes kube-score."""

import json
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from go_programs import program
from manifests import COMPONENTS, K8S, OVERLAYS, Manifest, combine, overlay, render

# What a kind's schema is known for: those of Kubernetes itself. The others are custom resources.
CUSTOM = ("linkerd.io", "gateway.networking.k8s.io", "external-secrets.io", "monitoring.coreos.com", "opentelemetry.io")
# Findings of kube-score that are decisions, each with its reason.
EXCEPTIONS = {
    "container-image-pull-policy": "images are pinned, so a node need not ask again for what it has",
    "deployment-has-host-podantiaffinity": "topologySpreadConstraints say the same, and balance zones too",
}
# The same where a trial or a test of a release is enough.
SMALL = {
    "deployment-replicas": "a trial has one copy of each",
    "horizontalpodautoscaler-replicas": "a release is tried by a few people",
}
PAIRS = [tuple(each) for size in (0, 1, 2) for each in combinations(COMPONENTS, size)] + [
    *combinations(COMPONENTS, len(COMPONENTS) - 1),
    tuple(COMPONENTS),
]


def is_core(manifest: Manifest) -> bool:
    return not manifest["apiVersion"].partition("/")[0].endswith(CUSTOM)


def identities(manifests: tuple[Manifest, ...]) -> Counter[tuple[str, str, str]]:
    return Counter(
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]) for each in manifests
    )


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_names_each_thing_once(name: str) -> None:
    assert {each for each, count in identities(overlay(name)).items() if count > 1} == set()


@pytest.mark.slow
@pytest.mark.parametrize("components", PAIRS, ids=lambda components: "+".join(components) or "none")
def test_components_go_together_in_any_choice(components: tuple[str, ...], tmp_path: Path) -> None:
    """None, each, each two, all but each one, and all of them: what two do to each other shows in their pair."""
    manifests = render(combine(tmp_path, components))
    assert {each for each, count in identities(manifests).items() if count > 1} == set()


@pytest.mark.slow
def test_the_order_of_components_changes_nothing(tmp_path: Path) -> None:
    forth, back = tmp_path / "forth", tmp_path / "back"
    forth.mkdir()
    back.mkdir()

    def key(each: Manifest) -> str:
        return json.dumps([each["kind"], each["metadata"]["name"]])

    there = sorted(render(combine(forth, COMPONENTS)), key=key)
    again = sorted(render(combine(back, COMPONENTS[::-1])), key=key)
    assert there == again


def test_every_component_is_in_an_overlay() -> None:
    used = {
        Path(each).name
        for name in OVERLAYS
        for each in yaml.safe_load((K8S / "overlays" / name / "kustomization.yaml").read_text())["components"]
    }
    assert used == set(COMPONENTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_fits_kubernetes_schemas(name: str, tmp_path: Path) -> None:
    core = [each for each in overlay(name) if is_core(each)]
    assert len(core) > 40
    file = tmp_path / "core.yaml"
    file.write_text(yaml.safe_dump_all(core))
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("name", OVERLAYS)
def test_kube_score_finds_nothing_that_is_no_decision(name: str, tmp_path: Path) -> None:
    file = tmp_path / "overlay.yaml"
    file.write_text(yaml.safe_dump_all(each for each in overlay(name) if is_core(each)))
    command = [str(program("kube-score")), "score", str(file), "--output-format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    accepted = EXCEPTIONS if name == "production" else EXCEPTIONS | SMALL
    found = [
        (each["object_name"], check["check"]["id"], comment["summary"])
        for each in json.loads(done.stdout)
        for check in each["checks"]
        if not check["skipped"] and check["grade"] < 10 and check["check"]["id"] not in accepted
        for comment in check["comments"] or ()
    ]
    assert found == []
