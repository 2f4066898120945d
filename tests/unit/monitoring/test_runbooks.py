"""Each alert has a runbook, each runbook an alert; what a runbook tells people to type and to ask is there."""

import re
from itertools import chain
from pathlib import Path

import pytest
import yaml
from promql import asked
from unit.monitoring.test_expressions import TARGET, labels_of

from monitoring.rules import RUNBOOKS, alert_names, rule_files

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "runbooks"
PAGES = sorted(FOLDER.glob("*.md"))
SECTIONS = ["What people feel", "How to see it", "First", "What causes it", "When to escalate"]
WORKLOADS = {path.parent.name for path in (ROOT / "k8s" / "base").glob("*/workload.yaml")}
COLLECTORS = {"otel-collector", "logs-collector"}
EVERY = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert sorted(alert_names()) == [page.stem for page in PAGES]


def test_every_alert_leads_to_its_runbook() -> None:
    groups = chain.from_iterable(file["groups"] for file in rule_files().values())
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert {each["alert"] for each in alerts} == set(alert_names())
    for each in alerts:
        assert each["annotations"]["runbook_url"] == f"{RUNBOOKS}/{each['alert']}.md"
        assert each["annotations"]["summary"].endswith(".")
        assert each["labels"]["severity"] in {"page", "ticket", "none"}


@EVERY
def test_a_runbook_fits_a_screen_and_says_the_same_things_in_the_same_order(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert len(text.splitlines()) <= 40


@EVERY
def test_a_runbooks_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@EVERY
def test_a_runbook_asks_prometheus_for_what_exists(page: Path) -> None:
    expressions = [line for block in _blocks(page, "promql") for line in block]
    assert expressions
    for expr in expressions:
        for each in asked(expr):
            known = labels_of(each.name) | TARGET
            assert {label for label, _, _ in each.matchers} | each.spoken_of <= known, expr


@EVERY
def test_a_runbooks_commands_speak_of_workloads_that_exist(page: Path) -> None:
    lines = [line for block in _blocks(page, "sh") for line in block]
    assert lines
    for line in lines:
        named = set(re.findall(r"deployment/([a-z-]+)", line))
        named |= set(re.findall(r"app\.kubernetes\.io/name=([a-z-]+)", line))
        for kinds in re.findall(r"hpa ([a-z -]+?)(?= -|$)", line):
            named |= set(kinds.split())
        known = COLLECTORS if "-n monitoring" in line else WORKLOADS
        assert named <= known, line


@EVERY
def test_a_setting_that_a_runbook_names_exists(page: Path) -> None:
    settings = {path.parent.name: path.read_text() for path in ROOT.glob("services/*/settings.py")}
    settings |= {"edge": (ROOT / "mesh/edge/settings.py").read_text()}
    for program, name in re.findall(r"CANDOR_([A-Z]+)_([A-Z_]+)", page.read_text()):
        assert f"    {name.lower()}: " in settings[program.lower()], name


def test_the_worker_whom_runbooks_choose_by_label_carries_it() -> None:
    labels = (ROOT / "k8s/base/generation-worker/kustomization.yaml").read_text()
    pairs = [each["pairs"] for each in yaml.safe_load(labels)["labels"]]
    assert {"app.kubernetes.io/name": "generation", "app.kubernetes.io/component": "worker"} in pairs


def _blocks(page: Path, language: str) -> list[list[str]]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in found]
