"""The words of data quality: expectations, what came of them, distributions and reports."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from services.validation.core.model import Severity


class Outcome(enum.StrEnum):
    """What came of an expectation."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that the data should be; `mostly` is the share of rows that must meet it."""

    type: str
    columns: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    mostly: float = 1.0
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the expectation at a position. Counts of rows are -1 where rows are not counted one by one."""

    position: int
    expectation: Expectation
    outcome: Outcome
    element_count: int = -1
    unexpected_count: int = -1
    missing_count: int = -1
    observed: str = ""
    examples: tuple[str, ...] = ()
    message: str = ""
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a column's values are spread: in ranges between `edges`, or counted one by one for `values`.

    There is one more edge than there are ranges; the first and the last range are open to their sides, so that a later
    run that counts by the same edges counts every row.
    """

    column: str
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    other_count: int = 0
    missing_count: int = 0

    @property
    def counted(self) -> tuple[int, ...]:
        """The rows in each range or value, with those of no value listed where values are counted."""
        return self.counts if self.edges else (*self.counts, self.other_count)


@dataclass(frozen=True, slots=True)
class Target:
    """What is judged: a table by its name, or the result of a statement."""

    table: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What one check found. `row_count` is -1 where it is not known; `sampled` where not every row was judged.

    `counts` says how many expectations came to each outcome, also where the verdicts were left out. `policy` is the
    etag of the policy that it was made under.
    """

    organization: str
    source: str
    id: str
    target: Target
    create_time: datetime
    duration: timedelta = timedelta()
    row_count: int = -1
    judged_rows: int = 0
    sampled: bool = False
    verdicts: tuple[Verdict, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    against: str = ""
    policy: str = ""

    def under(self, policy: str) -> "Report":
        """What may be shown under a policy: where it is another one by now, no values out of the data."""
        if policy == self.policy:
            return self
        verdicts = tuple(replace(each, observed="", examples=(), message="") for each in self.verdicts)
        return replace(self, verdicts=verdicts, distributions=())

    def count(self, outcome: Outcome) -> int:
        """How many expectations came to an outcome."""
        return self.counts.get(outcome, 0) or sum(verdict.outcome is outcome for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What is true of all rows of a column; texts as the database writes them, None where there is none.

    `duplicates` counts the rows that share their value with another; -1 where it was not asked for.
    """

    non_null: int
    distinct: int = -1
    duplicates: int = -1
    min: str | None = None
    max: str | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of all rows."""

    rows: int
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)
