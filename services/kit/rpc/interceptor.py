"""The server interceptor: puts the layers around every method of ours, and answers repeated requests once."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol

import grpc
from google.protobuf.message import Message

from services.kit import metrics
from services.kit.errors import AlreadyExists
from services.kit.identity import current_principal
from services.kit.rpc.call import Call, Method
from services.kit.rpc.layers import Layer

# The stubs' classes take type arguments that the real ones do not.
if TYPE_CHECKING:
    ServerInterceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    ServerInterceptor = grpc.aio.ServerInterceptor


class Replays(Protocol):
    """Remembers the answers to requests that carry a `request_id` (https://google.aip.dev/155).

    `recall` claims a key in the transaction of the call and waits for a call that holds it: it returns None
    to the first, and (digest, answer) to those after it. `remember` keeps the answer in the same transaction.
    """

    async def recall(self, organization: str, key: str, digest: bytes) -> tuple[bytes, bytes] | None:
        """The digest of the request and the answer that are kept under a key, or None for a new key."""

    async def remember(self, organization: str, key: str, answer: bytes) -> None:
        """Keeps the answer under a key that `recall` claimed."""


class LayeredInterceptor(ServerInterceptor):
    """Runs methods of the contract inside the layers; health and reflection pass by."""

    def __init__(self, methods: Mapping[str, Method], layers: Sequence[Layer], replays: Replays | None) -> None:
        self._methods = methods
        self._layers = layers
        self._replays = replays
        self._running: set[asyncio.Task[Any]] = set()

    async def ended(self, within_s: float) -> None:
        """Waits until what the calls began has ended: gRPC's own stop waits for the callers alone.

        Args:
            within_s: After how long it is left to end by itself, in seconds.
        """
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """GRPC's hook: the handler of a method, wrapped."""
        handler = await continuation(handler_call_details)
        method = self._methods.get(handler_call_details.method)
        if handler is None or method is None:
            return handler
        kind, behavior = _behavior_of(handler)
        wrapped = self._streaming(method, behavior) if method.streams_responses else self._unary(method, behavior)
        build: Any = getattr(grpc, f"{kind}_rpc_method_handler")
        return build(
            self._followed(wrapped),
            request_deserializer=handler.request_deserializer,
            response_serializer=_serializer(handler.response_serializer, method),
        )

    def _followed(self, behavior: Any) -> Any:
        async def followed(request: Any, context: Any) -> Any:
            task = asyncio.current_task()
            assert task is not None
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            return await behavior(request, context)

        return followed

    def _unary(self, method: Method, behavior: Any) -> Any:
        async def wrapped(request: Any, context: Any) -> Any:
            call = _call(method, request, context)
            async with AsyncExitStack() as stack:
                for layer in self._layers:
                    await stack.enter_async_context(layer(call))
                return await self._once(call, behavior)
            raise AssertionError("a layer swallowed an error")

        return wrapped

    def _streaming(self, method: Method, behavior: Any) -> Any:
        # Not a generator: of one that a caller left, gRPC forgets the rest, and its layers would end who knows where.
        async def wrapped(request: Any, context: Any) -> None:
            call = _call(method, request, context)
            async with AsyncExitStack() as stack:
                for layer in self._layers:
                    await stack.enter_async_context(layer(call))
                responses = behavior(request, context)
                stack.push_async_callback(responses.aclose)
                async for response in responses:
                    await context.write(response)

        return wrapped

    async def _once(self, call: Call, behavior: Any) -> Any:
        request_id = getattr(call.request, "request_id", "") if call.method.has_request_id else ""
        if not request_id or self._replays is None:
            return await behavior(call.request, call.context)
        assert call.request is not None
        organization = current_principal().organization or ""
        key = f"{call.method.path}:{request_id}"
        digest = hashlib.sha256(call.request.SerializeToString(deterministic=True)).digest()
        kept = await self._replays.recall(organization, key, digest)
        if kept is None:
            response = await behavior(call.request, call.context)
            await self._replays.remember(organization, key, response.SerializeToString())
            return response
        if kept[0] != digest:
            raise AlreadyExists(
                "REQUEST_ID_REUSED",
                "This request_id came before with other content. Use a new one for a new request.",
                metadata={"request_id": request_id},
            )
        return kept[1]


def _serializer(serialize: Callable[[Any], bytes], method: Method) -> Callable[[Any], bytes]:
    sent = metrics.RPC_SENT_BYTES.of(*metrics.rpc_of(method.path))

    def serialized(response: Any) -> bytes:
        # An answer that was kept is serialized already.
        content = response if isinstance(response, bytes) else serialize(response)
        sent.inc(len(content))
        return content

    return serialized


def _behavior_of(handler: Any) -> tuple[str, Any]:
    for kind in ("unary_unary", "unary_stream", "stream_unary", "stream_stream"):
        behavior = getattr(handler, kind)
        if behavior is not None:
            return kind, behavior
    raise AssertionError("a handler has one behavior")


def _call(method: Method, request: Any, context: Any) -> Call:
    metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    return Call(method, context, metadata, request if isinstance(request, Message) else None)
