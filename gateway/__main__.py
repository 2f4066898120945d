"""`python -m gateway`: the gateway, behind the edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from gateway import pages, progress, signin
from gateway.replies import answer_errors
from gateway.settings import GatewaySettings
from services.kit import telemetry
from services.kit.rpc import open_channel
from services.kit.rpc.tokens import verifier_for


def build(settings: GatewaySettings) -> uvicorn.Server:
    """The server, not yet started; `await server.serve()` runs it until a signal."""
    host, _, port = settings.address.rpartition(":")
    config = uvicorn.Config(
        build_app(settings),
        host=host.strip("[]"),
        port=int(port),
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
            yield
        finally:
            for channel in (accounts, generation):
                await channel.close(None)

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    answer_errors(app)
    return app


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    settings = GatewaySettings()
    telemetry.configure("gateway", level=settings.log_level, otlp_endpoint=settings.otlp_endpoint)
    build(settings).run()


if __name__ == "__main__":
    main()
