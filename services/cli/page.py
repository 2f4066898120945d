"""How an answer looks on a terminal: steps as they end, then the SQL, the rows, and how far to trust them."""

import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.status import Status
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from sqlglot import parse_one
from sqlglot.errors import SqlglotError

from services.generation.core.model import (
    Batch,
    Candidate,
    Cell,
    Event,
    Link,
    Outcome,
    Result,
    ResultColumn,
    Step,
    StepState,
)

SHOWN_ROWS = 20
SHOWN_CHARACTERS = 60
SHOWN_DETAILS = 4
_INDENT = (0, 0, 0, 2)
_NUMBERS = {"integer", "number"}
_MARKS = {
    StepState.COMPLETED: ("✓", "green"),
    StepState.FAILED: ("✗", "red"),
    StepState.SKIPPED: ("-", "bright_black"),
}


class Page:
    """A listener that prints what happens, in order."""

    def __init__(self, console: Console, question: str) -> None:
        self._console = console
        self._question = question
        self._status: Status | None = None
        self._width = 0

    def open(self) -> None:
        """The question."""
        self._console.print()
        self._line(Text(visible(self._question), style="bold"))
        self._console.print()

    @asynccontextmanager
    async def waiting(self, message: str) -> AsyncIterator[None]:
        """Shows what is being done, on terminals, while the block lasts."""
        with self._console.status(message, spinner="dots") as status:
            self._status = status
            yield

    def warn(self, message: str) -> None:
        """Something that went another way than it should."""
        self._line(Text(f"! {visible(message)}", style="yellow"))

    def read_in(self, ms: float) -> None:
        """The database was read."""
        self._step("Reading the database", StepState.COMPLETED, timedelta(milliseconds=ms))

    async def tell(self, event: Event) -> None:
        """See `services.generation.core.ports.Listener`."""
        if not isinstance(event, Step):
            return
        if event.state is StepState.STARTED:
            if self._status is not None:
                self._status.update(event.message)
            return
        self._step(event.message, event.state, event.duration)
        for detail in islice(event.details, SHOWN_DETAILS):
            self._console.print(Padding(Text(visible(detail), style="bright_black"), (0, 0, 0, 4), expand=False))

    def close(self, result: Result, dialect: str) -> None:
        """What came of it."""
        self._console.print()
        if result.outcome is Outcome.ANSWERED:
            self._answer(result, dialect)
        elif result.outcome is Outcome.ASKED_BACK:
            several = len(result.alternatives) > 1
            asked = "Which of these do you mean?" if several else "Is this what you mean?"
            self._line(Text(f"{asked} Ask again in its words.", style="bold yellow"))
            self._readings(result.alternatives, dialect)
        elif result.abstention is not None:
            self._line(Text("No answer.", style="bold yellow"))
            self._line(Text(visible(result.abstention.message)))
            self._understood(result.abstention.understood, result.abstention.unknown)
        self._console.print()

    def _answer(self, result: Result, dialect: str) -> None:
        self._sql(result.sql, dialect)
        if result.rows is not None and result.rows.row_count:
            self._console.print(Padding(_table(result.columns, result.rows), _INDENT, expand=False))
        else:
            self._console.print()
        self._line(Text(_counted(result), style="bright_black"))
        self._console.print()
        self._line(Text(visible(result.explanation)))
        trust = Text.assemble(
            "Confidence ", (f"{result.confidence:.0%}", _color(result.confidence)), f", drafted by {result.model}"
        )
        self._line(trust)

    def _readings(self, candidates: Sequence[Candidate], dialect: str) -> None:
        for each in candidates:
            self._console.print()
            self._line(Text.assemble((f"{each.confidence:.0%}", _color(each.confidence)), f"  {visible(each.reading)}"))
            self._sql(each.sql, dialect)

    def _understood(self, understood: Sequence[Link], unknown: Sequence[str]) -> None:
        if understood:
            self._console.print()
            self._line(Text("What was understood:", style="bright_black"))
        for link in understood:
            self._line(Text(visible(f"  {link.phrase}: {link.target} ({link.kind})")))
        if unknown:
            self._line(Text(visible(f"Not found in the data: {', '.join(unknown)}"), style="yellow"))

    def _step(self, message: str, state: StepState, duration: timedelta | None) -> None:
        mark, color = _MARKS[state]
        ms = f"{duration.total_seconds() * 1000:,.0f} ms" if duration is not None else ""
        self._line(Text.assemble((mark, color), f" {message:<44}", (f"{ms:>9}", "bright_black")))

    def _sql(self, sql: str, dialect: str) -> None:
        shown = Syntax(
            visible(_laid_out(sql, dialect)), "sql", theme="ansi_dark", background_color="default", word_wrap=True
        )
        self._console.print(Padding(shown, (0, 0, 0, 4), expand=False))

    def _line(self, text: Text) -> None:
        self._console.print(Padding(text, _INDENT, expand=False))


def visible(text: str) -> str:
    """A text without characters that would steer the terminal: data must not move the cursor or set its title."""
    return "".join(each if each == "\n" or unicodedata.category(each)[0] != "C" else "\ufffd" for each in text)


def _table(columns: Sequence[ResultColumn], rows: Batch) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(Text(visible(column.name)), justify="right" if column.type in _NUMBERS else "left")
    for row in islice(zip(*rows.columns, strict=True), SHOWN_ROWS):
        table.add_row(*map(_shown, row))
    return table


def _shown(cell: Cell) -> Text:
    if cell is None:
        return Text("NULL", style="bright_black")
    text = visible(str(cell)).replace("\n", " ")
    return Text(text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…")


def _counted(result: Result) -> str:
    rows = "1 row" if result.row_count == 1 else f"{result.row_count:,} rows"
    if result.row_count > SHOWN_ROWS:
        return f"the first {SHOWN_ROWS} of {rows}{' or more' if result.truncated else ''}"
    return rows


def _laid_out(sql: str, dialect: str) -> str:
    try:
        return parse_one(sql, dialect=dialect).sql(dialect=dialect, pretty=True)
    except SqlglotError:
        # It ran, so it is shown as it ran.
        return sql


def _color(confidence: float) -> str:
    return "green" if confidence >= 0.8 else "yellow" if confidence >= 0.5 else "red"
