"""Containers of the production overlay, started as processes with what their pods tell them, on real PostgreSQL."""

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import psycopg
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from manifests import Manifest, of_kind, overlay, pod_of
from pods import STORES, Databases, Pod, pod
from waiting import wait_for

DEPLOYMENTS = [each["metadata"]["name"] for each in of_kind(overlay("production"), "Deployment")]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("k8s-pods")]


@contextmanager
def running(started: Pod) -> Iterator["subprocess.Popen[str]"]:
    process = started.start()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(started: Pod, container: str = "app") -> tuple[int, list[str]]:
    """A container that ends by itself: its exit status and its lines."""
    process = started.start(container)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output.splitlines()


def answers(probe: Manifest, target: Pod) -> bool:
    """Whether a probe is content, asked as a kubelet asks."""
    with suppress(OSError, grpc.RpcError):
        if "grpc" in probe:
            with grpc.insecure_channel(f"127.0.0.1:{target.port(probe['grpc']['port'])}") as channel:
                request = health_pb2.HealthCheckRequest(service=probe["grpc"].get("service", ""))
                status = health_pb2_grpc.HealthStub(channel).Check(request, timeout=2).status
                return bool(status == health_pb2.HealthCheckResponse.SERVING)
        if "httpGet" in probe:
            url = f"http://127.0.0.1:{target.port(probe['httpGet']['port'])}{probe['httpGet']['path']}"
            with urllib.request.urlopen(url, timeout=2) as response:
                return bool(response.status == 200)
        with socket.create_connection(("127.0.0.1", target.port(probe["tcpSocket"]["port"])), timeout=2):
            return True
    return False


@pytest.fixture(scope="session")
def migrated(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """The databases after the Jobs of a release."""
    for service in STORES:
        folder = tmp_path_factory.mktemp(f"{service}-job")
        code, lines = run(pod("Job", f"{service}-migrations", databases, folder))
        assert code == 0, lines
    return databases


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_pod_becomes_ready_serves_its_metrics_and_leaves_when_it_is_told(
    name: str, migrated: Databases, tmp_path: Path
) -> None:
    started = pod("Deployment", name, migrated, tmp_path)
    app = started.container("app")
    with running(started) as process:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            wait_for(
                lambda probe=app[probe]: answers(probe, started) or process.poll() is not None, f"{name}: {probe}", 60
            )
            assert process.poll() is None, process.communicate()[0]
        path = "/stats/prometheus" if name == "edge" else "/metrics"
        assert answers({"httpGet": {"port": "metrics", "path": path}}, started)
        process.send_signal(signal.SIGTERM)
        # Less than what is left of its grace period when the preStop hook has slept.
        output, _ = process.communicate(timeout=pod_of(started.workload)["terminationGracePeriodSeconds"] - 5)
        assert process.returncode in {0, -signal.SIGTERM}, output


@pytest.mark.parametrize("service", STORES)
def test_a_job_of_migrations_may_run_again(service: str, migrated: Databases, tmp_path: Path) -> None:
    assert run(pod("Job", f"{service}-migrations", migrated, tmp_path))[0] == 0


@pytest.mark.parametrize("service", STORES)
def test_a_pods_wait_ends_when_its_database_is_migrated(service: str, migrated: Databases, tmp_path: Path) -> None:
    assert run(pod("Deployment", service, migrated, tmp_path), "await-storage")[0] == 0


@pytest.mark.parametrize("service", STORES)
def test_a_services_role_writes_rows_and_changes_no_table(service: str, migrated: Databases) -> None:
    with psycopg.connect(migrated.url(service, service)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DROP TABLE alembic_version")


def test_a_role_of_one_service_does_not_enter_the_database_of_another(migrated: Databases) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(migrated.url("validation", "generation"))


def test_a_service_refuses_a_database_that_is_not_migrated_and_says_in_one_line_what_to_do(
    empty_databases: Databases, tmp_path: Path
) -> None:
    code, lines = run(pod("Deployment", "accounts", empty_databases, tmp_path))
    assert code == 1
    (line,) = lines
    assert "Run it with --migrate first." in json.loads(line)["message"]


def test_a_pod_waits_until_its_job_has_run(empty_databases: Databases, tmp_path: Path) -> None:
    waiting = pod("Deployment", "accounts", empty_databases, tmp_path).start("await-storage")
    assert waiting.stdout is not None
    assert json.loads(waiting.stdout.readline())["event"] == "storage_awaited"
    assert run(pod("Job", "accounts-migrations", empty_databases, tmp_path))[0] == 0
    output, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 0, output


def test_a_database_of_a_later_release_is_served_by_an_earlier_one(migrated: Databases, tmp_path: Path) -> None:
    started = pod("Deployment", "documents", migrated, tmp_path)
    with psycopg.connect(migrated.url("documents", "documents_migrations"), autocommit=True) as connection:
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        try:
            with running(started) as process:
                probe = started.container("app")["readinessProbe"]
                wait_for(lambda: answers(probe, started) or process.poll() is not None, "documents serves", 60)
                assert process.poll() is None, process.communicate()[0]
            # After a rollback its Job has nothing to do.
            assert run(pod("Job", "documents-migrations", migrated, tmp_path))[0] == 0
        finally:
            connection.execute("UPDATE alembic_version SET version_num = %s", (version,))
