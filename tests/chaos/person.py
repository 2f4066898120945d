"""A person before the platform: everything they may ask of it, each within a deadline, and what comes of it.

An answer that comes is looked at: a wrong one fails the test, whatever is down.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import grpc
import httpx
from candor.accounts.v1 import accounts_service_pb2 as accounts
from candor.accounts.v1 import accounts_service_pb2_grpc as accounts_rpc
from candor.documents.v1 import documents_service_pb2 as documents
from candor.documents.v1 import documents_service_pb2_grpc as documents_rpc
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from candor.modelhub.v1 import modelhub_service_pb2 as modelhub
from candor.modelhub.v1 import modelhub_service_pb2_grpc as modelhub_rpc
from candor.validation.v1 import validation_service_pb2 as validation
from candor.validation.v1 import validation_service_pb2_grpc as validation_rpc
from google.protobuf.json_format import ParseDict
from google.rpc import error_details_pb2, status_pb2
from websockets.asyncio.client import unix_connect
from websockets.exceptions import WebSocketException

from services.cli.demo import PARENT, SAMPLE
from services.kit.errors import CandorError, Unavailable
from services.kit.rpc import open_channel
from services.kit.rpc.status import error_from_status

QUESTION = "How many customers are there?"
# How much longer than its deadline a call may take to say so, in seconds.
LATE_S = 3.0
# Messages that hold these are a machine's, not a person's.
_MACHINES_WORDS = ("Traceback", "0x", "errno", "psycopg", "sqlalchemy", "grpc_", "upstream connect error")


@dataclass(frozen=True)
class Outcome:
    """What came of something that was asked: an answer where there is no error."""

    error: CandorError | None
    seconds: float

    @property
    def reason(self) -> str:
        return self.error.reason if self.error else ""

    def __str__(self) -> str:
        return f"{self.reason or 'answered'} after {self.seconds:.1f} s"


class Answered:
    """What a question came to: its events in order, and its end."""

    def __init__(self) -> None:
        self.events: list[pb.GenerationEvent] = []
        self.breaks = 0

    def add(self, events: list[pb.GenerationEvent]) -> None:
        """Keeps events, each of which must be the next."""
        for event in events:
            if event.WhichOneof("event") != "heartbeat":
                assert event.sequence == len(self.events) + 1, "an event is missing, or came twice"
                assert self.end is None, "something came after the end"
                self.events.append(event)

    @property
    def end(self) -> pb.GenerationEvent | None:
        last = self.events[-1] if self.events else None
        return last if last is not None and last.WhichOneof("event") in {"result", "error"} else None

    def error(self, right: int) -> CandorError | None:
        """What it ended with where that is an error; a number must be the right one."""
        assert self.end is not None
        if self.end.WhichOneof("event") == "error":
            return error_from_status(self.end.error)
        (rows,) = (each.rows for each in self.events if each.WhichOneof("event") == "rows")
        assert self.end.result.outcome == pb.Result.OUTCOME_ANSWERED
        assert list(rows.batch.columns[0].integers.items) == [right]
        return None

    def raise_or_compare(self, right: int) -> None:
        """The same; the error is raised."""
        if error := self.error(right):
            raise error


@dataclass
class Person:
    """Somebody who is signed in, and knows the answer to `QUESTION`."""

    address: str
    """The Unix socket that leads to the edge: "unix:/path"."""
    token: str
    session: str
    answered: str = ""
    """A question that was answered, by name."""
    right: int = 0
    accepted: list[str] = field(default_factory=list)
    """Questions that were accepted, by name."""
    unsure: list[pb.CreateGenerationRequest] = field(default_factory=list)
    """Questions of which it is not known whether they were accepted."""

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token}"),)

    async def ask(self, deadline_s: float) -> Mapping[str, Outcome]:
        """Asks for everything at once; each answers, or refuses in a person's words, not later than its deadline."""
        async with open_channel(self.address) as edge:
            outcomes = await asyncio.gather(*(self._outcome(each, edge, deadline_s) for each in ASKS.values()))
        return dict(zip(ASKS, outcomes, strict=True))

    async def _outcome(self, ask: "Ask", edge: grpc.aio.Channel, deadline_s: float) -> Outcome:
        started, error = time.monotonic(), None
        try:
            async with asyncio.timeout(deadline_s + LATE_S):
                await ask(self, edge, deadline_s)
        except CandorError as raised:
            error = raised
            assert error.message.strip(), f"{error!r} says nothing to a person"
            assert not any(word in error.message for word in _MACHINES_WORDS), error.message
            assert error.retry_after_s or not isinstance(error, Unavailable), (
                f"{error!r} does not say when to try again"
            )
        return Outcome(error, time.monotonic() - started)

    async def create(self, edge: grpc.aio.Channel, deadline_s: float) -> str:
        """Has a question accepted."""
        request = pb.CreateGenerationRequest(
            parent=PARENT, generation=pb.Generation(data_source=SAMPLE, question=QUESTION), request_id=str(uuid.uuid4())
        )
        self.unsure.append(request)
        return await self._create(edge, request, deadline_s)

    async def make_sure(self, edge: grpc.aio.Channel) -> None:
        """Repeats, under their request_id, the questions of which it is not known whether they were accepted."""
        for request in tuple(self.unsure):
            await self._create(edge, request, 15)

    async def all_questions(self, edge: grpc.aio.Channel) -> list[str]:
        """The questions that the platform knows of, by name."""
        stub, token, found = rpc.GenerationServiceStub(edge), "", []
        while True:
            request = pb.ListGenerationsRequest(parent=PARENT, page_size=200, page_token=token)
            page = await stub.ListGenerations(request, metadata=self.metadata)
            found += [each.name for each in page.generations]
            if not (token := page.next_page_token):
                return found

    async def _create(self, edge: grpc.aio.Channel, request: pb.CreateGenerationRequest, deadline_s: float) -> str:
        stub = rpc.GenerationServiceStub(edge)
        created = await stub.CreateGeneration(request, metadata=self.metadata, timeout=deadline_s)
        self.unsure.remove(request)
        self.accepted.append(created.generation.name)
        return str(created.generation.name)

    async def watch(
        self, edge: grpc.aio.Channel, name: str, deadline_s: float, answered: "Answered | None" = None
    ) -> Answered:
        """Watches a question from its beginning to its end; goes on, where the stream breaks, after what it has."""
        answered, end = answered or Answered(), time.monotonic() + deadline_s
        stub = rpc.GenerationServiceStub(edge)
        while answered.end is None:
            request = pb.WatchGenerationRequest(name=name, after_sequence=len(answered.events))
            left = end - time.monotonic()
            try:
                async for response in stub.WatchGeneration(request, metadata=self.metadata, timeout=max(left, 0.1)):
                    answered.add(list(response.events))
            except Unavailable:
                if time.monotonic() > end - 1:
                    raise
                answered.breaks += 1
                await asyncio.sleep(0.25)
        return answered


