"""The words of a trial: samples and how they are multiplied, measurements, comparisons, growth."""

import enum
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from services.validation.core.model import Cell, Finding
from services.validation.core.steps import Step

SIZES = (10_000, 100_000, 1_000_000)
PROJECT_ROWS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What a caller wants tried. `extract` is False where no row may leave the data source."""

    sql: str
    sizes: tuple[int, ...] = SIZES
    extract: bool = True
    project_rows: int = PROJECT_ROWS


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the installation allows a trial: rows of a sample's table, its bytes, rows of a size, and time in all."""

    sample_rows: int = 10_000
    sample_bytes: int = 16 * 1024 * 1024
    max_rows: int = 10_000_000
    timeout: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of one table that a trial starts from, with the columns in their order.

    Args:
        table: The qualified name.
        columns: The columns' names as the catalogue has them.
        rows: The values, row by row.
        complete: Whether these are all the rows that may be read.
        made_up: The columns whose values were made up.
    """

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    complete: bool = True
    made_up: tuple[str, ...] = ()

    def values(self, column: str) -> list[Cell]:
        """The values of one column."""
        position = self.columns.index(column)
        return [row[position] for row in self.rows]


@dataclass(frozen=True, slots=True)
class TrialColumn:
    """A column on Spark: its type, how it is read from its exact text, and how a copy of it is made.

    Args:
        name: As in the data source.
        type: Spark's type: "DECIMAL(10,2)".
        copied: An expression of Spark's that makes the value of block `__block`.
    """

    name: str
    type: str
    copied: str


@dataclass(frozen=True, slots=True)
class TrialTable:
    """A table on Spark. `fixed` where it stays as it is at every size."""

    table: str
    view: str
    columns: tuple[TrialColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A statement for Spark, and for DuckDB over the same views.

    Args:
        spark: The text for Spark.
        duckdb: The text for DuckDB.
        ordered_by: The positions of result columns that the statement sorts by, outermost; empty where it does not.
        joins: The pairs of stored columns that it joins by, as (table, column).
        findings: What does not carry over.
    """

    spark: str
    duckdb: str
    ordered_by: tuple[int, ...] = ()
    joins: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Experiment:
    """All that Spark needs to know: `blocks` says how often the sample is copied at each size."""

    tables: tuple[TrialTable, ...]
    spark_sql: str
    duckdb_sql: str
    blocks: tuple[int, ...]
    timeout: timedelta


Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Started:
    """Spark runs; `version` is its own and `master` where it runs."""

    version: str
    master: str


@dataclass(frozen=True, slots=True)
class OnSample:
    """What an engine gave for the sample. `rows` is None where they were too many; `error` says why it gave nothing."""

    engine: str
    rows: Rows | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class StageCost:
    """What the tasks of one stage took: milliseconds and records read, task by task."""

    milliseconds: tuple[int, ...]
    records: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a statement took on Spark, from its event log; times in seconds."""

    task_seconds: float = 0.0
    shuffle_read_bytes: int = 0
    shuffle_write_bytes: int = 0
    memory_spilled_bytes: int = 0
    disk_spilled_bytes: int = 0
    time_skew: float = 1.0
    record_skew: float = 1.0
    stages: int = 0
    tasks: int = 0
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table as it was made at one size."""

    table: str
    row_count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a statement took at one size; `rows` are those of the largest table, as they were made."""

    rows: int
    tables: tuple[TableSize, ...]
    seconds: float
    result_rows: int
    cost: Cost


class Verdict(enum.StrEnum):
    """What a comparison found."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Spark's result on the sample beside another engine's. `differences` are (engine, values)."""

    verdict: Verdict
    engine: str
    message: str
    row_count: int = 0
    spark_row_count: int = 0
    differences: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Growth:
    """How a cost grows: `fixed + factor * rows ** exponent`, in seconds or bytes; `projected` 0 if unknown."""

    measure: str
    exponent: float
    fixed: float
    factor: float
    projected: float
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a trial."""

    growth: tuple[Growth, ...]
    findings: tuple[Finding, ...]
    spark_sql: str
    spark: str
    project_rows: int


Told = Step | Comparison | Measurement | Result
FromSpark = Started | OnSample | Measurement


@dataclass(frozen=True, slots=True)
class Extraction:
    """What is read of one table. `sql` is empty where nothing is: every wanted column is made up."""

    table: str
    columns: tuple[str, ...]
    made_up: tuple[str, ...]
    sql: str
    limit: int
    notes: Sequence[str] = field(default=())


class Spark(Protocol):
    """Where experiments run, one at a time."""

    def reserve(self) -> AbstractAsyncContextManager[None]:
        """Holds Spark for one trial.

        Raises:
            FailedPrecondition: This installation has no Spark, or no Java for it.
            ResourceExhausted: Another trial runs.
        """

    def run(self, experiment: Experiment) -> AsyncGenerator[FromSpark, None]:
        """Runs an experiment: that Spark started, each engine's result on the sample, a measurement for each size.

        Closing the generator ends Spark and removes its files.

        Raises:
            FailedPrecondition: The statement failed on Spark, or Spark itself did.
            DeadlineExceeded: It took longer than its limit.
        """
