"""What one question costs each program of the platform, and whether the model of `terraform/costs` foretells a load.

The demand is measured with one asker. Two busier loads are then measured and simulated from that demand alone.
"""

import asyncio
import itertools
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
from bench.platform import _ask, _questions
from bench.table import Measure, median, quantile

from services.__main__ import platform
from services.cli.demo import free_settings, sign_in
from services.generation.settings import Settings as GenerationSettings
from services.laptop import SERVICES, LaptopSettings, create_sign_in_link
from services.storage.embedded import EmbeddedPostgres
from terraform.costs.capacity import MEASURED, Demand
from terraform.costs.simulation import Questions, one_machine

# Rounds of the sample's questions with one asker, and askers and seconds of the loads that are foretold.
ROUNDS, BUSY, SECONDS = 3, (2, 6), 20.0
# How many sizes of questions are kept.
SIZES = 20
PROGRAMS = (*SERVICES, "gateway", "edge", "postgres")
HOW = "`make bench ONLY=capacity`"


@dataclass(frozen=True, slots=True)
class Run:
    """A load that was measured: seconds each question took, seconds in all, and what was used by program."""

    taken: list[float]
    seconds: float
    cpu_s: Mapping[str, float]
    asker_cpu_s: float
    commits: int
    stored_bytes: int

    @property
    def per_second(self) -> float:
        return len(self.taken) / self.seconds


def measure() -> list[Measure]:
    return asyncio.run(_measure())


async def _measure() -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        settings = free_settings(Path(folder) / "state")
        async with platform(settings, verbose=False):
            token = await sign_in(await create_sign_in_link(settings), settings.address)
            # The first round fills caches and pools; a cluster meets that once a day.
            for question in _questions():
                await _ask(settings, token, question)
            alone = await _load(settings, token, askers=1, count=ROUNDS * len(_questions()))
            busy = [await _load(settings, token, askers=askers, seconds=SECONDS) for askers in BUSY]
            memory = {program: sum(_memory_mib(each) for each in found) for program, found in _programs(settings)}
    demand = _demand(alone, memory)
    sizes = [each / (sum(alone.taken) / len(alone.taken)) for each in alone.taken]
    MEASURED.write_text(_toml(demand, sizes))
    # Who asks computes on the same machine, in one process too.
    here = replace(demand, cpu_s={**demand.cpu_s, "asker": alone.asker_cpu_s / len(alone.taken)})
    return [*_costs(demand), *(_foretold(run, askers, here, sizes) for run, askers in zip(busy, BUSY, strict=True))]


async def _load(
    settings: LaptopSettings, token: str, *, askers: int, count: int | None = None, seconds: float | None = None
) -> Run:
    """So many people who each ask again once they are answered, for a number of questions or a time."""
    taken: list[float] = []
    questions = itertools.cycle(_questions())
    left = itertools.count() if count is None else iter(range(count))
    cpu, commits, stored = _cpu_s(settings), *_database(settings)
    started, own = time.monotonic(), time.process_time()

    async def asker() -> None:
        while (seconds is None or time.monotonic() - started < seconds) and next(left, None) is not None:
            ms, _ = await _ask(settings, token, next(questions))
            taken.append(ms / 1000)

    await asyncio.gather(*(asker() for _ in range(askers)))
    elapsed, own = time.monotonic() - started, time.process_time() - own
    used = {program: after - cpu[program] for program, after in _cpu_s(settings).items()}
    commits_after, stored_after = _database(settings)
    return Run(taken, elapsed, used, own, commits_after - commits, stored_after - stored)


def _demand(run: Run, memory: Mapping[str, float]) -> Demand:
    count = len(run.taken)
    cpu = {program: max(seconds, 1e-6) / count for program, seconds in run.cpu_s.items()}
    wait = max(0.0, (sum(run.taken) - run.asker_cpu_s) / count - sum(cpu.values()))
    return Demand(cpu, wait, run.commits / count, run.stored_bytes / count, memory)


