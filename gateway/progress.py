"""The WebSocket `/ws/generations/{id}?after=N`: relays a generation's events as they happen.

Each text frame is one JSON object: `{"events": […]}`, and at the end `{"end": {"code": 0}}` or
`{"end": <google.rpc.Status>}`, after which the socket is closed. A client that lost its socket connects again
with the last sequence it saw. Closed with 4401, it needs a new token first.
"""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import grpc
from candor.generation.v1 import generation_service_pb2, generation_service_pb2_grpc
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from fastapi.websockets import WebSocketState
from google.protobuf.json_format import MessageToJson

from gateway.replies import check_origin, error_reply, status_json
from gateway.settings import GatewaySettings
from services.kit import metrics, telemetry
from services.kit.errors import CandorError, InvalidArgument, PermissionDenied, Unauthenticated
from services.kit.identity import COOKIE, Principal, TokenVerifier
from services.kit.ids import resource_name

CLOSE_DONE = 1000
CLOSE_FAILED = 1011
CLOSE_SIGN_IN = 4401

_log = telemetry.log("progress")


def router(settings: GatewaySettings, generation: grpc.aio.Channel, verifier: TokenVerifier) -> APIRouter:
    """The WebSocket's route."""
    routes = APIRouter()
    stub = generation_service_pb2_grpc.GenerationServiceStub(generation)

    @routes.websocket("/ws/generations/{generation_id}")
    async def watch(socket: WebSocket, generation_id: str, after: str = "0") -> None:
        try:
            check_origin(socket.headers, settings.origins)
        except PermissionDenied as error:
            await socket.send_denial_response(error_reply(error))
            return
        await socket.accept()
        metrics.SOCKETS_OPEN.of().inc()
        relay = asyncio.create_task(_relay(socket, stub, verifier, generation_id, after))
        gone = asyncio.create_task(_until_gone(socket))
        try:
            await asyncio.wait({relay, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Cancelling the relay cancels the RPC, so that nobody works for a reader who left.
            for task in (relay, gone):
                task.cancel()
            results = await asyncio.gather(relay, gone, return_exceptions=True)
            metrics.SOCKETS_OPEN.of().dec()
        for result in results:
            if isinstance(result, Exception):
                _log.error("socket_failed", error=type(result).__name__)

    return routes


async def _relay(
    socket: WebSocket,
    stub: generation_service_pb2_grpc.GenerationServiceStub,
    verifier: TokenVerifier,
    generation_id: str,
    after: str,
) -> None:
    """Sends everything and closes the socket. Reads no further than the client does: `send_text` waits for it."""
    try:
        principal = await verifier.verify(_token(socket))
        await _events(socket, stub, principal, generation_id, _sequence(after))
        end, code = {"code": 0}, CLOSE_DONE
    except CandorError as error:
        end = status_json(error)
        code = CLOSE_SIGN_IN if isinstance(error, Unauthenticated) else CLOSE_FAILED
    with suppress(WebSocketDisconnect):
        await socket.send_text(json.dumps({"end": end}))
        await socket.close(code)


async def _events(
    socket: WebSocket,
    stub: generation_service_pb2_grpc.GenerationServiceStub,
    principal: Principal,
    generation_id: str,
    after: int,
) -> None:
    if principal.organization is None:
        raise PermissionDenied("ORGANIZATION_DENIED", "The token speaks for no organization. Sign in as a member.")
    name = resource_name("organizations", principal.organization, "generations", generation_id)
    request = generation_service_pb2.WatchGenerationRequest(name=name, after_sequence=after)
    metadata = (("authorization", f"Bearer {principal.token}"),)
    remaining_s = (principal.expire_time - datetime.now(UTC)).total_seconds()
    try:
        async with asyncio.timeout(remaining_s):
            responses: Any = stub.WatchGeneration(request, metadata=metadata)
            async for response in responses:
                await socket.send_text(MessageToJson(response, indent=None, always_print_fields_with_no_presence=True))
    except TimeoutError as error:
        raise Unauthenticated("TOKEN_EXPIRED", "The token has expired. Refresh it and connect again.") from error


async def _until_gone(socket: WebSocket) -> None:
    """Reads and forgets what the client sends, until it leaves."""
    with suppress(WebSocketDisconnect):
        while socket.client_state is WebSocketState.CONNECTED:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return


def _token(socket: WebSocket) -> str:
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    found = token.strip() if scheme.lower() == "bearer" else socket.cookies.get(COOKIE, "")
    if not found:
        raise Unauthenticated("TOKEN_MISSING", "Sign in first: this call needs a token.")
    return found


def _sequence(after: str) -> int:
    if not (after.isascii() and after.isdecimal() and len(after) <= 18):
        raise InvalidArgument("INVALID_ARGUMENT", "after is the last sequence that is known: a number from 0.")
    return int(after)
