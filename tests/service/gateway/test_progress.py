"""The WebSocket: who may watch, how a watch ends, and what a client can and cannot do to it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from candor.generation.v1 import generation_service_pb2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from waiting import wait_for
from websockets.exceptions import ConnectionClosed, InvalidStatus

WATCH = "/candor.generation.v1.GenerationService/WatchGeneration"
PATH = "/ws/generations/g1"


def event(sequence: int, text: str = "") -> generation_service_pb2.WatchGenerationResponse:
    found = generation_service_pb2.GenerationEvent(sequence=sequence)
    found.explanation.text = text
    return generation_service_pb2.WatchGenerationResponse(events=[found])


async def endless(_request: Any, _context: Any) -> AsyncIterator[Message]:
    yield event(1)
    await asyncio.Event().wait()


def closing(socket: Any) -> tuple[list[Any], int | None]:
    """Every message until the socket is closed, and the code it was closed with."""
    messages = []
    try:
        while True:
            messages.append(json.loads(socket.recv(timeout=15)))
    except ConnectionClosed as closed:
        return messages, closed.rcvd.code if closed.rcvd else None


def test_events_are_relayed_with_the_callers_token(gateway: Any) -> None:
    async def two(_request: Any, _context: Any) -> AsyncIterator[Message]:
        yield event(8, "über <b>")
        yield event(9)

    gateway.services.answers[WATCH] = two
    token = gateway.keys.token(org="acme")
    with gateway.socket(f"{PATH}?after=7", cookie=f"candor_token={token}") as socket:
        messages, code = closing(socket)
    assert [message["events"][0]["sequence"] for message in messages[:2]] == ["8", "9"]
    assert messages[0]["events"][0]["explanation"]["text"] == "über <b>"
    assert (messages[2:], code) == ([{"end": {"code": 0}}], 1000)
    seen = gateway.services.seen[0]
    assert (seen.request.name, seen.request.after_sequence) == ("organizations/acme/generations/g1", 7)
    assert seen.metadata["authorization"] == f"Bearer {token}"


def test_a_program_may_bring_its_token_in_the_header(gateway: Any) -> None:
    with gateway.socket(PATH, cookie="", authorization=f"Bearer {gateway.keys.token()}") as socket:
        assert closing(socket)[1] == 1000


@pytest.mark.parametrize(
    ("cookie", "reason"),
    [
        ("theme=dark", "TOKEN_MISSING"),
        ("candor_token=no.token.here", "TOKEN_INVALID"),
        ({"exp": 1}, "TOKEN_EXPIRED"),
        ({"aud": "elsewhere"}, "TOKEN_INVALID"),
        ({"key": Ed25519PrivateKey.generate()}, "TOKEN_INVALID"),
        ({"kid": "unknown", "key": Ed25519PrivateKey.generate()}, "TOKEN_INVALID"),
    ],
)
def test_who_shows_no_good_token_is_told_why_and_let_go(gateway: Any, cookie: Any, reason: str) -> None:
    if isinstance(cookie, dict):
        cookie = f"candor_token={gateway.keys.token(**cookie)}"
    with gateway.socket(PATH, cookie=cookie) as socket:
        messages, code = closing(socket)
    assert (messages[0]["end"]["details"][0]["reason"], code) == (reason, 4401)
    assert gateway.services.seen == []


@pytest.mark.parametrize("origin", ["http://localhost:3000", "null"])
def test_a_page_of_another_origin_may_not_watch(gateway: Any, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, gateway.socket(PATH, origin=origin):
        pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["details"][0]["reason"] == "PERMISSION_DENIED"


def test_a_token_that_expires_ends_the_watch_and_the_rpc(gateway: Any) -> None:
    gateway.services.answers[WATCH] = endless
    token = gateway.keys.token(exp=int(time.time()) + 2)
    with gateway.socket(PATH, cookie=f"candor_token={token}") as socket:
        messages, code = closing(socket)
    assert (messages[-1]["end"]["details"][0]["reason"], code) == ("TOKEN_EXPIRED", 4401)
    assert gateway.services.cancelled.wait(10)


def test_a_client_that_leaves_ends_the_rpc(gateway: Any) -> None:
    gateway.services.answers[WATCH] = endless
    with gateway.socket(PATH) as socket:
        socket.recv(timeout=10)
        assert not gateway.services.cancelled.is_set()
    assert gateway.services.cancelled.wait(10)


def test_a_connection_that_breaks_ends_the_rpc(gateway: Any) -> None:
    gateway.services.answers[WATCH] = endless
    with gateway.socket(PATH) as socket:
        socket.recv(timeout=10)
        socket.socket.shutdown(2)
        assert gateway.services.cancelled.wait(10)


def test_an_error_of_the_service_ends_in_band(gateway: Any) -> None:
    async def fail(_request: Any, context: Any) -> AsyncIterator[Message]:
        yield event(1)
        status = status_pb2.Status(code=code_pb2.NOT_FOUND, message="There is no generation g1.")
        info = error_details_pb2.ErrorInfo(
            reason="GENERATION_NOT_FOUND", domain="candor", metadata={"generation": "g1"}
        )
        status.details.add().Pack(info)
        told = rpc_status.to_status(status)
        await context.abort(told.code, told.details, told.trailing_metadata)

    gateway.services.answers[WATCH] = fail
    with gateway.socket(PATH) as socket:
        messages, code = closing(socket)
    end = messages[-1]["end"]
    assert (len(messages), code) == (2, 1011)
    assert (end["code"], end["message"]) == (5, "There is no generation g1.")
    assert end["details"][0]["metadata"] == {"generation": "g1"}


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 40, "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_sequence_that_is_no_number_is_refused(gateway: Any, after: str) -> None:
    with gateway.socket(f"{PATH}?after={after}") as socket:
        messages, code = closing(socket)
    assert (messages[0]["end"]["code"], code) == (3, 1011)
    assert gateway.services.seen == []


def test_a_token_without_an_organization_watches_nothing(gateway: Any) -> None:
    with gateway.socket(PATH, cookie=f"candor_token={gateway.keys.token(org=None)}") as socket:
        messages, _code = closing(socket)
    assert messages[0]["end"]["details"][0]["reason"] == "ORGANIZATION_DENIED"
    assert gateway.services.seen == []


def test_what_the_client_says_is_ignored_up_to_a_size(gateway: Any) -> None:
    gateway.services.answers[WATCH] = endless
    with gateway.socket(PATH) as socket:
        socket.recv(timeout=10)
        for _ in range(50):
            socket.send("x" * 60_000)
        socket.ping().wait(10)
        assert not gateway.services.cancelled.is_set()
        socket.send("x" * 70_000)
        assert closing(socket)[1] == 1009
    assert gateway.services.cancelled.wait(10)


def test_a_client_that_does_not_read_stops_the_service_not_the_gateway(gateway: Any) -> None:
    """The service writes no more than the buffers between it and the client hold."""
    written: list[int] = []

    async def flood(_request: Any, _context: Any) -> AsyncIterator[Message]:
        for sequence in range(1, 2_001):
            yield event(sequence, "x" * 50_000)
            written.append(sequence)

    gateway.services.answers[WATCH] = flood
    with gateway.socket(PATH) as socket:
        wait_for(lambda: bool(written), "the first event")
        _settled(written)
        assert len(written) < 1_000
        assert gateway.client.get("/healthz").status_code == 200
        messages, code = closing(socket)
    assert ([int(each["events"][0]["sequence"]) for each in messages[:-1]], code) == (list(range(1, 2_001)), 1000)


def _settled(written: list[int]) -> None:
    """Waits until nothing more has been written for half a second."""
    marks = [(-1, time.monotonic())]

    def quiet() -> bool:
        if marks[-1][0] != len(written):
            marks.append((len(written), time.monotonic()))
        return time.monotonic() - marks[-1][1] > 0.5

    wait_for(quiet, "the service waits", 30)
