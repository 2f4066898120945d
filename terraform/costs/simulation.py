"""What a cluster or one machine does under a load, played through question by question (discrete events, by SimPy).

The rule of `capacity.py` knows averages alone; here questions come by chance, differ in size and wait for each other.
"""

import random
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import simpy

from terraform.costs.capacity import Cluster, Demand

# CPU is given out in slices, so that a short question overtakes a long one, as an operating system lets it.
SLICE_S = 0.005
# What computes on several cores at once; any other program is one process of Python, whose lock lets one thread compute
# (https://docs.python.org/3/glossary.html#term-global-interpreter-lock).
_ON_MANY_CORES = frozenset({"edge", "postgres"})

Steps = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen in a simulated time."""

    per_second: float
    """Questions answered a second."""
    median_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions that are asked: what one costs on average, and how they differ.

    Args:
        demand: What a question costs on average.
        sizes: Measured sizes of questions, relative to their mean; one is drawn for each question.
    """

    demand: Demand
    sizes: Sequence[float]


@dataclass(slots=True)
class _Play:
    """A run of the simulation: what each program holds to compute, how many are answered at once, what was seen."""

    questions: Questions
    world: simpy.Environment
    stations: Mapping[str, Sequence[simpy.Resource]]
    workers: simpy.Resource
    draw: random.Random
    taken: list[float] = field(default_factory=list)

    def question(self) -> Steps:
        """One question on its way: a worker, then each program's CPU, then what it waits for besides."""
        started, size = self.world.now, self.draw.choice(self.questions.sizes)
        with self.workers.request() as worker:
            yield worker
            for program, cpu_s in self.questions.demand.cpu_s.items():
                yield from self._work(self.stations[program], cpu_s * size)
            yield self.world.timeout(self.questions.demand.wait_s * size)
        self.taken.append(float(self.world.now - started))

    def _work(self, station: Sequence[simpy.Resource], seconds: float) -> Steps:
        left = seconds
        while left > 0:
            with ExitStack() as held:
                for each in station:
                    yield held.enter_context(each.request())
                yield self.world.timeout(min(SLICE_S, left))
            left -= SLICE_S

    def outcome(self, seconds: float) -> Outcome:
        """What was seen in so many seconds."""
        ordered = sorted(self.taken)
        median, p95 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95))
        return Outcome(len(ordered) / seconds, median, p95)


def one_machine(questions: Questions, *, cores: int, askers: int, workers: int, seconds: float, seed: int) -> Outcome:
    """A machine on which so many people each ask again as soon as they are answered (a closed network).

    Args:
        questions: What is asked.
        cores: That all programs share.
        askers: People who ask.
        workers: How many questions generation answers at once; the others wait.
        seconds: How long, of simulated time.
        seed: Of the draws.
    """
    world = simpy.Environment()
    machine = simpy.Resource(world, cores)
    stations = {
        program: [machine] if program in _ON_MANY_CORES else [simpy.Resource(world, 1), machine]
        for program in questions.demand.cpu_s
    }
    play = _Play(questions, world, stations, simpy.Resource(world, workers), _draw(seed))

    def asker() -> Steps:
        while True:
            yield from play.question()

    for _ in range(askers):
        world.process(asker())
    world.run(until=seconds)
    return play.outcome(seconds)


def cluster(questions: Questions, size: Cluster, *, per_second: float, count: int, seed: int) -> Outcome:
    """A cluster to which questions come by chance at a mean rate (Poisson arrivals), each program on its replicas.

    Args:
        questions: What is asked.
        size: The cluster.
        per_second: Questions a second, on average.
        count: How many questions are played through.
        seed: Of the draws.
    """
    world = simpy.Environment()
    cores = {program: replicas * size.cores_each for program, replicas in size.replicas.items()}
    cores["postgres"] = max(2.0, size.database_cores)
    stations = {program: [simpy.Resource(world, max(1, round(each)))] for program, each in cores.items()}
    play = _Play(questions, world, stations, simpy.Resource(world, count), _draw(seed))

    def arrivals() -> Steps:
        for _ in range(count):
            yield world.timeout(play.draw.expovariate(per_second))
            world.process(play.question())

    world.process(arrivals())
    world.run()
    return play.outcome(float(world.now))


def _draw(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  A simulation wants to be repeatable, not secret.
