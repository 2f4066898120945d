"""Whether an answer can be trusted: answer, ask back, or abstain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.generation.core.model import Abstention, Accepted, Candidate, Draft, Outcome, Proof, Result

MAX_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """From which confidence something is done about a question; all are from 0 to 1.

    The precisions are the built-in engine's on 22 databases that it did not learn from, half of the questions reworded
    with synonyms, each measured with a calibration that was fitted on the other databases (`docs/benchmarks.md`).

    Args:
        answer_from: An answer is given. From 0.7 up 86 of 100 are right, and they cover 74 of 100 questions; at the
            threshold itself 7 of 10 are.
        sure_from: An answer stands alone; below, it is shown with what else it could be. From 0.85 up 92 of 100 are
            right.
        ask_back_from: The likely readings are shown, to choose from. Below, about 3 of 10 best guesses are right, and
            not even a guess is shown.
    """

    answer_from: float = 0.7
    sure_from: float = 0.85
    ask_back_from: float = 0.2


def decide(
    drafts: Sequence[Draft],
    accepted: Sequence[Accepted],
    proof: Proof | None,
    explanation: str,
    policy: Policy,
) -> Result:
    """What to say to a question, given everything that was drafted, let through and run."""
    if proof is None:
        return _abstained(drafts, accepted)
    readings = _readings(proof)
    if proof.confidence >= policy.answer_from:
        others = readings[1 : 1 + MAX_ALTERNATIVES] if proof.confidence < policy.sure_from else ()
        return _answered(proof, explanation, others)
    if proof.confidence >= policy.ask_back_from:
        shown = readings[: 1 + MAX_ALTERNATIVES]
        return Result(Outcome.ASKED_BACK, confidence=proof.confidence, alternatives=shown)
    return _withheld(
        drafts,
        "CONFIDENCE_TOO_LOW",
        "A statement was found that runs, but it is too unlikely to be what you mean. "
        "Name the tables, columns or values that you mean as the schema does.",
        proof.confidence,
    )


def _answered(proof: Proof, explanation: str, alternatives: tuple[Candidate, ...]) -> Result:
    run, rows = proof.winner, proof.winner.rows
    return Result(
        outcome=Outcome.ANSWERED,
        sql=run.accepted.verdict.checked_sql,
        explanation=explanation,
        confidence=proof.confidence,
        alternatives=alternatives,
        row_count=run.summary.row_count,
        truncated=bool(run.summary.limit) or rows.row_count < run.summary.row_count,
        tables=run.accepted.verdict.tables,
        columns=run.columns,
        rows=rows,
        model=run.accepted.candidate.source,
    )


def _readings(proof: Proof) -> tuple[Candidate, ...]:
    """What the question could mean, the winner first: one reading for each result, then those that were not run.

    A second reading with the same result is none to choose: nobody could see a difference.
    """
    winner, *others = proof.clusters
    return (
        _reading(winner.best.accepted, proof.confidence),
        *(_reading(each.best.accepted, each.mass) for each in others),
        *(_reading(each, each.candidate.confidence) for each in proof.waiting),
    )


def _reading(accepted: Accepted, confidence: float) -> Candidate:
    return replace(accepted.candidate, sql=accepted.verdict.checked_sql, confidence=confidence)


def _abstained(drafts: Sequence[Draft], accepted: Sequence[Accepted]) -> Result:
    if accepted:
        reason, message = "NO_CANDIDATE_PASSED", "Every statement that was found failed when it was run."
    elif any(draft.candidates for draft in drafts):
        reason, message = "NO_CANDIDATE_PASSED", "Every statement that was found was refused by the checks."
    else:
        reason, message = "NOTHING_UNDERSTOOD", "Nothing in the question was found in this data source."
    advice = "Ask with the names that the schema uses, or choose another data source."
    return _withheld(drafts, reason, f"{message} {advice}", 0.0)


def _withheld(drafts: Sequence[Draft], reason: str, message: str, confidence: float) -> Result:
    first = drafts[0] if drafts else Draft(())
    return Result(
        Outcome.ABSTAINED,
        confidence=confidence,
        abstention=Abstention(reason, message, first.links, first.unlinked),
    )