Ask = Callable[[Person, grpc.aio.Channel, float], Awaitable[None]]


async def _sign_in(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    grant = accounts.SessionGrant(secret=person.session)
    stub = accounts_rpc.AccountsServiceStub(edge)
    person.token = (await stub.IssueToken(accounts.IssueTokenRequest(session=grant), timeout=deadline_s)).token


async def _question(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    started = time.monotonic()
    name = await person.create(edge, deadline_s)
    answered = await person.watch(edge, name, deadline_s - (time.monotonic() - started))
    answered.raise_or_compare(person.right)


async def _history(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    stub = rpc.GenerationServiceStub(edge)
    request = pb.ListGenerationsRequest(parent=PARENT, page_size=100)
    listed = await stub.ListGenerations(request, metadata=person.metadata, timeout=deadline_s)
    assert person.answered in {each.name for each in listed.generations}


async def _old_answer(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    stub = rpc.GenerationServiceStub(edge)
    request, answered = pb.WatchGenerationRequest(name=person.answered), Answered()
    async for response in stub.WatchGeneration(request, metadata=person.metadata, timeout=deadline_s):
        answered.add(list(response.events))
    answered.raise_or_compare(person.right)


async def _socket(person: Person, _edge: grpc.aio.Channel, deadline_s: float) -> None:
    url = f"ws://localhost/ws/generations/{person.answered.rpartition('/')[2]}?after=0"
    headers, answered = dict(person.metadata), Answered()
    try:
        async with (
            asyncio.timeout(deadline_s),
            unix_connect(
                person.address.removeprefix("unix:"),
                url,
                additional_headers=headers,
                open_timeout=None,
                close_timeout=0.1,
            ) as socket,
        ):
            async for frame in socket:
                message = json.loads(frame)
                if end := message.get("end"):
                    if end["code"]:
                        raise error_from_status(ParseDict(end, status_pb2.Status()))
                    break
                answered.add([ParseDict(each, pb.GenerationEvent()) for each in message["events"]])
    except (WebSocketException, OSError, TimeoutError) as error:
        # A browser learns no more than that its socket is gone, and opens it again.
        raise Unavailable("SOCKET_LOST", "The connection is lost; the page opens it again.", retry_after_s=1) from error
    answered.raise_or_compare(person.right)


async def _page(person: Person, _edge: grpc.aio.Channel, deadline_s: float) -> None:
    assert "Candor" in (await _get(person, "/docs", deadline_s)).text


async def _rest(person: Person, _edge: grpc.aio.Channel, deadline_s: float) -> None:
    listed = (await _get(person, f"/v1/{PARENT}/generations?pageSize=100", deadline_s)).json()
    assert person.answered in {each["name"] for each in listed["generations"]}


async def _get(person: Person, path: str, deadline_s: float) -> httpx.Response:
    transport = httpx.AsyncHTTPTransport(uds=person.address.removeprefix("unix:"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=deadline_s) as client:
        try:
            response = await client.get(path, headers=dict(person.metadata))
        except httpx.TransportError as error:
            raise Unavailable(
                "NOT_REACHED", "The page cannot be reached, says the browser.", retry_after_s=1
            ) from error
    if response.status_code != 200:
        status: Any = ParseDict(response.json(), status_pb2.Status())
        assert any(each.Is(error_details_pb2.ErrorInfo.DESCRIPTOR) for each in status.details), response.text
        raise error_from_status(status)
    return response


async def _data_sources(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    stub = validation_rpc.ValidationServiceStub(edge)
    request = validation.ListDataSourcesRequest(parent=PARENT)
    listed = await stub.ListDataSources(request, metadata=person.metadata, timeout=deadline_s)
    assert [each.name for each in listed.data_sources] == [SAMPLE]


async def _check(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    stub = validation_rpc.ValidationServiceStub(edge)
    for sql, allowed in (("SELECT count(*) FROM customers", True), ("DROP TABLE customers", False)):
        request = validation.CheckStatementRequest(name=SAMPLE, sql=sql)
        verdict = await stub.CheckStatement(request, metadata=person.metadata, timeout=deadline_s)
        assert verdict.allowed == allowed


async def _schema(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    stub = documents_rpc.DocumentsServiceStub(edge)
    request = documents.GetSchemaRequest(data_source=SAMPLE)
    found = await stub.GetSchema(request, metadata=person.metadata, timeout=deadline_s)
    assert "customers" in {each.name.rpartition(".")[2] for each in found.schema.catalog.tables}


async def _models(person: Person, edge: grpc.aio.Channel, deadline_s: float) -> None:
    stub = modelhub_rpc.ModelhubServiceStub(edge)
    listed = await stub.ListModels(
        modelhub.ListModelsRequest(parent=PARENT), metadata=person.metadata, timeout=deadline_s
    )
    assert listed.models


ASKS: Mapping[str, Ask] = {
    "sign in": _sign_in,
    "ask": _question,
    "history": _history,
    "old answers": _old_answer,
    "live page": _socket,
    "web pages": _page,
    "REST": _rest,
    "data sources": _data_sources,
    "check SQL": _check,
    "schema": _schema,
    "models": _models,
}


async def arrive(address: str, link: str) -> Person:
    """A person who signs in with a link, asks one question, and learns the answer."""
    code = parse_qs(urlsplit(link).query)["code"][0]
    async with open_channel(address) as edge:
        stub = accounts_rpc.AccountsServiceStub(edge)
        issued = await stub.IssueToken(accounts.IssueTokenRequest(sign_in_code=code))
        person = Person(address, issued.token, issued.session_secret)
        person.answered = await person.create(edge, 15)
        answered = await person.watch(edge, person.answered, 60)
    (rows,) = (each.rows for each in answered.events if each.WhichOneof("event") == "rows")
    (person.right,) = rows.batch.columns[0].integers.items
    assert person.right > 0
    return person
