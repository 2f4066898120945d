"""From a question to a checked answer: the product's idea on one screen."""

from dataclasses import dataclass, field, replace

from services.generation.core.decide import MAX_ALTERNATIVES, Policy, decide
from services.generation.core.explain_statement import explain_statement
from services.generation.core.model import (
    GIVEN,
    Accepted,
    Candidate,
    Checked,
    Context,
    Draft,
    Drafted,
    Explained,
    Question,
    Rejection,
    Result,
    Verdict,
)
from services.generation.core.ports import Documents, Listener, Modelhub, Validation
from services.generation.core.prove_answer import Voting, prove_answer
from services.generation.core.steps import Steps
from services.generation.core.understand_question import understand_question
from services.kit.clock import Clock

MAX_REPAIRS = 3
# How many candidates of a draft are let through, where it has them: an answer and its alternatives, or all that run.
ENOUGH = 1 + MAX_ALTERNATIVES


@dataclass(slots=True)
class _Work:
    """What is known while a question is being answered."""

    question: Question
    context: Context
    drafts: list[Draft] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def accept(self, candidate: Candidate, verdict: Verdict) -> None:
        """Keeps a candidate, unless it is a statement that is known already in other words."""
        if all(each.verdict.checked_sql != verdict.checked_sql for each in self.accepted):
            self.accepted.append(Accepted(candidate, verdict))


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """Answers a question, asks back, or abstains, and tells every step."""

    documents: Documents
    modelhub: Modelhub
    validation: Validation
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    voting: Voting = field(default_factory=Voting)

    async def __call__(self, question: Question, listener: Listener) -> Result:
        """What comes of a question.

        1 understand  2 retrieve  3 draft  4 check  5 repair, at most three times  6 prove  7 explain  8 decide

        Raises:
            InvalidArgument: The question holds nothing to read.
            CandorError: A part that is needed does not answer.
        """
        steps = Steps(listener, self.clock)
        async with steps.step("understand", "Reading the question") as step:
            understood = understand_question(question.text)
            step.note(understood.note)
            question = replace(question, text=understood.text)
        async with steps.step("retrieve", "Finding the tables and values it is about") as step:
            context = await self.documents.retrieve(question)
            step.note(f"Tables: {', '.join(context.tables[:12])}", *context.values[:8])
        work = _Work(question, context)
        if understood.statement is not None:
            given = Candidate(understood.statement, 1.0, GIVEN, "the statement that was given")
            await self._check(work, Draft((given,)), 1, steps, listener)
        for attempt in range(1, MAX_REPAIRS + 2):
            if work.accepted or not await self._draft(work, attempt, steps, listener):
                break
        proof = await prove_answer(
            self.validation, question, work.accepted, dialect=context.dialect, voting=self.voting, steps=steps
        )
        explanation = ""
        if proof is not None:
            async with steps.step("explain", "Putting the statement in words"):
                sql = proof.winner.accepted.verdict.checked_sql
                explanation = explain_statement(sql, context.dialect)
                await listener.tell(Explained(explanation, sql))
        async with steps.step("decide", "Deciding whether to trust it") as step:
            result = decide(work.drafts, work.accepted, proof, explanation, self.policy)
            step.note(f"{result.outcome.value.replace('_', ' ')}, confidence {result.confidence:.0%}")
        return replace(result, schema_version=context.schema_version, proof=proof)

    async def _draft(self, work: _Work, attempt: int, steps: Steps, listener: Listener) -> bool:
        """Drafts and checks once; whether anything new came of it, so that trying again can help."""
        message = "Drafting SQL" if attempt == 1 else "Drafting again, without what was refused"
        async with steps.step("draft" if attempt == 1 else "repair", message, attempt=attempt) as step:
            draft = Draft(())
            async for part in self.modelhub.draft(work.question, work.context, work.rejections):
                if isinstance(part, Draft):
                    draft = part
            known = {each.sql for each in work.rejections}
            draft = replace(draft, candidates=tuple(each for each in draft.candidates if each.sql not in known))
            work.drafts.append(draft)
            await listener.tell(Drafted(draft, attempt))
            step.note(*(f"{each.confidence:.0%} {each.reading}" for each in draft.candidates[:ENOUGH]))
            if not draft.candidates:
                step.fail("Nothing usable was found.")
        if draft.candidates:
            await self._check(work, draft, attempt, steps, listener)
        return bool(draft.candidates)

    async def _check(self, work: _Work, draft: Draft, attempt: int, steps: Steps, listener: Listener) -> None:
        async with steps.step("check", "Checking names, safety and plan", attempt=attempt) as step:
            for index, candidate in enumerate(draft.candidates):
                # A statement that was given may use any table, not only those that its words point to.
                known = None if candidate.source == GIVEN else work.context
                verdict = await self.validation.check(work.question, candidate.sql, known)
                await listener.tell(Checked(index, candidate.sql, verdict, attempt))
                if verdict.allowed:
                    work.accept(candidate, verdict)
                else:
                    work.rejections.append(_rejection(candidate, verdict))
                    step.note(work.rejections[-1].message)
                if len(work.accepted) == max(ENOUGH, self.voting.max_runs):
                    break
            if not work.accepted:
                step.fail("No candidate passed.")


def _rejection(candidate: Candidate, verdict: Verdict) -> Rejection:
    worst = next((each for each in verdict.findings if each.severity == "error"), None)
    assert worst is not None, "what is refused has an error"
    return Rejection(candidate.sql, worst.reason, worst.message)
