"""How honest confidences are: whether what is believed with 0.8 is right eight times out of ten.

Everything here is told of guesses as pairs: the confidence, from 0 to 1, and whether it was right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

BINS = 10

Guess = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Bin:
    """Guesses of about one confidence: how many, their mean confidence, and how often they are right, from 0 to 1."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The measures of one set of guesses; each from 0 to 1, and the less the better.

    Args:
        ece: Expected calibration error: how far confidence and accuracy are apart, in the mean over the bins.
        brier: Mean squared difference between the confidence and what was right (1) or wrong (0).
        aurc: Area under the risk-coverage curve: the error rate of the surest part, in the mean over all its sizes.
        bins: The reliability diagram, least confident first.
    """

    ece: float
    brier: float
    aurc: float
    bins: tuple[Bin, ...]


def calibration(guesses: Sequence[Guess]) -> Calibration:
    """All measures of some guesses."""
    bins = reliability(guesses)
    return Calibration(calibration_error(bins), brier_score(guesses), area_under_risk_coverage(guesses), bins)


def reliability(guesses: Sequence[Guess], bins: int = BINS) -> tuple[Bin, ...]:
    """The guesses by confidence, in bins of equal mass: as many in each, or one more; none is empty."""
    ranked = sorted(guesses, key=lambda guess: guess[0])
    bounds = [len(ranked) * i // bins for i in range(bins + 1)]
    parts = [ranked[start:end] for start, end in pairwise(bounds) if end > start]
    return tuple(
        Bin(len(part), _mean([confidence for confidence, _ in part]), _mean([float(right) for _, right in part]))
        for part in parts
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error (Naeini et al., 2015), on bins of equal mass (Nguyen and O'Connor, 2015)."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.confidence - each.accuracy) for each in bins) / total if total else 0.0


def brier_score(guesses: Sequence[Guess]) -> float:
    """The Brier score (Brier, 1950)."""
    return _mean([(confidence - right) ** 2 for confidence, right in guesses])


def area_under_risk_coverage(guesses: Sequence[Guess]) -> float:
    """The AURC (Geifman and El-Yaniv, 2019): error rates of the k surest guesses, in the mean over every k.

    Guesses of one confidence stand in no order, so each counts as wrong as they are on average.
    """
    wrong, risks = 0.0, []
    for count, error in enumerate(_errors(guesses), start=1):
        wrong += error
        risks.append(wrong / count)
    return _mean(risks)


def _errors(guesses: Sequence[Guess]) -> Iterator[float]:
    ranked = sorted(guesses, key=lambda guess: -guess[0])
    for _, tied in groupby(ranked, key=lambda guess: guess[0]):
        rights = [right for _, right in tied]
        yield from [1 - _mean([float(right) for right in rights])] * len(rights)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
