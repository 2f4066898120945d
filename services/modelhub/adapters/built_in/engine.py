"""The built-in engine: link the question to the schema, propose readings, write each as SQL, rank by confidence."""

import re

from services.modelhub.adapters.built_in.linking import Item, link, target_name
from services.modelhub.adapters.built_in.narrowing import narrow
from services.modelhub.adapters.built_in.propose import Proposal, propose
from services.modelhub.adapters.built_in.rank import confidence
from services.modelhub.adapters.built_in.reading import read_out
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import Schema, prepare
from services.modelhub.adapters.built_in.sentence import Sentence
from services.modelhub.adapters.built_in.tokens import MAX_CHARACTERS, Token, tokenize
from services.modelhub.core.model import Candidate, Draft, DraftRequest, LinkedPhrase

SOURCE = "built-in"


class BuiltInEngine:
    """Drafts SQL with no key, no network and no weights: pure, synchronous, and the same for the same request."""

    def draft(self, request: DraftRequest) -> Draft:
        """Candidates for the request, best first; none when nothing in the question names something in the schema."""
        context = request.context
        tokens = tokenize(request.question)
        schema = prepare(*narrow(context, tokens))
        items = link(tokens, schema, context.value_matches)
        understood = _understood(items, tokens, request.question)
        unlinked = tuple(dict.fromkeys(tokens[item.start].text for item in items if item.kind == "word"))
        if not any(item.kind in {"name", "value"} for item in items):
            return Draft((), understood, unlinked)
        proposals = propose(tokens, items, schema, context.dialect)
        return Draft(_candidates(proposals, schema, request), understood, unlinked)


def _candidates(proposals: list[Proposal], schema: Schema, request: DraftRequest) -> tuple[Candidate, ...]:
    refused = {_folded(rejection.sql) for rejection in request.rejections}
    found: dict[str, Candidate] = {}
    for proposal in proposals:
        realized = realize(proposal.query, schema, request.context.dialect)
        if realized is None or _folded(realized.sql) in refused:
            continue
        candidate = Candidate(
            sql=realized.sql,
            confidence=round(confidence(proposal, realized), 4),
            source=SOURCE,
            reading=read_out(proposal.query),
            tables=realized.tables,
            notes=_notes(proposal.sentence, is_tied=realized.is_tied),
        )
        known = found.get(realized.sql)
        if known is None or known.confidence < candidate.confidence:
            found[realized.sql] = candidate
    ranked = sorted(found.values(), key=lambda candidate: -candidate.confidence)
    return tuple(ranked[: max(request.max_candidates, 0)])


def _notes(sentence: Sentence, *, is_tied: bool) -> tuple[str, ...]:
    notes = [
        f"could also mean {target_name(other)} rather than {target_name(one)}"
        for one, other, _ in sentence.ambiguous.values()
        if one != other
    ]
    if is_tied:
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
