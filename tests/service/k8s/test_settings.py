"""What the manifests set is what the programs read: every name is a setting, and none that clusters need is missing."""

import re
from typing import Any

import pytest
from manifests import (
    OVERLAYS,
    Manifest,
    containers_of,
    environment,
    labels_of,
    named,
    of_kind,
    overlay,
    secret_settings,
)
from pydantic_settings import BaseSettings

from gateway.settings import GatewaySettings
from mesh.edge.settings import EdgeSettings
from services.accounts.settings import Settings as AccountsSettings
from services.documents.settings import Settings as DocumentsSettings
from services.generation.settings import Settings as GenerationSettings
from services.modelhub.settings import Settings as ModelhubSettings
from services.validation.settings import Settings as ValidationSettings

SETTINGS: dict[str, type[BaseSettings]] = {
    "accounts": AccountsSettings,
    "documents": DocumentsSettings,
    "edge": EdgeSettings,
    "gateway": GatewaySettings,
    "generation": GenerationSettings,
    "modelhub": ModelhubSettings,
    "validation": ValidationSettings,
}
# What every pod has besides: the places that it may write to.
PLATFORM = {"HOME", "CANDOR_STATE"}
CLUSTERS = [name for name in OVERLAYS if name != "laptop-cluster"]
# Defaults of a laptop that would be wrong where many copies run.
NEEDED = {
    "accounts": {"DATABASE_URL", "MASTER_KEY", "SERVICE_KEYS"},
    "documents": {"DATABASE_URL"},
    "generation": {"DATABASE_URL", "SERVICE_KEY", "CONCURRENCY"},
    "validation": {"DATABASE_URL", "MASTER_KEY", "FILE_ROOTS", "PRIVATE_HOSTS", "CLOSED_ADDRESSES"},
    "modelhub": set(),
    "gateway": {"SECURE_COOKIES"},
    "edge": {"TRUSTED_HOPS"},
}


def prefixed(workload: str, names: set[str]) -> set[str]:
    return {f"CANDOR_{workload.upper()}_{name}" for name in names}


def program_of(workload: Manifest) -> str:
    return labels_of(workload)["app.kubernetes.io/name"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_variable_is_a_setting_of_the_program_that_gets_it(name: str) -> None:
    manifests = overlay(name)
    for workload in of_kind(manifests, "Deployment", "Job"):
        program = program_of(workload)
        known = prefixed(program, {field.upper() for field in SETTINGS[program].model_fields}) | PLATFORM
        for container in containers_of(workload):
            assert set(environment(manifests, workload, container)) - known == set()
        assert secret_settings(manifests, workload) - known == set()


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_value_is_one_that_the_program_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = overlay(name)
    for workload in of_kind(manifests, "Deployment", "Job"):
        for container in containers_of(workload):
            with monkeypatch.context() as scope:
                given = environment(manifests, workload, container)
                for variable, value in given.items():
                    scope.setenv(variable, value)
                program = program_of(workload)
                taken = prefixed(program, {field.upper() for field in SETTINGS[program]().model_fields_set})
                assert set(given) - PLATFORM == taken


@pytest.mark.parametrize("name", CLUSTERS)
def test_everything_that_a_cluster_needs_is_set(name: str) -> None:
    manifests = overlay(name)
    for workload in of_kind(manifests, "Deployment"):
        program = program_of(workload)
        (app,) = workload["spec"]["template"]["spec"]["containers"]
        given = set(environment(manifests, workload, app)) | secret_settings(manifests, workload)
        own = {"ADDRESS", "METRICS_ADDRESS", "GRACE"} | NEEDED[program]
        # Whom it calls is somewhere in the cluster, never on the pod itself.
        called = {field.upper() for field in SETTINGS[program].model_fields if re.fullmatch(r"[a-z]+_address", field)}
        called -= {"ADMIN_ADDRESS", "OTLP_ADDRESS"} | ({"ACCOUNTS_ADDRESS"} if program == "accounts" else set())
        assert prefixed(program, own | called) - given == set()


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_address_is_that_of_a_service_in_the_cluster(name: str) -> None:
    manifests = overlay(name)
    listening = {
        f"{each['metadata']['name']}:{port['port']}"
        for each in of_kind(manifests, "Service")
        for port in each["spec"]["ports"]
    }
    for workload in of_kind(manifests, "Deployment"):
        for container in containers_of(workload):
            for variable, value in environment(manifests, workload, container).items():
                found = re.fullmatch(r"CANDOR_[A-Z]+_([A-Z]+)_ADDRESS", variable)
                if found and found[1] not in {"METRICS", "OTLP"}:
                    assert value in listening
                    assert value.partition(":")[0] == found[1].lower()


@pytest.mark.parametrize("name", OVERLAYS)
def test_what_a_program_listens_at_is_what_its_pod_names(name: str) -> None:
    manifests = overlay(name)
    for workload in of_kind(manifests, "Deployment"):
        (app,) = workload["spec"]["template"]["spec"]["containers"]
        prefix = f"CANDOR_{program_of(workload).upper()}_"
        given = environment(manifests, workload, app)
        ports: dict[str, Any] = {port["name"]: port["containerPort"] for port in app["ports"]}
        assert given[f"{prefix}METRICS_ADDRESS"] == f"0.0.0.0:{ports.pop('metrics')}"
        assert given[f"{prefix}ADDRESS"] == f"0.0.0.0:{ports.popitem()[1]}"
        assert ports == {}


def test_the_face_serves_and_the_workers_work() -> None:
    manifests = overlay("production")
    concurrency = {}
    for name in ("generation", "generation-worker"):
        deployment = named(manifests, "Deployment", name)
        (app,) = deployment["spec"]["template"]["spec"]["containers"]
        concurrency[name] = int(environment(manifests, deployment, app)["CANDOR_GENERATION_CONCURRENCY"])
    assert concurrency["generation"] == 0
    assert concurrency["generation-worker"] > 0


def test_services_that_keep_something_do_not_migrate_and_own_no_tables() -> None:
    manifests = overlay("production")
    for service in ("accounts", "documents", "generation", "validation"):
        deployment, job = (
            named(manifests, kind, name) for kind, name in (("Deployment", service), ("Job", f"{service}-migrations"))
        )
        (app,) = deployment["spec"]["template"]["spec"]["containers"]
        assert environment(manifests, deployment, app)[f"CANDOR_{service.upper()}_MIGRATE_AT_START"] == "false"
        variable = f"CANDOR_{service.upper()}_DATABASE_URL"
        sources = {
            owner: data["remoteRef"]["key"]
            for owner in (f"{service}-secrets", f"{service}-migrations-secrets")
            for data in named(manifests, "ExternalSecret", owner)["spec"]["data"]
            if data["secretKey"] == variable
        }
        assert len(set(sources.values())) == 2
        assert secret_settings(manifests, job) == {variable}
