"""What a file of predictions is worth: how much is right, by hardness, at which risk, and in what the rest fails."""

import os
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from services.cli.calibration import Guess
from services.cli.dataset import Dataset, Item, Prediction
from services.cli.failures import Failure, failure
from services.cli.hardness import LEVELS, hardness
from services.cli.scoring import Status, score

COVERAGES = (0.25, 0.5, 0.75, 1.0)
PRECISIONS = (0.90, 0.95)
_UNCOUNTED = {Status.GOLD_ERROR, Status.NO_DATABASE}


@dataclass(frozen=True, slots=True)
class Scored:
    """A question with its prediction and what became of it; `level` is empty where there is none."""

    item: Item
    prediction: Prediction
    status: Status
    level: str

    @property
    def is_correct(self) -> bool:
        """Whether the prediction gave the gold rows."""
        return self.status is Status.CORRECT


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many were right of how many."""

    correct: int
    total: int

    @property
    def rate(self) -> float:
        """From 0 to 1; 0 of nothing."""
        return self.correct / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.correct}/{self.total} = {self.rate:.2%}"


def score_predictions(dataset: Dataset, predictions: Mapping[str, Prediction], jobs: int = 0) -> Iterator[Scored]:
    """Each question of a set with its score, in the set's order; a question without a prediction has no answer.

    Args:
        dataset: The questions.
        predictions: By id, as text.
        jobs: How many processes; one per core when 0.
    """
    asked = [
        (item, predictions.get(str(item.id)) or Prediction(item.id, None, 0.0, abstained=True, ms=0.0))
        for item in dataset.items
    ]
    work = [(dataset.database(item.db_id), item.golds, prediction.sql) for item, prediction in asked]
    jobs = min(jobs or os.cpu_count() or 1, max(len(work) // 20, 1))
    if jobs == 1:
        statuses = [_score(each) for each in work]
    else:
        # Not forked: the parent runs threads.
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            statuses = list(pool.map(_score, work, chunksize=8))
    for (item, prediction), status in zip(asked, statuses, strict=True):
        gold = item.golds[0] if item.golds else ""
        level = item.difficulty if item.difficulty and not item.parsed else hardness(gold, item.parsed)
        yield Scored(item, prediction, status, level)


def accuracy(scored: Sequence[Scored]) -> Accuracy:
    """Execution accuracy over the questions that can be scored."""
    counted = countable(scored)
    return Accuracy(sum(each.is_correct for each in counted), len(counted))


def countable(scored: Sequence[Scored]) -> list[Scored]:
    """The questions that have a database and a gold query that runs."""
    return [each for each in scored if each.status not in _UNCOUNTED]


def levels(scored: Sequence[Scored]) -> list[tuple[str, list[Scored]]]:
    """The questions of each level of hardness, easiest first; none where no question has a level."""
    found = {each.level for each in scored if each.level}
    order = [*LEVELS, *sorted(found - set(LEVELS))]
    return [(level, [each for each in scored if each.level == level]) for level in order if level in found]


def accuracy_at_coverage(scored: Sequence[Scored], coverage: float) -> tuple[float, Accuracy]:
    """The accuracy of the surest part of the questions, and the least confidence in it.

    Selective prediction as in El-Yaniv and Wiener (2010): risk is one minus the accuracy of what is answered.
    """
    ranked = _ranked(scored)
    part = ranked[: round(coverage * len(ranked))]
    return part[-1].prediction.confidence if part else 1.0, accuracy(part)


def coverage_at_precision(scored: Sequence[Scored], precision: float) -> tuple[float, float]:
    """The largest share of questions that could be answered at a precision, and the confidence to answer from.

    Questions of one confidence are answered together or not at all: no threshold can part them.
    """
    ranked = _ranked(scored)
    best, threshold, correct = 0, 1.0, 0
    for count, each in enumerate(ranked, start=1):
        correct += each.is_correct
        ends = count == len(ranked) or ranked[count].prediction.confidence < each.prediction.confidence
        if ends and correct >= precision * count and each.prediction.sql is not None:
            best, threshold = count, each.prediction.confidence
    return best / len(ranked) if ranked else 0.0, threshold


def answered(scored: Sequence[Scored]) -> list[Scored]:
    """The questions that were answered rather than withheld."""
    return [each for each in countable(scored) if not each.prediction.abstained]


def answered_share(scored: Sequence[Scored]) -> float:
    """The share of questions that were answered rather than withheld, from 0 to 1."""
    return len(answered(scored)) / len(countable(scored)) if countable(scored) else 0.0


def guesses(scored: Sequence[Scored]) -> list[Guess]:
    """What was believed of each statement, and whether it was right; a question without one believes nothing."""
    return [
        (each.prediction.confidence, each.is_correct)
        for each in countable(scored)
        if each.status is not Status.NO_ANSWER
    ]


def failures(scored: Sequence[Scored]) -> list[tuple[Failure, int]]:
    """How often each kind of failure occurs, the most frequent first."""
    kinds = (failure(each.status, each.item.golds, each.prediction.sql) for each in countable(scored))
    return Counter(kind for kind in kinds if kind is not None).most_common()


def outcomes(scored: Sequence[Scored]) -> list[tuple[str, int]]:
    """How often each status occurs, the most frequent first."""
    return [(status.value, count) for status, count in Counter(each.status for each in scored).most_common()]


def milliseconds(scored: Sequence[Scored]) -> tuple[float, float]:
    """Median and 95th percentile of the time per question."""
    times = sorted(each.prediction.ms for each in scored)
    if not times:
        return 0.0, 0.0
    return statistics.median(times), times[min(int(len(times) * 0.95), len(times) - 1)]


def questions_per_second(scored: Sequence[Scored]) -> float:
    """How many questions are answered in a second, one after another; 0 where no time was kept."""
    seconds = sum(each.prediction.ms for each in scored) / 1000
    return len(scored) / seconds if seconds else 0.0


def _ranked(scored: Sequence[Scored]) -> list[Scored]:
    return sorted(countable(scored), key=lambda each: -each.prediction.confidence)


def _score(work: tuple[Path, tuple[str, ...], str | None]) -> Status:
    return score(*work)
