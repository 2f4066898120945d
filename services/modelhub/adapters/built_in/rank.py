"""Confidence of a candidate from what speaks for and against it: a logistic model with readable features."""

import math
import tomllib
from importlib import resources

from services.modelhub.adapters.built_in.ir import queries
from services.modelhub.adapters.built_in.propose import Proposal
from services.modelhub.adapters.built_in.realize import Realized

_ALL_WEIGHTS: dict[str, float] = tomllib.loads(resources.files(__package__).joinpath("rank.toml").read_text("utf-8"))[
    "weights"
]


def features(proposal: Proposal, realized: Realized) -> dict[str, float]:
    """What is known about a candidate; every feature but `bias` counts against it or is signed by its weight."""
    sentence, query = proposal.sentence, proposal.query
    items = sentence.items
    loose = [n for n, item in enumerate(items) if n not in sentence.claimed]
    names = [item.best for item in items if item.kind == "name"]
    return {
        "bias": 1.0,
        "unlinked": min(sum(item.kind == "word" for item in items), 6),
        "unused_names": sum(items[n].kind == "name" for n in loose),
        "unused_values": sum(items[n].kind in {"value", "quoted", "number", "date"} for n in loose),
        "unused_negation": sum(items[n].kind == "negation" or items[n].cue == "!=" for n in loose),
        "unused_cues": sum(items[n].kind in _CUES for n in loose),
        "mentions": sum(role == "mention" for role in sentence.claimed.values()),
        "ambiguous": min(len(sentence.ambiguous), 4),
        "weak_link": 1.0 - min(names, default=0.0),
        "mean_link": sum(names) / len(names) if names else 0.0,
        "tables": len(realized.tables) - 1,
        "tied": float(realized.is_tied),
        "through": len(query.through),
        "nested": sum(1 for _ in queries(query)) - 1,
        "group": float(bool(query.group)),
        "having": float(query.having is not None),
        "limit": float(query.limit is not None),
        "length": len(items) / 10,
        "default_select": float(not _said(proposal)),
        f"variant {proposal.variant}": 1.0,
    }


_CUES = frozenset(
    {
        "superlative",
        "compare",
        "comparative",
        "negation",
        "like",
        "null",
        "each",
        "common",
        "most_number",
        "both",
        "times",
        "aggregate",
        "count",
        "order",
        "direction",
    }
)


def _said(proposal: Proposal) -> bool:
    return "select" in proposal.sentence.claimed.values()


def confidence(proposal: Proposal, realized: Realized) -> float:
    """The estimated chance, in (0, 1), that this candidate answers the question."""
    score = sum(_ALL_WEIGHTS.get(name, 0.0) * value for name, value in features(proposal, realized).items())
    return 1.0 / (1.0 + math.exp(-max(min(score, 30.0), -30.0)))
