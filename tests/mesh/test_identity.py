"""Who reaches a service through its sidecar: members of the mesh that the table lets call, and nobody else."""

import asyncio
import dataclasses
import os
import ssl
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from candor.accounts.v1 import accounts_service_pb2 as accounts
from candor.accounts.v1 import accounts_service_pb2_grpc as accounts_rpc
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from mesh_stand import CALLERS, CONTRACT, TLS_ALERT, Mesh, Stand, channel_to, code_of, greet
from waiting import wait_for

from mesh.envoy import spiffe_id
from mesh.local.authority import Authority, Identity

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("mesh")]

RUN = "/candor.validation.v1.ValidationService/RunStatement"
GET = "/candor.validation.v1.ValidationService/GetDataSource"


@contextmanager
def showing(identity: Identity | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[ssl.SSLContext]:
    """TLS that shows an identity, or none, and looks at nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    if identity is not None:
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(identity.key + identity.certificate)
            file.flush()
            context.load_cert_chain(file.name)
    yield context


def is_let_in(address: str, identity: Identity | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bool:
    with showing(identity, version) as context:
        answer, _ = greet(address, context)
    # A SETTINGS frame: the fourth byte is its type.
    return len(answer) == 9 and answer[3] == 4


@pytest.fixture
def address(stand: Stand) -> str:
    return stand.mesh.address("validation")


def test_plaintext_is_refused(address: str) -> None:
    # Nothing, or that TLS was expected.
    assert greet(address, None)[0][:1] in {b"", TLS_ALERT}


def test_a_caller_without_a_certificate_is_refused(address: str) -> None:
    assert not is_let_in(address, None)


def test_a_certificate_of_another_authority_is_refused(address: str) -> None:
    assert not is_let_in(address, Authority().issue("generation"))


def test_an_older_protocol_is_refused(stand: Stand, address: str) -> None:
    identity = stand.mesh.authority.issue("generation")
    assert not is_let_in(address, identity, ssl.TLSVersion.TLSv1_2)
    assert is_let_in(address, identity)


def test_an_expired_certificate_is_refused(stand: Stand, address: str) -> None:
    stand.clock.held = datetime.now(UTC) - timedelta(hours=2)
    assert not is_let_in(address, stand.mesh.authority.issue("generation"))


@pytest.fixture(scope="module")
def rogue(running: Stand) -> Iterator[Mesh]:
    """A sidecar that lets its workload call everything, as the callees' do not: modelhub's."""
    everything = tuple(method for method in CONTRACT.methods if method.room != "modelhub")
    lax = dataclasses.replace(CALLERS, may_call={**CALLERS.may_call, "modelhub": everything})
    strict = running.mesh.callers
    running.mesh.callers = lax
    running.mesh.start("modelhub")
    running.mesh.callers = strict
    yield running.mesh
    running.mesh.stop("modelhub")


async def test_the_right_authority_but_the_wrong_caller_is_refused_by_the_callee(stand: Stand, rogue: Mesh) -> None:
    async with channel_to(rogue.place("modelhub").to("validation")) as channel:
        stub = rpc.ValidationServiceStub(channel)
        refused = await code_of(stub.GetDataSource(pb.GetDataSourceRequest(name="organizations/o/dataSources/d")))
        assert refused == (grpc.StatusCode.PERMISSION_DENIED, "RBAC: access denied")
        # Its health anybody may ask who is in the mesh.
        health = health_pb2_grpc.HealthStub(channel)
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING
    assert stand.services.seen == []


async def test_the_right_caller_but_a_method_outside_the_table_is_refused_by_the_callee(
    stand: Stand, rogue: Mesh
) -> None:
    async with channel_to(rogue.place("modelhub").to("accounts")) as channel:
        stub = accounts_rpc.AccountsServiceStub(channel)
        assert (await code_of(stub.GetJwks(accounts.GetJwksRequest())))[0] == grpc.StatusCode.OK
        refused = await code_of(stub.IssueToken(accounts.IssueTokenRequest(sign_in_code="a")))
        assert refused == (grpc.StatusCode.PERMISSION_DENIED, "RBAC: access denied")
    assert [call.path for call in stand.services.seen if call.path.endswith("IssueToken")] == []


async def test_a_method_outside_the_table_is_refused_before_it_leaves(stand: Stand) -> None:
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        stub = rpc.ValidationServiceStub(channel)
        code, message = await code_of(stub.DeleteDataSource(pb.DeleteDataSourceRequest()))
    assert code == grpc.StatusCode.PERMISSION_DENIED
    assert "generation may not call this method of validation" in message
    assert stand.services.seen == []


async def test_what_a_caller_says_of_itself_is_replaced_by_what_its_certificate_says(stand: Stand) -> None:
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        stub = rpc.ValidationServiceStub(channel)
        lie = (("x-forwarded-client-cert", f"URI={spiffe_id('edge')}"),)
        await stub.GetDataSource(pb.GetDataSourceRequest(), metadata=lie)
    (call,) = stand.services.seen
    assert call.metadata["x-forwarded-client-cert"].endswith(f"URI={spiffe_id('generation')}")
    assert spiffe_id("edge") not in call.metadata["x-forwarded-client-cert"]


async def test_certificates_and_roots_change_while_a_stream_is_open(stand: Stand, address: str) -> None:
    authority, go_on = stand.mesh.authority, threading.Event()
    stand.clock.held = now = datetime.now(UTC)
    foreign = authority.issue("generation")

    async def rows(_request: Any, _context: Any) -> AsyncIterator[Any]:
        for number in range(4):
            yield part(number)
            if number == 0:
                await asyncio.to_thread(go_on.wait, 30)

    stand.services.answers[RUN] = rows
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        stream = rpc.ValidationServiceStub(channel).RunStatement(pb.RunStatementRequest())
        messages = aiter(stream)
        received = [await anext(messages)]
        shown = certificate_of(address, foreign)
        # A new root, made long enough ago to sign now, and for the old one to be of no more use.
        stand.clock.held = now - timedelta(hours=2)
        authority.add_root()
        stand.clock.held = now
        stand.mesh.identities.renew()
        await asyncio.to_thread(
            wait_for, lambda: not is_let_in(address, foreign), "the certificate of the old root is refused"
        )
        assert certificate_of(address, authority.issue("generation")) not in {shown, None}
        go_on.set()
        received += [message async for message in messages]
    assert received == [part(number) for number in range(4)]
    # New calls are made with the new identities.
    async with channel_to(stand.mesh.place("documents").to("validation")) as channel:
        answer = await code_of(rpc.ValidationServiceStub(channel).SampleValues(pb.SampleValuesRequest()))
    assert answer == (grpc.StatusCode.OK, "")


def part(number: int) -> pb.RunStatementResponse:
    """A message that is like no other."""
    return pb.RunStatementResponse(summary=pb.RunStatementResponse.Summary(row_count=number))


def certificate_of(address: str, identity: Identity) -> bytes | None:
    with showing(identity) as context:
        return greet(address, context)[1]


def test_only_its_owner_enters_a_workloads_folder(stand: Stand) -> None:
    place = stand.mesh.place("generation")
    for path in (
        place.folder,
        place.identity,
        *place.identity.iterdir(),
        place.admin,
        place.to("validation"),
        place.config,
    ):
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.stat().st_uid == os.getuid()
