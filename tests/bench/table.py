"""A row of the table of benchmarks."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Measure:
    """What was measured, the figure, the limit it is held against ("" where none is set), and how it was taken."""

    what: str
    figure: str
    how: str
    limit: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        verdict = {None: "", True: f"  (limit {self.limit}: met)", False: f"  (limit {self.limit}: NOT met)"}[self.met]
        return f"{self.what}: {self.figure}{verdict}"

    def kept(self, now: datetime) -> dict[str, str]:
        met = {None: "", True: "yes", False: "no"}[self.met]
        how = f"{self.how} ({now:%Y-%m-%d})"
        return {"what": self.what, "figure": self.figure, "limit": self.limit, "met": met, "how": how}


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
