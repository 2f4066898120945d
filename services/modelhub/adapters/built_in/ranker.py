"""How likely each candidate is the right one: a small learned model over the evidence.

Scores pass a softmax together with "none of these" (score 0), so the probabilities of a question's candidates exclude
each other and sum to less than 1: a conditional logit (McFadden, 1974) with a constant alternative. Candidates that
give the same rows can be added up by whoever runs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Ranker:
    """One hidden layer over standardised features; features that have no name here are passed over."""

    names: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    hidden: np.ndarray
    hidden_bias: np.ndarray
    out: np.ndarray
    linear: np.ndarray

    def probabilities(self, evidence: Sequence[dict[str, float]]) -> list[float]:
        """The chance of each candidate to be the right one, in order."""
        if not evidence:
            return []
        scores = self.scores(np.array([[each.get(name, 0.0) for name in self.names] for each in evidence]))
        top = max(float(scores.max()), 0.0)
        weights = np.exp(scores - top)
        return [float(each) for each in weights / (weights.sum() + np.exp(-top))]

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Scores of rows of features, each against the score 0 of "none of these"."""
        x = np.clip((features - self.mean) / self.scale, -4.0, 4.0)
        scores: np.ndarray = x @ self.linear + np.tanh(x @ self.hidden + self.hidden_bias) @ self.out
        return scores


def by_rules(evidence: Sequence[dict[str, float]]) -> list[float]:
    """The chance of each proposal where no network reads along: its own, of what those before it leave."""
    chances: list[float] = []
    for each in evidence:
        chances.append(each.get("proposal", 0.0) * (1.0 - sum(chances)))
    return chances


def open_ranker(path: Path) -> Ranker:
    """The ranker in a file that `candor train` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        arrays = {name: np.asarray(kept[name], np.float64) for name in kept.files if name != "names"}
        return Ranker(tuple(str(name) for name in kept["names"]), **arrays)
