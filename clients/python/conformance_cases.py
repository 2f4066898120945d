"""The conformance program of the Python client: tries the cases that it is told, one line of JSON for each.

It uses `candor.client_asyncio` where CANDOR_API is "asyncio".
"""

import asyncio
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from candor import client, client_asyncio
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc

ADDRESS, TOKEN = os.environ["CANDOR_ADDRESS"], os.environ["CANDOR_TOKEN"]
PARENT = "organizations/local/generations"


def request(name: str) -> pb.GetGenerationRequest:
    return pb.GetGenerationRequest(name=f"{PARENT}/{name}")


class Calls:
    """What the cases do, by `candor.client`."""

    def __init__(self, token: Any = TOKEN) -> None:
        self.channel = client.open_channel(ADDRESS, token)

    async def get(self, name: str, **options: Any) -> pb.Generation:
        return rpc.GenerationServiceStub(self.channel).GetGeneration(request(name), **options).generation

    async def watch(self, name: str) -> list[pb.GenerationEvent]:
        return list(client.watch(self.channel, f"{PARENT}/{name}"))

    async def leave(self, name: str) -> int:
        events = client.watch(self.channel, f"{PARENT}/{name}")
        next(events)
        events.close()
        return 1

    async def close(self) -> None:
        self.channel.close()


class AsyncioCalls(Calls):
    """The same by `candor.client_asyncio`."""

    def __init__(self, token: Any = TOKEN) -> None:
        self.channel = client_asyncio.open_channel(ADDRESS, token)

    async def get(self, name: str, **options: Any) -> pb.Generation:
        return (await rpc.GenerationServiceStub(self.channel).GetGeneration(request(name), **options)).generation

    async def watch(self, name: str) -> list[pb.GenerationEvent]:
        return [event async for event in client_asyncio.watch(self.channel, f"{PARENT}/{name}")]

    async def leave(self, name: str) -> int:
        async with contextlib.aclosing(client_asyncio.watch(self.channel, f"{PARENT}/{name}")) as events:
            await anext(events)
        return 1

    async def close(self) -> None:
        await self.channel.close()


API = AsyncioCalls if os.environ.get("CANDOR_API") == "asyncio" else Calls


async def question(calls: Calls, name: str) -> dict[str, Any]:
    return {"question": (await calls.get(name)).question}


async def unary(calls: Calls) -> dict[str, Any]:
    found = await calls.get("unary")
    return {"name": found.name, "question": found.question}


async def refused(calls: Calls, name: str, *keys: str, **options: Any) -> dict[str, Any]:
    try:
        await calls.get(name, **options)
    except grpc.RpcError as error:
        said = vars(client.failure(error))
        return {key: said[key].name if key == "code" else said[key] for key in keys}
    raise AssertionError(f"{name} was not refused")


async def watched(calls: Calls, name: str) -> dict[str, Any]:
    events = await calls.watch(name)
    return {"sequences": [event.sequence for event in events], "kind": events[-1].WhichOneof("event")}


async def cancel(calls: Calls) -> dict[str, Any]:
    return {"received": await calls.leave("endless")}


async def large(calls: Calls) -> dict[str, Any]:
    text = (await calls.get("large")).question
    return {"characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}


async def token_refresh(_: Calls) -> dict[str, Any]:
    asked = []

    def token() -> str:
        asked.append(TOKEN)
        return TOKEN

    refreshing = API(token)
    await refreshing.get("metadata")
    await refreshing.get("metadata")
    await refreshing.close()
    return {"asked": len(asked)}


CASES: dict[str, Callable[[Calls], Awaitable[dict[str, Any]]]] = {
    "unary": unary,
    "stream": lambda calls: watched(calls, "stream"),
    "resume": lambda calls: watched(calls, "resume"),
    "error_details": lambda calls: refused(calls, "missing", "code", "reason", "message", "metadata", "retry_after_s"),
    "no_retry": lambda calls: refused(calls, "unavailable", "code", "reason", "retry_after_s"),
    "deadline": lambda calls: refused(calls, "slow", "code", timeout=0.5),
    "default_deadline": lambda calls: question(calls, "deadline"),
    "cancel": cancel,
    "metadata": lambda calls: question(calls, "metadata"),
    "large": large,
    "token_refresh": token_refresh,
}


async def main(names: list[str]) -> None:
    """Tries the cases in order."""
    calls = API()
    for name in names:
        print(json.dumps({"case": name, **await CASES[name](calls)}), flush=True)
    await calls.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
