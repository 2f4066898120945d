"""What generation speaks of: questions, drafts, verdicts, rows, and what becomes of a question."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

Cell = bool | int | float | str | None

# The source of a statement that a person wrote.
GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a data source. `data_source` is its resource name; an empty `model` means the default one."""

    text: str
    data_source: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the data that a question is about.

    `dialect` is sqlglot's name; `tables` and `values` are for people ("city = Paris"); `content` is for the adapters
    alone.
    """

    dialect: str
    tables: tuple[str, ...]
    values: tuple[str, ...]
    schema_version: str
    content: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """SQL that may answer the question.

    `confidence` is the probability that this reading is the right one, from 0 to 1. Only one reading of a draft can be
    right, so those of a draft sum to at most 1; where a model's sum to more, the vote divides them by their sum.
    """

    sql: str
    confidence: float
    source: str
    reading: str


@dataclass(frozen=True, slots=True)
class Link:
    """What a phrase of the question was taken to mean; `start` and `end` count characters."""

    phrase: str
    start: int
    end: int
    kind: str
    target: str
    score: float


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model made of a question: candidates, best first, and what it understood."""

    candidates: tuple[Candidate, ...]
    links: tuple[Link, ...] = ()
    unlinked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate that a check refused, and why."""

    sql: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says about a statement. Lines and columns count from 1 and are 0 where the place is not known."""

    reason: str
    severity: str
    message: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    suggestion: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a statement may run, and as what text."""

    allowed: bool
    findings: tuple[Finding, ...] = ()
    checked_sql: str = ""
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. `type` is a word such as "integer"."""

    name: str
    type: str
    native_type: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a result, column by column."""

    row_count: int
    columns: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read in all. `limit` names the limit that cut the result, and is empty where none did."""

    row_count: int
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A candidate that the checks let through."""

    candidate: Candidate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Run:
    """A candidate that ran, and what it gave.

    `is_ordered` says whether the order of the rows is part of the result; `batches` are the first rows, as they came.
    """

    accepted: Accepted
    is_ordered: bool
    columns: tuple[ResultColumn, ...]
    batches: tuple[Batch, ...]
    summary: Summary

    @property
    def rows(self) -> Batch:
        """The first rows, in one batch."""
        columns = tuple(
            tuple(cell for batch in self.batches for cell in batch.columns[i]) for i in range(len(self.columns))
        )
        return Batch(sum(batch.row_count for batch in self.batches), columns)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Runs that gave the same result, the best candidate first: the readings that agree."""

    runs: tuple[Run, ...]

    @property
    def best(self) -> Run:
        """The run that stands for all of them."""
        return self.runs[0]

    @property
    def mass(self) -> float:
        """The probability that one of the readings is the right one."""
        return sum(each.accepted.candidate.confidence for each in self.runs)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an answer once readings were run: its cluster's mass, and what its trust depends on besides.

    `is_empty` says that the result holds nothing; `agreeing` counts its runs among `runs` in all.
    """

    mass: float
    is_empty: bool
    agreeing: int
    runs: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What running the readings showed.

    Their confidences are exclusive probabilities here, whatever the model gave. `clusters` are the different results,
    the winner first; `waiting` are the readings that were not run; `confidence` is the belief in the winner.
    """

    clusters: tuple[Cluster, ...]
    waiting: tuple[Accepted, ...]
    facts: Facts
    confidence: float

    @property
    def winner(self) -> Run:
        """The best run of the result that won."""
        return self.clusters[0].best


class StepState(StrEnum):
    """Where a step of the work stands."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the work, told when it starts and again when it ends."""

    id: str
    message: str
    state: StepState
    start_time: datetime
    duration: timedelta | None = None
    details: tuple[str, ...] = ()
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft was made."""

    draft: Draft
    attempt: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A candidate was checked; `candidate` counts from 0 within its attempt."""

    candidate: int
    sql: str
    verdict: Verdict
    attempt: int


@dataclass(frozen=True, slots=True)
class RowsRead:
    """Rows were read; `columns` comes with the first."""

    columns: tuple[ResultColumn, ...]
    batch: Batch


@dataclass(frozen=True, slots=True)
class Explained:
    """The statement was put in words."""

    text: str
    sql: str


class Outcome(StrEnum):
    """What was decided about a question."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    ABSTAINED = "abstained"


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no answer, and what was understood all the same."""

    reason: str
    message: str
    understood: tuple[Link, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a question.

    `rows` are the first ones. `proof` is kept also where the answer is withheld, for those who measure; it is never
    shown.
    """

    outcome: Outcome
    sql: str = ""
    explanation: str = ""
    confidence: float = 0.0
    alternatives: tuple[Candidate, ...] = ()
    row_count: int = 0
    truncated: bool = False
    abstention: Abstention | None = None
    tables: tuple[str, ...] = ()
    columns: tuple[ResultColumn, ...] = ()
    rows: Batch | None = None
    model: str = ""
    schema_version: str = ""
    proof: Proof | None = field(default=None, repr=False)


Event = Step | Drafted | Checked | RowsRead | Explained
