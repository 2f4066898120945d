"""One question against one database: as a page for a person, or as one JSON object for a program."""

import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from services.cli.databases import connection_from_url, open_engine
from services.cli.local import answerer, open_models, read_source
from services.cli.page import Page
from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.model import Event, Outcome, Question, Result, Step, StepState
from services.kit.errors import Unavailable
from services.modelhub.core.ports import Model
from services.validation.core.model import DIALECT_OF, Connection


async def ask_page(question: str, url: str, model: str) -> bool:
    """Answers on the terminal, step by step; whether there was an answer.

    Raises:
        UrlError: The URL names no database.
        CandorError: The database or the model does not answer.
    """
    connection = connection_from_url(url)
    page = Page(Console(highlight=False), question)
    page.open()
    started = time.perf_counter()
    async with page.waiting("Reading the database"), _answering(connection, page.warn) as (answer, dialect):
        page.read_in((time.perf_counter() - started) * 1000)
        result = await answer(Question(question, url, model), page)
    page.close(result, dialect)
    return result.outcome is Outcome.ANSWERED


async def ask_json(question: str, url: str, model: str) -> bool:
    """Answers with one JSON object on stdout; whether there was an answer.

    Raises:
        UrlError: The URL names no database.
        CandorError: The database or the model does not answer.
    """
    listener = _Recorder()
    started = time.perf_counter()
    async with _answering(connection_from_url(url), _warn) as (answer, _):
        result = await answer(Question(question, url, model), listener)
    ms = (time.perf_counter() - started) * 1000
    json.dump(_document(question, result, listener.steps, ms), sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    return result.outcome is Outcome.ANSWERED


@asynccontextmanager
async def _answering(connection: Connection, warn: Callable[[str], None]) -> AsyncIterator[tuple[AnswerQuestion, str]]:
    """The use case over a database, and the database's dialect."""
    dialect = DIALECT_OF[type(connection)]

    def on_fallback(model: Model, error: Unavailable) -> None:
        warn(f"{error.message} Another model stood in for {model.model_id}.")

    with open_engine(connection) as engine:
        source = await read_source(engine, dialect)
        async with open_models(on_fallback) as models:
            yield answerer(source, models), dialect


@dataclass(slots=True)
class _Recorder:
    """Listens for steps that have ended."""

    steps: list[Step] = field(default_factory=list)

    async def tell(self, event: Event) -> None:
        """See `services.generation.core.ports.Listener`."""
        if isinstance(event, Step) and event.state is not StepState.STARTED:
            self.steps.append(event)


def _warn(message: str) -> None:
    sys.stderr.write(f"candor: {message}\n")


def _document(question: str, result: Result, steps: list[Step], ms: float) -> dict[str, Any]:
    rows = result.rows
    withheld = result.abstention
    return {
        "question": question,
        "outcome": result.outcome.value,
        "sql": result.sql or None,
        "confidence": result.confidence,
        "explanation": result.explanation or None,
        "columns": [{"name": each.name, "type": each.type} for each in result.columns],
        "rows": [list(row) for row in zip(*rows.columns, strict=True)] if rows else [],
        "row_count": result.row_count,
        "truncated": result.truncated,
        "alternatives": [
            {"sql": each.sql, "confidence": each.confidence, "reading": each.reading} for each in result.alternatives
        ],
        "abstention": {
            "reason": withheld.reason,
            "message": withheld.message,
            "understood": [{"phrase": each.phrase, "meaning": each.target} for each in withheld.understood],
            "unknown": list(withheld.unknown),
        }
        if withheld
        else None,
        "model": result.model or None,
        "steps": [
            {
                "id": each.id,
                "message": each.message,
                "state": each.state.value,
                "ms": round(each.duration.total_seconds() * 1000, 2) if each.duration else None,
                "details": list(each.details),
            }
            for each in steps
        ],
        "ms": round(ms, 1),
    }
