"""A span around every request and every WebSocket, in the trace of the page that asks.

Query strings are left out of it: `/signin`'s holds a code.
"""

from urllib.parse import parse_qs

from opentelemetry.trace import SpanKind, StatusCode
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit import telemetry


class Traced:
    """The app, each of whose requests has a span named by its route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html)."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        method = scope.get("method", "GET")
        with telemetry.span(method, SpanKind.SERVER, parent=_traceparent(scope)) as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            try:
                await self._app(scope, receive, noting)
            finally:
                # The route is known when it has been found; it holds names of parameters and not what they are.
                route = getattr(scope.get("route"), "path", "")
                span.update_name(f"{method} {route}".rstrip())
                span.set_attributes({"http.request.method": method, "http.route": route, "url.scheme": scope["scheme"]})


def _traceparent(scope: Scope) -> str:
    """The page's trace. A browser cannot give a WebSocket headers: there it comes in the query."""
    if scope["type"] == "websocket":
        found = parse_qs(scope["query_string"].decode("latin-1")).get("traceparent")
        if found:
            return str(found[0])
    header: str = Headers(scope=scope).get("traceparent", "")
    return header
