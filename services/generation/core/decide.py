"""Whether an answer can be trusted: answer, ask back, or abstain."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.generation.core.model import Abstention, Candidate, Draft, Outcome, Result
from services.generation.core.prove_answer import Accepted, Proven

MAX_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """From which confidence an answer is given, and below which not even a guess is shown."""

    answer_from: float = 0.6
    ask_back_from: float = 0.2


def decide(
    drafts: Sequence[Draft],
    accepted: Sequence[Accepted],
    proven: Proven | None,
    explanation: str,
    policy: Policy,
) -> Result:
    """What to say to a question, given everything that was drafted, let through and run."""
    if proven is None:
        return _abstained(drafts, accepted)
    chosen = proven.accepted
    alternatives = tuple(
        Candidate(each.verdict.checked_sql, each.candidate.confidence, each.candidate.source, each.candidate.reading)
        for each in accepted
        if each is not chosen
    )[:MAX_ALTERNATIVES]
    confidence = chosen.candidate.confidence
    answer = Result(
        outcome=Outcome.ANSWERED,
        sql=chosen.verdict.checked_sql,
        explanation=explanation,
        confidence=confidence,
        alternatives=alternatives,
        row_count=proven.summary.row_count,
        truncated=bool(proven.summary.limit) or proven.rows.row_count < proven.summary.row_count,
        tables=chosen.verdict.tables,
        columns=proven.columns,
        rows=proven.rows,
        model=chosen.candidate.source,
    )
    if confidence >= policy.answer_from:
        return answer
    if confidence >= policy.ask_back_from:
        best = Candidate(answer.sql, confidence, chosen.candidate.source, chosen.candidate.reading)
        return Result(Outcome.ASKED_BACK, confidence=confidence, alternatives=(best, *alternatives))
    return _withheld(
        drafts,
        "CONFIDENCE_TOO_LOW",
        "A statement was found that runs, but it is too unlikely to be what you mean. "
        "Name the tables, columns or values that you mean as the schema does.",
        confidence,
    )


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
