"""What a month on AWS costs, by load and component: `python -m terraform.costs.table` writes docs/costs.md.

Prices are in `prices.toml`, loads in `loads.toml`; how many machines a load needs is `capacity.cluster_for`'s answer.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terraform.costs.capacity import UTILIZATION, Demand, Load, cluster_for, read_demand

_HERE = Path(__file__).parent
PAGE = _HERE.parents[1] / "docs" / "costs.md"

HOURS = 730
_DAYS = 365 / 12
_KIB_PER_GIB = 2**20
# An m7i.xlarge has 4 cores and 16 GiB, of which the kubelet, the mesh and the agents of a node take theirs.
_NODE_CORES, _NODE_GIB = 3.4, 13.0
# What a pod asks for when nobody asks it anything, in cores: k8s/base's average.
_IDLE_CORES = 0.15
# An ACU has about 2 GiB and the cores that belong to them.
_ACU_PER_CORE = 4.0
# Above so many questions a second at the peak, records and cache have the larger machines.
_SMALL_UNTIL = 0.2
_CDN_FREE_GIB, _CDN_FREE_MILLIONS = 1024, 10


@dataclass(frozen=True, slots=True)
class Nodes:
    """Machines of 4 cores and 16 GiB."""

    system: int
    """On demand, all month, enough for the peak."""
    batch: float
    """On spot, on average over the day: the autoscaler takes away what nobody needs."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bill: so much of something, at its price."""

    component: str
    quantity: float
    price: str
    """The name of a price in `prices.toml`."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """`loads.toml`, and `measured.toml`'s demand."""

    loads: tuple[Load, ...]
    stored: tuple[tuple[float, float], ...]
    """By load, of one organization: GiB of documents, GiB of records."""
    demand: Demand
    question: Mapping[str, float]
    fixed: Mapping[str, float]


def read_inputs(path: Path = _HERE / "loads.toml") -> Inputs:
    """The loads, and what one question costs."""
    kept: dict[str, Any] = tomllib.loads(path.read_text())
    rows = kept["loads"]
    return Inputs(
        loads=tuple(Load(row["organizations"], row["questions_per_day"], row["peak_hour_share"]) for row in rows),
        stored=tuple((row["documents_gib"], row["records_gib"]) for row in rows),
        demand=read_demand(),
        question=kept["question"],
        fixed=kept["fixed"],
    )


def read_prices(path: Path = _HERE / "prices.toml") -> dict[str, Any]:
    """`prices.toml`: region, month and prices, each with its unit and its source."""
    return tomllib.loads(path.read_text())


def nodes_for(load: Load, demand: Demand, zones: int) -> Nodes:
    """The machines that a load needs: workers of generation on spot, all others on demand."""
    cluster = cluster_for(load, demand)
    workers = load.peak_per_second * demand.cpu_s["generation"] / UTILIZATION
    interactive = {name: count for name, count in cluster.replicas.items() if name != "generation"}
    busy = load.peak_per_second * sum(demand.cpu_s[name] for name in interactive) / UTILIZATION
    cores = max(busy, _IDLE_CORES * sum(interactive.values()))
    gib = sum(demand.memory_mib[name] * count for name, count in interactive.items()) / 1024
    system = max(zones, math.ceil(cores / _NODE_CORES), math.ceil(gib / _NODE_GIB))
    return Nodes(system, max(1.0, workers / _NODE_CORES * _mean_share(load)))


def bill(load: Load, stored: tuple[float, float], inputs: Inputs) -> Iterator[Line]:
    """The lines of a month's bill, a year after the first question."""
    fixed, question = inputs.fixed, inputs.question
    questions = load.organizations * load.questions_per_day * _DAYS
    nodes = nodes_for(load, inputs.demand, int(fixed["zones"]))
    yield from _compute(nodes)
    yield from _stores(load, stored, inputs)
    traffic = questions * question["traffic_kib"] / _KIB_PER_GIB
    millions = questions * question["requests"] / 1e6
    yield Line("network", fixed["zones"] * HOURS, "nat")
    yield Line("network", 0.2 * traffic, "nat_traffic")
    yield Line("network", fixed["endpoints"] * fixed["zones"] * HOURS, "endpoint")
    # Two thirds of calls cross a zone where there are three, and a question is passed on about four times.
    yield Line("network", 4 * (1 - 1 / fixed["zones"]) * traffic, "zone_traffic")
    yield Line("edge", HOURS, "balancer")
    # An LCU is a gigabyte an hour.
    yield Line("edge", max(HOURS, traffic), "balancer_capacity")
    yield Line("edge", max(0.0, traffic - _CDN_FREE_GIB), "cdn_traffic")
    yield Line("edge", max(0.0, millions - _CDN_FREE_MILLIONS), "cdn_requests")
    yield Line("edge", 1, "firewall")
    yield Line("edge", millions, "firewall_requests")
    yield Line("watch and keys", 5 + questions * question["log_kib"] / _KIB_PER_GIB, "logs")
    yield Line("watch and keys", fixed["alarms"], "alarm")
    yield Line("watch and keys", fixed["keys"], "key")
    yield Line("watch and keys", fixed["secrets"], "secret")


