"""One port, four protocols: native gRPC, gRPC-Web, REST streams and WebSockets, each ended and flushed as it should."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import httpx
import pytest
from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from candor.generation.v1 import generation_service_pb2, generation_service_pb2_grpc
from edge_stand import Stand
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from waiting import wait_for
from websockets.sync.client import connect

WATCH = "/candor.generation.v1.GenerationService/WatchGeneration"
WATCH_REST = "/v1/organizations/local/generations/g1:watch"
NAME = "organizations/local/generations/g1"


class Producer:
    """A stream of four events that goes on only when the reader has seen the last one."""

    def __init__(self, edge: Stand) -> None:
        self.read = asyncio.Semaphore(0)
        self.loop = edge.loop
        edge.services.answers[WATCH] = self.events

    async def events(self, request: Any, _context: Any) -> AsyncIterator[Message]:
        for sequence in range(request.after_sequence + 1, 5):
            event = generation_service_pb2.GenerationEvent(sequence=sequence)
            event.step.id = "retrieve"
            yield generation_service_pb2.WatchGenerationResponse(events=[event])
            await self.read.acquire()

    def seen(self) -> None:
        """Lets the next event go."""
        self.loop.call_soon_threadsafe(self.read.release)


def sequences(message: Any) -> list[int]:
    return [int(event["sequence"]) for event in message["events"]]


@pytest.fixture
def channel(edge: Stand) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(edge.edge.removeprefix("http://")) as channel:
        yield channel


def authorization(edge: Stand) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {edge.keys.token()}"),)


def test_native_grpc_is_served(edge: Stand, channel: grpc.Channel) -> None:
    stub = accounts_service_pb2_grpc.AccountsServiceStub(channel)
    stub.GetCaller(accounts_service_pb2.GetCallerRequest(), metadata=authorization(edge), timeout=5)
    assert [seen.path for seen in edge.services.seen] == ["/candor.accounts.v1.AccountsService/GetCaller"]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [((), "TOKEN_MISSING"), ((("authorization", "Bearer no.token.here"),), "TOKEN_INVALID")],
)
def test_native_grpc_is_refused_with_the_reason_in_its_details(
    edge: Stand, channel: grpc.Channel, metadata: Any, reason: str
) -> None:
    stub = accounts_service_pb2_grpc.AccountsServiceStub(channel)
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetCaller(accounts_service_pb2.GetCallerRequest(), metadata=metadata, timeout=5)
    error: Any = refused.value
    status: Any = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (status.code, info.reason, info.domain) == (16, reason, "candor")


def test_an_rpc_that_does_not_exist_is_unimplemented(edge: Stand, channel: grpc.Channel) -> None:
    untyped: Any = channel
    call = untyped.unary_unary("/candor.accounts.v1.AccountsService/Nothing")
    with pytest.raises(grpc.RpcError) as refused:
        call(b"", metadata=authorization(edge), timeout=5)
    error: Any = refused.value
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    reflection = untyped.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    with pytest.raises(grpc.RpcError):
        list(reflection(iter([b""]), timeout=5))


def test_a_native_stream_is_flushed_and_its_cancellation_reaches_the_service(
    edge: Stand, channel: grpc.Channel
) -> None:
    producer = Producer(edge)
    stub = generation_service_pb2_grpc.GenerationServiceStub(channel)
    request = generation_service_pb2.WatchGenerationRequest(name=NAME)
    responses: Any = stub.WatchGeneration(request, metadata=authorization(edge), timeout=20)
    assert next(responses).events[0].sequence == 1
    producer.seen()
    assert next(responses).events[0].sequence == 2
    responses.cancel()
    assert edge.services.cancelled.wait(10)


def web_frames(body: bytes) -> tuple[list[bytes], dict[str, str]]:
    """The messages and the trailers of a gRPC-Web body."""
    messages, trailers = [], {}
    while body:
        flag, size = struct.unpack(">BI", body[:5])
        frame, body = body[5 : 5 + size], body[5 + size :]
        if flag & 0x80:
            trailers = dict(line.split(":", 1) for line in frame.decode().strip().split("\r\n"))
        else:
            messages.append(frame)
    return messages, {key: value.strip() for key, value in trailers.items()}


def web_call(edge: Stand, path: str, message: Message, **headers: str) -> httpx.Response:
    data = message.SerializeToString()
    return edge.client.post(
        path,
        content=struct.pack(">BI", 0, len(data)) + data,
        headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1", **headers},
    )


def test_grpc_web_is_served_with_its_trailers_in_the_body(edge: Stand) -> None:
    Producer(edge).seen()
    request = generation_service_pb2.WatchGenerationRequest(name=NAME, after_sequence=3)
    cookie = f"candor_token={edge.keys.token()}"
    response = web_call(edge, WATCH, request, cookie=cookie, origin=edge.edge)
    messages, trailers = web_frames(response.content)
    events = [generation_service_pb2.WatchGenerationResponse.FromString(each).events for each in messages]
    assert [event.sequence for batch in events for event in batch] == [4]
    assert (response.status_code, trailers["grpc-status"]) == (200, "0")


def test_grpc_web_is_refused_with_a_grpc_status_and_details(edge: Stand) -> None:
    request = generation_service_pb2.WatchGenerationRequest(name=NAME)
    response = web_call(edge, WATCH, request)
    assert response.headers["grpc-status"] == "16"
    assert response.headers["grpc-status-details-bin"]
    assert edge.services.seen == []


def test_a_deadline_that_the_edge_ends_is_called_one(edge: Stand) -> None:
    """Not UNAVAILABLE, which a caller may try again."""

    async def slow(_request: Any, _context: Any) -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    edge.services.answers["/candor.accounts.v1.AccountsService/GetCaller"] = slow
    headers = {"authorization": f"Bearer {edge.keys.token()}", "grpc-timeout": "200m"}
    path, request = "/candor.accounts.v1.AccountsService/GetCaller", accounts_service_pb2.GetCallerRequest()
    response = web_call(edge, path, request, **headers)
    _, trailers = web_frames(response.content)
    assert response.headers.get("grpc-status", trailers.get("grpc-status")) == "4"


def test_a_rest_stream_gives_one_object_a_line_as_they_come(edge: Stand) -> None:
    producer = Producer(edge)
    headers = {"authorization": f"Bearer {edge.keys.token()}"}
    got = []
    with edge.client.stream("GET", WATCH_REST, params={"after_sequence": 1}, headers=headers) as response:
        for line in response.iter_lines():
            got += sequences(json.loads(line))
            producer.seen()
    assert got == [2, 3, 4]


def test_a_rest_stream_gives_server_sent_events_to_who_accepts_them(edge: Stand) -> None:
    producer = Producer(edge)
    headers = {"authorization": f"Bearer {edge.keys.token()}", "accept": "text/event-stream"}
    got = []
    with edge.client.stream("GET", WATCH_REST, headers=headers) as response:
        assert response.headers["content-type"] == "text/event-stream"
        for line in filter(None, response.iter_lines()):
            got += sequences(json.loads(line.removeprefix("data: ")))
            producer.seen()
    assert got == [1, 2, 3, 4]


def test_server_sent_events_obey_the_same_rules(edge: Stand) -> None:
    sse = {"accept": "text/event-stream"}
    foreign = {"name": "organizations/foreign/generations/g1"}
    assert edge.call("GET", WATCH_REST, token=None, headers=sse).status_code == 401
    edge.call("GET", WATCH_REST, headers=sse, params=foreign)
    assert {seen.request.name for seen in edge.services.seen} <= {NAME}
    assert edge.call("POST", f"{WATCH_REST}?x=1", headers=sse).status_code == 400


def test_a_rest_reader_that_leaves_ends_the_stream(edge: Stand) -> None:
    Producer(edge)
    headers = {"authorization": f"Bearer {edge.keys.token()}"}
    with edge.client.stream("GET", WATCH_REST, headers=headers) as response:
        next(response.iter_lines())
    assert edge.services.cancelled.wait(10)


def websocket(edge: Stand, path: str, **headers: str) -> Any:
    url = edge.edge.replace("http", "ws", 1) + path
    headers = {"cookie": f"candor_token={edge.keys.token()}"} | headers
    return connect(url, additional_headers=headers, compression=None, proxy=None)


def test_a_websocket_relays_events_resumes_and_ends_in_band(edge: Stand) -> None:
    producer = Producer(edge)
    with websocket(edge, "/ws/generations/g1", origin=edge.edge) as socket:
        assert sequences(json.loads(socket.recv(timeout=10))) == [1]
        producer.seen()
        assert sequences(json.loads(socket.recv(timeout=10))) == [2]
    assert edge.services.cancelled.wait(10)
    with websocket(edge, "/ws/generations/g1?after=2") as socket:
        got = []
        for frame in socket:
            message = json.loads(frame)
            if "end" in message:
                break
            got += sequences(message)
            producer.seen()
    assert (got, message) == ([3, 4], {"end": {"code": 0}})
    assert [seen.request.after_sequence for seen in edge.services.seen] == [0, 2]


def test_other_paths_are_not_upgraded(edge: Stand) -> None:
    headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    response = edge.client.get("/healthz", headers=headers | {"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert response.status_code == 403


def test_the_edge_answers_while_many_watch(edge: Stand) -> None:
    """Watchers that do not read hold their own stream's window, and nobody else's."""
    text = "x" * 60_000

    async def flood(_request: Any, _context: Any) -> AsyncIterator[Message]:
        for sequence in range(1, 200):
            event = generation_service_pb2.GenerationEvent(sequence=sequence)
            event.explanation.text = text
            yield generation_service_pb2.WatchGenerationResponse(events=[event])

    edge.services.answers[WATCH] = flood
    headers = {"authorization": f"Bearer {edge.keys.token()}"}
    with httpx.Client(base_url=edge.edge, timeout=20, trust_env=False) as watchers:
        open_streams = [watchers.stream("GET", WATCH_REST, headers=headers) for _ in range(20)]
        responses = [stream.__enter__() for stream in open_streams]
        wait_for(lambda: len(edge.services.seen) == 20, "the watchers")
        assert edge.call("GET", "/v1/caller").status_code == 200
        for response in responses:
            response.close()
