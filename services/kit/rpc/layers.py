"""What happens around every call, each as a context manager: entered in order, left in reverse.

traced -> in_context -> errors_mapped -> authorized -> validated -> (idempotency, in `interceptor`)
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

import grpc
import protovalidate
import structlog
from grpc_status import rpc_status
from opentelemetry import trace

from services.kit import metrics, telemetry
from services.kit.errors import CandorError, DeadlineExceeded, Internal, InvalidArgument, Unauthenticated
from services.kit.identity import COOKIE, Principal, authorize, set_principal
from services.kit.rpc.call import Call, organizations_in, remaining_s
from services.kit.rpc.status import status_from_error

Layer = Callable[[Call], AbstractAsyncContextManager[None]]

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_log = telemetry.log("rpc")


def current_deadline() -> float | None:
    """When the call in progress must have ended, in the event loop's time; None where nothing bounds it."""
    return _deadline.get()


@asynccontextmanager
async def traced(call: Call) -> AsyncIterator[None]:
    """Continues the caller's trace, or starts one; counts the call and how long it took."""
    service, method = metrics.rpc_of(call.method.path)
    in_progress = metrics.RPC_IN_PROGRESS.of(service, method)
    span = telemetry.start_server_span(call.method.path, call.metadata)
    started = time.perf_counter()
    in_progress.inc()
    code = "UNKNOWN"
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
        code = "OK"
    finally:
        code, reason = call.notes.get("code", code), call.notes.get("reason")
        in_progress.dec()
        seconds = time.perf_counter() - started
        metrics.RPC_SECONDS.of(service, method, code).observe(seconds, telemetry.exemplar(span))
        if reason:
            metrics.RPC_ERRORS.of(service, method, reason).inc()
        telemetry.end_rpc_span(span, code, reason)


def in_context(default_deadline: timedelta) -> Layer:
    """Binds what the log says of the call, bounds it in time, and writes one line when it ends."""

    @asynccontextmanager
    async def layer(call: Call) -> AsyncIterator[None]:
        remaining = call.context.time_remaining()
        if remaining is None and not call.method.streams_responses:
            remaining = default_deadline.total_seconds()
        call.deadline = None if remaining is None else asyncio.get_running_loop().time() + remaining
        _deadline.set(call.deadline)
        started = time.perf_counter()
        request_id = call.metadata.get("x-request-id", "")[:64]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                yield
            finally:
                ms = round((time.perf_counter() - started) * 1000, 1)
                principal: Principal | None = call.notes.get("principal")
                _log.info(
                    "rpc_served",
                    method=call.method.path,
                    code=call.notes.get("code", "OK"),
                    reason=call.notes.get("reason"),
                    ms=ms,
                    organization=principal.organization if principal else None,
                    subject=principal.subject if principal else None,
                )

    return layer


@asynccontextmanager
async def errors_mapped(call: Call) -> AsyncIterator[None]:
    """Ends a call that raised with the status of its error. Of an unknown one the caller learns a trace id."""
    try:
        async with asyncio.timeout(remaining_s(call.deadline)):
            yield
    except CandorError as raised:
        error = raised
    except TimeoutError:
        error = DeadlineExceeded("DEADLINE_EXCEEDED", "The call took longer than its deadline. Allow it more time.")
    except asyncio.CancelledError:
        call.notes["code"] = "CANCELLED"
        raise
    except grpc.aio.AbortError:
        raise
    except Exception as raised:  # noqa: BLE001  Everything else is ours to answer for, and is logged in full.
        _log.exception("rpc_failed", method=call.method.path, error=type(raised).__name__)
        trace_id = telemetry.trace_id()
        error = Internal(
            "INTERNAL",
            f"Something went wrong (trace {trace_id}). Try again, or tell whoever runs Candor.",
            metadata={"trace_id": trace_id},
        )
    else:
        return
    call.notes |= {"code": error.code, "reason": error.reason}
    status = rpc_status.to_status(status_from_error(error))
    # `abort_with_status` would hide the code from tracing: https://github.com/open-telemetry/opentelemetry-python-contrib
    await call.context.abort(status.code, status.details, status.trailing_metadata)


def authorized(verify: Callable[[str], Awaitable[Principal]]) -> Layer:
    """Lets a call pass whose token holds the method's permission and speaks for the organizations it names."""

    @asynccontextmanager
    async def layer(call: Call) -> AsyncIterator[None]:
        set_principal(None)
        if call.method.permission != "public":
            token = _token(call)
            if token is None:
                raise Unauthenticated("TOKEN_MISSING", "Sign in first: this call needs a token.")
            principal = await verify(token)
            call.notes["principal"] = principal
            named = organizations_in(call.request) if call.request is not None else set()
            authorize(principal, call.method.permission, named)
            set_principal(principal)
        yield

    return layer


@asynccontextmanager
async def validated(call: Call) -> AsyncIterator[None]:
    """Refuses a request that breaks a rule of the contract, naming every field that does."""
    if call.request is not None:
        violations = protovalidate.collect_violations(call.request)
        if violations:
            raise invalid_argument(violations)
    yield


def invalid_argument(violations: list[protovalidate.Violation]) -> InvalidArgument:
    """The error for the rules that a message breaks."""
    fields = {_field_path(each): each.proto.message for each in violations}
    listed = "; ".join(f"{name}: {text}" for name, text in list(fields.items())[:5])
    return InvalidArgument(
        "INVALID_ARGUMENT",
        f"The request is not valid: {listed}.",
        metadata={"field": next(iter(fields))},
        fields=fields,
    )


def _field_path(violation: protovalidate.Violation) -> str:
    path = violation.proto.field
    return ".".join(element.field_name for element in path.elements) if path else "request"


def _token(call: Call) -> str | None:
    scheme, _, token = call.metadata.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    try:
        cookie = SimpleCookie(call.metadata.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None
