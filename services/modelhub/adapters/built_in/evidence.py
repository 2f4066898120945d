"""What speaks for and against a candidate, as numbers with names: the ranker's input.

Nothing here knows a database's rows or a dialect. A value of a name that is missing counts as zero.
"""

import math
from collections.abc import Iterator

from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.ir import (
    STAR,
    Aggregate,
    ColumnRef,
    Condition,
    Literal,
    Operator,
    Query,
    conditions,
    queries,
)
from services.modelhub.adapters.built_in.parser.items import EXACT, PARTIAL, Items
from services.modelhub.adapters.built_in.pool import Pool, Pooled
from services.modelhub.adapters.built_in.rank import confidence, unread

_FLOOR = -12.0
_NEGATIVE = frozenset({Operator.NE, Operator.NOT_IN, Operator.NOT_LIKE})
_RANGES = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE, Operator.BETWEEN})
_PATTERNS = frozenset({Operator.LIKE, Operator.NOT_LIKE})
_NULLS = frozenset({Operator.IS_NULL, Operator.NOT_NULL})
_AVERAGES = frozenset({"average", "mean", "avg"})
_EACH = frozenset({"each", "every", "per"})
# What a question says (by kinds of items, or words) and what a query would then have.
_CUES: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    ("count", frozenset({"count"}), frozenset()),
    ("average", frozenset(), _AVERAGES),
    ("aggregate", frozenset({"aggregate"}), frozenset()),
    ("each", frozenset({"each"}), _EACH),
    ("extreme", frozenset({"superlative", "most_number", "common"}), frozenset({"most", "least", "top"})),
    ("order", frozenset({"order", "direction"}), frozenset({"sorted", "ordered", "order", "sort"})),
    ("negation", frozenset({"negation"}), frozenset({"not", "no", "without", "never", "except", "n't"})),
    ("distinct", frozenset({"distinct"}), frozenset({"different", "distinct", "unique"})),
    ("range", frozenset({"compare", "comparative"}), frozenset({"between", "more", "less", "than", "least"})),
    ("pattern", frozenset({"like"}), frozenset({"contain", "contains", "substring", "letter", "starting"})),
    ("null", frozenset({"null"}), frozenset({"missing", "null"})),
    ("or", frozenset(), frozenset({"or", "either"})),
    ("both", frozenset({"both"}), frozenset({"both"})),
)


def evidence(pool: Pool) -> list[dict[str, float]]:
    """Features of every candidate, in the pool's order."""
    said = {name for name, kinds, words in _CUES if _is_said(pool, kinds, words)}
    sure = [None if each.proposal is None else confidence(each.proposal, each.realized) for each in pool.candidates]
    whole = _of_question(pool, max((chance for chance in sure if chance is not None), default=0.0))
    best = pool.parsed.parses[0].score if pool.parsed.parses else 0.0
    return [
        {
            **whole,
            **_of_rules(each, chance),
            **_of_network(each, best, has_network=bool(pool.parsed.parses)),
            **_of_cues(each.query, said),
            **_of_words(each, pool.items),
            **_of_relevance(each.query, pool.parsed.relevance),
            **_of_shape(each, pool.items),
        }
        for each, chance in zip(pool.candidates, sure, strict=True)
    ]


def _is_said(pool: Pool, kinds: frozenset[str], words: frozenset[str]) -> bool:
    return any(item.kind in kinds for item in pool.linked) or any(token.lower in words for token in pool.tokens)


def _of_question(pool: Pool, best_proposal: float) -> dict[str, float]:
    """What is the same for every candidate: how hard the question looks, and how sure the readers are."""
    words = [item for item in pool.linked if item.kind == "word"]
    parses = pool.parsed.parses
    second = parses[1].score if len(parses) > 1 else _FLOOR
    return {
        "bias": 1.0,
        "tokens": len(pool.tokens) / 20,
        "unlinked": min(len(words), 6) / 3,
        "network": float(bool(parses)),
        "best_parse": math.exp(parses[0].score) if parses else 0.0,
        "parse_lead": min(parses[0].score - second, 8.0) / 4 if parses else 0.0,
        "best_proposal": best_proposal,
        "tables": math.log1p(len(pool.items.tables)) / 2,
        "columns": math.log1p(len(pool.items.columns)) / 4,
    }


