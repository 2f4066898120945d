"""What holds for everything that the overlays give a cluster, whatever is added to them."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import yaml
from manifests import (
    K8S,
    OVERLAYS,
    WORKLOADS,
    containers_of,
    environment,
    labels_of,
    named,
    of_kind,
    overlay,
    pod_of,
    selects,
)
from pydantic import TypeAdapter

from services.kit import metrics
from services.kit.jobs import worker

_UNITS = {"": 1.0, "m": 0.001, "Mi": 2.0**20, "Gi": 2.0**30}

pytestmark = pytest.mark.parametrize("name", OVERLAYS)


def amount(text: Any) -> float:
    """A quantity of Kubernetes' as a number."""
    match = re.fullmatch(r"([\d.]+)(m|Mi|Gi|)", str(text))
    assert match, text
    return float(match[1]) * _UNITS[match[2]]


def test_every_container_is_without_rights(name: str) -> None:
    for workload in of_kind(overlay(name), *WORKLOADS):
        pod = pod_of(workload)
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] > 10_000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers_of(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_no_pod_holds_a_token_of_the_cluster_or_shares_the_nodes_own(name: str) -> None:
    manifests = overlay(name)
    for workload in of_kind(manifests, *WORKLOADS):
        pod = pod_of(workload)
        account = named(manifests, "ServiceAccount", pod["serviceAccountName"])
        assert pod["automountServiceAccountToken"] is account["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert all({"emptyDir", "secret", "configMap"} & volume.keys() for volume in pod["volumes"])
        assert not any("hostPort" in port for each in containers_of(workload) for port in each.get("ports", ()))


def test_the_namespace_enforces_restricted_pods(name: str) -> None:
    labels = named(overlay(name), "Namespace", "candor")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_container_says_what_it_needs_and_what_it_may_take(name: str) -> None:
    for workload in of_kind(overlay(name), *WORKLOADS):
        for container in containers_of(workload):
            asked, most = container["resources"]["requests"], container["resources"]["limits"]
            assert asked.keys() == most.keys() == {"cpu", "memory", "ephemeral-storage"}
            assert all(amount(asked[each]) <= amount(most[each]) for each in asked)


def test_every_deployment_is_probed_spread_and_protected_from_disruption(name: str) -> None:
    manifests = overlay(name)
    for deployment in of_kind(manifests, "Deployment"):
        (app,) = pod_of(deployment)["containers"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= app.keys()
        assert app["readinessProbe"] != app["livenessProbe"]
        topologies = {each["topologyKey"] for each in pod_of(deployment)["topologySpreadConstraints"]}
        assert topologies == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        budgets = [
            each
            for each in of_kind(manifests, "PodDisruptionBudget")
            if selects(each["spec"]["selector"], labels_of(deployment))
        ]
        assert len(budgets) == 1
        assert pod_of(deployment)["priorityClassName"] in {
            each["metadata"]["name"] for each in of_kind(manifests, "PriorityClass")
        }


def test_a_pod_is_given_the_time_that_its_calls_may_take_to_end(name: str) -> None:
    manifests = overlay(name)
    for deployment in of_kind(manifests, "Deployment"):
        (app,) = pod_of(deployment)["containers"]
        settings = environment(manifests, deployment, app)
        (grace,) = (value for key, value in settings.items() if re.fullmatch(r"CANDOR_[A-Z]+_GRACE", key))
        seconds = TypeAdapter(timedelta).validate_python(grace).total_seconds()
        before = app["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert before >= 5
        assert pod_of(deployment)["terminationGracePeriodSeconds"] == before + seconds + 10


def test_no_two_workloads_choose_the_same_pods(name: str) -> None:
    workloads = of_kind(overlay(name), *WORKLOADS)
    for deployment in of_kind(workloads, "Deployment"):
        chosen = [each for each in workloads if selects(deployment["spec"]["selector"], labels_of(each))]
        assert chosen == [deployment]
        # A selector cannot be changed, so it holds nothing that a release changes.
        assert set(deployment["spec"]["selector"]["matchLabels"]) == {
            "app.kubernetes.io/name",
            "app.kubernetes.io/component",
        }


def test_every_service_leads_to_a_port_of_one_workload(name: str) -> None:
    manifests = overlay(name)
    for service in of_kind(manifests, "Service"):
        (workload,) = (
            each
            for each in of_kind(manifests, *WORKLOADS)
            if selects({"matchLabels": service["spec"]["selector"]}, labels_of(each))
        )
        ports = {port["name"] for each in containers_of(workload) for port in each.get("ports", ())}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
        known = {"kubernetes.io/h2c", "http", "linkerd.io/opaque"}
        assert {port["appProtocol"] for port in service["spec"]["ports"]} <= known


def test_every_image_is_pinned(name: str) -> None:
    for workload in of_kind(overlay(name), *WORKLOADS):
        for container in containers_of(workload):
            assert re.fullmatch(r"[\w./-]+(:\d[\w.-]*|@sha256:[0-9a-f]{64})", container["image"]), container["image"]


def test_no_secret_is_in_git(name: str) -> None:
    manifests = overlay(name)
    assert of_kind(manifests, "Secret") == []
    for each in of_kind(manifests, "ConfigMap"):
        assert not any(re.search("PASSWORD|SECRET|_KEY|DATABASE_URL", key) for key in each["data"])
    for workload in of_kind(manifests, *WORKLOADS):
        for container in containers_of(workload):
            assert not any("secretRef" in each for each in container.get("envFrom", ()))
            assert all("value" in each for each in container.get("env", ()))


def test_everything_that_is_referred_to_is_there(name: str) -> None:
    manifests = overlay(name)
    configured = {each["metadata"]["name"] for each in of_kind(manifests, "ConfigMap")}
    for workload in of_kind(manifests, *WORKLOADS):
        sources = [each["configMapRef"]["name"] for c in containers_of(workload) for each in c.get("envFrom", ())]
        sources += [each["configMap"]["name"] for each in pod_of(workload)["volumes"] if "configMap" in each]
        assert set(sources) <= configured
        # A changed setting is a new name, so that pods are replaced.
        assert all(re.search(r"-[a-z0-9]{10}$", each) for each in sources)
        mounted = {volume["name"] for volume in pod_of(workload)["volumes"]} | {
            each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())
        }
        assert {mount["name"] for each in containers_of(workload) for mount in each["volumeMounts"]} <= mounted


def test_everything_of_a_namespace_is_in_candors(name: str) -> None:
    for each in overlay(name):
        if each["kind"] not in {"Namespace", "PriorityClass"} and each["metadata"].get("namespace") != "monitoring":
            assert each["metadata"].get("namespace") == "candor", each["metadata"]


def test_an_autoscaler_alone_says_how_many_copies_there_are(name: str) -> None:
    manifests = overlay(name)
    scaled = {each["spec"]["scaleTargetRef"]["name"]: each for each in of_kind(manifests, "HorizontalPodAutoscaler")}
    deployments = {each["metadata"]["name"]: each for each in of_kind(manifests, "Deployment")}
    assert scaled.keys() in ({}.keys(), deployments.keys())
    for target, scaler in scaled.items():
        assert "replicas" not in deployments[target]["spec"]
        measured = {
            each["containerResource"]["name"] for each in scaler["spec"]["metrics"] if "containerResource" in each
        }
        (app,) = pod_of(deployments[target])["containers"]
        assert {"cpu", "memory"} <= measured <= app["resources"]["requests"].keys()


def test_every_metric_that_autoscalers_ask_for_is_served(name: str) -> None:
    adapter = yaml.safe_load((K8S / "components/autoscaling/prometheus-adapter.yaml").read_text())["rules"]
    known = {family.name for family in metrics.REGISTRY.collect()} | {"envoy_http_downstream_cx_active"}
    for rule in (*adapter["custom"], *adapter["external"]):
        assert rule["seriesQuery"].partition("{")[0] in known
    for scaler in of_kind(overlay(name), "HorizontalPodAutoscaler"):
        for metric in scaler["spec"]["metrics"]:
            for kind, offered in (("pods", adapter["custom"]), ("external", adapter["external"])):
                if kind in metric:
                    assert metric[kind]["metric"]["name"] in {each["name"]["as"] for each in offered}


def test_the_quota_holds_every_autoscaler_at_its_most_and_a_rollout(name: str) -> None:
    manifests = overlay(name)
    for quota in of_kind(manifests, "ResourceQuota"):
        most = {
            each["metadata"]["name"]: each["spec"]["maxReplicas"]
            for each in of_kind(manifests, "HorizontalPodAutoscaler")
        }
        hard = quota["spec"]["hard"]
        pods = 0
        needed = dict.fromkeys((key for key in hard if key.startswith(("requests.", "limits."))), 0.0)
        for workload in of_kind(manifests, "Deployment", "Job"):
            # A rollout adds one.
            copies = most.get(workload["metadata"]["name"], 0) + 1
            pods += copies
            for key in needed:
                kind, _, resource = key.partition(".")
                needed[key] += copies * sum(
                    amount(c["resources"][kind][resource]) for c in pod_of(workload)["containers"]
                )
        assert pods <= amount(hard["pods"])
        assert {key: value for key, value in needed.items() if value > amount(hard[key])} == {}


def test_only_work_that_survives_a_lost_node_tolerates_one(name: str) -> None:
    tolerant = {
        each["metadata"]["name"] for each in of_kind(overlay(name), *WORKLOADS) if pod_of(each).get("tolerations")
    }
    assert tolerant <= {"generation-worker"}
    # A cloud gives two minutes; a worker's jobs are another's sooner than that also where none are given.
    assert worker.STALLED_S < 120
    for each in of_kind(overlay(name), "Deployment"):
        assert pod_of(each)["terminationGracePeriodSeconds"] < 120


def test_the_platforms_own_services_are_no_data_sources(name: str) -> None:
    manifests = overlay(name)
    deployment = named(manifests, "Deployment", "validation")
    (app,) = pod_of(deployment)["containers"]
    closed = set(json.loads(environment(manifests, deployment, app)["CANDOR_VALIDATION_CLOSED_ADDRESSES"]))
    own = {
        f"{each['metadata']['name']}:{port['port']}"
        for each in of_kind(manifests, "Service")
        if each["metadata"]["name"] != "postgresql"
        for port in each["spec"]["ports"]
    }
    assert own <= closed
