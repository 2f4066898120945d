"""Confidence of a candidate from what speaks for and against it: a logistic model with readable features."""

import math
import tomllib
from importlib import resources

from services.modelhub.adapters.built_in.ir import STAR, conditions
from services.modelhub.adapters.built_in.linking import ref_of
from services.modelhub.adapters.built_in.propose import Proposal
from services.modelhub.adapters.built_in.realize import Realized
from services.modelhub.adapters.built_in.sentence import Sentence

_ALL_WEIGHTS: dict[str, float] = tomllib.loads(resources.files(__package__).joinpath("rank.toml").read_text("utf-8"))[
    "weights"
]


def features(proposal: Proposal, realized: Realized) -> dict[str, float]:
    """What is known about a candidate; every feature but `bias` counts against it or is signed by its weight."""
    sentence, query = proposal.sentence, proposal.query
    items = sentence.items
    names = [item.best for item in items if item.kind == "name"]
    return {
        "bias": 1.0,
        **_unused(sentence),
        **_guesses(proposal, realized),
        "mentions": sum(role == "mention" for role in sentence.claimed.values()),
        "ambiguous": min(len(sentence.ambiguous), 4),
        "weak_link": 1.0 - min(names, default=0.0),
        "mean_link": sum(names) / len(names) if names else 0.0,
        "tied": float(realized.is_tied),
        "through": len(query.through),
        "group": float(bool(query.group)),
        "having": float(query.having is not None),
        "limit": float(query.limit is not None),
        "length": len(items) / 10,
        f"variant {proposal.variant}": 1.0,
    }


def unread(sentence: Sentence) -> float:
    """How many words and cues left no trace in what the rules read."""
    return sum(value for name, value in _unused(sentence).items() if name != "any_unlinked")


def _unused(sentence: Sentence) -> dict[str, float]:
    """Words that should have left a trace in the query and did not, by what they are."""
    words = sum(item.kind == "word" for item in sentence.items)
    found = {f"unused_{name}": 0.0 for name in _UNUSED}
    for place, item in enumerate(sentence.items):
        if place in sentence.claimed:
            continue
        for name, kinds in _UNUSED.items():
            found[f"unused_{name}"] += item.kind in kinds
        found["unused_negation"] += item.cue == "!="
    return {"unlinked": min(words, 6), "any_unlinked": float(words > 0), **found}


def _guesses(proposal: Proposal, realized: Realized) -> dict[str, float]:
    """What the query holds although nobody said it, and how loosely said is what it shows and tests."""
    sentence, query = proposal.sentence, proposal.query
    roles = [(sentence.items[place], role) for place, role in sentence.claimed.items()]
    said = {name.ref for item in sentence.items for name in item.names}
    said |= {ref_of(match) for item in sentence.items for match in item.values}
    tables = {ref.table for ref in said}
    used = {c.left.column for tree in (query.where, query.having) for c in conditions(tree)}
    used |= {order.by.column for order in query.order}
    keys = {ref for ref in used if ref.column == STAR or sentence.schema.is_key(ref)}
    shown = [item.best for item, role in roles if role == "select" and item.kind == "name"]
    tested = [item.values[0].score for item, role in roles if role == "where" and item.kind == "value"]
    return {
        "guessed_columns": len(used - said - keys),
        "unsaid_tables": len(set(realized.tables) - tables),
        "weak_select": 1.0 - min(shown, default=1.0),
        "weak_value": 1.0 - min(tested, default=1.0),
        "default_select": float("select" not in sentence.claimed.values()),
    }


_UNUSED = {
    "values": frozenset({"value", "quoted"}),
    "numbers": frozenset({"number", "date"}),
    "negation": frozenset({"negation"}),
    "extremes": frozenset({"superlative", "common", "most_number"}),
    "comparisons": frozenset({"compare", "comparative", "times"}),
    "tests": frozenset({"like", "null"}),
    "aggregates": frozenset({"aggregate", "count", "each"}),
    "order": frozenset({"order", "direction"}),
}


def confidence(proposal: Proposal, realized: Realized) -> float:
    """The estimated chance, in (0, 1), that this candidate answers the question."""
    score = sum(_ALL_WEIGHTS.get(name, 0.0) * value for name, value in features(proposal, realized).items())
    return 1.0 / (1.0 + math.exp(-max(min(score, 30.0), -30.0)))