def _compute(nodes: Nodes) -> Iterator[Line]:
    yield Line("cluster", HOURS, "eks")
    yield Line("cluster", nodes.system * HOURS, "node")
    yield Line("cluster", nodes.batch * HOURS, "spot_node")
    yield Line("cluster", 84 * (nodes.system + nodes.batch), "volume")


def _stores(load: Load, stored: tuple[float, float], inputs: Inputs) -> Iterator[Line]:
    fixed, demand = inputs.fixed, inputs.demand
    documents_gib, records_gib = (each * load.organizations for each in stored)
    questions = load.organizations * load.questions_per_day * _DAYS
    cores = load.peak_per_second * demand.cpu_s["postgres"] / UTILIZATION * _mean_share(load)
    # The reader is kept as large as the writer, to take over.
    acu = max(fixed["database_min_acu"], cores * _ACU_PER_CORE) * fixed["database_instances"]
    yield Line("PostgreSQL", acu * HOURS, "acu")
    history_gib = questions * fixed["months_kept"] * demand.stored_bytes / 2**30
    yield Line("PostgreSQL", history_gib, "database_storage")
    yield Line("PostgreSQL", questions * inputs.question["database_io"] / 1e6, "database_io")
    size = "small" if load.peak_per_second < _SMALL_UNTIL else "large"
    yield Line("documents", fixed["zones"] * HOURS, f"records_{size}")
    yield Line("documents", records_gib, "records_storage")
    yield Line("documents", documents_gib, "blobs")
    yield Line("cache", fixed["zones"] * HOURS, f"cache_{size}")


def _mean_share(load: Load) -> float:
    """A day's mean load, as a part of its busiest hour's."""
    return 1 / (24 * load.peak_hour_share)


def page() -> str:
    """docs/costs.md."""
    inputs, prices = read_inputs(), read_prices()
    usd = {name: each["usd"] for name, each in prices["prices"].items()}
    bills = [list(bill(load, stored, inputs)) for load, stored in zip(inputs.loads, inputs.stored, strict=True)]
    components = list(dict.fromkeys(line.component for line in bills[0]))
    head = [f"{load.organizations:,} organization{'s' if load.organizations > 1 else ''}" for load in inputs.loads]
    rows = [["questions a day", *(f"{load.organizations * load.questions_per_day:,.0f}" for load in inputs.loads)]]
    nodes = [nodes_for(load, inputs.demand, int(inputs.fixed["zones"])) for load in inputs.loads]
    rows.append(["machines on demand + on spot", *(f"{each.system} + {each.batch:.0f}" for each in nodes)])
    for component in components:
        sums = [
            sum(line.quantity * usd[line.price] for line in lines if line.component == component) for lines in bills
        ]
        rows.append([component, *(f"{each:,.0f}" for each in sums)])
    totals = [sum(line.quantity * usd[line.price] for line in lines) for lines in bills]
    rows.append(["**USD a month**", *(f"**{each:,.0f}**" for each in totals)])
    months = [load.organizations * load.questions_per_day * _DAYS for load in inputs.loads]
    thousand = zip(totals, months, strict=True)
    rows.append(["USD for 1,000 questions", *(f"{1000 * total / month:,.2f}" for total, month in thousand)])
    return _PAGE.format(
        region=prices["region"],
        seen=prices["seen"],
        table=markdown(["", *head], rows),
        remembered=sum(each.get("from_memory", False) for each in prices["prices"].values()),
        count=len(usd),
        prices=markdown(
            ["price", "USD", "of", "source"], [_price(name, each) for name, each in prices["prices"].items()], figures=1
        ),
    )


def _price(name: str, each: Mapping[str, Any]) -> list[str]:
    said = "from memory, check" if each.get("from_memory") else f"as of {each['seen']}"
    return [name.replace("_", " "), f"{each['usd']:g}", each["unit"], f"[{said}]({each['source']})"]


def markdown(head: list[str], rows: list[list[str]], figures: int | None = None) -> str:
    """A table in Markdown, whose first column is words and of the others so many figures; all, where it is not said."""
    right = len(head) - 1 if figures is None else figures
    under = ["---", *["---:"] * right, *["---"] * (len(head) - 1 - right)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, under, *rows))


_PAGE = """# What it costs

Made by `python -m terraform.costs.table` from `terraform/costs/prices.toml` and `loads.toml`: change those, not this.

A month of `terraform/envs/production` on AWS, in USD: list prices on demand in {region}, {seen}, before tax. Models of
OpenAI or Anthropic, support, and people are not in it; nor are savings plans, which would lower it.

{table}

How far to believe it: machines follow from `terraform/costs/capacity.py` and from what a question cost on one machine
with the built-in engine ([scaling.md](scaling.md)); who asks how much is assumed in `loads.toml`, and {remembered} of
{count} prices are from memory. It says which part grows with whom; how much, a month's bill says better.

## Prices

{prices}
"""


if __name__ == "__main__":
    PAGE.write_text(page())
