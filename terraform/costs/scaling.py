"""How far Candor scales: `python -m terraform.costs.scaling` writes docs/scaling.md from what was measured."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terraform.costs.capacity import UTILIZATION, Demand, Load, cluster_for, read_demand, read_sizes
from terraform.costs.simulation import Questions, cluster
from terraform.costs.table import bill, markdown, read_inputs, read_prices

_DOCS = Path(__file__).parents[2] / "docs"
PAGE = _DOCS / "scaling.md"
_BENCHMARKS = _DOCS / "benchmarks.json"

# Of the largest writer that is reckoned with: cores, and how long a commit takes where the log is kept in three zones.
_WRITER_CORES, _COMMIT_S = 32, 0.003
# Beyond so much history in one table, vacuum, backup and an index's rebuild take hours.
_HISTORY_GIB, _HISTORY_DAYS = 1024, 365
_SIMULATED = 3000


@dataclass(frozen=True, slots=True)
class Limit:
    """Where something gives out, however many replicas there are."""

    what: str
    per_second: float
    """Questions a second at the peak."""
    why: str
    removed_by: str


def limits(demand: Demand, load: Load) -> list[Limit]:
    """What cannot be answered by more replicas, the first to give out first.

    Args:
        demand: What a question costs.
        load: Whose day is reckoned with: how much of it its busiest hour brings.
    """
    peak_of_mean = 24 * load.peak_hour_share
    history = _HISTORY_GIB * 2**30 / (_HISTORY_DAYS * 86_400 * demand.stored_bytes) * peak_of_mean
    found = [
        Limit(
            "history in PostgreSQL",
            history,
            f"a year of questions is more than {_HISTORY_GIB:,} GiB in one table of events",
            "events partitioned by month; months that are over go to object storage, as a setting of an organization",
        ),
        Limit(
            "queueing",
            1 / _COMMIT_S,
            f"the queue announces each new job, and announcements commit one by one, in {_COMMIT_S * 1000:g} ms each",
            "a queue that is asked at short intervals and does not announce; or shards",
        ),
        Limit(
            "the writer of PostgreSQL",
            _WRITER_CORES * UTILIZATION / demand.cpu_s["postgres"],
            f"{demand.cpu_s['postgres'] * 1000:.0f} ms of CPU for {demand.commits:.0f} transactions a question, on"
            f" {_WRITER_CORES} cores at {UTILIZATION:.0%}",
            "a data source looked up once a question, not seven times; then shards",
        ),
    ]
    return sorted(found, key=lambda each: each.per_second)


def page() -> str:
    """docs/scaling.md."""
    demand, inputs = read_demand(), read_inputs()
    largest = inputs.loads[-1]
    of_one = largest.peak_per_second / largest.organizations
    gives_out = [
        [each.what, f"{each.per_second:,.0f}", f"{each.per_second / of_one:,.0f}", each.why, each.removed_by]
        for each in limits(demand, largest)
    ]
    return _PAGE.format(
        programs=markdown(
            ["program", "CPU of a question", "questions/s of one core", "memory"], list(_programs(demand))
        ),
        total_ms=demand.total_cpu_s * 1000,
        commits=demand.commits,
        stored_kib=demand.stored_bytes / 1024,
        utilization=UTILIZATION,
        loads=markdown(["", *map(_head, inputs.loads)], [list(row) for row in zip(*_loads(demand), strict=True)]),
        checked=markdown(["load", "measured", "foretold"], list(_checked())),
        limits=markdown(["what", "questions/s", "organizations", "because", "removed by"], gives_out, figures=2),
        events=_kept("events", "a commit takes")["figure"],
        mesh=_kept("mesh", "a unary call, p50")["figure"],
    )


def _programs(demand: Demand) -> Iterator[list[str]]:
    for program, cpu_s in sorted(demand.cpu_s.items(), key=lambda each: -each[1]):
        yield [program, f"{cpu_s * 1000:.1f} ms", f"{1 / cpu_s:,.0f}", f"{demand.memory_mib[program]:.0f} MiB"]


def _head(load: Load) -> str:
    return f"{load.organizations:,} organization{'s' if load.organizations > 1 else ''}"


def _loads(demand: Demand) -> Iterator[list[str]]:
    """The table's columns: its left one, then one for each load."""
    inputs, prices = read_inputs(), {name: each["usd"] for name, each in read_prices()["prices"].items()}
    programs = [name for name in demand.cpu_s if name != "postgres"]
    yield [
        "questions a day",
        "questions/s in the busiest hour",
        *(f"replicas of {each}" for each in programs),
        "cores in use at the peak, without PostgreSQL",
        "cores of PostgreSQL",
        "transactions/s",
        "history, GiB a year",
        "simulated: median, 95th percentile",
        "USD a month ([costs.md](costs.md))",
    ]
    for load, stored in zip(inputs.loads, inputs.stored, strict=True):
        size = cluster_for(load, demand)
        seen = cluster(
            Questions(demand, read_sizes()), size, per_second=load.peak_per_second, count=_SIMULATED, seed=11
        )
        usd = sum(line.quantity * prices[line.price] for line in bill(load, stored, inputs))
        yield [
            f"{load.organizations * load.questions_per_day:,.0f}",
            f"{load.peak_per_second:.2f}",
            *(str(size.replicas[each]) for each in programs),
            f"{load.peak_per_second * (demand.total_cpu_s - demand.cpu_s['postgres']):.2f}",
            f"{size.database_cores:.2f}",
            f"{size.commits_per_second:,.0f}",
            f"{size.stored_gib_per_year:,.1f}",
            f"{seen.median_s * 1000:.0f} ms, {seen.p95_s * 1000:.0f} ms",
            f"{usd:,.0f}",
        ]


