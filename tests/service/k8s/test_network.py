"""Who reaches whom in the cluster: the network policies, read as Kubernetes reads them, against the callers' table."""

import ipaddress
from collections.abc import Iterator
from itertools import product

import pytest
from manifests import Manifest, labels_of, of_kind, overlay, selects

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract

CALLERS = read_callers(read_contract(load_descriptors()))
# What the table says, less what each workload is asked by people.
CALLS = {(caller, room) for caller in CALLERS.may_call for room in CALLERS.called_by(caller)} | {
    (caller, called) for called, allowed in CALLERS.http.items() for caller in allowed
}
PODS = {name: {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "candor"} for name in CALLERS.workloads}
Peer = dict[str, str] | str


def rules(manifests: tuple[Manifest, ...], pod: dict[str, str], direction: str) -> Iterator[Manifest] | None:
    """The rules for a pod in a direction; None where no policy chooses it, so that everything is allowed."""
    chosen = [
        each["spec"]
        for each in of_kind(manifests, "NetworkPolicy")
        if selects(each["spec"]["podSelector"], pod) and direction in each["spec"]["policyTypes"]
    ]
    return (rule for spec in chosen for rule in spec.get(direction.lower(), ())) if chosen else None


def allows(rule: Manifest, side: str, peer: Peer, peer_namespace: str, port: int) -> bool:
    ports = rule.get("ports")
    if ports and not any(each.get("port", port) == port and each["protocol"] == "TCP" for each in ports):
        return False
    return side not in rule or any(_is(each, peer, peer_namespace) for each in rule[side])


def _is(term: Manifest, peer: Peer, namespace: str) -> bool:
    if isinstance(peer, str):
        block = term.get("ipBlock")
        address = ipaddress.ip_address(peer)
        inside = lambda network: address in ipaddress.ip_network(network)  # noqa: E731
        return bool(block) and inside(block["cidr"]) and not any(map(inside, block.get("except", ())))
    if "ipBlock" in term:
        return False
    home = {"kubernetes.io/metadata.name": namespace}
    in_namespace = selects(term["namespaceSelector"], home) if "namespaceSelector" in term else namespace == "candor"
    return in_namespace and selects(term.get("podSelector", {}), peer)


def may_send(
    manifests: tuple[Manifest, ...], pod: dict[str, str], to: Peer, port: int, namespace: str = "candor"
) -> bool:
    found = rules(manifests, pod, "Egress")
    return found is None or any(allows(rule, "to", to, namespace, port) for rule in found)


def may_take(
    manifests: tuple[Manifest, ...], pod: dict[str, str], of: Peer, port: int, namespace: str = "candor"
) -> bool:
    found = rules(manifests, pod, "Ingress")
    return found is None or any(allows(rule, "from", of, namespace, port) for rule in found)


@pytest.mark.parametrize("port", [8100, 4143])
def test_workloads_reach_each_other_exactly_as_the_table_of_callers_says(port: int) -> None:
    manifests = overlay("production")
    reached = {
        (caller, called)
        for caller, called in product(PODS, PODS)
        if may_send(manifests, PODS[caller], PODS[called], port)
        and may_take(manifests, PODS[called], PODS[caller], port)
    }
    assert reached == CALLS


@pytest.mark.parametrize("port", [22, 8080, 9464, 10250])
def test_no_workload_reaches_another_at_any_other_port(port: int) -> None:
    manifests = overlay("production")
    for caller, called in product(PODS, PODS):
        assert not may_send(manifests, PODS[caller], PODS[called], port)


def test_only_the_edge_is_open_to_the_world() -> None:
    manifests = overlay("production")
    open_to_all = {name for name in PODS if may_take(manifests, PODS[name], "203.0.113.7", 8080)}
    assert open_to_all == {"edge"}
    assert not any(may_take(manifests, PODS[name], "203.0.113.7", port) for name in PODS for port in (8100, 9464, 4143))


def test_only_validation_reaches_peoples_databases_and_never_a_private_network() -> None:
    manifests = overlay("production")
    assert {name for name in PODS if may_send(manifests, PODS[name], "198.51.100.9", 3306)} == {"validation"}
    private = [
        "10.9.8.7",
        "172.20.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "127.0.0.1",
        "fd00:ec2::254",
    ]
    assert not any(may_send(manifests, PODS["validation"], address, 3306) for address in private)


def test_only_modelhub_and_validation_reach_the_internet() -> None:
    manifests = overlay("production")
    assert {name for name in PODS if may_send(manifests, PODS[name], "198.51.100.9", 443)} == {"modelhub", "validation"}


def test_services_that_keep_something_reach_postgresql_in_its_subnets_alone() -> None:
    manifests = overlay("production")
    keepers = {name for name in PODS if may_send(manifests, PODS[name], "10.0.130.5", 5432)}
    assert keepers == {"accounts", "documents", "generation", "validation"}
    assert not any(may_send(manifests, PODS[name], "10.0.5.5", 5432) for name in PODS)


def test_monitoring_alone_reads_metrics() -> None:
    manifests = overlay("production")
    for pod in PODS.values():
        assert may_take(manifests, pod, {}, 9464, namespace="monitoring")
        assert not may_take(manifests, pod, {}, 9464, namespace="default")


def test_every_pod_resolves_names_and_no_pod_reaches_the_rest_of_the_clusters_own() -> None:
    manifests = overlay("production")
    for pod in PODS.values():
        assert may_send(manifests, pod, {"k8s-app": "kube-dns"}, 53, namespace="kube-system")
        assert not may_send(manifests, pod, {"k8s-app": "metrics-server"}, 53, namespace="kube-system")
        assert not may_send(manifests, pod, "10.96.0.1", 443)


@pytest.mark.parametrize("name", ["production", "staging", "laptop-cluster"])
def test_the_pods_that_run_carry_the_labels_that_policies_choose_by(name: str) -> None:
    workloads = of_kind(overlay(name), "Deployment", "Job")
    assert {labels_of(each)["app.kubernetes.io/name"] for each in workloads} == set(PODS)


def test_the_trials_postgresql_is_reached_by_those_who_have_a_database_there() -> None:
    manifests = overlay("laptop-cluster")
    server = {"app.kubernetes.io/name": "postgresql"}
    reached = {
        name
        for name in PODS
        if may_send(manifests, PODS[name], server, 5432) and may_take(manifests, server, PODS[name], 5432)
    }
    assert reached == {"accounts", "documents", "generation", "validation"}
