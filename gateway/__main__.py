"""`python -m gateway`: the gateway, behind the edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from gateway import pages, progress, signin
from gateway.replies import answer_errors
from gateway.settings import GatewaySettings
from gateway.tracing import Traced
from services.kit import telemetry
from services.kit.operator_port import operator_port
from services.kit.rpc import open_channel
from services.kit.rpc.tokens import verifier_for

# Its spans hold the query string, and with it the sign-in code; `tracing` makes ours.
_NONE_OF_ITS_OWN: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def build(settings: GatewaySettings) -> uvicorn.Server:
    """The server, not yet started; `await server.serve()` runs it until a signal."""
    config = uvicorn.Config(
        Traced(build_app(settings)),
        **_place(settings.address),
        ws="websockets-sansio",
        ws_max_size=settings.max_message_bytes,
        ws_per_message_deflate=False,
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=int(settings.grace.total_seconds()),
        # The edge logs every call, without query strings: /signin's holds a code.
        access_log=False,
        log_config=None,
        server_header=False,
        # Whoever asks, it is the edge that asks: nothing here trusts an address.
        proxy_headers=False,
    )
    return uvicorn.Server(config)


def _place(address: str) -> dict[str, Any]:
    if address.startswith("unix:"):
        return {"uds": address.removeprefix("unix:")}
    host, _, port = address.rpartition(":")
    return {"host": host.strip("[]"), "port": int(port)}


def build_app(settings: GatewaySettings) -> FastAPI:
    """The app: rooms wired to the services they call."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Channels belong to the event loop that runs, so they are opened in it.
        accounts, generation = (open_channel(each) for each in (settings.accounts_address, settings.generation_address))
        app.include_router(signin.router(settings, accounts))
        app.include_router(signin.keys_router(settings, accounts))
        app.include_router(progress.router(settings, generation, verifier_for(accounts)))
        # Last: the web app answers every path that nothing else does.
        app.include_router(pages.router(settings))
        try:
            async with operator_port("gateway", settings.metrics_address, profiling=settings.profiling):
                yield
        finally:
            for channel in (accounts, generation):
                await channel.close(None)

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan, telemetry=_NONE_OF_ITS_OWN)
    answer_errors(app)
    return app


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    settings = GatewaySettings()
    telemetry.configure(
        "gateway", level=settings.log_level, otlp_endpoint=settings.otlp_endpoint, trace_ratio=settings.trace_ratio
    )
    build(settings).run()


if __name__ == "__main__":
    main()
