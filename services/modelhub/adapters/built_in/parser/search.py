"""Beam search over actions: the likeliest sequences that the grammar allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from services.modelhub.adapters.built_in.parser.grammar import START, Pointer, State, after, allowed
from services.modelhub.adapters.built_in.parser.items import Items
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS, MAX_ACTIONS
from services.modelhub.adapters.built_in.schema import NUMERIC

_NEVER = -1e9
_GENERAL: dict[int, int] = {Pointer.NUMERIC_COLUMN: Pointer.COLUMN, Pointer.NUMBER_VALUE: Pointer.VALUE}


@dataclass(frozen=True, slots=True)
class Sequel:
    """A complete sequence of actions with its log-probability; `least` is that of its least likely action."""

    actions: tuple[int, ...]
    score: float
    least: float


class Scorer(Protocol):
    """Says how likely each action is after those said so far."""

    def scores(self, last: Sequence[int], parents: Sequence[int] | None) -> np.ndarray:
        """Unnormalised log-probabilities of the next action, (beams, actions).

        Args:
            last: The last action of each beam; the start action first.
            parents: Which beam of the step before each one continues; None at the start.
        """


@dataclass(frozen=True, slots=True)
class Beam:
    """A sequence that goes on."""

    actions: tuple[int, ...]
    state: State
    score: float
    least: float


def search(scorer: Scorer, classes: np.ndarray, width: int) -> list[Sequel]:
    """The likeliest complete sequences, best first, at most twice `width`.

    It goes on until no beam can overtake: scores only fall, so a beam below the `width`-th best end is given up.

    Args:
        scorer: The network.
        classes: What each action is, as `classes_of` gives it.
        width: How many beams go on at each step.
    """
    beams = [Beam((), START, 0.0, 0.0)]
    parents: list[int] | None = None
    ended: list[Sequel] = []
    for _ in range(MAX_ACTIONS):
        last = [beam.actions[-1] if beam.actions else 0 for beam in beams]
        scores = scorer.scores(last, parents)
        masks = np.stack([_mask(beam.state, classes) for beam in beams])
        likely = _log_softmax(np.where(masks, scores, _NEVER))
        whole = np.where(masks, likely + np.array([beam.score for beam in beams])[:, None], _NEVER)
        best = np.argsort(-whole, axis=None, kind="stable")[: 2 * width]
        beams, parents, complete = _grow(beams, best, _Step(whole, likely, classes), width)
        ended += complete
        ended.sort(key=lambda each: -each.score)
        floor = ended[width - 1].score if len(ended) >= width else _NEVER
        kept = [n for n, beam in enumerate(beams) if beam.score > floor]
        beams, parents = [beams[n] for n in kept], [parents[n] for n in kept]
        if not beams:
            break
    return ended[: 2 * width]


def score(scorer: Scorer, classes: np.ndarray, sequences: Sequence[Sequence[int]]) -> list[Sequel | None]:
    """How likely given sequences are, by the same measure as `search`; None for those that the grammar forbids."""
    found: list[Sequel | None] = [None] * len(sequences)
    live = [(n, Beam((), START, 0.0, 0.0)) for n, sequence in enumerate(sequences) if sequence]
    parents: list[int] | None = None
    while live:
        last = [beam.actions[-1] if beam.actions else 0 for _, beam in live]
        scores = scorer.scores(last, parents)
        masks = np.stack([_mask(beam.state, classes) for _, beam in live])
        likely = _log_softmax(np.where(masks, scores, _NEVER))
        grown, parents = [], []
        for at, (n, beam) in enumerate(live):
            action = sequences[n][len(beam.actions)]
            if not masks[at, action]:
                continue
            now = float(likely[at, action])
            state = after(beam.state, _plain(int(classes[action])))
            actions = (*beam.actions, action)
            if not state:
                found[n] = Sequel(actions, beam.score + now, min(beam.least, now))
            elif len(actions) < len(sequences[n]):
                grown.append((n, Beam(actions, state, beam.score + now, min(beam.least, now))))
                parents.append(at)
        live = grown
    return found


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a search: log-probabilities of whole sequences and of the action alone, and what actions are."""

    whole: np.ndarray
    likely: np.ndarray
    classes: np.ndarray


def _grow(beams: list[Beam], best: np.ndarray, step: _Step, width: int) -> tuple[list[Beam], list[int], list[Sequel]]:
    """The best continuations with the beams that they continue, and apart from them those that are complete."""
    grown: list[Beam] = []
    parents: list[int] = []
    ended: list[Sequel] = []
    for flat in best:
        parent, action = divmod(int(flat), step.whole.shape[1])
        total = float(step.whole[parent, action])
        if total <= _NEVER / 2 or len(grown) == width:
            break
        beam = beams[parent]
        state = after(beam.state, _plain(int(step.classes[action])))
        actions = (*beam.actions, action)
        least = min(beam.least, float(step.likely[parent, action]))
        if state:
            grown.append(Beam(actions, state, total, least))
            parents.append(parent)
        else:
            ended.append(Sequel(actions, total, least))
    return grown, parents, ended


def _plain(kind: int) -> int:
    """The class by which the grammar goes on: what a number may be, any literal may be."""
    return _GENERAL.get(kind, kind)


def _mask(state: State, classes: np.ndarray) -> np.ndarray:
    """Which actions may come next."""
    return np.isin(classes, _following(state))


@lru_cache(maxsize=16_384)
def _following(state: State) -> list[int]:
    """The classes that may come next; a class includes those that are special cases of it."""
    following = allowed(state)
    return [*following, *(special for special, general in _GENERAL.items() if general in following)]


def classes_of(items: Items) -> np.ndarray:
    """The class of every action: keywords stand for themselves."""
    schema = items.schema
    columns = [
        Pointer.NUMERIC_COLUMN if schema.columns[ref].type in NUMERIC or schema.is_ordered(ref) else Pointer.COLUMN
        for ref in items.columns
    ]
    values = [Pointer.NUMBER_VALUE if value.kind == "number" else Pointer.VALUE for value in items.values]
    return np.array([*range(KEYWORDS), *(Pointer.TABLE for _ in items.tables), *columns, *values], np.int64)


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(-1, keepdims=True)
    likely: np.ndarray = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return likely
