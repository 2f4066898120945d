"""The monitoring of a cluster: what is scraped, the rules, the dashboards and the collectors, in its namespace.

Custom resources of the Prometheus Operator (monitoring.coreos.com/v1) and of the OpenTelemetry Operator
(opentelemetry.io/v1beta1); dashboards are ConfigMaps with the label that the sidecar of Grafana's chart looks for.
"""

import json
from collections.abc import Iterable
from typing import Any

from monitoring.boards import BOARDS
from monitoring.collector import Places, collector_config
from monitoring.dashboards import dashboard
from monitoring.rules import rule_files

Json = dict[str, Any]

NAMESPACE, PLATFORM = "monitoring", "candor"
_IMAGE = "otel/opentelemetry-collector-contrib:0.165.1"
_PORT, _HEALTH, _METRICS = 4317, 13133, 8888
_COLLECTORS = {"app.kubernetes.io/component": "opentelemetry-collector"}
_JAEGER, _LOKI = ("jaeger", 4317), ("loki-gateway", 80)


def documents() -> dict[str, list[Json]]:
    """The manifests of the component, by their files' names."""
    return {
        "scrapes.yaml": [_scrape("programs", "NotIn", "/metrics"), _scrape("edge", "In", "/stats/prometheus"), _own()],
        "rules.yaml": [_rules(name, body) for name, body in rule_files().items()],
        "dashboards.yaml": [_dashboard(name, text) for name, text in _dashboards()],
        "collectors.yaml": [_traces(), _account("logs"), _account("otel"), _logs(), *_network()],
    }


def _dashboards() -> Iterable[tuple[str, str]]:
    # One line each, since nobody reads them here.
    return ((board.name, json.dumps(dashboard(board), separators=(",", ":"))) for board in BOARDS)


def _named(api: str, kind: str, name: str, **labels: str) -> Json:
    labels = {"app.kubernetes.io/part-of": PLATFORM, **labels}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": f"candor-{name}", "namespace": NAMESPACE, "labels": labels},
    }


def _scrape(name: str, operator: str, path: str) -> Json:
    edge = {"key": "app.kubernetes.io/name", "operator": operator, "values": ["edge"]}
    return _named("monitoring.coreos.com/v1", "PodMonitor", name) | {
        "spec": {
            "jobLabel": "app.kubernetes.io/name",
            "namespaceSelector": {"matchNames": [PLATFORM]},
            "selector": {"matchLabels": {"app.kubernetes.io/part-of": PLATFORM}, "matchExpressions": [edge]},
            "podMetricsEndpoints": [{"port": "metrics", "path": path, "interval": "15s", "scrapeTimeout": "10s"}],
            "sampleLimit": 20_000,
        }
    }


def _own() -> Json:
    relabelings = [{"targetLabel": "job", "replacement": "collector"}]
    endpoint = {"port": "metrics", "interval": "15s", "relabelings": relabelings}
    return _named("monitoring.coreos.com/v1", "PodMonitor", "collectors") | {
        "spec": {"selector": {"matchLabels": _COLLECTORS}, "podMetricsEndpoints": [endpoint]}
    }


def _rules(name: str, body: Json) -> Json:
    return _named("monitoring.coreos.com/v1", "PrometheusRule", name) | {"spec": body}


def _dashboard(name: str, text: str) -> Json:
    return _named("v1", "ConfigMap", f"dashboard-{name}", grafana_dashboard="1") | {"data": {f"{name}.json": text}}


def _account(name: str) -> Json:
    made = _named("v1", "ServiceAccount", f"{name}-collector")
    return made | {"automountServiceAccountToken": False}


def _traces() -> Json:
    """One copy: a trace is judged whole, so all of its spans must meet."""
    places = Places(
        listen=f"0.0.0.0:{_PORT}",
        metrics=f"0.0.0.0:{_METRICS}",
        health=f"0.0.0.0:{_HEALTH}",
        traces=f"{_JAEGER[0]}:{_JAEGER[1]}",
    )
    made = _collector("otel", collector_config(places), user=10001)
    made["spec"] |= {"mode": "deployment", "replicas": 1}
    return made


def _logs() -> Json:
    """One on each node, which reads the files of the platform's containers: they belong to root."""
    places = Places(
        metrics=f"0.0.0.0:{_METRICS}",
        health=f"0.0.0.0:{_HEALTH}",
        logs=f"http://{_LOKI[0]}/otlp",
        files=[f"/var/log/pods/{PLATFORM}_*/*/*.log"],
        notes="/var/lib/otelcol",
        is_pod=True,
    )
    made = _collector("logs", collector_config(places), user=0)
    made["spec"] |= {
        "mode": "daemonset",
        # Also on nodes that may be taken away.
        "tolerations": [{"operator": "Exists"}],
        "volumes": [
            {"name": "pods", "hostPath": {"path": "/var/log/pods"}},
            {"name": "notes", "hostPath": {"path": "/var/lib/candor-otelcol", "type": "DirectoryOrCreate"}},
        ],
        "volumeMounts": [
            {"name": "pods", "mountPath": "/var/log/pods", "readOnly": True},
            {"name": "notes", "mountPath": "/var/lib/otelcol"},
        ],
    }
    return made


def _collector(name: str, config: Json, *, user: int) -> Json:
    return {
        "apiVersion": "opentelemetry.io/v1beta1",
        "kind": "OpenTelemetryCollector",
        # The operator makes the Service otel-collector of the one that is called otel.
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": PLATFORM}},
        "spec": {
            "image": _IMAGE,
            "serviceAccount": f"candor-{name}-collector",
            "config": config,
            "resources": {
                "requests": {"cpu": "100m", "memory": "256Mi"},
                "limits": {"cpu": "1", "memory": "512Mi"},
            },
            "podSecurityContext": {
                "runAsNonRoot": user > 0,
                "runAsUser": user,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
        },
    }


def _network() -> list[Json]:
    """Spans come from the platform, Prometheus reads metrics, and nothing leaves but to who keeps traces and logs."""
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": PLATFORM}}
    cluster_names = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    names = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    policy = _named("networking.k8s.io/v1", "NetworkPolicy", "collectors") | {
        "spec": {
            "podSelector": {"matchLabels": _COLLECTORS},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [{"namespaceSelector": namespace}], "ports": [{"protocol": "TCP", "port": _PORT}]},
                {"from": [{"podSelector": {}}], "ports": [{"protocol": "TCP", "port": _METRICS}]},
            ],
            "egress": [
                {"to": [cluster_names], "ports": names},
                # Who keeps them is in the same namespace; behind its Service Loki's gateway listens at 8080.
                {
                    "to": [{"podSelector": {}}],
                    "ports": [{"protocol": "TCP", "port": port} for port in (_JAEGER[1], 8080)],
                },
            ],
        }
    }
    # Its pods are made by the operator, where a reader of these files does not see them.
    policy["metadata"]["annotations"] = {"kube-score/ignore": "networkpolicy-targets-pod"}
    return [policy]
