"""Learning a user's own schema: made-up questions about it, pairs people accepted, and enough of the old not to forget.

The reader of word pieces stays as it is; what is learnt is how this schema's items hang together and are spoken of
(Zhong et al., 2020, "Grounded Adaptation for Zero-shot Executable Semantic Parsing"). Weights that read accepted pairs
worse than before are not taken.
"""

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from sqlglot.errors import SqlglotError

from services.cli.catalogs import context_for_modelhub
from services.cli.dataset import Item
from services.cli.local import Source
from services.documents.core.index_values import is_sensitive
from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.ir import ColumnRef
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.schema import prepare as prepare_schema
from services.training import loop
from services.training.batches import Batch, Noise, batches
from services.training.network import Parser
from services.training.prepare import Example, example_of
from services.training.synthesize import synthesize
from services.validation.core import model as validation

# Retrieval gives all tables when asked for so many.
_ALL_TABLES = 1_000_000
_VALUES_PER_COLUMN = 200
_READING = timedelta(seconds=30)
_UNREAD = frozenset({ColumnType.BINARY, ColumnType.JSON})
# The reader of word pieces, by the names of its parameters: it stays as it is.
_FROZEN = ("word_embedding", "position_embedding", "embedded", "piece_features", "piece_layers")
# Of accepted pairs one in so many is held out to measure by, of replayed examples one in so many.
_HELD_ACCEPTED, _HELD_REPLAY = 3, 8
# Accepted pairs are few and true: each is shown so often as if it were several.
_ACCEPTED_WEIGHT = 4
_MEASURED = 240
_LOG_EVERY = 20


