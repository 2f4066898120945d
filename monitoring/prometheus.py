"""Where Prometheus finds the platform on one machine, and to whom Alertmanager tells what."""

from collections.abc import Mapping
from typing import Any

from monitoring.rules import JOBS, PROGRAMS

Json = dict[str, Any]

# `CANDOR_METRICS_FIRST_PORT` on one machine, which the programs follow in their order; then the collector's own.
FIRST_PORT = 9464
_PATHS = {"edge": "/stats/prometheus"}


def local_targets() -> dict[str, str]:
    """Where everything that is scraped listens on one machine, by the name of its job."""
    assert (*PROGRAMS, "collector") == JOBS
    return {job: f"127.0.0.1:{FIRST_PORT + index}" for index, job in enumerate(JOBS)}


def prometheus_config(
    targets: Mapping[str, str], *, rules: str, alertmanager: str = "127.0.0.1:9093", interval: str = "15s"
) -> Json:
    """Prometheus' configuration.

    Args:
        targets: Addresses, by the name of the job.
        rules: The pattern of the rule files, relative to the configuration.
        alertmanager: Where alerts go.
        interval: How often everything is scraped and every rule is looked at.
    """
    return {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": job,
                "metrics_path": _PATHS.get(job, "/metrics"),
                "static_configs": [{"targets": [address]}],
                # A program serves a few thousand series at most: more is a mistake that would fill the disk.
                "sample_limit": 20_000,
            }
            for job, address in targets.items()
        ],
    }


def alertmanager_config() -> Json:
    """Alertmanager's configuration. It holds no secret: whoever is to be told is behind a bridge of the cluster."""
    bridge = "http://alert-bridge.monitoring:8080"
    by_severity = {
        "page": {"group_wait": "10s", "repeat_interval": "1h"},
        "ticket": {"group_wait": "5m", "repeat_interval": "24h"},
        # Whoever listens expects to hear it every five minutes.
        "none": {"group_wait": "0s", "repeat_interval": "5m"},
    }
    return {
        "route": {
            # What nobody thought of wakes somebody.
            "receiver": "page",
            "group_by": ["alertname", "job", "slo"],
            "group_interval": "5m",
            "routes": [
                {"matchers": [f'severity="{severity}"'], "receiver": severity, **timing}
                for severity, timing in by_severity.items()
            ],
        },
        "inhibit_rules": [
            # The same promise, broken slowly and fast.
            {"source_matchers": ['severity="page"'], "target_matchers": ['severity="ticket"'], "equal": ["alertname"]},
            # A program that is down explains what is wrong with it.
            {
                "source_matchers": ['alertname=~"ServiceDown|ServiceMissing"'],
                "target_matchers": ['severity="ticket"'],
                "equal": ["job"],
            },
        ],
        "receivers": [
            {"name": severity, "webhook_configs": [{"url": f"{bridge}/{severity}"}]} for severity in by_severity
        ],
    }
