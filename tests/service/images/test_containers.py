"""Images started as a restricted pod starts them: no root, no capabilities, nothing to write to but /tmp."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from containers import Container, Image
from grpc_health.v1 import health_pb2, health_pb2_grpc
from waiting import wait_for

from services.cli.demo import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("images")]

GRPC = ("accounts", "generation")


@dataclass(frozen=True)
class Running:
    """The four containers, and where each listens."""

    containers: dict[str, Container]
    addresses: dict[str, str]


@pytest.fixture(scope="module")
def running(
    images: dict[str, Image], sockets: Path, secrets: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """accounts, generation, the gateway and the edge; who is not here does not answer."""
    folder = tmp_path_factory.mktemp("containers")
    first = free_ports(8)
    names = ("accounts", "generation", "gateway", "edge", "documents", "validation", "modelhub")
    addresses = {name: f"127.0.0.1:{first + number}" for number, name in enumerate(names)}
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(
                image.container(settings(name, addresses), folder, secrets=secrets, postgres=sockets)
            )
            for name, image in images.items()
        }
        yield Running(started, addresses)


def settings(name: str, addresses: dict[str, str]) -> dict[str, str]:
    callees = {
        "accounts": (),
        "generation": ("accounts", "documents", "validation", "modelhub"),
        "gateway": ("accounts", "generation"),
        "edge": ("accounts", "documents", "generation", "validation", "modelhub", "gateway"),
    }
    prefix = f"CANDOR_{name.upper()}"
    told = {f"{prefix}_{each.upper()}_ADDRESS": addresses[each] for each in callees[name]}
    return told | {f"{prefix}_ADDRESS": addresses[name]}


def serves(address: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def answers(url: str, kind: str) -> bool:
    try:
        answer = httpx.get(url, headers={"accept": kind}, timeout=5)
    except httpx.HTTPError:
        return False
    return answer.is_success and kind in answer.headers["content-type"] and len(answer.content) > 100


@pytest.mark.parametrize("name", GRPC)
def test_a_service_serves_with_its_secrets_from_files(running: Running, name: str) -> None:
    container = running.containers[name]
    wait_for(lambda: container.process.poll() is not None or serves(running.addresses[name]), name, 60)
    assert serves(running.addresses[name]), container.output()


def test_the_edge_gives_the_web_app_and_the_keys_of_accounts(running: Running) -> None:
    page = f"http://{running.addresses['edge']}/"
    told = "\n".join(each.output() for each in running.containers.values())
    wait_for(lambda: answers(page, "text/html"), f"the web app: {told}", 60)
    wait_for(lambda: answers(f"{page}v1/jwks", "application/json"), "the keys", 60)


def test_a_container_is_nobody_who_can_gain_nothing(running: Running) -> None:
    for container in running.containers.values():
        lines = Path(f"/proc/{container.program}/status").read_text().splitlines()
        facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        assert facts["Uid"].split() == ["10001"] * 4
        assert facts["Gid"].split() == ["10001"] * 4
        assert facts["CapEff"] == facts["CapPrm"] == "0" * 16
        assert facts["NoNewPrivs"] == "1"


def test_a_program_stops_when_it_is_asked_to_as_process_number_one(
    images: dict[str, Image], sockets: Path, secrets: Path, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_ports(1)}"
    told = {"CANDOR_ACCOUNTS_ADDRESS": address}
    with images["accounts"].container(told, tmp_path, secrets=secrets, postgres=sockets) as container:
        wait_for(lambda: serves(address), "accounts", 60)
        assert container.stop() == 0, container.output()


@pytest.mark.parametrize("name", GRPC)
def test_a_database_is_migrated_by_the_image_itself(
    images: dict[str, Image], sockets: Path, secrets: Path, tmp_path: Path, name: str
) -> None:
    with images[name].container({}, tmp_path, ["--migrate"], secrets=secrets, postgres=sockets) as container:
        assert container.process.wait(60) == 0, container.output()


def test_the_health_program_tells_a_serving_program_from_a_silent_one(running: Running) -> None:
    wait_for(lambda: serves(running.addresses["accounts"]), "accounts", 60)
    page = f"http://{running.addresses['edge']}/v1/jwks"
    wait_for(lambda: answers(page, "application/json"), "the edge", 60)
    health = "/opt/candor/bin/healthy.py"
    accounts, edge = running.containers["accounts"], running.containers["edge"]
    assert accounts.run(health, "grpc", running.addresses["accounts"]).returncode == 0
    assert accounts.run(health, "grpc", running.addresses["modelhub"]).returncode != 0
    assert edge.run(health, "http", page).returncode == 0
    assert edge.run(health, "http", f"http://{running.addresses['modelhub']}/").returncode != 0


def test_nothing_but_the_folder_for_temporary_files_can_be_written(running: Running) -> None:
    write = "import sys; open(sys.argv[1], 'w')"
    for container in running.containers.values():
        for place in ("/x", "/opt/candor/x", "/var/lib/candor/x", "/run/x", "/run/secrets/x", "/etc/x"):
            assert "Error" in container.run("/opt/candor/bin/python", "-c", write, place).stderr, place
        assert container.run("/opt/candor/bin/python", "-c", write, "/tmp/x").returncode == 0  # noqa: S108
