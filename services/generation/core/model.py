"""What generation speaks of: questions, drafts, verdicts, rows, and what becomes of a question."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

Cell = bool | int | float | str | None


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
    """SQL that may answer the question; `confidence` is the model's belief, from 0 to 1."""

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
    """What came of a question. `rows` are the first ones."""

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


Event = Step | Drafted | Checked | RowsRead | Explained