def _of_rules(each: Pooled, sure: float | None) -> dict[str, float]:
    """What the rules say for it: how sure they are by themselves, and what of the question they left unread."""
    if each.proposal is None or sure is None:
        return {}
    left = unread(each.proposal.sentence)
    return {
        "proposed": 1.0,
        "proposal": sure,
        "proposal_logit": math.log((sure + 1e-4) / (1 - sure + 1e-4)) / 4,
        "proposal_rank": min(each.rank, 8) / 4,
        "proposal_first": float(each.rank == 0),
        "proposal_unread": min(left, 4.0) / 2,
        "proposal_read_all": float(left == 0),
        "proposal_null": float(any(test.operator in _NULLS for test in conditions(each.query.where))),
        f"variant {each.proposal.variant}": 1.0,
    }


def _of_network(each: Pooled, best: float, *, has_network: bool) -> dict[str, float]:
    """What the network says for it, and whether it cannot say it at all; `best` is its best log-probability."""
    if each.parse is None:
        return {"unparsed": 1.0} if has_network else {}
    return {
        "parsed": 1.0,
        "parse": math.exp(each.parse.score),
        "parse_score": max(each.parse.score, _FLOOR) / 4,
        "parse_least": math.exp(each.parse.least),
        "parse_behind": max(each.parse.score - best, _FLOOR) / 4,
        "parse_first": float(each.parse.score == best),
        "parse_mean": each.parse.score / each.parse.length,
        "agreed": float(each.proposal is not None and each.rank == 0 and each.parse.score == best),
    }


def _of_cues(query: Query, said: set[str]) -> dict[str, float]:
    """Where question and query differ: said and not done, done and not said."""
    done = _done(query)
    return {
        **{f"undone {name}": 1.0 for name in said - done},
        **{f"unsaid {name}": 1.0 for name in done - said},
        **{f"done {name}": 1.0 for name in done & said},
    }


def _done(query: Query) -> set[str]:
    every = list(queries(query))
    tests = [each for one in every for tree in (one.where, one.having) for each in conditions(tree)]
    shown = [measure.aggregate for one in every for measure in one.select]
    used = {*shown, *(order.by.aggregate for one in every for order in one.order), *(t.left.aggregate for t in tests)}
    operators = {test.operator for test in tests}
    extremes = any(one.order and one.limit is not None for one in every) or bool({Aggregate.MIN, Aggregate.MAX} & used)
    facts = {
        "count": Aggregate.COUNT in used,
        "average": Aggregate.AVG in used,
        "aggregate": bool({Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX} & used),
        "each": any(one.group for one in every),
        "extreme": extremes,
        "order": any(one.order and one.limit is None for one in every),
        "negation": bool(operators & _NEGATIVE) or any(one.set_operator == "except" for one in every),
        "distinct": any(one.distinct or any(m.distinct for m in one.select) for one in every),
        "range": bool(operators & _RANGES),
        "pattern": bool(operators & _PATTERNS),
        "null": bool(operators & _NULLS),
        "or": _has_alternatives(every),
        "both": any(one.set_operator == "intersect" for one in every),
    }
    return {name for name, holds in facts.items() if holds}


def _has_alternatives(every: list[Query]) -> bool:
    return any(
        one.set_operator == "union" or getattr(tree, "any_of", False)
        for one in every
        for tree in (one.where, one.having)
    )


def _of_words(each: Pooled, items: Items) -> dict[str, float]:
    """Literals and names that the question says and the query leaves out, and what it uses that nobody said."""
    used = set(_columns(each.query))
    tables = {ref.table for ref in used} | {table for one in queries(each.query) for table in one.through}
    literals = set(_literals(each.query))
    named = {ref for (_, ref), level in items.names.items() if level > PARTIAL}
    partly = {ref for _, ref in items.names} | {ref for _, ref in items.stored}
    left = {"number": 0.0, "quoted": 0.0, "stored": 0.0}
    for value in items.values:
        kind = "stored" if value.stored else "quoted" if value.kind == "date" else value.kind
        spoken = {value.text.casefold(), *(match.value.casefold() for match in value.stored)}
        if kind in left and not any(part in text for part in spoken for text in literals):
            left[kind] += 1.0
    plain = {ref for ref in used if ref.column != STAR}
    free = {ref for ref in plain if ref not in partly and not items.schema.is_key(ref)}
    unused_names = [ref for ref in _exact(items) if not _is_used(ref, used, tables)]
    return {
        **{f"left {kind}": min(count, 3.0) for kind, count in left.items()},
        "unnamed_columns": min(len(free), 4) / 2,
        "weakly_named": len({ref for ref in plain if ref in partly and ref not in named}) / max(len(plain), 1),
        "unnamed_tables": len({table for table in tables if not _table_is_said(table, items)}) / 2,
        "left columns": min(sum(ref.column != STAR for ref in unused_names), 4) / 2,
        "left tables": min(sum(ref.column == STAR for ref in unused_names), 4) / 2,
        "uncovered": _uncovered(items, used, tables),
    }


