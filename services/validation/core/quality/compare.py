"""Two reports side by side: which expectations changed, and how far the columns have drifted."""

import enum
import json
from dataclasses import dataclass

from services.validation.core.quality.drift import Drift, drift_between
from services.validation.core.quality.model import Expectation, Outcome, Report, Verdict


class ChangeKind(enum.StrEnum):
    """What became of an expectation, the worst first."""

    BROKEN = "broken"
    FIXED = "fixed"
    ADDED = "added"
    REMOVED = "removed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Change:
    """An expectation in two reports; None where one has it not."""

    kind: ChangeKind
    before: Verdict | None
    after: Verdict | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports side by side."""

    before: Report
    after: Report
    changes: tuple[Change, ...]
    drifts: tuple[Drift, ...]


def compare(before: Report, after: Report) -> Comparison:
    """What has changed from one report to a later one. Expectations are the same where all but `severity` is."""
    former, later = _by_expectation(before), _by_expectation(after)
    changes = [_change(former.get(key), later.get(key)) for key in {**later, **former}]
    order = list(ChangeKind)
    changes.sort(key=lambda change: order.index(change.kind))
    known = {each.column: each for each in before.distributions}
    found = [drift_between(known[each.column], each) for each in after.distributions if each.column in known]
    drifts = sorted((each for each in found if each is not None), key=lambda each: -each.psi)
    return Comparison(before, after, tuple(changes), tuple(drifts))


def _change(before: Verdict | None, after: Verdict | None) -> Change:
    if before is None or after is None:
        return Change(ChangeKind.ADDED if before is None else ChangeKind.REMOVED, before, after)
    passed, passes = (each.outcome is Outcome.PASSED for each in (before, after))
    if passed == passes:
        return Change(ChangeKind.SAME, before, after)
    return Change(ChangeKind.BROKEN if passed else ChangeKind.FIXED, before, after)


def _by_expectation(report: Report) -> dict[tuple[str, int], Verdict]:
    """Verdicts by what was expected; what was expected twice has a number."""
    found: dict[tuple[str, int], Verdict] = {}
    for verdict in report.verdicts:
        key, number = _key(verdict.expectation), 0
        while (key, number) in found:
            number += 1
        found[key, number] = verdict
    return found


def _key(expectation: Expectation) -> str:
    whole = [expectation.type, list(expectation.columns), dict(expectation.parameters), expectation.mostly]
    return json.dumps(whole, sort_keys=True, default=str)
