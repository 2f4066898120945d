"""The channel builder: calls carry the caller's token, trace and remaining time, and raise Candor's errors."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import grpc
from google.rpc import status_pb2
from grpc_status import rpc_status
from opentelemetry.trace import Span

from services.kit import metrics, telemetry
from services.kit.errors import CandorError, DeadlineExceeded
from services.kit.identity import find_principal
from services.kit.rpc.call import remaining_s
from services.kit.rpc.layers import current_deadline
from services.kit.rpc.status import error_from_status

# The stubs' classes take type arguments that the real ones do not.
if TYPE_CHECKING:
    UnaryInterceptor = grpc.aio.UnaryUnaryClientInterceptor[Any, Any]
    StreamInterceptor = grpc.aio.UnaryStreamClientInterceptor[Any, Any]
else:
    UnaryInterceptor = grpc.aio.UnaryUnaryClientInterceptor
    StreamInterceptor = grpc.aio.UnaryStreamClientInterceptor

# What a call may take when nothing else bounds it, and what is kept back for the way home, in seconds.
DEFAULT_TIMEOUT_S = 15.0
MARGIN_S = 0.05

_OPTIONS = [
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # The mesh retries, and only the mesh: two layers would multiply.
    ("grpc.enable_retries", 0),
]


def open_channel(address: str) -> grpc.aio.Channel:
    """A channel to a service of the platform. Encryption is the mesh's."""
    interceptors: list[Any] = [_UnaryInterceptor(), _StreamInterceptor()]
    return grpc.aio.insecure_channel(address, options=_OPTIONS, interceptors=interceptors)


class _UnaryInterceptor(UnaryInterceptor):
    async def intercept_unary_unary(
        self,
        continuation: Callable[..., Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        with _observed(client_call_details.method) as span:
            call = await continuation(_prepared(client_call_details, DEFAULT_TIMEOUT_S, span), request)
            try:
                await call
            except grpc.aio.AioRpcError as error:
                raise raised_by(error) from error
            return call


class _StreamInterceptor(StreamInterceptor):
    async def intercept_unary_stream(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> AsyncIterator[Any]:
        # Entered here, so that the call carries it, and left with the last message.
        observed = ExitStack()
        span = observed.enter_context(_observed(client_call_details.method))
        try:
            call = await continuation(_prepared(client_call_details, None, span), request)
        except BaseException:
            observed.__exit__(*sys.exc_info())
            raise
        return _messages(call, observed)


async def _messages(call: Any, observed: ExitStack) -> AsyncIterator[Any]:
    with observed:
        try:
            async for message in call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise raised_by(error) from error
        finally:
            # A reader that stops early must stop the other side too.
            call.cancel()


@contextmanager
def _observed(path: str | bytes) -> Iterator[Span]:
    """The span of a call, not in progress: a stream's reader is in other contexts. Counts the call when it ends."""
    path = path if isinstance(path, str) else path.decode()
    span = telemetry.start_client_span(path)
    started = time.perf_counter()
    code, reason = "OK", None
    try:
        yield span
    except CandorError as error:
        code, reason = error.code, error.reason
        raise
    except (asyncio.CancelledError, GeneratorExit):
        code = "CANCELLED"
        raise
    except BaseException:
        code = "UNKNOWN"
        raise
    finally:
        seconds = time.perf_counter() - started
        metrics.CALLED_SECONDS.of(*metrics.rpc_of(path), code).observe(seconds, telemetry.exemplar(span))
        telemetry.end_rpc_span(span, code, reason)


def raised_by(error: grpc.aio.AioRpcError) -> CandorError:
    """The error that the other side raised."""
    plain = status_pb2.Status(code=error.code().value[0], message=error.details() or "")
    call: Any = error
    try:
        return error_from_status(rpc_status.from_call(call) or plain)
    except ValueError:
        # The details belong to another status, as after a proxy that rewrote one of them.
        return error_from_status(plain)


def _prepared(
    details: grpc.aio.ClientCallDetails, default_timeout_s: float | None, span: Span
) -> grpc.aio.ClientCallDetails:
    metadata = grpc.aio.Metadata(*(details.metadata or ()))
    principal = find_principal()
    if principal is not None and "authorization" not in metadata:
        metadata.add("authorization", f"Bearer {principal.token}")
    for key, value in telemetry.trace_headers(span).items():
        metadata.add(key, value)
    return grpc.aio.ClientCallDetails(
        method=details.method,
        timeout=_timeout_s(details.timeout, default_timeout_s),
        metadata=metadata,
        credentials=details.credentials,
        wait_for_ready=details.wait_for_ready,
    )


def _timeout_s(asked: float | None, default: float | None) -> float | None:
    remaining = remaining_s(current_deadline())
    if remaining is not None and remaining <= MARGIN_S:
        raise DeadlineExceeded("DEADLINE_EXCEEDED", "The call's deadline has passed. Allow it more time.")
    bounds = [bound for bound in (asked if asked is not None else default,) if bound is not None]
    if remaining is not None:
        bounds.append(remaining - MARGIN_S)
    return min(bounds) if bounds else None
