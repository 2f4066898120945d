"""The Python client against a real gRPC server whose streams break where the test says."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import grpc
import pytest
from candor import client
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

NAME = "organizations/local/generations/one"


def _event(sequence: int) -> pb.GenerationEvent:
    if sequence == 5:
        return pb.GenerationEvent(sequence=5, result=pb.Result(sql="SELECT 1"))
    return pb.GenerationEvent(sequence=sequence, rows=pb.Rows())


@dataclass
class Generations(rpc.GenerationServiceServicer):
    """Five events, of which one stream gives at most two; then it ends as told, or is broken where no code is told."""

    broken: grpc.StatusCode | None = grpc.StatusCode.UNAVAILABLE
    reason: str = ""
    silent: bool = False
    overlap: int = 0
    hold: bool = False
    left: Event = field(default_factory=Event)
    after: list[int] = field(default_factory=list)
    seen: list[tuple[dict[str, Any], float | None]] = field(default_factory=list)

    def WatchGeneration(self, request: Any, context: Any) -> Iterator[pb.WatchGenerationResponse]:
        self.after.append(request.after_sequence)
        self.seen.append((dict(context.invocation_metadata()), context.time_remaining()))
        context.add_callback(self.left.set)
        first = max(1, request.after_sequence + 1 - self.overlap)
        if not self.silent:
            for sequence in range(first, min(request.after_sequence + 2, 5) + 1):
                yield pb.WatchGenerationResponse(events=[_event(sequence)])
        if self.hold:
            self.left.wait(10)
        yield pb.WatchGenerationResponse(events=[pb.GenerationEvent(heartbeat={})])
        if self.reason:
            info = AnyMessage()
            info.Pack(error_details_pb2.ErrorInfo(reason=self.reason))
            told = status_pb2.Status(code=13, message="cut", details=[info])
            context.set_trailing_metadata((("grpc-status-details-bin", told.SerializeToString()),))
        if self.broken is not None:
            context.abort(self.broken, "cut")

    def GetGeneration(self, request: Any, context: Any) -> pb.GetGenerationResponse:
        self.seen.append((dict(context.invocation_metadata()), context.time_remaining()))
        info, retry = AnyMessage(), AnyMessage()
        info.Pack(error_details_pb2.ErrorInfo(reason="RATE_LIMITED", metadata={"limit": "3"}))
        delay = error_details_pb2.RetryInfo()
        delay.retry_delay.FromMilliseconds(1500)
        retry.Pack(delay)
        status = status_pb2.Status(code=8, message="slow down", details=[info, retry])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "slow down")
        return pb.GetGenerationResponse()


@pytest.fixture
def generations() -> Generations:
    # The other calls answer that they are not implemented.
    return Generations()  # type: ignore[abstract]


@pytest.fixture
def address(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(client, "BACKOFF_S", (0.01,))
    server = grpc.server(ThreadPoolExecutor(2))
    rpc.add_GenerationServiceServicer_to_server(generations, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def channel(address: str) -> Iterator[grpc.Channel]:
    tokens = (f"token-{number}" for number in range(1, 100))
    with client.open_channel(address, lambda: next(tokens)) as channel:
        yield channel


@pytest.mark.parametrize(
    "broken",
    # INTERNAL without a reason is what the edge makes of a service that died.
    [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL, None],
)
@pytest.mark.parametrize("overlap", [0, 1])
def test_a_cut_stream_goes_on_after_its_last_event(
    generations: Generations, channel: grpc.Channel, broken: grpc.StatusCode | None, overlap: int
) -> None:
    generations.broken, generations.overlap = broken, overlap
    assert [event.sequence for event in client.watch(channel, NAME)] == [1, 2, 3, 4, 5]
    assert generations.after == [0, 2, 4]


def test_a_watch_starts_where_it_is_told(generations: Generations, channel: grpc.Channel) -> None:
    assert [event.sequence for event in client.watch(channel, NAME, after_sequence=3)] == [4, 5]


def test_a_watch_that_brings_nothing_new_gives_up(generations: Generations, channel: grpc.Channel) -> None:
    generations.silent = True
    with pytest.raises(grpc.RpcError) as caught:
        list(client.watch(channel, NAME))
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert len(generations.after) == 2


def test_a_stream_that_always_ends_early_is_called_incomplete(generations: Generations, channel: grpc.Channel) -> None:
    generations.silent, generations.broken = True, None
    with pytest.raises(client.Incomplete):
        list(client.watch(channel, NAME))


def test_a_refused_watch_is_not_tried_again(generations: Generations, channel: grpc.Channel) -> None:
    generations.broken = grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.RpcError):
        list(client.watch(channel, NAME))
    assert generations.after == [0]


def test_a_fault_that_a_service_gives_a_reason_for_is_not_tried_again(
    generations: Generations, channel: grpc.Channel
) -> None:
    generations.broken, generations.reason = grpc.StatusCode.INTERNAL, "INTERNAL"
    with pytest.raises(grpc.RpcError):
        list(client.watch(channel, NAME))
    assert generations.after == [0]


def test_every_call_asks_for_a_token_and_only_unary_calls_get_a_deadline(
    generations: Generations, channel: grpc.Channel
) -> None:
    with pytest.raises(grpc.RpcError):
        rpc.GenerationServiceStub(channel).GetGeneration(pb.GetGenerationRequest(name=NAME))
    next(client.watch(channel, NAME))
    (unary, remaining), (stream, unbounded) = generations.seen
    assert (unary["authorization"], stream["authorization"]) == ("Bearer token-1", "Bearer token-2")
    assert remaining is not None
    assert 10 < remaining < client.DEADLINE_S + 1
    # gRPC for Python gives a call without a deadline one of many years.
    assert unbounded is None or unbounded > 3600


def test_a_token_may_be_a_plain_word(generations: Generations, address: str) -> None:
    with client.open_channel(address, "word") as channel:
        next(client.watch(channel, NAME))
    assert generations.seen[0][0]["authorization"] == "Bearer word"


def test_a_calls_own_deadline_stands(generations: Generations, channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError):
        rpc.GenerationServiceStub(channel).GetGeneration(pb.GetGenerationRequest(name=NAME), timeout=100)
    remaining = generations.seen[0][1]
    assert remaining is not None
    assert 90 < remaining < 101


def test_a_failure_says_its_reason_and_when_to_come_again(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        rpc.GenerationServiceStub(channel).GetGeneration(pb.GetGenerationRequest(name=NAME))
    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    assert client.failure(caught.value) == client.Failure(code, "slow down", "RATE_LIMITED", {"limit": "3"}, 1.5)


def test_a_failure_before_the_server_answers_has_no_reason() -> None:
    with client.open_channel("127.0.0.1:1", "token") as channel, pytest.raises(grpc.RpcError) as caught:
        rpc.GenerationServiceStub(channel).GetGeneration(pb.GetGenerationRequest(name=NAME))
    said = client.failure(caught.value)
    assert (said.code, said.reason, said.retry_after_s) == (grpc.StatusCode.UNAVAILABLE, "", None)


@pytest.mark.parametrize(
    ("address", "plaintext"),
    [
        ("localhost:1", True),
        ("127.0.0.2:1", True),
        ("[::1]:1", True),
        ("example.org:443", False),
        ("10.0.0.1:1", False),
    ],
)
def test_a_token_crosses_a_network_only_encrypted(address: str, *, plaintext: bool) -> None:
    assert client.is_loopback(address) is plaintext


def test_a_plaintext_server_gets_no_token_from_a_client_that_speaks_tls(generations: Generations, address: str) -> None:
    with client.open_channel(address, "token", plaintext=False) as channel, pytest.raises(grpc.RpcError):
        rpc.GenerationServiceStub(channel).GetGeneration(pb.GetGenerationRequest(name=NAME), timeout=5)
    assert generations.seen == []


def test_a_watch_that_is_left_is_cancelled_at_the_server(generations: Generations, channel: grpc.Channel) -> None:
    generations.hold = True
    events = client.watch(channel, NAME)
    assert next(events).sequence == 1
    events.close()
    assert generations.left.wait(10)
