"""What to mind of a trial, said in sentences: skew, spills, joins that change, data that was made up or cut."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from services.validation.core.model import Finding, Severity
from services.validation.core.trials.growth import bytes_in_words
from services.validation.core.trials.model import Measurement, Sample
from services.validation.core.trials.replication import Ref, Replication

# A key that holds so much of the rows makes one task of many take that much longer.
_SKEWED = 0.05
# What the longest task has to be, beside the median one, to be told of, and how long it has to be at all.
_UNEVEN = 4.0


def of_sample(
    samples: Sequence[Sample], replication: Replication, joins: Iterable[tuple[Ref, Ref]], turned: int
) -> list[Finding]:
    """The findings about the data."""
    joined = {side for pair in joins for side in pair}
    worst: dict[Ref, float] = {}
    for each in replication.heavy:
        ref = (each.table, each.column)
        worst[ref] = max(worst.get(ref, 0.0), each.share)
    found = [_skew(ref, share) for ref, share in worst.items() if ref in joined and share >= _SKEWED]
    for sample in samples:
        if sample.made_up:
            names = ", ".join(sample.made_up)
            message = (
                f"Values of {sample.table} were made up, not read: {names}. They are private or masked, the table has "
                "no rows, or no rows were to be read. Conditions on them select other rows than in the data source."
            )
            found.append(_finding("TRIAL_DATA_MADE_UP", message, Severity.INFO, table=sample.table))
    cut = [each.table for each in samples if not each.complete and each.made_up != each.columns]
    if cut:
        message = f"The sample has a part of the rows of {', '.join(cut)}, the first ones by their keys."
        if turned:
            message += f" {turned:,} references to rows outside were turned to rows inside, key by key."
        found.append(_finding("TRIAL_SAMPLE_CUT", message, Severity.INFO))
    if replication.fixed:
        message = f"{', '.join(replication.fixed)} did not grow: tables so small beside the others are lists of codes."
        found.append(_finding("TRIAL_SAMPLE_CUT", message, Severity.INFO))
    if replication.unmoved:
        names = ", ".join(f"{table}.{column}" for table, column in replication.unmoved)
        message = f"The keys {names} are the same in every copy of the sample: they have no room to be moved."
        found.append(_finding("TRIAL_SAMPLE_CUT", message, Severity.WARNING))
    return found


def _skew(ref: Ref, share: float) -> Finding:
    table, column = ref
    message = (
        f"The join on {table}.{column} is skewed: one key holds {share:.0%} of the rows, and one task gets all of "
        "them. Aggregate before joining, treat that key apart, or let Spark broadcast the other side."
    )
    return _finding("TRIAL_SKEW", message, Severity.WARNING, table=table, column=column, share=f"{share:.3f}")


def of_measurements(measured: Sequence[Measurement]) -> list[Finding]:
    """The findings about what was measured."""
    if not measured:
        return []
    found, last = [], measured[-1]
    uneven = last.cost.record_skew
    if uneven >= _UNEVEN:
        message = (
            f"At {last.rows:,} rows one task reads {uneven:.1f} times as many records as the median one "
            f"(time: {last.cost.time_skew:.1f} times). The work is not spread evenly."
        )
        found.append(_finding("TRIAL_SKEW", message, Severity.WARNING, record_skew=f"{uneven:.2f}"))
    spilled = next((each for each in measured if each.cost.disk_spilled_bytes), None)
    if spilled is not None:
        size = bytes_in_words(spilled.cost.disk_spilled_bytes)
        message = f"From {spilled.rows:,} rows on, Spark puts data on disk for want of memory: {size} there."
        found.append(_finding("TRIAL_SPILLED", message, Severity.WARNING))
    for before, after in pairwise(measured):
        if set(before.cost.joins) != set(after.cost.joins):
            message = (
                f"Between {before.rows:,} and {after.rows:,} rows Spark joins in another way: "
                f"{_names(before.cost.joins)}, then {_names(after.cost.joins)}. The growth bends there."
            )
            found.append(_finding("TRIAL_PLAN_CHANGED", message, Severity.INFO))
    return found


def ansi(dialect: str) -> Finding:
    """What every trial minds of Spark's way of reckoning."""
    message = (
        f"Spark ran in ANSI mode: a number too large, or a text that is no number, is an error there, whatever "
        f"{dialect} makes of it."
    )
    return _finding("SQL_NOT_PORTABLE", message, Severity.INFO)


def _names(joins: Sequence[str]) -> str:
    return " and ".join(joins) or "none"


def _finding(reason: str, message: str, severity: Severity, **metadata: str) -> Finding:
    return Finding(reason, message, severity, metadata=metadata)
