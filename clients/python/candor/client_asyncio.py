"""`candor.client` for asyncio: the same words and the same manners."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import grpc.aio
from candor.client import DEADLINE_S, OPTIONS, Incomplete, Place, failure, is_loopback
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc

__all__ = ["Incomplete", "failure", "open_channel", "watch"]

Token = str | Callable[[], str | Awaitable[str]]


def open_channel(address: str, token: Token, *, plaintext: bool | None = None) -> grpc.aio.Channel:
    """As `candor.client.open_channel`; a function that gives tokens may be asynchronous."""
    manners = [_Unary(token), _Stream(token)]
    if is_loopback(address) if plaintext is None else plaintext:
        return grpc.aio.insecure_channel(address, options=OPTIONS, interceptors=manners)
    return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(), options=OPTIONS, interceptors=manners)


async def watch(
    channel: grpc.aio.Channel, name: str, *, after_sequence: int = 0
) -> AsyncGenerator[pb.GenerationEvent, None]:
    """As `candor.client.watch`. Close it (`contextlib.aclosing`) where its end is not awaited."""
    stub, place = rpc.GenerationServiceStub(channel), Place(name, after_sequence)
    while True:
        call, problem = stub.WatchGeneration(place.request()), None
        try:
            async for response in call:
                for event in place.new_in(response):
                    yield event
                if place.is_end:
                    return
        except grpc.RpcError as error:
            problem = error
        finally:
            call.cancel()
        await asyncio.sleep(place.pause_s(problem))


class _Manners:
    def __init__(self, token: Token) -> None:
        self._token = token

    async def _apply(self, details: Any, timeout: float | None) -> grpc.aio.ClientCallDetails:
        token = self._token() if callable(self._token) else self._token
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", f"Bearer {await token if inspect.isawaitable(token) else token}")
        return details._replace(metadata=metadata, timeout=timeout)


class _Unary(_Manners, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        timeout = DEADLINE_S if details.timeout is None else details.timeout
        return await continuation(await self._apply(details, timeout), request)


class _Stream(_Manners, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(await self._apply(details, details.timeout), request)
