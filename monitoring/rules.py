"""Prometheus' rules: what each promise costs of its error budget, when that wakes somebody, and the symptoms' alerts.

Alerts on budgets look at two windows at once, a long one to be sure and a short one to end soon, as in
https://sre.google/workbook/alerting-on-slos/ ("6: Multiwindow, Multi-Burn-Rate Alerts").
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

from monitoring.slos import PERIOD, Objective, read_objectives

Json = dict[str, Any]

# What is scraped, by the name of its job.
PROGRAMS = ("accounts", "documents", "generation", "validation", "modelhub", "gateway", "edge")
JOBS = (*PROGRAMS, "collector")
RUNBOOKS = "https://candor.example/docs/runbooks"
# The series of how much of an error budget is left, from 1 to below 0.
BUDGET_LEFT = f"slo:budget_left:ratio_{PERIOD}"
_ALERTS = Path(__file__).with_name("alerts.toml")
# With fewer events than these a share says nothing yet.
_ENOUGH_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast an error budget is used up: 1 uses all of it in `PERIOD`."""

    rate: float
    long: str
    short: str
    severity: str


BURNS = (
    Burn(14.4, "1h", "5m", "page"),
    Burn(6, "6h", "30m", "page"),
    Burn(3, "1d", "2h", "ticket"),
    Burn(1, "3d", "6h", "ticket"),
)
_WINDOWS = tuple(dict.fromkeys(window for burn in BURNS for window in (burn.short, burn.long)))
# Looking back over days takes Prometheus long, and the answer changes slowly; after five minutes it would be forgotten.
_SLOW_WINDOWS, _SLOW_S = ("1d", "3d"), 120


def rule_files(*, pace: float = 1.0) -> dict[str, Json]:
    """The rule files by their names.

    Args:
        pace: What the waits of alerts and the intervals of slow rules are multiplied by, for who wants to see one fire.
    """
    objectives = read_objectives()
    slow = f"{max(1, round(_SLOW_S * pace))}s"
    quick = [window for window in _WINDOWS if window not in _SLOW_WINDOWS]
    return {
        "slos": {
            "groups": [
                {"name": "slo-shares", "rules": _shares(objectives, quick)},
                {"name": "slo-shares-slow", "interval": slow, "rules": _shares(objectives, _SLOW_WINDOWS)},
                {"name": "slo-budgets", "interval": slow, "rules": [_budget(each) for each in objectives]},
                {"name": "slo-alerts", "rules": [_burning(each, burn) for each in objectives for burn in BURNS]},
            ]
        },
        "symptoms": {"groups": [{"name": "symptoms", "rules": _symptoms(pace)}]},
    }


def alert_names() -> list[str]:
    """Every alert there is, each of which has a runbook."""
    return [*(each.name for each in read_objectives()), *_read_alerts()]


def share(window: str) -> str:
    """The series that says which share of the events in a window broke a promise."""
    return f"slo:broken:ratio_{window}"


def _shares(objectives: Sequence[Objective], windows: Sequence[str]) -> list[Json]:
    found = []
    for each, window in product(objectives, windows):
        found.append(_record(share(window), each, each.broken.replace("RANGE", window)))
        if window in {burn.long for burn in BURNS}:
            found.append(_record(f"slo:events:increase_{window}", each, each.events.replace("RANGE", window)))
    return found


def _budget(objective: Objective) -> Json:
    broken = objective.broken.replace("RANGE", PERIOD)
    return _record(BUDGET_LEFT, objective, f"1 - ({broken}) / {objective.budget:g}")


def _record(name: str, objective: Objective, expr: str) -> Json:
    return {"record": name, "labels": {"slo": objective.name}, "expr": expr}


def _burning(objective: Objective, burn: Burn) -> Json:
    slo, limit = f'{{slo="{objective.name}"}}', f"{burn.rate * objective.budget:g}"
    expr = (
        f"{share(burn.long)}{slo} > {limit} and {share(burn.short)}{slo} > {limit} "
        f"and slo:events:increase_{burn.long}{slo} > {_ENOUGH_EVENTS}"
    )
    summary = f"{{{{ $value | humanizePercentage }}}} of {burn.long} broke the promise: {objective.promise}"
    labels = {"severity": burn.severity, "window": burn.long}
    return _alert(objective.name, expr, timedelta(0), labels, summary)


def _symptoms(pace: float) -> list[Json]:
    absent = " or ".join(f'absent(up{{job="{job}"}})' for job in JOBS)
    found = []
    for name, row in _read_alerts().items():
        expr = row["expr"].strip().replace("JOBS", "|".join(JOBS)).replace("ABSENT", absent)
        wait = timedelta(**{_UNITS[row["for"][-1]]: float(row["for"][:-1])}) * pace
        found.append(_alert(name, expr, wait, {"severity": row["severity"]}, row["summary"]))
    return found


def _alert(name: str, expr: str, wait: timedelta, labels: dict[str, str], summary: str) -> Json:
    annotations = {"summary": summary, "runbook_url": f"{RUNBOOKS}/{name}.md"}
    held = {"for": f"{round(wait.total_seconds())}s"} if wait else {}
    return {"alert": name, "expr": expr, **held, "labels": labels, "annotations": annotations}


def _read_alerts() -> dict[str, dict[str, str]]:
    return tomllib.loads(_ALERTS.read_text(encoding="utf-8"))


_UNITS = {"m": "minutes", "h": "hours"}
