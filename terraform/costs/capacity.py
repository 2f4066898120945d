"""How large a cluster a load needs: what a question costs each program, and the rule that makes replicas of it.

The measured figures are `measured.toml`, written by `make bench ONLY=capacity`; `simulation.py` checks the rule.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).with_name("measured.toml")

_SECONDS_PER_HOUR = 3600
_DAYS_PER_YEAR = 365
# Of CPU at the peak: above it queues grow fast (the 1/(1 - u) of an M/M/c station), and a zone may fail.
UTILIZATION = 0.6
# One in each of two zones, however small the load.
LEAST_REPLICAS = 2


@dataclass(frozen=True, slots=True)
class Demand:
    """What one question costs."""

    cpu_s: Mapping[str, float]
    """Seconds of one core, by program; "postgres" is the platform's own database."""
    wait_s: float
    """What a question takes, alone on an idle machine, beyond its CPU, in seconds."""
    commits: float
    """Transactions in the platform's databases."""
    stored_bytes: float
    """What it leaves in the platform's databases."""
    memory_mib: Mapping[str, float]
    """What each program holds after a load, in MiB."""

    @property
    def total_cpu_s(self) -> float:
        """Seconds of one core, of all programs together."""
        return sum(self.cpu_s.values())


@dataclass(frozen=True, slots=True)
class Load:
    """Who asks, and how much."""

    organizations: int
    questions_per_day: float
    """Of one organization."""
    peak_hour_share: float
    """The part of a day's questions that its busiest hour brings, from 0 to 1."""

    @property
    def peak_per_second(self) -> float:
        """Questions a second in the busiest hour."""
        return self.organizations * self.questions_per_day * self.peak_hour_share / _SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a load needs."""

    replicas: Mapping[str, int]
    """By program; each has `cores_each` cores."""
    cores_each: float
    database_cores: float
    commits_per_second: float
    stored_gib_per_year: float
    memory_gib: float
    """Of all replicas together, without the database."""

    @property
    def cores(self) -> float:
        """Of all replicas together, without the database."""
        return sum(self.replicas.values()) * self.cores_each


def read_demand(path: Path = MEASURED) -> Demand:
    """What was measured last."""
    kept: dict[str, Any] = tomllib.loads(path.read_text())
    return Demand(kept["cpu_s"], kept["wait_s"], kept["commits"], kept["stored_bytes"], kept["memory_mib"])


def read_sizes(path: Path = MEASURED) -> tuple[float, ...]:
    """How questions differed, relative to their mean, when that was measured."""
    kept: dict[str, Any] = tomllib.loads(path.read_text())
    return tuple(kept["sizes"])


def cluster_for(load: Load, demand: Demand, *, cores_each: float = 1.0, utilization: float = UTILIZATION) -> Cluster:
    """The smallest cluster that keeps CPU under a utilization at the peak (the utilization law: U = X * D / c).

    Args:
        load: Who asks, and how much.
        demand: What a question costs.
        cores_each: Cores of one replica.
        utilization: The highest share of CPU in use at the peak, from 0 to 1.
    """
    rate = load.peak_per_second
    replicas = {
        program: max(LEAST_REPLICAS, math.ceil(rate * cpu_s / (cores_each * utilization)))
        for program, cpu_s in demand.cpu_s.items()
        if program != "postgres"
    }
    per_year = load.organizations * load.questions_per_day * _DAYS_PER_YEAR
    return Cluster(
        replicas=replicas,
        cores_each=cores_each,
        database_cores=rate * demand.cpu_s["postgres"] / utilization,
        commits_per_second=rate * demand.commits,
        stored_gib_per_year=per_year * demand.stored_bytes / 2**30,
        memory_gib=sum(demand.memory_mib[program] * count for program, count in replicas.items()) / 1024,
    )
