"""The whole platform with a collector of traces and metrics beside it, and every line that its programs write."""

import asyncio
import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from collector import Collector, collecting
from prometheus_client.parser import text_string_to_metric_families
from system.conftest import open_folder
from waiting import wait_for
from websockets.sync.client import connect

from services import supervisor
from services.__main__ import platform
from services.cli.demo import free_ports
from services.laptop import LaptopSettings, create_sign_in_link

ORGANIZATION = "organizations/local"
SAMPLE = f"{ORGANIZATION}/dataSources/sample"


@dataclass(slots=True)
class Observed:
    """A running platform that is watched."""

    settings: LaptopSettings
    collector: Collector
    link: str = ""
    lines: list[str] = field(default_factory=list)

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """A session that signs in with the printed link."""
        with httpx.Client(base_url=self.settings.url, timeout=60) as client:
            assert client.get(self.link).status_code == 303
            yield client

    def ask(self, client: httpx.Client, question: str, traceparent: str = "") -> list[dict[str, Any]]:
        """Asks as the web app does, with one trace for the question and its WebSocket; the events until the last."""
        headers = {"traceparent": traceparent} if traceparent else {}
        body = {"generation": {"dataSource": SAMPLE, "question": question}, "requestId": str(uuid.uuid4())}
        created = client.post(f"/v1/{ORGANIZATION}/generations", json=body, headers=headers)
        assert created.status_code == 200, created.text
        generation = created.json()["generation"]["name"].rpartition("/")[2]
        address = f"ws://{self.settings.address}/ws/generations/{generation}?after=0&traceparent={traceparent}"
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        events = []
        with connect(address, additional_headers={"cookie": cookies}) as socket:
            while "end" not in (frame := json.loads(socket.recv(60))):
                events += frame["events"]
        assert frame["end"] == {"code": 0}, frame
        return events

    def metrics(self, program: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """What a program counts now, by the name and the labels of a sample."""
        path = "/stats/prometheus" if program == "edge" else "/metrics"
        answer = httpx.get(f"http://{self.settings.metrics_address(program)}{path}")
        assert answer.status_code == 200, answer.text
        families = text_string_to_metric_families(answer.text)
        return {
            (each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples
        }


@contextmanager
def observed_platform(*, spans: str = "", **environment: str) -> Iterator[Observed]:
    """The platform as `python -m services` runs it, in a loop of its own; its spans go to `spans` where given."""
    with collecting() as collector, open_folder() as folder, pytest.MonkeyPatch.context() as patch:
        for name, value in {"OTEL_BSP_SCHEDULE_DELAY": "100", **environment}.items():
            patch.setenv(name, value)
        port = free_ports(15)
        settings = LaptopSettings(
            state=folder / "state",
            address=f"127.0.0.1:{port}",
            first_port=port + 1,
            metrics_first_port=port + 7,
            otlp_endpoint=spans or collector.address,
        )
        running = Observed(settings, collector)
        readable = supervisor.readable

        def kept(line: str) -> tuple[str, str]:
            running.lines.append(line)
            return readable(line)

        patch.setattr(supervisor, "readable", kept)
        stop, failures = threading.Event(), []

        async def serve() -> None:
            async with platform(settings, verbose=False):
                running.link = await create_sign_in_link(settings)
                await asyncio.to_thread(stop.wait)

        def run() -> None:
            try:
                asyncio.run(serve())
            except Exception as error:  # noqa: BLE001  It is told to the test below.
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            wait_for(lambda: bool(running.link or failures), f"the platform at {os.getpid()}", 90)
            assert not failures, failures
            yield running
        finally:
            stop.set()
            thread.join(60)
        assert not failures, failures
