"""What being seen costs: a call's processor time with neither spans nor metrics, with both, and with spans collected.

A unary call and its answer, both ends in one process, so that the time is that of caller and server together. The
three ways take turns, and each figure is the median of its rounds.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.table import Measure, median
from candor.accounts.v1 import accounts_service_pb2 as pb
from candor.accounts.v1 import accounts_service_pb2_grpc as rpc
from identities import Signer
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import INVALID_SPAN
from prometheus_client.exposition import generate_latest

from services.kit import metrics, telemetry
from services.kit.rpc import Servicer, build_server, channel, open_channel, server
from services.kit.rpc.call import Call
from services.kit.rpc.server import serving
from services.kit.settings import ServiceSettings

ROUNDS, CALLS = 15, 300
LEAST_SEEN, MOST_RECORDED_MS = 1.25, 1.0
_COLLECTOR = """
import sys
from collector import collecting
with collecting() as collector:
    print(collector.address, flush=True)
    sys.stdin.read()
"""


class _Accounts(rpc.AccountsServiceServicer):
    async def GetOrganization(self, request: Any, context: Any) -> Any:
        return pb.GetOrganizationResponse(organization=pb.Organization(name=request.name))


@asynccontextmanager
async def _unseen(_call: Call) -> AsyncIterator[None]:
    yield


@contextmanager
def _uncalled(_path: str) -> Iterator[Any]:
    yield INVALID_SPAN


def measure() -> list[Measure]:
    telemetry.configure("bench", level="error")
    command = [sys.executable, "-c", _COLLECTOR]
    folder = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as collector:
        assert collector.stdin is not None
        assert collector.stdout is not None
        try:
            return asyncio.run(_measure(collector.stdout.readline().strip()))
        finally:
            collector.stdin.close()


async def _measure(collector: str) -> list[Measure]:
    recorded = TracerProvider(sampler=ALWAYS_ON)
    recorded.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=collector, insecure=True)))
    tracers = {
        "unseen": TracerProvider(sampler=ALWAYS_OFF).get_tracer("bench"),
        "counted": TracerProvider(sampler=ALWAYS_OFF).get_tracer("bench"),
        "recorded": recorded.get_tracer("bench"),
    }
    signer = Signer()
    took: dict[str, list[float]] = {name: [] for name in tracers}
    async with _platform(signer, seen=False) as plain, _platform(signer, seen=True) as seen:
        for _ in range(ROUNDS + 1):
            for name, tracer in tracers.items():
                # The first round warms up.
                observed = channel._observed if name != "unseen" else _uncalled
                with patch.object(telemetry, "_tracer", tracer), patch.object(channel, "_observed", observed):
                    took[name].append(await _call_ms(plain if name == "unseen" else seen, signer))
    recorded.shutdown()
    return _figures({name: median(values[1:]) for name, values in took.items()})


def _figures(ms: dict[str, float]) -> list[Measure]:
    how = (
        f"`make bench ONLY=telemetry`, processor time of both ends, median of {ROUNDS} rounds of {CALLS} calls in turn"
    )
    counted = ms["counted"] / ms["unseen"]
    extra = ms["recorded"] - ms["unseen"]
    scrape = _scrape_ms()
    return [
        Measure("an RPC that is neither counted nor traced", f"{ms['unseen']:.2f} ms", how),
        Measure(
            "the same counted, its trace passed on and not recorded, as a ratio",
            f"{counted:.2f}",
            f"{how}; {(ms['counted'] - ms['unseen']) * 1000:.0f} µs more",
            f"{LEAST_SEEN}",
            counted <= LEAST_SEEN,
        ),
        Measure(
            "the same with both spans recorded and sent to a collector, more than without",
            f"{extra:.2f} ms",
            f"{how}; a ratio of {ms['recorded'] / ms['unseen']:.2f}",
            f"{MOST_RECORDED_MS} ms",
            extra <= MOST_RECORDED_MS,
        ),
        Measure("answering a scrape", f"{scrape:.1f} ms", "`make bench ONLY=telemetry`, the series of this benchmark"),
    ]


@asynccontextmanager
async def _platform(signer: Signer, *, seen: bool) -> AsyncIterator[Any]:
    contract = pb.DESCRIPTOR.services_by_name["AccountsService"]
    servicer = Servicer(contract, rpc.add_AccountsServiceServicer_to_server, _Accounts())
    layer: Callable[..., Any] = server.traced if seen else _unseen
    with patch.object(server, "traced", layer):
        built = build_server(ServiceSettings(address="127.0.0.1:0"), [servicer], verify=signer.verifier().verify)
    async with serving(built), open_channel(built.address) as opened:
        yield rpc.AccountsServiceStub(opened)


async def _call_ms(stub: Any, signer: Signer) -> float:
    request, metadata = pb.GetOrganizationRequest(name="organizations/local"), signer.metadata()
    started = time.process_time()
    for _ in range(CALLS):
        await stub.GetOrganization(request, metadata=metadata)
    return (time.process_time() - started) / CALLS * 1000


def _scrape_ms() -> float:
    took = []
    for _ in range(20):
        started = time.perf_counter()
        generate_latest(metrics.REGISTRY)
        took.append((time.perf_counter() - started) * 1000)
    return median(took)
