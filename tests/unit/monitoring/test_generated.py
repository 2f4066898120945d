"""What is made from the tables is what stands in the repository, and the programs that read it take it."""

import json
import re
import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.__main__ import documents, main, with_objectives
from monitoring.boards import BOARDS
from monitoring.dashboards import dashboard
from monitoring.prometheus import FIRST_PORT, alertmanager_config, local_targets
from monitoring.rules import PROGRAMS, alert_names
from services.laptop import LaptopSettings

ROOT = Path(__file__).parents[3]
GENERATED = ROOT / "monitoring" / "generated"
DASHBOARDS = {board.name: dashboard(board) for board in BOARDS}


@pytest.mark.parametrize("path", documents())
def test_what_is_generated_stands_in_the_repository(path: str) -> None:
    assert (ROOT / path).read_text() == documents()[path], "`make generate` makes it again"


def test_nothing_else_stands_among_what_is_generated() -> None:
    found = {str(path.relative_to(ROOT)) for path in GENERATED.rglob("*") if path.is_file()}
    assert found == {path for path in documents() if path.startswith("monitoring/generated/")}


def test_the_page_shows_the_objectives_as_they_are(tmp_path: Path) -> None:
    page = (ROOT / "docs/observability.md").read_text()
    assert with_objectives(page) == page
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/observability.md").write_text(page.replace("99.9%", "12.3%"))
    main(["--write", str(tmp_path)])
    assert (tmp_path / "docs/observability.md").read_text() == page


def test_prometheus_takes_its_configuration_and_its_rules(promtool: str) -> None:
    for arguments in (["config", "prometheus.yaml"], ["rules", "rules/slos.yaml", "rules/symptoms.yaml"]):
        done = subprocess.run([promtool, "check", *arguments], cwd=GENERATED, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WARNING" not in done.stdout + done.stderr


def test_alertmanager_takes_its_configuration(amtool: str) -> None:
    done = subprocess.run(
        [amtool, "check-config", str(GENERATED / "alertmanager.yaml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("severity", ["page", "ticket", "none"])
def test_an_alert_goes_to_those_whom_its_severity_concerns(amtool: str, severity: str) -> None:
    command = [amtool, "config", "routes", "test", f"--config.file={GENERATED / 'alertmanager.yaml'}"]
    done = subprocess.run([*command, f"severity={severity}", "alertname=X"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, severity)


def test_an_alert_that_nobody_thought_of_wakes_somebody(amtool: str) -> None:
    command = [amtool, "config", "routes", "test", f"--config.file={GENERATED / 'alertmanager.yaml'}"]
    done = subprocess.run([*command, "alertname=X"], capture_output=True, text=True)
    assert done.stdout.strip() == "page"


def test_what_tells_of_alerts_holds_no_secret() -> None:
    said = yaml.safe_dump(alertmanager_config())
    assert not re.search("password|token|secret|key|api|://[^/]*@", said, re.IGNORECASE)


def test_prometheus_looks_where_the_programs_of_one_machine_serve_their_metrics() -> None:
    settings = LaptopSettings(metrics_first_port=FIRST_PORT)
    targets = local_targets()
    assert {name: targets[name] for name in PROGRAMS} == {name: settings.metrics_address(name) for name in PROGRAMS}


def test_the_cluster_gets_the_same_rules() -> None:
    manifests = yaml.safe_load_all((ROOT / "k8s/components/monitoring/rules.yaml").read_text())
    groups = chain.from_iterable(each["spec"]["groups"] for each in manifests)
    assert {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule} == set(alert_names())


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboards_panels_lie_side_by_side_and_none_on_another(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_names_its_parts_once_and_asks_the_data_source_that_is_chosen(name: str) -> None:
    panels: list[dict[str, Any]] = DASHBOARDS[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    titles = [panel["title"] for panel in panels]
    assert len(set(titles)) == len(titles)
    for panel in panels:
        references = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(references)) == len(references)
    assert json.dumps(DASHBOARDS[name]).count('"uid": "${datasource}"') > len(panels) / 2
