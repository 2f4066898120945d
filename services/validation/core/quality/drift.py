"""How far a column has drifted between two runs that counted it in the same ranges or values.

Figures are made of counts alone, so that two reports can be compared when the rows of the former are long gone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from services.validation.core.quality.model import Distribution, Expectation, Outcome, Verdict

# A range that no row is in counts as this share, since the logarithm of nothing is none.
_LEAST_SHARE = 1e-4
OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a column has drifted; `ks` is -1 where its values have no order."""

    column: str
    psi: float
    ks: float = -1.0


def population_stability_index(before: Sequence[int], after: Sequence[int]) -> float:
    """The sum over ranges of (a - b) * ln(a / b), of the shares of rows after and before.

    Below 0.1 is taken as stable, above 0.25 as a shift. Source: N. Siddiqi, Credit Risk Scorecards (2006), chapter 9;
    it is the symmetric form of Kullback and Leibler's divergence.
    """
    pairs = list(zip(_shares(before), _shares(after), strict=True))
    return sum((a - b) * math.log(a / b) for b, a in pairs)


def kolmogorov_smirnov(before: Sequence[int], after: Sequence[int]) -> float:
    """The largest distance between the two cumulative shares, at the bounds of the ranges.

    Within a range the distance may be larger, so this is the least that the two-sample statistic can be.
    Source: N. Smirnov, Table for estimating the goodness of fit of empirical distributions (1948).
    """
    rows_before, rows_after = sum(before), sum(after)
    if not rows_before or not rows_after:
        return 0.0 if rows_before == rows_after else 1.0
    cumulated = zip(accumulate(before), accumulate(after), strict=True)
    return max(abs(b / rows_before - a / rows_after) for b, a in cumulated)


def drift_between(before: Distribution, after: Distribution) -> Drift | None:
    """How far a column has drifted; None where the two were not counted in the same way."""
    if (before.edges, before.values) != (after.edges, after.values) or not before.counted:
        return None
    psi = population_stability_index(before.counted, after.counted)
    return Drift(after.column, psi, kolmogorov_smirnov(before.counted, after.counted) if before.edges else -1.0)


def judge_drift(
    position: int, expectation: Expectation, before: Distribution | None, after: Distribution | None
) -> Verdict:
    """What comes of `expect_column_distribution_to_be_stable`."""
    column = expectation.columns[0]
    drift = drift_between(before, after) if before and after else None
    if drift is None:
        why = (
            f"There is no former distribution of {column!r} to compare with; this run's is kept for the next one."
            if after
            else f"The values of {column!r} are not counted, since they are private or of a kind that is not."
        )
        return Verdict(position, expectation, Outcome.NOT_JUDGED, message=why)
    measured = {"max_psi": drift.psi, "max_ks": drift.ks}
    asked = {name: float(expectation.parameters[name]) for name in measured if name in expectation.parameters}
    if "max_ks" in asked and drift.ks < 0:
        why = f"The values of {column!r} have no order, so max_ks has no meaning for them. Use max_psi."
        return Verdict(position, expectation, Outcome.NOT_JUDGED, message=why)
    stable = all(measured[name] <= most for name, most in asked.items())
    observed = f"psi {drift.psi:.4f}" + (f", ks {drift.ks:.4f}" if drift.ks >= 0 else "")
    return Verdict(position, expectation, Outcome.PASSED if stable else Outcome.FAILED, observed=observed)


def partition_of(before: Distribution) -> dict[str, list[float] | list[str]]:
    """A distribution as Great Expectations' `partition_object`. Values that are not listed stand together as one."""
    if before.edges:
        total = sum(before.counts)
        return {"bins": list(before.edges), "weights": [count / total for count in before.counts]}
    return {"values": [*before.values, OTHER], "weights": _shares(before.counted)}


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    floored = [max(count / total if total else 0.0, _LEAST_SHARE) for count in counts]
    return [share / sum(floored) for share in floored]
