"""The built-in engine: two readers propose, each statement is weighed once, the likeliest come first."""

import re
from collections.abc import Callable
from dataclasses import replace

from services.modelhub.adapters.built_in.evidence import evidence
from services.modelhub.adapters.built_in.habits import learn, with_habits
from services.modelhub.adapters.built_in.linking import Item, target_name
from services.modelhub.adapters.built_in.memory import recall
from services.modelhub.adapters.built_in.narrowing import narrow
from services.modelhub.adapters.built_in.parser.weights import Network, loader
from services.modelhub.adapters.built_in.pool import Pool, Pooled, pool
from services.modelhub.adapters.built_in.ranker import by_rules
from services.modelhub.adapters.built_in.reading import read_out
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import Schema, prepare
from services.modelhub.adapters.built_in.tokens import MAX_CHARACTERS, Token, tokenize
from services.modelhub.core.model import Candidate, Context, Draft, DraftRequest, LinkedPhrase

SOURCE, MEMORY = "built-in", "built-in:memory"
# How often what is recalled for the same words is right: 97 to 99 of 100 where it was measured.
MEMORY_IS_RIGHT = 0.97
# Where no word names anything here, the best guess must be at least as likely as this to be one at all.
LEAST_BELIEF = 0.2


class BuiltInEngine:
    """Drafts SQL with no key and no network: synchronous, and the same for the same request.

    Args:
        load: Gives the trained network, or None to read by rules alone; the installed one when not named.
    """

    def __init__(self, load: Callable[[], Network | None] | None = None) -> None:
        self._load = load or loader()

    def draft(self, request: DraftRequest) -> Draft:
        """Candidates for the request, best first; none when nothing in the question names something in the schema.

        Their confidences exclude each other: each is the chance that this reading, and no other, is the right one.
        """
        context = request.context
        tokens = tokenize(request.question)
        schema = prepare(*narrow(context, tokens))
        if context.verified:
            schema = with_habits(schema, learn(context.verified, schema, context.dialect))
        network = self._load()
        found = pool(tokens, schema, context.value_matches, context.dialect, network)
        understood = _understood(found.linked, tokens, request.question)
        unlinked = tuple(dict.fromkeys(tokens[item.start].text for item in found.linked if item.kind == "word"))
        weigh = by_rules if network is None or network.ranker is None else network.ranker.probabilities
        chances = weigh(evidence(found))
        remembered = _remembered(found, context, schema)
        if not remembered and not found.says_something and max(chances, default=0.0) < LEAST_BELIEF:
            return Draft((), understood, unlinked)
        refused = {_folded(rejection.sql) for rejection in request.rejections}
        drafted = [_candidate(each, chance) for each, chance in zip(found.candidates, chances, strict=True)]
        candidates = [each for each in _joined(remembered, drafted) if _folded(each.sql) not in refused]
        candidates.sort(key=lambda candidate: -candidate.confidence)
        return Draft(tuple(candidates[: max(request.max_candidates, 0)]), understood, unlinked)


def _remembered(found: Pool, context: Context, schema: Schema) -> Candidate | None:
    """What was accepted for such a question, with this question's literals."""
    for recalled in recall(found.tokens, schema, found.items, context.verified, context.dialect):
        realized = realize(recalled.query, schema, context.dialect)
        if realized is not None:
            chance = MEMORY_IS_RIGHT * recalled.similarity
            return Candidate(realized.sql, round(chance, 4), MEMORY, read_out(recalled.query), realized.tables)
    return None


def _joined(remembered: Candidate | None, drafted: list[Candidate]) -> list[Candidate]:
    """What is remembered first; the others share what it leaves, so that all still exclude each other."""
    if remembered is None:
        return drafted
    left = 1.0 - remembered.confidence
    others = [replace(each, confidence=round(each.confidence * left, 4)) for each in drafted]
    return [remembered, *(each for each in others if each.sql != remembered.sql)]


def _candidate(each: Pooled, chance: float) -> Candidate:
    return Candidate(
        sql=each.realized.sql,
        confidence=round(chance, 4),
        source=SOURCE,
        reading=read_out(each.query),
        tables=each.realized.tables,
        notes=_notes(each),
    )


def _notes(each: Pooled) -> tuple[str, ...]:
    ambiguous = each.proposal.sentence.ambiguous.values() if each.proposal is not None else ()
    notes = [
        f"could also mean {target_name(other)} rather than {target_name(one)}"
        for one, other, _ in ambiguous
        if one != other
    ]
    if each.realized.is_tied:
        notes.append("the tables can be joined in more than one way")
    return tuple(dict.fromkeys(notes))


def _folded(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip(" ;").lower()


def _understood(items: tuple[Item, ...], tokens: tuple[Token, ...], question: str) -> tuple[LinkedPhrase, ...]:
    assert all(token.end <= MAX_CHARACTERS + 1 for token in tokens)
    phrases = []
    for item in items:
        start, end = tokens[item.start].start, tokens[item.end - 1].end
        if item.kind == "name":
            target, kind = target_name(item.names[0].ref), "table" if item.names[0].is_table else "column"
        elif item.kind == "value":
            match = item.values[0]
            target, kind = f"{match.table}.{match.column} = {match.value}", "value"
        elif item.kind in {"small", "request", "word", "mark", "clause", "join"}:
            continue
        else:
            target, kind = item.cue, item.kind
        score = item.best if item.kind == "name" else item.values[0].score if item.values else 1.0
        phrases.append(LinkedPhrase(question[start:end], start, end, target, kind, round(score, 3)))
    return tuple(phrases)
