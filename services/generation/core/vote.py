"""The vote: readings that give the same result stand together, and the result with most mass wins.

Self-consistency by execution (Shi et al., 2022, "Natural Language to Code Translation with Execution"): different
statements rarely agree on a wrong result by chance.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from services.generation.core.calibrate import calibrate, weights_for
from services.generation.core.model import GIVEN, Accepted, Cell, Cluster, Facts, Proof, ResultColumn, Run
from services.generation.core.same_result import comparable, same_columns

# What the mass of a result that holds nothing counts: people seldom ask for what is not there, and a wrong condition
# finds nothing more often than a right one.
EMPTY_WEIGHT = 0.3

_NUMBERS = {"integer", "number"}


def with_run(clusters: Sequence[Cluster], run: Run) -> tuple[Cluster, ...]:
    """The clusters with another run: in the first whose result it has, else in one of its own."""
    for position, cluster in enumerate(clusters):
        if same_result(cluster.best, run):
            return (*clusters[:position], Cluster((*cluster.runs, run)), *clusters[position + 1 :])
    return (*clusters, Cluster((run,)))


def same_result(one: Run, other: Run) -> bool:
    """Whether two runs gave the same: as many rows in all, cut by the same limit, and the same first rows.

    Rows are compared in their order where either statement asks for one.
    """
    return (
        one.summary == other.summary
        and len(one.columns) == len(other.columns)
        and same_columns(_values(one), _values(other), ordered=one.is_ordered or other.is_ordered)
    )


def is_settled(clusters: Iterable[Cluster], waiting: Iterable[Accepted]) -> bool:
    """Whether the readings that may still be run cannot change the winner, even if all of them agree."""
    return cannot_be_overtaken(map(_weight, clusters), sum(each.candidate.confidence for each in waiting))


def cannot_be_overtaken(weights: Iterable[float], waiting: float) -> bool:
    """Whether the heaviest result stays it, though all the mass that waits went to the next."""
    leader, second = (*sorted(weights, reverse=True), 0.0, 0.0)[:2]
    return leader > second + waiting


def vote(clusters: Sequence[Cluster], waiting: Sequence[Accepted]) -> Proof:
    """The proof of a question: the different results, the one with most weight first, and how far to trust it.

    What was refused or failed cannot be right and takes no share of the probability.

    Args:
        clusters: Readings that ran, at least one; in each the best first, and the cluster with the best of all first.
        waiting: Readings that were not run and may be right all the same.
    """
    confidences = [each.mass for each in clusters] + [each.candidate.confidence for each in waiting]
    scale = 1 / max(sum(confidences), 1.0)
    ranked = sorted(clusters, key=_weight, reverse=True)
    scaled = tuple(Cluster(tuple(_scaled_run(run, scale) for run in each.runs)) for each in ranked)
    winner = scaled[0]
    facts = Facts(winner.mass, is_empty(winner.best), len(winner.runs), sum(len(each.runs) for each in scaled))
    source = winner.best.accepted.candidate.source
    # What a person wrote is no guess.
    confidence = facts.mass if source == GIVEN else calibrate(facts, weights_for(source))
    return Proof(scaled, tuple(_scaled(each, scale) for each in waiting), facts, confidence)


def is_empty(run: Run) -> bool:
    """Whether a result holds nothing: no rows, or one in which nothing is set, as aggregates over nothing give."""
    if run.summary.row_count != 1:
        return run.summary.row_count == 0
    return all(cell is None for column in run.rows.columns for cell in column)


def _weight(cluster: Cluster) -> float:
    return weight(cluster.mass, is_empty=is_empty(cluster.best))


def weight(mass: float, *, is_empty: bool) -> float:
    """What a result counts in the vote."""
    return mass * (EMPTY_WEIGHT if is_empty else 1.0)


def _scaled_run(run: Run, scale: float) -> Run:
    return replace(run, accepted=_scaled(run.accepted, scale))


def _scaled(accepted: Accepted, scale: float) -> Accepted:
    candidate = accepted.candidate
    return replace(accepted, candidate=replace(candidate, confidence=candidate.confidence * scale))


def _values(run: Run) -> list[list[Hashable]]:
    columns = zip(run.columns, run.rows.columns, strict=True)
    return [[comparable(_number(cell, column)) for cell in cells] for column, cells in columns]


def _number(cell: Cell, column: ResultColumn) -> Cell:
    """A cell by its value: exact numbers come as text, with as many zeros as the database likes."""
    if column.type not in _NUMBERS or not isinstance(cell, str):
        return cell
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell
