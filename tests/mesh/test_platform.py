"""The whole platform as a mesh: it answers, nothing is open that should not be, and restarts lose nothing."""

import asyncio
import re
import subprocess
import sys

import httpx
import psutil
import pytest
from candor.documents.v1 import documents_service_pb2 as documents
from candor.documents.v1 import documents_service_pb2_grpc as documents_rpc
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from mesh_load import QUESTION, Load
from mesh_stand import SIDECARS, TLS_ALERT, MeshedPlatform, greet
from waiting import until

from services.cli.demo import PARENT, SAMPLE, ask, sign_in
from services.kit.rpc import open_channel

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.xdist_group("mesh")]

# Who restarts in `test_services_restart…`: each waits for calls in progress, and is then started again.
RESTARTED = ("accounts", "documents", "modelhub", "validation", "generation")
UNITS_S = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


@pytest.fixture(scope="module")
def token(platform: MeshedPlatform) -> str:
    return asyncio.run(sign_in(platform.sign_in_link, platform.address))


async def test_a_question_is_answered(platform: MeshedPlatform, token: str) -> None:
    kinds = [event.WhichOneof("event") async for event in ask(platform.address, token, QUESTION)]
    assert kinds[-1] == "result"
    # It went through the sidecars.
    assert all(platform.counts(name, "^http.inbound.downstream_rq_2xx$").popitem()[1] for name in SIDECARS)


def test_a_new_link_signs_a_browser_in(platform: MeshedPlatform) -> None:
    environment = {"CANDOR_STATE": str(platform.state), "CANDOR_ADDRESS": platform.address}
    printed = subprocess.run(
        [sys.executable, "-m", "services.cli", "sign-in"], env=environment, capture_output=True, text=True, check=True
    ).stdout.replace("\n", "")
    with httpx.Client() as browser:
        assert browser.get(printed).headers["location"] == "/"
        page = browser.get(f"{platform.url}/v1/{PARENT}/generations")
        assert page.status_code == 200, page.text


def test_nothing_listens_on_tcp_without_tls_but_the_edge(platform: MeshedPlatform) -> None:
    listening = {
        name: {
            f"{line.laddr.ip}:{line.laddr.port}"
            for line in program.net_connections("tcp")
            if line.status == psutil.CONN_LISTEN
        }
        for name, program in platform.programs().items()
    }
    assert listening.pop("edge-envoy") == {platform.address}
    assert {name for name, found in listening.items() if found} == {f"{name}-mesh" for name in SIDECARS}
    for address in (address for found in listening.values() for address in found):
        assert greet(address, None)[0][:1] in {b"", TLS_ALERT}
        assert address.startswith("127.0.0.1:")


async def test_deadlines_shrink_at_every_hop(platform: MeshedPlatform, token: str) -> None:
    async with open_channel(platform.address) as channel:
        stub = documents_rpc.DocumentsServiceStub(channel)
        metadata = (("authorization", f"Bearer {token}"),)
        before = len(platform.log.read_text())
        await stub.SyncSchema(documents.SyncSchemaRequest(data_source=SAMPLE), metadata=metadata, timeout=9)

    def seen(program: str, method: str) -> float | None:
        line = re.search(
            rf"^{program} .*deadline=(\d+)([HMSmun]) .*rpc=\S+/{method} ",
            platform.log.read_text()[before:],
            re.MULTILINE,
        )
        return int(line[1]) * UNITS_S[line[2]] if line else None

    # Envoy writes its log within a second.
    await until(lambda: seen("validation-mesh", "IntrospectSchema") is not None)
    await until(lambda: seen("documents-mesh", "SyncSchema") is not None)
    first, second = seen("documents-mesh", "SyncSchema"), seen("validation-mesh", "IntrospectSchema")
    assert first is not None
    assert second is not None
    assert 0 < second < first < 9.2


async def test_calls_that_the_mesh_repeats_make_one_job_each(platform: MeshedPlatform, token: str) -> None:
    load, asked = Load(platform.address, token), 12
    async with open_channel(platform.address) as edge:
        stub = rpc.GenerationServiceStub(edge)
        listed = pb.ListGenerationsRequest(parent=PARENT, page_size=100)
        before = {each.name for each in (await stub.ListGenerations(listed, metadata=load.metadata)).generations}
        retried = platform.counts("edge", "^cluster.generation.upstream_rq_retry$")
        platform.fault("generation", abort_percent=40)
        try:
            names = [await load.create(stub) for _ in range(asked)]
        finally:
            platform.fault("generation", abort_percent=0)
        now = {each.name for each in (await stub.ListGenerations(listed, metadata=load.metadata)).generations}
        assert now - before == set(names)
        assert len(set(names)) == asked
        assert platform.counts("edge", "^cluster.generation.upstream_rq_retry$") != retried
        for name in names:
            await load.follow(stub, name)
    assert load.answered == set(names)


async def test_services_restart_one_after_the_other_and_no_accepted_question_is_lost(
    platform: MeshedPlatform, token: str
) -> None:
    load = Load(platform.address, token)
    async with load.running():
        for name in RESTARTED:
            asked = len(load.answered)
            await asyncio.to_thread(platform.restart, name)
            # Also after the restart questions are answered.
            await until(lambda asked=asked: len(load.answered) > asked + 1, 60)
    assert load.failed == {}
    assert load.answered == load.accepted
    assert len(load.accepted) > len(RESTARTED)
