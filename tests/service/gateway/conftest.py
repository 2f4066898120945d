"""The gateway in front of real gRPC servers that note what they see; without the edge."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from edge_stand import Keys, Loop, Services, gateway_server, grpc_server
from websockets.sync.client import connect


@dataclass
class Gateway:
    """Where the gateway is, and the services behind it."""

    services: Services
    address: str
    client: httpx.Client
    loop: Loop

    @property
    def keys(self) -> Keys:
        return self.services.keys

    @property
    def origin(self) -> str:
        return f"http://{self.address}"

    def socket(self, path: str, **headers: str) -> Any:
        """A WebSocket with the local owner's cookie unless `cookie` says otherwise."""
        given = {"cookie": f"candor_token={self.keys.token()}"} | headers
        return connect(f"ws://{self.address}{path}", additional_headers=given, compression=None, proxy=None)


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built web app, as Vite would leave it."""
    folder = tmp_path_factory.mktemp("dist")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Candor</title>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-4bf92f35.js").write_text("export {}")
    (folder.parent / "secret.txt").write_text("not yours")
    return folder


@pytest.fixture(scope="session")
def running(web: Path) -> Iterator[Gateway]:
    loop, services = Loop(), Services()
    with contextlib.ExitStack() as stack:
        stack.callback(loop.close)
        direct = stack.enter_context(grpc_server(loop, services))
        addresses = {"accounts_address": direct, "generation_address": direct}
        address = stack.enter_context(gateway_server(loop, web_folder=web, jwks_cache="PT0S", **addresses))
        client = stack.enter_context(httpx.Client(base_url=f"http://{address}", timeout=20, trust_env=False))
        yield Gateway(services, address, client, loop)


@pytest.fixture
def gateway(running: Gateway) -> Gateway:
    """The gateway, with nothing seen and nothing prepared."""
    running.services.seen.clear()
    running.services.answers.clear()
    running.services.cancelled.clear()
    running.client.cookies.clear()
    return running
