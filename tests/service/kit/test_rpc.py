"""The server and channel builders, over a real socket, with accounts' contract and a servicer of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import grpc
import pytest
from candor.accounts.v1 import accounts_service_pb2 as pb
from candor.accounts.v1 import accounts_service_pb2_grpc as rpc
from candor.generation.v1 import generation_service_pb2 as gpb
from candor.generation.v1 import generation_service_pb2_grpc as grpc_generation
from identities import Signer

from services.kit import errors
from services.kit.identity import current_principal
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.layers import current_deadline
from services.kit.rpc.server import serving
from services.kit.settings import ServiceSettings


class Accounts(rpc.AccountsServiceServicer):
    """Answers as each test needs."""

    async def GetOrganization(self, request: Any, context: Any) -> Any:
        return pb.GetOrganizationResponse(organization=pb.Organization(name=request.name))

    async def GetCaller(self, request: Any, context: Any) -> Any:
        principal = current_principal()
        return pb.GetCallerResponse(subject=principal.subject, organization=principal.organization or "")

    async def ListMembers(self, request: Any, context: Any) -> Any:
        message = "boom secret=xyz"
        raise RuntimeError(message)

    async def ListAuditEvents(self, request: Any, context: Any) -> Any:
        raise errors.NotFound("TABLE_NOT_FOUND", "There is no such table.", metadata={"table": "orders"})

    async def GetJwks(self, request: Any, context: Any) -> Any:
        deadline = current_deadline()
        assert deadline is not None
        remaining = deadline - asyncio.get_running_loop().time()
        return pb.GetJwksResponse(keys=[pb.GetJwksResponse.Key(kid=str(remaining))])

    async def RevokeSession(self, request: Any, context: Any) -> Any:
        await asyncio.Event().wait()


class Generations(grpc_generation.GenerationServiceServicer):
    """Streams until it is told to stop, and says that it was stopped."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.may_stop = asyncio.Event()
        self.may_stop.set()

    async def WatchGeneration(self, request: Any, context: Any) -> AsyncIterator[Any]:
        if request.after_sequence == 7:
            raise errors.NotFound("GENERATION_NOT_FOUND", "There is no such generation.")
        try:
            for sequence in range(1, 1000):
                yield gpb.WatchGenerationResponse(events=[gpb.GenerationEvent(sequence=sequence)])
                await asyncio.sleep(0)
            await asyncio.Event().wait()
        finally:
            await self.may_stop.wait()
            self.stopped.set()


@asynccontextmanager
async def listening(signer: Signer, **settings: Any) -> AsyncIterator[tuple[str, Generations]]:
    generations = Generations()
    server = build_server(
        ServiceSettings(address="127.0.0.1:0", **settings),
        [
            Servicer(
                pb.DESCRIPTOR.services_by_name["AccountsService"], rpc.add_AccountsServiceServicer_to_server, Accounts()
            ),
            Servicer(
                gpb.DESCRIPTOR.services_by_name["GenerationService"],
                grpc_generation.add_GenerationServiceServicer_to_server,
                generations,
            ),
        ],
        verify=signer.verifier().verify,
    )
    async with serving(server):
        yield server.address, generations


@asynccontextmanager
async def platform(signer: Signer, **settings: Any) -> AsyncIterator[tuple[grpc.aio.Channel, Generations]]:
    async with listening(signer, **settings) as (address, generations), open_channel(address) as channel:
        yield channel, generations


ORGANIZATION = pb.GetOrganizationRequest(name="organizations/local")


async def test_a_call_without_a_token_is_refused() -> None:
    async with platform(Signer()) as (channel, _):
        with pytest.raises(errors.Unauthenticated) as raised:
            await rpc.AccountsServiceStub(channel).GetOrganization(ORGANIZATION)
    assert raised.value.reason == "TOKEN_MISSING"


async def test_a_token_signed_by_another_key_is_refused() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.Unauthenticated) as raised:
            await rpc.AccountsServiceStub(channel).GetOrganization(ORGANIZATION, metadata=Signer("test").metadata())
        assert raised.value.reason == "TOKEN_INVALID"


async def test_an_expired_token_is_refused() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.Unauthenticated) as raised:
            await rpc.AccountsServiceStub(channel).GetOrganization(
                ORGANIZATION, metadata=signer.metadata(lifetime=timedelta(seconds=-1))
            )
    assert raised.value.reason == "TOKEN_EXPIRED"


async def test_a_token_of_another_organization_is_refused() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.PermissionDenied) as raised:
            await rpc.AccountsServiceStub(channel).GetOrganization(ORGANIZATION, metadata=signer.metadata("other"))
    assert raised.value.reason == "ORGANIZATION_DENIED"


async def test_an_organization_named_inside_a_message_is_checked_too() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        request = gpb.CreateGenerationRequest(
            parent="organizations/local",
            generation=gpb.Generation(data_source="organizations/other/dataSources/hr", question="Who earns most?"),
        )
        with pytest.raises(errors.PermissionDenied) as raised:
            await grpc_generation.GenerationServiceStub(channel).CreateGeneration(request, metadata=signer.metadata())
    assert raised.value.reason == "ORGANIZATION_DENIED"


