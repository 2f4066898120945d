"""Questions asked of a platform one after the other, whatever happens to it, and what became of each."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc

from services.cli.demo import PARENT, SAMPLE
from services.kit.errors import CandorError, Unavailable
from services.kit.rpc import open_channel

QUESTION = "How many customers are there?"


@dataclass
class Load:
    """Questions asked one after the other, and what became of those that were accepted."""

    address: str
    """Where the edge is."""
    token: str
    accepted: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    """Calls that failed and were made again by the asker, with the same request_id."""

    @asynccontextmanager
    async def running(self, askers: int = 2) -> AsyncIterator[None]:
        stopping = asyncio.Event()
        tasks = [asyncio.create_task(self._ask_on(stopping)) for _ in range(askers)]
        try:
            yield
        finally:
            stopping.set()
            await asyncio.gather(*tasks)

    async def _ask_on(self, stopping: asyncio.Event) -> None:
        async with open_channel(self.address) as edge:
            stub = rpc.GenerationServiceStub(edge)
            while not stopping.is_set():
                await self.follow(stub, await self.create(stub))

    async def create(self, stub: rpc.GenerationServiceStub) -> str:
        request = pb.CreateGenerationRequest(
            parent=PARENT,
            generation=pb.Generation(data_source=SAMPLE, question=QUESTION),
            request_id=str(uuid.uuid4()),
        )
        while True:
            try:
                name = (await stub.CreateGeneration(request, metadata=self.metadata, timeout=60)).generation.name
            except Unavailable:
                self.refused += 1
            else:
                self.accepted.add(name)
                return name

    async def follow(self, stub: rpc.GenerationServiceStub, name: str) -> None:
        """Watches to the end, and goes on where a stream breaks."""
        after = 0
        while name not in self.answered and name not in self.failed:
            request = pb.WatchGenerationRequest(name=name, after_sequence=after)
            try:
                async for response in stub.WatchGeneration(request, metadata=self.metadata, timeout=60):
                    for event in response.events:
                        after = max(after, event.sequence)
                        if event.WhichOneof("event") == "result":
                            self.answered.add(name)
                        elif event.WhichOneof("event") == "error":
                            self.failed[name] = event.error.message
            except CandorError:
                self.refused += 1

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token}"),)