@dataclass(frozen=True, slots=True)
class AdaptPlan:
    """How much is learnt, and for how long.

    `seconds` is the limit for everything together; `replay` is how many old examples are shown for each new one;
    `tolerance` is by how much the share of replayed examples read right may fall.
    """

    questions: int = 3_000
    epochs: int = 2
    seconds: float = 540.0
    replay: float = 0.5
    batch: int = 16
    rate: float = 1e-4
    warm_up: float = 0.05
    average: float = 0.99
    thin: float = 0.3
    hide_links: float = 0.1
    seed: int = 7
    tolerance: float = 0.02


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a data source: `stored` values by column, and pairs whose SQL (SQLite's dialect) was accepted.

    `replay` are examples of other schemas; `gives_rows` says whether a statement runs and gives any.
    """

    source: Source
    stored: Mapping[ColumnRef, Sequence[str]]
    accepted: Sequence[Item] = ()
    replay: Sequence[Example] = ()
    gives_rows: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Adapted:
    """The weights to use from now on: the new ones where `is_taken`, else the old.

    `before` and `after` are shares of held-out examples read right, by kind: accepted, made, replay.
    """

    parser: Parser
    is_taken: bool
    before: dict[str, float]
    after: dict[str, float]
    learnt: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Lesson:
    learn: list[Example] = field(default_factory=list)
    replay: list[Example] = field(default_factory=list)
    held: dict[str, list[Example]] = field(default_factory=dict)


async def stored_values(source: Source) -> dict[ColumnRef, tuple[str, ...]]:
    """Values of every column that may be looked at, a few hundred of each, as made-up questions quote them.

    Raises:
        Unavailable: The database does not answer.
    """
    schema = schema_of(source)
    wanted = [
        validation.ColumnRef(ref.table, ref.column)
        for ref, column in schema.columns.items()
        if column.type not in _UNREAD and not column.is_sensitive and not is_sensitive(column)
    ]
    read = await source.engine.sample_values(tuple(wanted), _VALUES_PER_COLUMN, _READING)
    return {ColumnRef(each.column.table, each.column.column): tuple(each.values) for each in read}


def schema_of(source: Source) -> Schema:
    """All of a source's schema, as questions are read against it."""
    context = context_for_modelhub(source.retriever.retrieve("", _ALL_TABLES))
    return prepare_schema(context.tables, context.foreign_keys)


def adapt(parser: Parser, known: Known, plan: AdaptPlan, tell: Callable[[dict[str, Any]], None]) -> Adapted:
    """Learns a schema; gives the old weights back where that would read accepted pairs, or the old examples, worse.

    Args:
        parser: The present weights; they are not changed.
        known: What to learn.
        plan: How; its time limit holds.
        tell: Takes lines of the log.
    """
    started = time.monotonic()
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    lesson = _lesson(known, plan, rng, started)
    tell(
        {"learn": len(lesson.learn), "replay": len(lesson.replay)}
        | {f"held_{k}": len(v) for k, v in lesson.held.items()}
    )
    before = _measured(parser, lesson)
    measuring = time.monotonic()
    tell({"before": before})
    if not lesson.learn:
        return Adapted(parser, is_taken=False, before=before, after=before, learnt=0, seconds=measuring - started)
    # Measuring again takes as long as it took before.
    deadline = started + plan.seconds - 1.5 * before.pop("seconds")
    learner, shown = _taught(parser, lesson, plan, deadline, tell)
    after = _measured(learner, lesson)
    del after["seconds"]
    taken = is_better(before, after, plan.tolerance)
    tell({"after": after, "taken": taken})
    return Adapted(learner if taken else parser, taken, before, after, shown, time.monotonic() - started)


def is_better(before: Mapping[str, float], after: Mapping[str, float], tolerance: float) -> bool:
    """Whether new weights are worth taking: more of what was accepted is read right, and hardly less of the replayed.

    Without accepted pairs it is the made-up questions that must be read better, which says less.
    """
    judged = "accepted" if "accepted" in before else "made"
    rises = after.get(judged, 0.0) > before.get(judged, 0.0)
    return rises and after.get("replay", 0.0) >= before.get("replay", 0.0) - tolerance


def made_examples(known: Known, count: int, rng: np.random.Generator) -> Iterator[Example]:
    """Made-up questions as the network learns them, without those whose query gives no rows."""
    schema = schema_of(known.source)
    for each in synthesize(schema, known.stored, count, rng):
        written = realize(each.query, schema, "sqlite")
        assert written is not None
        if known.gives_rows is not None and not known.gives_rows(written.sql):
            continue
        example = _example(known.source, Item("", "own", each.question, (written.sql,)))
        if example is not None:
            yield example


def _example(source: Source, item: Item) -> Example | None:
    try:
        return example_of(item.db_id, source, item)
    except (ValueError, SqlglotError):
        return None


def _lesson(known: Known, plan: AdaptPlan, rng: np.random.Generator, started: float) -> _Lesson:
    """What is shown and what is held out; making questions takes a third of the time at most."""
    lesson = _Lesson()
    accepted = [example for item in known.accepted if (example := _example(known.source, item)) is not None]
    replay = [known.replay[n] for n in rng.permutation(len(known.replay))]
    made: list[Example] = []
    for example in made_examples(known, plan.questions, rng):
        made.append(example)
        if time.monotonic() - started > plan.seconds / 3:
            break
    held = {
        "accepted": accepted[::_HELD_ACCEPTED],
        "made": made[:: max(1, len(made) // _MEASURED * 2, 10)][:_MEASURED],
        "replay": replay[::_HELD_REPLAY][:_MEASURED],
    }
    lesson.held.update({kind: examples for kind, examples in held.items() if examples})
    hidden = {id(example) for examples in held.values() for example in examples}
    lesson.learn.extend(example for example in made if id(example) not in hidden)
    lesson.learn.extend(example for example in accepted * _ACCEPTED_WEIGHT if id(example) not in hidden)
    lesson.replay.extend(example for example in replay if id(example) not in hidden)
    return lesson


def _measured(parser: Parser, lesson: _Lesson) -> dict[str, float]:
    """Shares read right by kind, and how many seconds that took."""
    started = time.monotonic()
    found = {kind: loop.teacher_forced(parser, examples)["exact"] for kind, examples in lesson.held.items()}
    return {**found, "seconds": time.monotonic() - started}


def _taught(
    parser: Parser, lesson: _Lesson, plan: AdaptPlan, deadline: float, tell: Callable[[dict[str, Any]], None]
) -> tuple[Parser, int]:
    """The averaged weights after the epochs or at the deadline, and how many examples were shown."""
    learner, averaged = copy.deepcopy(parser), copy.deepcopy(parser)
    for name, parameter in learner.named_parameters():
        parameter.requires_grad_(requires_grad=not name.startswith(_FROZEN))
    session = loop.opened(learner, averaged, loop.Plan(rate=plan.rate, reader_rate=plan.rate))
    device = next(learner.parameters()).device
    learner.train()
    learner.piece_layers.eval()
    started, shown = time.monotonic(), 0
    per_epoch = len(lesson.learn) + min(len(lesson.replay), round(plan.replay * len(lesson.learn)))
    steps = plan.epochs * math.ceil(per_epoch / plan.batch)
    losses: list[float] = []
    for batch in _shown(lesson, plan):
        now = time.monotonic()
        if now >= deadline:
            break
        done = max(session.step / steps, (now - started) / max(deadline - started, 1.0))
        loss = loop.loss(learner, batch, device)
        losses.append(loss.item())
        session.learn(loss, _factor(done, plan.warm_up), plan.average)
        shown += len(batch.ids)
        if session.step % _LOG_EVERY == 0:
            tell({"step": session.step, "of": steps, "loss": round(float(np.mean(losses[-_LOG_EVERY:])), 4)})
    return averaged, shown


def _shown(lesson: _Lesson, plan: AdaptPlan) -> Iterator[Batch]:
    """The batches of all epochs: what is new, with other old examples in every epoch."""
    noise = Noise(plan.thin, plan.hide_links, shuffle=True)
    for epoch in range(plan.epochs):
        rng = np.random.default_rng((plan.seed, epoch))
        count = min(len(lesson.replay), round(plan.replay * len(lesson.learn)))
        old = [lesson.replay[n] for n in rng.permutation(len(lesson.replay))[:count]]
        yield from batches([*lesson.learn, *old], plan.batch, noise, rng)


def _factor(done: float, warm_up: float) -> float:
    """The learning rate's factor: up in a line, then down in a line to nothing at the end of the time."""
    return done / warm_up if done < warm_up else max(0.0, (1 - done) / (1 - warm_up))
