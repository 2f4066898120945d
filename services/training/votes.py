"""What voting makes of tried pools: accuracy without training anything, and the calibration of the vote."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from services.cli.dataset import Dataset
from services.generation.core.calibrate import features
from services.generation.core.model import Facts
from services.generation.core.prove_answer import Voting
from services.generation.core.vote import cannot_be_overtaken, weight
from services.modelhub.core.draft_sql import DEFAULT_CANDIDATES
from services.training.pools import TriedPool

# One question in so many is also asked of a database that it is not about, with a gold answer that nothing gives.
_STRANGER_EVERY = 4
_NOTHING = "SELECT 'nothing', 'of', 'this', 'database', 'is', 'asked', 'for'"


@dataclass(frozen=True, slots=True)
class Vote:
    """What proof by running makes of one pool: what is known of the winner, and whether it is right."""

    facts: Facts
    is_right: bool
    first_is_right: bool


def vote(pool: TriedPool, chances: Sequence[float], runs: int = Voting().max_runs) -> Vote:
    """The vote of `services.generation.core.prove_answer` over results that are known already."""
    order = sorted(range(len(chances)), key=lambda n: -chances[n])[:DEFAULT_CANDIDATES]
    first = bool(order) and pool.candidates[order[0]].is_right
    waiting = [(chances[n], pool.candidates[n]) for n in order if pool.candidates[n].result >= 0]
    masses: dict[int, float] = {}
    sizes = {each.result: each.rows for _, each in waiting}
    ran: list[int] = []

    def weighed(result: int) -> float:
        return weight(masses[result], is_empty=sizes[result] == 0)

    while waiting and len(ran) < runs:
        left = sum(chance for chance, _ in waiting[: runs - len(ran)])
        if masses and cannot_be_overtaken(map(weighed, masses), left):
            break
        chance, each = waiting.pop(0)
        masses[each.result] = masses.get(each.result, 0.0) + chance
        ran.append(each.result)
    if not masses:
        return Vote(Facts(0.0, is_empty=True, agreeing=0, runs=0), is_right=False, first_is_right=first)
    best = max(masses, key=weighed)
    right = any(each.is_right for each in pool.candidates if each.result == best)
    facts = Facts(masses[best], sizes[best] == 0, ran.count(best), len(ran))
    return Vote(facts, right, first)


def fit_calibration(votes: Sequence[Vote], decay: float = 1e-3) -> tuple[float, ...]:
    """The weights of `services.generation.core.calibrate`, by logistic regression (Newton's method)."""
    known = [each for each in votes if each.facts.runs]
    x = np.array([features(each.facts) for each in known])
    y = np.array([float(each.is_right) for each in known])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (chance - y) / len(y) + decay * weights
        curve = (x * (chance * (1 - chance))[:, None]).T @ x / len(y) + decay * np.eye(x.shape[1])
        weights -= np.linalg.solve(curve, gradient)
    return tuple(round(float(each), 3) for each in weights)


def mismatched(dataset: Dataset) -> Dataset:
    """The same questions, each asked of another database, where none of its candidates is right.

    So the ranker learns what a question looks like that is about nothing here.
    """
    databases = sorted({item.db_id for item in dataset.items})
    other = dict(zip(databases, databases[1:] + databases[:1], strict=True))
    items = tuple(
        replace(item, db_id=other[item.db_id], golds=(_NOTHING,)) for item in dataset.items[::_STRANGER_EVERY]
    )
    return replace(dataset, items=items)


def summary(found: Sequence[tuple[TriedPool, list[float]]]) -> dict[str, Any]:
    """Accuracy of the likeliest candidate and of the vote, and how far the best could go."""
    votes = [vote(pool, chances) for pool, chances in found]
    count = max(len(votes), 1)
    return {
        "questions": len(votes),
        "first": round(sum(each.first_is_right for each in votes) / count, 4),
        "voted": round(sum(each.is_right for each in votes) / count, 4),
        "any": round(sum(any(c.is_right for c in pool.candidates) for pool, _ in found) / count, 4),
        "calibration": fit_calibration(votes),
    }
