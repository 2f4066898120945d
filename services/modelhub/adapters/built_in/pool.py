"""Candidates of both readers together: the rules' proposals and the network's parses, each statement once."""

from dataclasses import dataclass

from services.modelhub.adapters.built_in.ir import Query, conditions
from services.modelhub.adapters.built_in.linking import Item, link
from services.modelhub.adapters.built_in.parser.items import Items, items_of
from services.modelhub.adapters.built_in.parser.parse import Parse, Parsed, parse
from services.modelhub.adapters.built_in.parser.weights import Network
from services.modelhub.adapters.built_in.propose import Proposal, propose
from services.modelhub.adapters.built_in.realize import Realized, realize
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.tokens import Token
from services.modelhub.core.model import ValueMatch

# Proposals beyond these are hardly ever right, and each costs the network a little time.
MAX_PROPOSALS = 10


@dataclass(frozen=True, slots=True)
class Pooled:
    """One statement, and who thought of it: `rank` is its place among the proposals, `parse` what the network says."""

    query: Query
    realized: Realized
    proposal: Proposal | None = None
    rank: int = 0
    parse: Parse | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """All that is known of one question before its candidates are weighed."""

    tokens: tuple[Token, ...]
    linked: tuple[Item, ...]
    items: Items
    parsed: Parsed
    candidates: tuple[Pooled, ...]

    @property
    def says_something(self) -> bool:
        """Whether some word of the question names something of the schema, or a stored value."""
        return says_something(self.linked)


def pool(
    tokens: tuple[Token, ...],
    schema: Schema,
    matches: tuple[ValueMatch, ...],
    dialect: str,
    network: Network | None,
) -> Pool:
    """Everything that either reader makes of a question; nothing where there are no words to read.

    Args:
        tokens: The question.
        schema: The tables that it may be about.
        matches: Stored values found in it.
        dialect: sqlglot's name of it.
        network: The trained reader; None leaves it to the rules.
    """
    linked = link(tokens, schema, matches)
    items = items_of(tokens, schema, matches)
    parsed = Parsed((), {})
    if not says_something(linked) and (network is None or not any(item.kind == "word" for item in linked)):
        return Pool(tokens, linked, items, parsed, ())
    proposals = propose(tokens, linked, schema, dialect)[:MAX_PROPOSALS] if says_something(linked) else []
    if network is not None:
        parsed = parse(items, network, [proposal.query for proposal in proposals])
    queries = dict.fromkeys([*(each.query for each in parsed.parses), *(each.query for each in proposals)])
    by_query = {proposal.query: (rank, proposal) for rank, proposal in reversed(list(enumerate(proposals)))}
    parses = {each.query: each for each in parsed.parses}
    found: dict[str, Pooled] = {}
    for query in queries:
        realized = realize(query, schema, dialect)
        if realized is None:
            continue
        rank, proposal = by_query.get(query, (0, None))
        each = Pooled(query, realized, proposal, rank, parses.get(query))
        known = found.get(realized.sql)
        found[realized.sql] = each if known is None else _joined(known, each)
    return Pool(tokens, linked, items, parsed, _with_multiples(linked, tuple(found.values())))


def says_something(linked: tuple[Item, ...]) -> bool:
    """Whether some item names something of the schema, or a stored value."""
    return any(item.kind in {"name", "value"} for item in linked)


def _with_multiples(linked: tuple[Item, ...], candidates: tuple[Pooled, ...]) -> tuple[Pooled, ...]:
    """Where "twice" is said, the candidates that multiply, if any does: the network has no action for it."""
    if not any(item.kind == "times" for item in linked):
        return candidates
    multiplied = tuple(each for each in candidates if any(test.factor != 1 for test in conditions(each.query.where)))
    return multiplied or candidates


def _joined(one: Pooled, other: Pooled) -> Pooled:
    """The same statement found twice: the likelier parse, and the proposal of whichever has one."""
    parses = [each.parse for each in (one, other) if each.parse is not None]
    first = one if one.proposal is not None else other
    best = max(parses, key=lambda each: each.score, default=None)
    return Pooled(one.query, one.realized, first.proposal, first.rank, best)
