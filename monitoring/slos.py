"""The table of what is promised to people (`slos.toml`), and the expressions that measure each promise."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path(__file__).with_name("slos.toml")
# The codes of gRPC that are faults of the platform; the others are answers to what was asked.
FAULTS = "UNKNOWN|INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED|DATA_LOSS|UNIMPLEMENTED"
# The length that the objectives are for.
PERIOD = "30d"


@dataclass(frozen=True, slots=True)
class Objective:
    """A promise: which share of the events must keep it, over `PERIOD`.

    Attributes:
        name: Also the name of its alert and of its runbook.
        target: The share that must be good, from 0 to 1.
        broken: PromQL of the share that was not good; RANGE stands for the window.
        events: PromQL of how many events there were; RANGE stands for the window.
    """

    name: str
    promise: str
    target: float
    broken: str
    events: str

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return round(1 - self.target, 10)


def read_objectives() -> Sequence[Objective]:
    """The promises, in the table's order."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8").replace("FAULT", FAULTS))
    return [
        Objective(name, row["promise"], row["target"], _share_broken(row), row["all"]) for name, row in table.items()
    ]


def documentation() -> str:
    """The promises as a table in Markdown."""
    rows = [f"| {each.name} | {each.promise} | {each.target:.1%} |" for each in read_objectives()]
    return "\n".join(("| objective | promise | of the events |", "| --- | --- | --- |", *rows))


def _share_broken(row: dict[str, str]) -> str:
    # A counter is not there before its first event, and then nothing of it has happened.
    counted = row.get("bad") or row["good"]
    happened = f"({counted} or 0 * {row['all']})"
    return f"{happened} / {row['all']}" if "bad" in row else f"1 - {happened} / {row['all']}"
