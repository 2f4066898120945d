"""What metrics are made of: counters, gauges and histograms whose labels may say a bounded number of things."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

# What a label says in the place of a value that it may not take.
OTHER = "other"

Wrapped = TypeVar("Wrapped", bound=MetricWrapperBase)


@dataclass(frozen=True, slots=True)
class Values:
    """What a label may say: its meaning, as Markdown, and whether a value is one of them."""

    meaning: str
    holds: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Metric(Generic[Wrapped]):
    """One metric. `of` gives the series of some label values, in the order of `labels`."""

    name: str
    help: str
    labels: dict[str, Values]
    wrapped: Wrapped
    _series: dict[tuple[str, ...], Wrapped] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of metric: "counter", "gauge" or "histogram"."""
        return type(self.wrapped).__name__.lower()

    def of(self, *values: str) -> Wrapped:
        """The series of these label values; a value that its label may not take is counted as "other"."""
        return self._series.get(values) or self._find(values)

    def _find(self, values: tuple[str, ...]) -> Wrapped:
        pairs = zip(values, self.labels.values(), strict=True)
        allowed = tuple(value if label.holds(value) else OTHER for value, label in pairs)
        series = self.wrapped.labels(*allowed) if allowed else self.wrapped
        # What is not allowed is not remembered: there is no end to it.
        if allowed == values:
            self._series[values] = series
        return series


class Catalogue:
    """Makes metrics and remembers them, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics: list[Metric[Counter] | Metric[Gauge] | Metric[Histogram]] = []

    def counter(self, name: str, text: str, **labels: Values) -> Metric[Counter]:
        """A number that only grows; scraped with `_total` behind its name."""
        made = Metric(name, text, labels, Counter(name, text, list(labels), registry=self.registry))
        self.metrics.append(made)
        return made

    def gauge(self, name: str, text: str, **labels: Values) -> Metric[Gauge]:
        """A number that goes up and down."""
        made = Metric(name, text, labels, Gauge(name, text, list(labels), registry=self.registry))
        self.metrics.append(made)
        return made

    def histogram(self, name: str, text: str, buckets: Sequence[float], **labels: Values) -> Metric[Histogram]:
        """How often values are at most each of `buckets`."""
        wrapped = Histogram(name, text, list(labels), registry=self.registry, buckets=buckets)
        made = Metric(name, text, labels, wrapped)
        self.metrics.append(made)
        return made


def words(*values: str) -> Values:
    """A label that says one of a few words."""
    return Values(", ".join(f"`{value}`" for value in values), frozenset(values).__contains__)
