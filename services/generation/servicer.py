"""generation's gRPC face."""

from collections.abc import AsyncIterator
from typing import Any

from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc

from services.generation import wire
from services.generation.adapters.answering import cancelled
from services.generation.adapters.validation import GrpcValidation
from services.generation.core.understand_question import understand_question
from services.kit import ids, pages
from services.kit.errors import FailedPrecondition, NotFound
from services.kit.identity import current_principal
from services.kit.jobs import Dispatcher, Job, JobState, Ledger, NewJob, Watcher, follow
from services.storage.sql import Database


class GenerationServicer(rpc.GenerationServiceServicer):
    """Accepts questions and streams what happens to them."""

    def __init__(
        self, database: Database, dispatcher: Dispatcher, ledger: Ledger, watcher: Watcher, validation: GrpcValidation
    ) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._watcher = watcher
        self._validation = validation

    async def CreateGeneration(self, request: pb.CreateGenerationRequest, context: Any) -> pb.CreateGenerationResponse:
        """Accepts a question once it can be read and its data source is known."""
        (organization,) = ids.parse_name(request.parent, "organizations")
        understand_question(request.generation.question)
        await self._validation.find_data_source(request.generation.data_source)
        new = NewJob(
            organization, ids.new_id(), current_principal().subject, wire.payload_from_proto(request.generation)
        )
        job = await self._dispatcher.accept(await self._database.connection(), new)
        return pb.CreateGenerationResponse(generation=wire.generation_to_proto(job))

    async def WatchGeneration(
        self, request: pb.WatchGenerationRequest, context: Any
    ) -> AsyncIterator[pb.WatchGenerationResponse]:
        """Streams events until the last."""
        organization, generation = _parts(request.name)
        sequence = request.after_sequence
        await self._find(request.name)
        async for events in follow(self._ledger, self._watcher, organization, generation, sequence):
            sequence = events[-1].sequence if events else sequence
            messages = [wire.stored_event_to_proto(each) for each in events]
            yield pb.WatchGenerationResponse(events=messages or [wire.heartbeat_to_proto(sequence)])

    async def CancelGeneration(self, request: pb.CancelGenerationRequest, context: Any) -> pb.CancelGenerationResponse:
        """Stops a generation."""
        ending = cancelled()
        job = await self._ledger.request_cancel(*_parts(request.name), ending.content, ending.outcome)
        if job is None:
            raise _not_found(request.name)
        if job.state in {JobState.SUCCEEDED, JobState.FAILED}:
            raise FailedPrecondition(
                "GENERATION_ENDED",
                "The question has been answered, so there is nothing to cancel.",
                metadata={"state": job.state.upper()},
            )
        return pb.CancelGenerationResponse(generation=wire.generation_to_proto(job))

    async def GetGeneration(self, request: pb.GetGenerationRequest, context: Any) -> pb.GetGenerationResponse:
        """Returns a generation as it is now."""
        return pb.GetGenerationResponse(generation=wire.generation_to_proto(await self._find(request.name)))

    async def ListGenerations(self, request: pb.ListGenerationsRequest, context: Any) -> pb.ListGenerationsResponse:
        """Lists generations, newest first."""
        (organization,) = ids.parse_name(request.parent, "organizations")
        size = pages.page_size(request.page_size)
        before = pages.decode_token(request.page_token, scope=request.parent)
        jobs = await self._ledger.list_before(organization, before, size + 1)
        more = pages.encode_token(jobs[size - 1].id, scope=request.parent) if len(jobs) > size else ""
        generations = [wire.generation_to_proto(job, with_rows=False) for job in jobs[:size]]
        return pb.ListGenerationsResponse(generations=generations, next_page_token=more)

    async def _find(self, name: str) -> Job:
        job = await self._ledger.find(*_parts(name))
        if job is None:
            raise _not_found(name)
        return job


def _parts(name: str) -> tuple[str, str]:
    organization, generation = ids.parse_name(name, "organizations", "generations")
    return organization, generation


def _not_found(name: str) -> NotFound:
    generation = name.rpartition("/")[2]
    return NotFound(
        "GENERATION_NOT_FOUND",
        f"There is no generation {generation!r} in this organization. List the generations to find it.",
        metadata={"generation": generation},
    )
