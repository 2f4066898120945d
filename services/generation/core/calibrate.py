"""How far to trust an answer, from what running the readings showed: logistic calibration.

Platt (1999) fits a logistic function to a score; more facts than the score make it multivariate. The weights are fitted
by database, never by question, so that what is promised holds for databases that were not seen.
"""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from services.generation.core.model import Facts

# No count of readings makes an answer certain, or impossible.
_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class Weights:
    """What each of `features` counts, in log-odds and in their order. The defaults change nothing."""

    bias: float = 0.0
    logit_mass: float = 1.0
    is_empty: float = 0.0
    is_alone: float = 0.0
    agreement: float = 0.0


IDENTITY = Weights()
# By provider: each believes in itself in its own way.
# The built-in engine's are fitted by `candor train` on 22 databases that it did not learn from.
WEIGHTS: Mapping[str, Weights] = {"built-in": Weights(0.254, 0.713, -0.428, 0.779, 0.831)}


def calibrate(facts: Facts, weights: Weights) -> float:
    """The probability that an answer is right, from 0 to 1."""
    log_odds = sum(weight * value for weight, value in zip(astuple(weights), features(facts), strict=True))
    return 1 / (1 + math.exp(-log_odds))


def features(facts: Facts) -> tuple[float, ...]:
    """The facts as numbers: 1, log-odds of the mass, whether empty, whether alone, and what share of the others agrees.

    A fit gives one coefficient for each, which are the fields of `Weights`.
    """
    mass = min(max(facts.mass, _LEAST), 1 - _LEAST)
    others = facts.runs - 1
    return (
        1.0,
        math.log(mass / (1 - mass)),
        float(facts.is_empty),
        float(others == 0),
        (facts.agreeing - 1) / others if others else 0.0,
    )


def weights_for(source: str) -> Weights:
    """The weights of the model that drafted, by what comes before the colon in "openai:model"."""
    return WEIGHTS.get(source.partition(":")[0], IDENTITY)