def _exact(items: Items) -> list[ColumnRef]:
    return list(dict.fromkeys(ref for (_, ref), level in items.names.items() if level == EXACT))


def _is_used(ref: ColumnRef, used: set[ColumnRef], tables: set[str]) -> bool:
    if ref.column == STAR:
        return ref.table in tables
    return any(ref.column == other.column for other in used)


def _table_is_said(table: str, items: Items) -> bool:
    return any(ref.table == table for (_, ref) in items.names) or any(ref.table == table for _, ref in items.stored)


def _uncovered(items: Items, used: set[ColumnRef], tables: set[str]) -> float:
    """The share of words that name something well of which nothing is used."""
    by_word: dict[int, bool] = {}
    for (place, ref), level in items.names.items():
        if level > PARTIAL:
            by_word[place] = by_word.get(place, False) or ref in used or (ref.column == STAR and ref.table in tables)
    return sum(not is_used for is_used in by_word.values()) / max(len(by_word), 1)


def _of_relevance(query: Query, relevance: dict[ColumnRef, float]) -> dict[str, float]:
    if not relevance:
        return {}
    used = {ref for ref in _columns(query) if ref.column != STAR}
    tables = {ref.table for ref in _columns(query)}
    own = [relevance.get(ref, 0.0) for ref in used]
    left = [value for ref, value in relevance.items() if ref.column != STAR and ref not in used]
    left_tables = [value for ref, value in relevance.items() if ref.column == STAR and ref.table not in tables]
    return {
        "least_relevant": min(own, default=1.0),
        "mean_relevant": sum(own) / len(own) if own else 1.0,
        "most_left": max(left, default=0.0),
        "most_left_table": max(left_tables, default=0.0),
    }


def _of_shape(each: Pooled, items: Items) -> dict[str, float]:
    query = each.query
    every = list(queries(query))
    tests = [test for one in every for tree in (one.where, one.having) for test in conditions(tree)]
    return {
        "tied": float(each.realized.is_tied),
        "joined": len(each.realized.tables) / 3,
        "through": float(bool(query.through)),
        "selects": len(query.select) / 3,
        "star": float(any(m.column.column == STAR and m.aggregate is None for m in query.select)),
        "tests": len(tests) / 3,
        "group": float(bool(query.group)),
        "having": float(query.having is not None),
        "limit": float(query.limit is not None),
        "nested": float(len(every) > 1 and query.set_operator is None),
        "set": float(query.set_operator is not None),
        "distinct": float(query.distinct),
        "contradicts": float(_contradicts(query)),
        "tests_null": float(any(test.operator in _NULLS for test in tests)),
        "tests_flag": float(any(_is_flag(test, items) for test in tests)),
    }


def _is_flag(test: Condition, items: Items) -> bool:
    """Whether a yes or no is tested."""
    column = items.schema.columns.get(test.left.column)
    return test.left.aggregate is None and column is not None and column.type == ColumnType.BOOLEAN


def _contradicts(query: Query) -> bool:
    """Whether rows are joined to what they must not have: nothing, or nothing that was asked for, is left."""
    tables = set(query.tables)
    return any(
        test.operator == Operator.NOT_IN and isinstance(side, Query) and not side.where and set(side.tables) <= tables
        for test in conditions(query.where)
        for side in test.right
    )


def _columns(query: Query) -> Iterator[ColumnRef]:
    for one in queries(query):
        yield from one.columns()


def _literals(query: Query) -> Iterator[str]:
    for one in queries(query):
        if one.limit is not None:
            yield str(one.limit)
        for tree in (one.where, one.having):
            for test in conditions(tree):
                yield from (side.text.casefold() for side in test.right if isinstance(side, Literal))
                if isinstance(test, Condition) and test.factor != 1:
                    yield str(test.factor)
