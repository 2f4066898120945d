"""The whole platform: how soon it is ready, what it weighs, and how long an answer takes through the edge."""

import asyncio
import json
import tempfile
import time
import uuid
from importlib.resources import files
from pathlib import Path

import psutil
from bench.table import Measure, median, quantile
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc

from services.__main__ import platform
from services.cli.demo import PARENT, SAMPLE, free_settings, sign_in
from services.kit.rpc import open_channel
from services.laptop import LaptopSettings, create_sign_in_link

READY_S, IDLE_MIB, ANSWER_MS, FIRST_STEP_MS = 15.0, 1228.8, 500.0, 100.0


def measure() -> list[Measure]:
    return asyncio.run(_measure())


async def _measure() -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        settings = free_settings(Path(folder) / "state")
        first = time.monotonic()
        async with platform(settings, verbose=False):
            first = time.monotonic() - first
        second = time.monotonic()
        async with platform(settings, verbose=False):
            second = time.monotonic() - second
            token = await sign_in(await create_sign_in_link(settings), settings.address)
            questions = _questions()
            # The first question reads the sample's schema; a person waits for that once.
            await _ask(settings, token, questions[0])
            idle = await asyncio.to_thread(_resident_mib, settings)
            timings = [await _ask(settings, token, each) for each in questions]
    answers, steps = [each[0] for each in timings], [each[1] for each in timings]
    how = "`make bench ONLY=platform`"
    return [
        Measure("first start, everything to be made", f"{first:.1f} s", how),
        Measure("second start until ready", f"{second:.1f} s", how, "15 s", second < READY_S),
        Measure(
            "idle platform, resident",
            f"{idle:,.0f} MiB",
            f"{how}, shared pages counted once (PSS)",
            "1.2 GiB",
            idle < IDLE_MIB,
        ),
        Measure(
            f"a sample question, until its result, median of {len(answers)}",
            f"{median(answers):.0f} ms",
            f"{how}, gRPC through the edge; p95 {quantile(answers, 0.95):.0f} ms",
            "500 ms",
            median(answers) < ANSWER_MS,
        ),
        Measure(
            "its first step",
            f"{median(steps):.0f} ms",
            f"{how}; p95 {quantile(steps, 0.95):.0f} ms",
            "100 ms",
            median(steps) < FIRST_STEP_MS,
        ),
    ]


def _questions() -> list[str]:
    kept = json.loads(files("services.cli.sample").joinpath("questions.json").read_text())
    return [each["question"] for each in kept]


async def _ask(settings: LaptopSettings, token: str, question: str) -> tuple[float, float]:
    """Milliseconds from asking to the result and to the first step."""
    metadata = (("authorization", f"Bearer {token}"),)
    async with open_channel(settings.address) as edge:
        stub = rpc.GenerationServiceStub(edge)
        await edge.channel_ready()
        request = pb.CreateGenerationRequest(
            parent=PARENT,
            generation=pb.Generation(data_source=SAMPLE, question=question),
            request_id=str(uuid.uuid4()),
        )
        started, first = time.perf_counter(), 0.0
        created = await stub.CreateGeneration(request, metadata=metadata)
        watch = pb.WatchGenerationRequest(name=created.generation.name)
        async for response in stub.WatchGeneration(watch, metadata=metadata, timeout=60):
            first = first or (time.perf_counter() - started) * 1000
            if response.events[-1].WhichOneof("event") in {"result", "error"}:
                break
        return (time.perf_counter() - started) * 1000, first


def _resident_mib(settings: LaptopSettings) -> float:
    """What every process of the platform holds: shared pages are divided among those who share them."""
    own = psutil.Process()
    family = own.children(recursive=True)
    postgres = [
        each
        for each in psutil.process_iter(["name", "cmdline"])
        if each.info["name"] == "postgres" and str(settings.state) in " ".join(each.info["cmdline"] or ())
    ]
    family += [child for each in postgres for child in [each, *each.children(recursive=True)]]
    return sum(each.memory_full_info().pss for each in {*family, own}) / 2**20
