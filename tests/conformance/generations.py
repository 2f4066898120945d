"""The generations of the conformance stand: what each one, known by its name, answers to a client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from candor.generation.v1 import generation_service_pb2 as pb
from edge_stand import Services
from grpc_status import rpc_status

from services.kit.errors import CandorError, NotFound, Unavailable
from services.kit.rpc.status import status_from_error

PARENT = "organizations/local/generations"
SERVICE = "/candor.generation.v1.GenerationService"
# Of two, three and four bytes in UTF-8; the last one is two units in UTF-16.
QUESTION = "Où sont les 顧客 🧭?"
# 8 MiB in UTF-8, twice what gRPC receives by default.
LARGE = "é" * (4 * 1024 * 1024)
EVENTS = 1000
# A watch that breaks goes from the key to the value.
LEGS = {0: 3, 3: 5, 5: 6}


def left(name: str) -> str:
    """How the story tells of a call that was left."""
    return f"{name} was left"


@dataclass
class Generations:
    """Answers by name, and notes in order which were asked for, and which calls were left before their end.

    Args:
        cut: Breaks the connections of all clients.
    """

    cut: Callable[[], None]
    was_cut: bool = False
    story: list[str] = field(default_factory=list)

    def join(self, services: Services) -> None:
        services.answers[f"{SERVICE}/GetGeneration"] = self.get
        services.answers[f"{SERVICE}/WatchGeneration"] = self.watch

    async def get(self, request: Any, context: Any) -> pb.GetGenerationResponse:
        name, story = request.name.removeprefix(f"{PARENT}/"), self.story
        story.append(name)
        if name in REFUSALS:
            await refuse(context, REFUSALS[name])
        if name == "slow":
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                story.append(left(name))
                raise
        question = LARGE if name == "large" else QUESTION
        return pb.GetGenerationResponse(generation=pb.Generation(name=request.name, question=question))

    async def watch(self, request: Any, context: Any) -> AsyncIterator[pb.WatchGenerationResponse]:
        name, story, whole = request.name.removeprefix(f"{PARENT}/"), self.story, False
        story.append(name)
        try:
            async for response in WATCHES[name](self, request.after_sequence, context):
                yield response
            whole = True
        finally:
            if not whole:
                story.append(left(name))


REFUSALS: dict[str, CandorError] = {
    "missing": NotFound(
        "GENERATION_NOT_FOUND", f"There is no {PARENT}/missing · 顧客 🧭.", metadata={"generation": f"{PARENT}/missing"}
    ),
    "unavailable": Unavailable("SERVICE_UNAVAILABLE", "Try again in a moment.", retry_after_s=1.5),
}


async def refuse(context: Any, error: CandorError) -> None:
    status: Any = rpc_status.to_status(status_from_error(error))
    await context.abort(status.code, status.details, status.trailing_metadata)


def event(sequence: int, *, last: bool = False) -> pb.GenerationEvent:
    if last:
        return pb.GenerationEvent(sequence=sequence, result=pb.Result(sql="SELECT 1"))
    return pb.GenerationEvent(sequence=sequence, rows=pb.Rows())


def heartbeat(sequence: int) -> pb.WatchGenerationResponse:
    return pb.WatchGenerationResponse(events=[pb.GenerationEvent(sequence=sequence, heartbeat={})])


async def stream(_: Generations, after: int, _context: Any) -> AsyncIterator[pb.WatchGenerationResponse]:
    """Many events, seven a message, with a heartbeat between."""
    for first in range(after + 1, EVENTS + 1, 7):
        past = min(first + 7, EVENTS + 1)
        yield pb.WatchGenerationResponse(events=[event(each, last=each == EVENTS) for each in range(first, past)])
        if past == first + 7:
            yield heartbeat(past - 1)


async def resume(generations: Generations, after: int, context: Any) -> AsyncIterator[pb.WatchGenerationResponse]:
    """Refused after event 3, ended without a word after 5, cut off after 6. A leg repeats the last event before it."""
    whole = after == 6 or generations.was_cut
    for sequence in range(max(after, 1), 8 if whole else LEGS[after] + 1):
        yield pb.WatchGenerationResponse(events=[event(sequence, last=sequence == 7)])
    if after == 0:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
    if after == 5 and not whole:
        generations.was_cut = True
        generations.cut()
    yield heartbeat(after)


async def endless(_: Generations, after: int, _context: Any) -> AsyncIterator[pb.WatchGenerationResponse]:
    """An event, then heartbeats until the watcher leaves."""
    yield pb.WatchGenerationResponse(events=[event(after + 1)])
    while True:
        await asyncio.sleep(0.05)
        yield heartbeat(after + 1)


WATCHES: dict[str, Callable[[Generations, int, Any], AsyncIterator[pb.WatchGenerationResponse]]] = {
    "stream": stream,
    "resume": resume,
    "endless": endless,
}