def _checked() -> Iterator[list[str]]:
    for row in _rows("capacity"):
        _, marked, foretold = row["how"].partition("foretold ")
        if marked:
            yield [row["what"], row["figure"], foretold.rpartition(" (")[0]]


def _kept(benchmark: str, begins: str) -> dict[str, str]:
    return next(row for row in _rows(benchmark) if begins in row["what"])


def _rows(benchmark: str) -> list[dict[str, str]]:
    kept: dict[str, Any] = json.loads(_BENCHMARKS.read_text())
    rows: list[dict[str, str]] = kept[benchmark]
    return rows


_PAGE = """# How far it scales

Made by `python -m terraform.costs.scaling` from `terraform/costs/measured.toml` (`make bench ONLY=capacity`) and
`loads.toml`: change those, not this.

## What one core does

A question of the sample, with the built-in engine, asked through the edge of `make run` on a machine of two cores:

{programs}

All together {total_ms:.0f} ms of CPU, {commits:.0f} transactions and {stored_kib:.1f} KiB that stay.
A model of somebody else's takes the place of modelhub's share, and its own time. The mesh is not in it: a call took
{mesh} directly, through one Envoy, and through the two of a mesh. A question makes about a dozen calls
between services.

## What a load needs

`capacity.cluster_for` gives every program as many cores as keep it under {utilization:.0%} in the busiest hour (the
utilization law), and never fewer than two replicas. `simulation.cluster` then plays that hour through, question by
question.

{loads}

## Whether to believe it

Two loads, measured and simulated from what one asker's questions cost, with nothing fitted to them:

{checked}

A fifth is what they may differ by. A program of Python computes on one core at a time, and so does who asks.
Both on one machine, whose programs share its cores. No cluster was measured: the network between machines, and a
database on another one, add waiting to each question, and no CPU.

## What gives out first

More replicas answer everything but these; organizations are such as in the table's last column above.

{limits}

Two more were found by this model and are gone. Every event of a question was a transaction of its own; now those that
come while others are written are written together. And each event was announced by the transaction that wrote it:
PostgreSQL commits announcing transactions one after the other, over a whole server, so that the duration of a commit
was the bound. Twelve jobs on two cores wrote {events} events a second where a commit takes 3 ms: so, and as it is now.

One organization alone is bounded by its audit log, whose entries form a chain: one entry for each commit's duration.

## Shards, by organization

Whatever belongs to an organization has it first in its key, every token names one, and row-level security keeps a
transaction to it: a shard is a whole Candor with databases of its own, and knows nothing of the others.

- **Which shard.** The edge reads the organization from the token that it has verified, and routes by it to a cluster of
  that shard; a table of organizations that were moved stands before a hash of the others.
- **What is shared.** Signing in, which happens before there is a token: accounts' directory of who belongs to which
  organization. It is small, and read far more than written.
- **Moving one.** Stop its writes (a refusal that says when to come again), copy its rows by the key's first column and
  its documents by their prefix, change the table, let go. Its jobs wait as queued; nothing accepted is lost.
- **Loud neighbours.** An organization that outgrows its shard gets one alone. Today nothing holds it back: the mesh's
  rates are by caller, and there is no quota by organization.

None of this is built: one shard holds what the table above says.

## Regions

A region is a set of shards. An organization has one home, where its data, its keys and its questions stay; the
directory says which, and signing in leads there. Another region holds copies that nobody reads until it takes over:
replicas of PostgreSQL and of the documents, some seconds behind. What was accepted in those seconds is lost with the
first region, unless who asked asks again with the same `request_id`; whoever cannot bear that wants a database that
commits in both. Data sources are best asked from the region they are in. None of this is built either.
"""


if __name__ == "__main__":
    PAGE.write_text(page())