def _costs(demand: Demand) -> Iterator[Measure]:
    for program, cpu_s in sorted(demand.cpu_s.items(), key=lambda each: -each[1]):
        yield Measure(f"questions that one core of {program} serves a second", f"{1 / cpu_s:,.0f}", HOW)
    yield Measure(
        "CPU of one question, all programs",
        f"{demand.total_cpu_s * 1000:.0f} ms",
        f"{HOW}, and {demand.wait_s * 1000:.0f} ms of waiting",
    )
    yield Measure("transactions of one question", f"{demand.commits:.1f}", HOW)
    yield Measure("what a question leaves in the platform's databases", f"{demand.stored_bytes / 1024:.1f} KiB", HOW)


def _foretold(run: Run, askers: int, demand: Demand, sizes: list[float]) -> Measure:
    """A load beside what the simulation foretells of it, from one asker's demand alone."""
    workers = GenerationSettings.model_fields["concurrency"].default
    cores = psutil.cpu_count() or 1
    foretold = one_machine(Questions(demand, sizes), cores=cores, askers=askers, workers=workers, seconds=300, seed=7)
    off = foretold.per_second / run.per_second - 1
    return Measure(
        f"{askers} people who ask without a pause on {cores} cores",
        f"{run.per_second:.1f} questions/s, median {median(run.taken) * 1000:.0f} ms",
        f"{HOW}; foretold {foretold.per_second:.1f}/s ({off:+.0%}), median {foretold.median_s * 1000:.0f} ms",
        "within 20 %",
        abs(off) <= 0.2,
    )


def _programs(settings: LaptopSettings) -> Iterator[tuple[str, list[psutil.Process]]]:
    """The processes of each program, with those that they started."""
    own = [each for each in psutil.Process().children(recursive=True) if each.is_running()]
    lines = {each: " ".join(each.cmdline()) for each in own}
    for program in PROGRAMS[:-1]:
        marks = {"gateway": "-m gateway", "edge": "envoy"}.get(program, f"services.{program}")
        yield program, [each for each, line in lines.items() if marks in line]
    servers = [
        each
        for each in psutil.process_iter(["name", "cmdline"])
        if each.info["name"] == "postgres" and str(settings.state) in " ".join(each.info["cmdline"] or ())
    ]
    yield "postgres", [process for each in servers for process in [each, *each.children(recursive=True)]]


def _cpu_s(settings: LaptopSettings) -> dict[str, float]:
    """CPU seconds so far, by program; a process that ended counts with its parent."""

    def used(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)

    return {program: sum(used(each) for each in found) for program, found in _programs(settings)}


def _memory_mib(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 2**20


def _database(settings: LaptopSettings) -> tuple[int, int]:
    """Transactions so far and bytes, of the platform's databases."""
    # The platform runs it; held here too, for as long as it is asked.
    server = EmbeddedPostgres(settings.state / "postgres").start()
    try:
        with psycopg.connect(dbname="postgres", user="postgres", host=server.socket_folder, autocommit=True) as each:
            row = each.execute(
                "SELECT sum(xact_commit), sum(pg_database_size(oid))"
                " FROM pg_stat_database AS d JOIN pg_database ON datid = oid"
                " WHERE d.datname IN ('accounts', 'documents', 'generation', 'validation', 'modelhub')"
            ).fetchone()
    finally:
        server.stop()
    assert row is not None
    return int(row[0]), int(row[1])


def _toml(demand: Demand, sizes: list[float]) -> str:
    """What is kept for the model, as it is read again."""
    lines = [f"# Written by {HOW} on {datetime.now(UTC):%Y-%m-%d}: what one question of the sample costs."]
    lines += [
        f"wait_s = {demand.wait_s:.4f}",
        f"commits = {demand.commits:.2f}",
        f"stored_bytes = {demand.stored_bytes:.0f}",
        "# Of questions relative to their mean, from the shortest to the longest, as long as they took alone.",
        f"sizes = [{', '.join(f'{quantile(sizes, (each + 0.5) / SIZES):.2f}' for each in range(SIZES))}]",
    ]
    for table, values in (("cpu_s", demand.cpu_s), ("memory_mib", demand.memory_mib)):
        lines += ["", f"[{table}]", *(f"{program} = {value:.5f}" for program, value in values.items())]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    return text
