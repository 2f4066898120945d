"""Answers every question of a set, database by database, and measures each."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from services.cli.databases import open_engine
from services.cli.dataset import Dataset, Item, Prediction
from services.cli.local import answerer, open_models, read_source
from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.model import Event, Outcome, Question
from services.kit.errors import CandorError
from services.validation.core.model import SqliteConnection

# A question that is not answered in this time is given up, so that one of them cannot hold up a whole set.
QUESTION_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Group:
    """The questions about one database, each with its position in the set."""

    database: Path
    items: tuple[tuple[int, Item], ...]
    model: str


@dataclass(slots=True)
class Done:
    """The predictions of a group by position, and what went wrong on the way, in words."""

    predictions: dict[int, Prediction] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class _Nobody:
    """Listens to nothing: what came of a question is in its result."""

    async def tell(self, event: Event) -> None:
        """See `services.generation.core.ports.Listener`."""


def predict(
    dataset: Dataset, model: str = "", jobs: int = 1, on_done: Callable[[int], None] = lambda _: None
) -> tuple[list[Prediction], list[str]]:
    """A prediction for every question, in the set's order, and what went wrong on the way.

    A question that fails is a prediction without SQL: a set is never lost to one of its questions.

    Args:
        dataset: The questions.
        model: Which model; the default one when empty.
        jobs: How many processes; one per core when 0. Times compare only between runs with the same number.
        on_done: Told how many questions a finished database had.
    """
    by_database: dict[str, list[tuple[int, Item]]] = defaultdict(list)
    for position, item in enumerate(dataset.items):
        by_database[item.db_id].append((position, item))
    groups = [Group(dataset.database(db_id), tuple(items), model) for db_id, items in by_database.items()]
    whole = Done()
    for done in _each(groups, min(jobs or os.cpu_count() or 1, len(groups) or 1)):
        whole.predictions |= done.predictions
        whole.failures += done.failures
        on_done(len(done.predictions))
    return [whole.predictions[position] for position in range(len(dataset.items))], whole.failures


def _each(groups: list[Group], jobs: int) -> Iterable[Done]:
    if jobs == 1:
        yield from map(_run, groups)
        return
    # Not forked: threads of the parent would be left half-alive in the child.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_run, groups)


def _run(group: Group) -> Done:
    return asyncio.run(_predict_group(group))


async def _predict_group(group: Group) -> Done:
    done = Done()
    async with AsyncExitStack() as stack:
        try:
            engine = stack.enter_context(open_engine(SqliteConnection(str(group.database))))
            source = await read_source(engine, "sqlite")
        except CandorError as error:
            done.failures.append(f"{group.database.stem}: {error.message}")
            for position, item in group.items:
                done.predictions[position] = Prediction(item.id, None, 0.0, abstained=True, ms=0.0)
            return done
        models = await stack.enter_async_context(open_models(lambda _model, error: done.failures.append(error.message)))
        answer = answerer(source, models)
        for position, item in group.items:
            done.predictions[position] = await _predict_item(item, answer, group.model, done.failures)
    return done


async def _predict_item(item: Item, answer: AnswerQuestion, model: str, failures: list[str]) -> Prediction:
    started = time.perf_counter()
    sql, confidence, abstained = None, 0.0, True
    try:
        async with asyncio.timeout(QUESTION_TIMEOUT_S):
            result = await answer(Question(item.question, item.db_id, model), _Nobody())
    except Exception as error:  # noqa: BLE001  Whatever it is, the other questions are still answered; it is reported.
        message = error.message if isinstance(error, CandorError) else f"{type(error).__name__}: {error}"
        failures.append(f"question {item.id}: {message}")
    else:
        abstained = result.outcome is not Outcome.ANSWERED
        if result.proof is not None:
            # What won the vote is the best guess, whether or not it is trusted enough to be shown.
            sql, confidence = result.proof.winner.accepted.verdict.checked_sql, result.proof.confidence
    ms = (time.perf_counter() - started) * 1000
    return Prediction(item.id, sql, round(confidence, 4), abstained=abstained, ms=round(ms, 2))
