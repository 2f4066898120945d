"""How a cost grows with the data: a power of the rows above a fixed part, fitted to a few sizes and put in words."""

import math
from collections.abc import Sequence
from itertools import pairwise

from services.validation.core.trials.model import Growth, Measurement

_EXPONENTS = tuple(number / 100 for number in range(1, 301))
# Exponents whose mean relative error is within this of the least are taken to fit as well.
_AS_WELL = 0.01
# The mean relative error of a time that is measured once or twice; bytes have none.
_NOISE = 0.05
# What has not grown by this factor from the first size to the last says little about growth.
_GROWN = 1.5
# A fixed part is told where it is more than this of the largest cost.
_TOLD = 0.05
_WORDS = (
    (0.1, "does not grow with the rows"),
    (0.85, "grows more slowly than the rows"),
    (1.15, "grows about linearly with the rows"),
    (1.7, "grows faster than the rows"),
    (2.3, "grows about with the square of the rows"),
    (math.inf, "grows faster than the square of the rows"),
)


def fit(rows: Sequence[int], costs: Sequence[float], noise: float = 0.0) -> tuple[float, float, float]:
    """The fixed part, the factor and the exponent of `fixed + factor * rows ** exponent`.

    Least squares of the relative errors, neither part below 0. Few sizes, and a `noise` of such a share of the
    costs, leave several exponents that fit as well: of these a constant comes first, then the one nearest to 1, since
    most of what engines do is linear and a fixed part taken for slow growth would make a forecast far too low. A cost
    that is 0 anywhere is taken to be constant.
    """
    if len(rows) < 2 or min(costs) <= 0:
        return max(costs, default=0.0), 0.0, 0.0
    constant = _parts(rows, costs, None)
    tried = [(exponent, _parts(rows, costs, exponent)) for exponent in _EXPONENTS]
    allowed = min(constant[2], *(error for _, (_, _, error) in tried)) + _AS_WELL
    allowed = max(allowed, noise)
    if constant[2] <= allowed:
        return constant[0], 0.0, 0.0
    exponent, (fixed, factor, _) = min(
        (each for each in tried if each[1][2] <= allowed), key=lambda each: abs(each[0] - 1)
    )
    return fixed, factor, exponent


def _parts(rows: Sequence[int], costs: Sequence[float], exponent: float | None) -> tuple[float, float, float]:
    """The fixed part and the factor that fit best to an exponent, and the root mean square of the relative errors."""
    most = max(rows)
    xs = [0.0 if exponent is None else (each / most) ** exponent for each in rows]
    weights = [1 / each**2 for each in costs]

    def total(*factors: Sequence[float]) -> float:
        return math.fsum(math.prod(each) for each in zip(weights, *factors, strict=True))

    w, wx, wxx, wy, wxy = total(), total(xs), total(xs, xs), total(costs), total(xs, costs)
    determinant = w * wxx - wx * wx
    if determinant <= w * w * 1e-12:
        fixed, factor = wy / w, 0.0
    else:
        fixed, factor = (wxx * wy - wx * wxy) / determinant, (w * wxy - wx * wy) / determinant
        if factor < 0:
            fixed, factor = wy / w, 0.0
        elif fixed < 0:
            fixed, factor = 0.0, wxy / wxx
    error = math.sqrt(sum(((y - fixed - factor * x) / y) ** 2 for x, y in zip(xs, costs, strict=True)) / len(costs))
    return fixed, factor / most ** (exponent or 0.0), error


def growths(measured: Sequence[Measurement], project_rows: int, master: str) -> tuple[Growth, ...]:
    """The growth of time, of the time of all tasks, and of what is shuffled."""
    rows = [each.rows for each in measured]
    return (
        _growth("time", rows, [each.seconds for each in measured], project_rows, f" on {master}"),
        _growth("task_time", rows, [each.cost.task_seconds for each in measured], project_rows, ""),
        _growth("shuffle", rows, [float(each.cost.shuffle_write_bytes) for each in measured], project_rows, ""),
    )


def _growth(measure: str, rows: Sequence[int], costs: Sequence[float], project_rows: int, where: str) -> Growth:
    fixed, factor, exponent = fit(rows, costs, 0.0 if measure == "shuffle" else max(_NOISE, trembling(costs)))
    projected = max(0.0, fixed + factor * project_rows**exponent)
    name = {"time": "Time", "task_time": "The work of all tasks", "shuffle": "What is shuffled"}[measure]
    shown = bytes_in_words if measure == "shuffle" else seconds_in_words
    if max(costs, default=0.0) <= 0:
        return Growth(measure, 0.0, 0.0, 0.0, 0.0, f"{name}: nothing at any size.")
    if len(rows) < 2:
        return Growth(measure, exponent, fixed, factor, 0.0, f"{name}: one size alone says nothing of growth.")
    # Times tremble, bytes do not: what is shuffled may be said not to grow.
    if measure != "shuffle" and costs[-1] < _GROWN * costs[0]:
        message = (
            f"{name} does not grow visibly up to {rows[-1]:,} rows: what every run costs hides it, so nothing is "
            "said of more. Try larger sizes."
        )
        return Growth(measure, exponent, fixed, factor, 0.0, message)
    word = next(text for limit, text in _WORDS if exponent < limit)
    above = f" above a fixed part of {shown(fixed)}" if factor and fixed > _TOLD * max(costs) else ""
    message = (
        f"{name} {word} (n^{exponent:.2f}){above}; at {project_rows:,} rows expect about {shown(projected)}{where}."
    )
    if rows[-1] * 1000 < project_rows:
        message += f" That is far from the {rows[-1]:,} rows tried: a plan that changes or spills makes it more."
    return Growth(measure, exponent, fixed, factor, projected, message)


def trembling(costs: Sequence[float]) -> float:
    """How far measurements are off at the least: the largest share by which more rows took less."""
    falls = ((before - after) / before for before, after in pairwise(costs) if before > 0)
    return max(0.0, *falls, 0.0)


def seconds_in_words(seconds: float) -> str:
    """A time for a person: "850 ms", "12 s", "3.5 min", "2.1 h", "4.2 days"."""
    for limit, unit, word in ((1, 0.001, "ms"), (120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{_rounded(seconds / unit)} {word}"
    return f"{_rounded(seconds / 86_400)} days"


def bytes_in_words(count: float) -> str:
    """Bytes for a person, in powers of 1000."""
    for word in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{_rounded(count)} {word}"
        count /= 1000
    return f"{_rounded(count)} PB"


def _rounded(number: float) -> str:
    return f"{number:,.1f}" if number < 10 else f"{number:,.0f}"
