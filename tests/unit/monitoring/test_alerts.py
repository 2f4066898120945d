"""Each alert fires when it must and is silent when it must be, by Prometheus' own reckoning on made-up series."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.rules import alert_names

STORIES: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("alerts.yaml").read_text())
CASES = [pytest.param(name, case, id=f"{name}: {case['story']}") for name, cases in STORIES.items() for case in cases]


def test_every_alert_is_seen_to_fire_and_to_be_silent() -> None:
    assert sorted(STORIES) == sorted(alert_names())
    for name, cases in STORIES.items():
        assert any(case["fires"] for case in cases), name
        assert name == "Watchdog" or not all(case["fires"] for case in cases), name


@pytest.mark.parametrize(("alert", "case"), CASES)
def test_an_alert_fires_when_it_must_and_only_then(
    alert: str, case: dict[str, Any], promtool: str, rules: Path, tmp_path: Path
) -> None:
    firing = f'group by (severity) (ALERTS{{alertname="{alert}",alertstate="firing"}})'
    expected = [{"labels": f'{{severity="{severity}"}}', "value": 1} for severity in case["fires"]]
    test = {
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in case["series"].items()],
        "promql_expr_test": [{"expr": firing, "eval_time": f"{case['minute']}m", "exp_samples": expected}],
    }
    file = tmp_path / "test.yaml"
    # Alerts on budgets wait for nothing, so they need not be looked at every minute of half a day.
    kind, every = ("slos", "10m") if alert.endswith("Slo") else ("symptoms", "1m")
    order = [group["name"] for group in yaml.safe_load((rules / f"{kind}.yaml").read_text())["groups"]]
    suite = {
        "rule_files": [str(rules / f"{kind}.yaml")],
        "evaluation_interval": every,
        "group_eval_order": order,
        "tests": [test],
    }
    file.write_text(yaml.safe_dump(suite))
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
