"""From a question to representations by the network: encode, search, and read the actions back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.modelhub.adapters.built_in.ir import ColumnRef, Query, conditions, queries
from services.modelhub.adapters.built_in.parser.encode import encode
from services.modelhub.adapters.built_in.parser.hearing import query_of
from services.modelhub.adapters.built_in.parser.items import Items
from services.modelhub.adapters.built_in.parser.saying import actions_of
from services.modelhub.adapters.built_in.parser.search import classes_of, score, search
from services.modelhub.adapters.built_in.parser.vocabulary import Unsayable
from services.modelhub.adapters.built_in.parser.weights import Network

BEAMS = 5


@dataclass(frozen=True, slots=True)
class Parse:
    """One representation; `score` is its log-probability, `least` that of its least likely action."""

    query: Query
    score: float
    least: float
    length: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the network makes of a question: representations, best first, and how relevant it takes each item to be.

    `relevance` is a probability for each table and column, beside any answer.
    """

    parses: tuple[Parse, ...]
    relevance: dict[ColumnRef, float]


def parse(items: Items, network: Network, others: Sequence[Query] = (), beams: int = BEAMS) -> Parsed:
    """The likeliest representations of a question, and how likely the network takes `others` to be.

    Others that actions cannot say are left out.
    """
    if not items.tables:
        return Parsed((), {})
    reading = network.read(encode(items))
    classes = classes_of(items)
    found: dict[Query, Parse] = {}
    for sequel in search(reading, classes, beams):
        try:
            query = query_of(sequel.actions, items)
        except Unsayable:
            continue
        if not _is_idle(query):
            found.setdefault(query, Parse(query, sequel.score, sequel.least, len(sequel.actions)))
    said = {query: actions for query in others if query not in found and (actions := _said(query, items)) is not None}
    for query, scored in zip(said, score(reading, classes, list(said.values())), strict=True):
        if scored is not None:
            found[query] = Parse(query, scored.score, scored.least, len(scored.actions))
    named = [*(ColumnRef(table) for table in items.tables), *items.columns]
    relevance = {ref: 1.0 / (1.0 + math.exp(-float(x))) for ref, x in zip(named, reading.relevance, strict=False)}
    return Parsed(tuple(sorted(found.values(), key=lambda each: -each.score)), relevance)


def _is_idle(query: Query) -> bool:
    """Whether something is shown twice, or compared with itself, which nobody asks for."""
    every = list(queries(query))
    tests = (test for each in every for tree in (each.where, each.having) for test in conditions(tree))
    return any(len(set(each.select)) < len(each.select) for each in every) or any(
        side == test.left for test in tests for side in test.right
    )


def _said(query: Query, items: Items) -> list[int] | None:
    try:
        return actions_of(query, items)
    except Unsayable:
        return None