async def test_a_role_without_the_permission_is_refused() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.PermissionDenied) as raised:
            await rpc.AccountsServiceStub(channel).ListAuditEvents(
                pb.ListAuditEventsRequest(parent="organizations/local"), metadata=signer.metadata(roles=("viewer",))
            )
    assert raised.value.metadata == {"permission": "audit_read"}


async def test_the_cookie_of_a_browser_is_a_token() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        caller = await rpc.AccountsServiceStub(channel).GetCaller(
            pb.GetCallerRequest(), metadata=(("cookie", f"theme=dark; candor_token={signer.token()}"),)
        )
    assert (caller.subject, caller.organization) == ("members/owner", "local")


async def test_an_invalid_field_is_named() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.InvalidArgument) as raised:
            await rpc.AccountsServiceStub(channel).GetOrganization(
                pb.GetOrganizationRequest(name="organizations/local/../other"), metadata=signer.metadata()
            )
    assert set(raised.value.fields) == {"name"}


async def test_an_unknown_error_says_nothing_but_a_trace_id() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.Internal) as raised:
            await rpc.AccountsServiceStub(channel).ListMembers(
                pb.ListMembersRequest(parent="organizations/local"), metadata=signer.metadata()
            )
    assert "secret" not in raised.value.message
    assert len(raised.value.metadata["trace_id"]) == 32


async def test_an_error_is_raised_again_in_the_caller_as_it_was() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        with pytest.raises(errors.NotFound) as raised:
            await rpc.AccountsServiceStub(channel).ListAuditEvents(
                pb.ListAuditEventsRequest(parent="organizations/local"), metadata=signer.metadata()
            )
    assert (raised.value.reason, raised.value.message) == ("TABLE_NOT_FOUND", "There is no such table.")
    assert raised.value.metadata == {"table": "orders"}


async def test_a_call_without_a_deadline_gets_one() -> None:
    async with listening(Signer(), default_deadline=timedelta(seconds=7)) as (address, _):
        async with grpc.aio.insecure_channel(address) as bare:
            response = await rpc.AccountsServiceStub(bare).GetJwks(pb.GetJwksRequest())
    assert 6 < float(response.keys[0].kid) < 7.2


async def test_a_call_that_never_ends_is_stopped_at_the_servers_deadline() -> None:
    async with listening(Signer(), default_deadline=timedelta(seconds=0.2)) as (address, _):
        async with grpc.aio.insecure_channel(address) as bare:
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await rpc.AccountsServiceStub(bare).RevokeSession(pb.RevokeSessionRequest(secret="x" * 20))
    assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_stream_raises_the_servers_error() -> None:
    signer = Signer()
    async with platform(signer) as (channel, _):
        request = gpb.WatchGenerationRequest(name="organizations/local/generations/g1", after_sequence=7)
        with pytest.raises(errors.NotFound):
            async for _each in grpc_generation.GenerationServiceStub(channel).WatchGeneration(
                request, metadata=signer.metadata()
            ):
                pytest.fail("an unknown generation has no events")


async def test_a_reader_that_stops_early_stops_the_server() -> None:
    signer = Signer()
    async with platform(signer) as (channel, generations):
        request = gpb.WatchGenerationRequest(name="organizations/local/generations/g1")
        call = grpc_generation.GenerationServiceStub(channel).WatchGeneration(request, metadata=signer.metadata())
        async for each in call:
            assert each.events[0].sequence == 1
            break
        call.cancel()
        await asyncio.wait_for(generations.stopped.wait(), 5)


async def test_a_server_has_stopped_when_what_its_calls_began_is_over() -> None:
    signer = Signer()
    async with platform(signer) as (channel, generations):
        generations.may_stop.clear()
        watching = grpc_generation.GenerationServiceStub(channel).WatchGeneration(
            gpb.WatchGenerationRequest(name="organizations/local/generations/1"), metadata=signer.metadata()
        )
        await watching.read()
        watching.cancel()
        # Later than gRPC waits for a caller who has gone.
        asyncio.get_running_loop().call_later(0.3, generations.may_stop.set)
    assert generations.stopped.is_set()


async def test_one_call_too_many_is_refused_at_once() -> None:
    signer = Signer()
    async with platform(signer, max_concurrent_rpcs=1) as (channel, _):
        request = gpb.WatchGenerationRequest(name="organizations/local/generations/g1")
        call = grpc_generation.GenerationServiceStub(channel).WatchGeneration(request, metadata=signer.metadata())
        stream = call.__aiter__()
        await stream.__anext__()
        with pytest.raises(errors.ResourceExhausted) as raised:
            await rpc.AccountsServiceStub(channel).GetOrganization(ORGANIZATION, metadata=signer.metadata())
        call.cancel()
    assert raised.value.reason == "OVERLOADED"


async def test_a_taken_port_is_refused() -> None:
    signer = Signer()
    first = build_server(ServiceSettings(address="127.0.0.1:0"), [], verify=signer.verifier().verify)
    async with serving(first):
        with pytest.raises(RuntimeError):
            build_server(ServiceSettings(address=first.address), [], verify=signer.verifier().verify)
