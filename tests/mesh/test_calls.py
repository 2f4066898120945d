"""How sidecars make calls: again where that is harmless, never too often, never for too long, never to who is away."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import grpc
import pytest
from candor.accounts.v1 import accounts_service_pb2 as accounts
from candor.accounts.v1 import accounts_service_pb2_grpc as accounts_rpc
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc
from edge_stand import free_port
from mesh_stand import CALLERS, Failing, Mesh, Stand, channel_to, code_of, collected, grpc_servers, mesh
from waiting import until, wait_for

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("mesh")]

GET = "/candor.validation.v1.ValidationService/GetDataSource"
RUN = "/candor.validation.v1.ValidationService/RunStatement"
ISSUE = "/candor.accounts.v1.AccountsService/IssueToken"
TRY_S = 0.4
QUICK = replace(CALLERS, limits=replace(CALLERS.limits, try_s=TRY_S))
BUDGET_CALLS = 80


@contextmanager
def small_mesh(stand: Stand, **settings: Any) -> Iterator[Mesh]:
    """Another mesh of generation and validation, with settings of its own and the same services behind it."""
    with mesh(**settings) as built:
        built.callers = QUICK
        with grpc_servers(stand.loop, stand.services, [built.place("validation").service]):
            built.start("validation", "generation")
            yield built


def get(channel: grpc.aio.Channel, timeout: float | None = 20) -> Any:
    return rpc.ValidationServiceStub(channel).GetDataSource(pb.GetDataSourceRequest(), timeout=timeout)


async def test_unavailable_twice_and_then_served_is_three_executions(stand: Stand) -> None:
    answer = stand.services.answers[GET] = Failing(2, pb.GetDataSourceResponse())
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        await get(channel)
    assert answer.calls == 3


async def test_what_stays_unavailable_is_given_up_after_three_executions(stand: Stand) -> None:
    answer = stand.services.answers[GET] = Failing(99, pb.GetDataSourceResponse())
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        assert await code_of(get(channel)) == (grpc.StatusCode.UNAVAILABLE, "not now")
    assert answer.calls == 1 + CALLERS.limits.retries


async def test_what_may_not_be_made_again_is_executed_once(stand: Stand) -> None:
    answer = stand.services.answers[ISSUE] = Failing(1, accounts.IssueTokenResponse())
    async with channel_to(stand.mesh.place("generation").to("accounts")) as channel:
        call = accounts_rpc.AccountsServiceStub(channel).IssueToken(accounts.IssueTokenRequest(sign_in_code="a"))
        assert (await code_of(call))[0] == grpc.StatusCode.UNAVAILABLE
    assert answer.calls == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED])
async def test_other_failures_are_not_repeated(stand: Stand, code: grpc.StatusCode) -> None:
    answer = stand.services.answers[GET] = Failing(1, pb.GetDataSourceResponse(), code)
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        assert (await code_of(get(channel)))[0] == code
    assert answer.calls == 1


async def test_a_stream_that_has_begun_is_not_begun_again(stand: Stand) -> None:
    begun = []

    async def breaks(_request: Any, context: Any) -> Any:
        begun.append(1)
        yield pb.RunStatementResponse(summary=pb.RunStatementResponse.Summary(row_count=1))
        await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    stand.services.answers[RUN] = breaks
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        stream = rpc.ValidationServiceStub(channel).RunStatement(pb.RunStatementRequest())
        assert await code_of(stream) == (grpc.StatusCode.UNAVAILABLE, "gone")
    assert len(begun) == 1


async def test_a_try_that_takes_too_long_is_cut_and_made_again(stand: Stand) -> None:
    calls = []

    async def slow_at_first(_request: Any, context: Any) -> Any:
        calls.append(context.time_remaining())
        if len(calls) == 1:
            await asyncio.sleep(30)
        return pb.GetDataSourceResponse()

    with small_mesh(stand) as quick:
        stand.services.answers[GET] = slow_at_first
        async with channel_to(quick.place("generation").to("validation")) as channel:
            started = time.monotonic()
            await get(channel)
    assert TRY_S <= time.monotonic() - started < 10
    assert len(calls) == 2


async def test_a_callers_deadline_bounds_all_tries_and_reaches_the_service(stand: Stand) -> None:
    ended = []

    async def never(_request: Any, context: Any) -> Any:
        try:
            ended.append(context.time_remaining())
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    stand.services.answers[GET] = never
    async with channel_to(stand.mesh.place("generation").to("validation")) as channel:
        assert (await code_of(get(channel, 1.0)))[0] == grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: len(ended) == 2)
    # gRPC rounds a deadline up and its clock is coarse; without the caller's, the table's would show.
    assert 0 < ended[0] < 1.2
    assert ended[1] == "cancelled"


async def failing_together(stand: Stand, caller: Mesh) -> int:
    """Makes calls that all wait for each other and then fail; gives the number of executions."""
    executed, all_here = [], asyncio.Event()

    async def fail(_request: Any, context: Any) -> Any:
        executed.append(1)
        if len(executed) == BUDGET_CALLS:
            all_here.set()
        await all_here.wait()
        await context.abort(grpc.StatusCode.UNAVAILABLE, "all at once")

    stand.services.answers[GET] = fail
    async with channel_to(caller.place("generation").to("validation")) as channel:
        codes = await asyncio.gather(*(code_of(get(channel)) for _ in range(BUDGET_CALLS)))
    assert {code for code, _ in codes} == {grpc.StatusCode.UNAVAILABLE}
    return len(executed)


async def test_when_everything_fails_at_once_retries_stay_within_the_budget(stand: Stand) -> None:
    before = stand.mesh.counts("generation", "cluster.validation.upstream_rq_retry")
    executed = await failing_together(stand, stand.mesh)
    after = stand.mesh.counts("generation", "cluster.validation.upstream_rq_retry")
    share = CALLERS.limits.retry_budget_percent / 100
    # A fifth of those that are open, once for each try that is left: not twice all of them.
    most = BUDGET_CALLS * (share + share**2) + CALLERS.limits.retries + 1
    assert BUDGET_CALLS < executed <= BUDGET_CALLS + most
    overflowed = "cluster.validation.upstream_rq_retry_overflow"
    assert after[overflowed] - before[overflowed] >= BUDGET_CALLS * (1 - share)


async def test_calls_beyond_the_breakers_limit_are_refused_at_once(stand: Stand) -> None:
    held, limit = asyncio.Event(), 8

    async def hold(_request: Any, _context: Any) -> Any:
        await held.wait()
        return pb.GetDataSourceResponse()

    # No deadline of a try, which would free places.
    with small_mesh(stand, max_calls=limit) as small:
        stand.services.answers[RUN] = _streaming(hold)
        async with channel_to(small.place("generation").to("validation")) as channel:
            stub = rpc.ValidationServiceStub(channel)
            open_calls = [
                asyncio.ensure_future(collected(stub.RunStatement(pb.RunStatementRequest()))) for _ in range(limit)
            ]
            await until(lambda: len(stand.services.seen) == limit)
            started = time.monotonic()
            refused = await asyncio.gather(*(code_of(stub.RunStatement(pb.RunStatementRequest())) for _ in range(5)))
            assert {code for code, _ in refused} == {grpc.StatusCode.UNAVAILABLE}
            assert time.monotonic() - started < 5
            overflowed = "cluster.validation.upstream_rq_active_overflow"
            assert small.counts("generation", overflowed)[overflowed] >= len(refused)
            stand.loop.loop.call_soon_threadsafe(held.set)
            assert [len(each) for each in await asyncio.gather(*open_calls)] == [1] * limit
    assert len(stand.services.seen) == limit


def _streaming(unary: Any) -> Any:
    async def stream(request: Any, context: Any) -> Any:
        await unary(request, context)
        yield pb.RunStatementResponse()

    return stream


async def test_a_copy_that_is_away_is_left_alone_and_no_call_fails(stand: Stand) -> None:
    there, away = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    with mesh() as built:
        built.settings = replace(built.settings, addresses={**built.settings.addresses, "validation": (there, away)})
        with grpc_servers(stand.loop, stand.services, [built.place("validation").service]):
            built.start("validation", "generation")
            ejected, ends = "cluster.validation.outlier_detection.ejections_active", time.monotonic() + 20
            async with channel_to(built.place("generation").to("validation")) as channel:
                while not built.counts("generation", ejected)[ejected]:
                    await get(channel)
                    assert time.monotonic() < ends, "the copy that is away is still called"
            failed = "cluster.validation.upstream_cx_connect_fail"
            assert 5 <= built.counts("generation", failed)[failed] < 10


async def test_a_service_that_is_away_costs_its_callers_little(stand: Stand) -> None:
    with small_mesh(stand) as quick:
        async with channel_to(quick.place("generation").to("validation")) as channel:
            await get(channel)
            quick.stop("validation")
            # Once it is left alone, that is said without a try.
            untried, ends = "cluster.validation.upstream_cx_none_healthy", time.monotonic() + 20
            while not quick.counts("generation", f"^{untried}$")[untried]:
                code, message = await code_of(get(channel))
                assert (code, message.split(".")[0]) == (
                    grpc.StatusCode.UNAVAILABLE,
                    "A service that this call needs does not answer",
                )
                assert time.monotonic() < ends


async def test_a_call_waits_for_a_service_that_is_started_again_and_is_executed_once(stand: Stand) -> None:
    with mesh() as built:
        built.start("accounts", "generation")
        async with channel_to(built.place("generation").to("accounts")) as channel:
            stub = accounts_rpc.AccountsServiceStub(channel)
            call = asyncio.ensure_future(
                code_of(stub.IssueToken(accounts.IssueTokenRequest(sign_in_code="a"), timeout=20))
            )
            retried = "cluster.accounts.upstream_rq_retry"
            await asyncio.to_thread(
                wait_for, lambda: built.counts("accounts", f"^{retried}$")[retried] > 2, "the call waits"
            )
            with grpc_servers(stand.loop, stand.services, [built.place("accounts").service]):
                assert await call == (grpc.StatusCode.OK, "")
    assert [each.path for each in stand.services.seen] == [ISSUE]
