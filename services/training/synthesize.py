"""Made-up questions over a schema, each with its query: to learn from where nobody has asked anything yet.

Queries are drawn by type and schema as in SHiP (Zhao et al., 2022, "Importance of Synthesizing High-quality Data for
Text-to-SQL Parsing"), words from templates as in GAZP (Zhong et al., 2020, "Grounded Adaptation for Zero-shot
Executable Semantic Parsing"), and shapes about as often as Spider has them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.modelhub.adapters.built_in.from_sql import from_sqlglot
from services.modelhub.adapters.built_in.ir import ColumnRef, Query, queries
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import Schema
from services.training.askable import Askable, Role, survey
from services.training.draw import Draw, Unfit
from services.training.frames import Asked, Shape, ask
from services.training.wording import Wording

# After this many draws in a row without anything new a schema counts as told in full.
_PATIENCE = 150
# How many tables are tried for a shape, and how many wordings of one query are kept.
_TABLES, _WORDINGS = 8, 4

SHAPES: tuple[Shape, ...] = (
    # Easy.
    Shape(3.0, "listing"),
    Shape(2.5, "listing", columns=2),
    Shape(4.0, "listing", ("filter",)),
    Shape(2.0, "listing", tail=True),
    Shape(2.0, "counting"),
    Shape(4.0, "counting", ("filter",)),
    Shape(3.0, "aggregating"),
    Shape(1.7, "distinct"),
    Shape(1.8, "counting_distinct"),
    Shape(0.4, "everything"),
    Shape(0.6, "everything", ("filter",)),
    # Medium.
    Shape(4.5, "listing", ("filter",), columns=2),
    Shape(1.0, "listing", columns=3),
    Shape(1.0, "listing", ("filter",), columns=3),
    Shape(2.0, "listing", ("filter", "filter")),
    Shape(2.0, "listing", ("either",)),
    Shape(1.0, "listing", columns=2, tail=True),
    Shape(1.5, "listing", ("filter",), tail=True),
    Shape(2.5, "listing", joined=True),
    Shape(4.0, "listing", ("joined",)),
    Shape(1.5, "listing", ("joined",), columns=2),
    Shape(3.5, "listing", ("most",)),
    Shape(1.5, "listing", ("most",), columns=2),
    Shape(1.5, "aggregating", columns=2),
    Shape(3.0, "aggregating", ("filter",)),
    Shape(3.5, "group_count"),
    Shape(2.2, "group_measure"),
    Shape(2.5, "group_enough"),
    Shape(2.0, "counting", ("joined",)),
    Shape(1.0, "counting", ("filter", "filter")),
    Shape(0.6, "counting", ("either",)),
    Shape(1.0, "counting_distinct", ("filter",)),
    Shape(0.7, "distinct", ("filter",)),
    # Hard.
    Shape(2.2, "listing", ("compared",)),
    Shape(0.7, "counting", ("compared",)),
    Shape(2.4, "listing", ("childless",)),
    Shape(1.0, "counting", ("childless",)),
    Shape(1.0, "both"),
    Shape(0.4, "either"),
    Shape(0.4, "but_not"),
    Shape(0.5, "none_such"),
    Shape(2.2, "group_most"),
    Shape(1.6, "listing", ("top",)),
    Shape(0.8, "listing", ("top",), columns=2),
    Shape(1.6, "listing", ("joined_most",)),
    Shape(1.0, "group_count", joined=True),
    Shape(0.7, "group_count", tail=True),
    Shape(0.9, "group_measure", columns=2),
    Shape(1.2, "listing", ("joined", "filter")),
    # Extra.
    Shape(3.0, "listing", ("children_most",)),
    Shape(1.0, "listing", ("children_most",), columns=2),
    Shape(2.6, "listing", ("children_enough",)),
    Shape(0.8, "listing", ("children_enough",), columns=2),
    Shape(1.6, "children_each"),
    Shape(0.6, "children_each", tail=True),
    Shape(0.8, "listing", ("children_most_such",)),
    Shape(0.8, "listing", ("children_sum",)),
    Shape(1.0, "both", joined=True),
    Shape(0.6, "but_not", joined=True),
    Shape(0.3, "either", joined=True),
    Shape(0.5, "none_such", joined=True),
    Shape(0.8, "group_best"),
    Shape(0.5, "group_best", joined=True),
    Shape(0.8, "group_most", ("filter",)),
    Shape(0.5, "group_enough", ("filter",)),
    Shape(0.7, "group_measure", ("filter",)),
    Shape(0.6, "listing", ("joined_either",)),
    Shape(0.8, "aggregating", ("joined",)),
    Shape(0.6, "aggregating", ("joined", "filter")),
    Shape(0.6, "listing", ("compared", "filter")),
    Shape(0.6, "listing", ("childless", "filter")),
    Shape(0.8, "listing", ("childless_such",)),
    Shape(0.6, "listing", ("filter", "most")),
)


@dataclass(frozen=True, slots=True)
class Synthetic:
    """A made-up question and the query that it asks for; every literal stands in the question."""

    question: str
    query: Query


def synthesize(
    schema: Schema, stored: Mapping[ColumnRef, Sequence[str]], count: int, rng: np.random.Generator
) -> list[Synthetic]:
    """Questions over a schema, each once; fewer than `count` where the schema has no more to ask for.

    Args:
        schema: What is asked about.
        stored: Distinct values of columns as text: literals are taken from them. Leave out what is sensitive.
        count: How many.
        rng: Where chance comes from: the same seed gives the same questions.
    """
    found: dict[str, Synthetic] = {}
    wordings: Counter[Query] = Counter()
    missed = 0
    for each in drawn(survey(schema, stored), rng):
        missed += 1
        if each is not None and each.question not in found and wordings[each.query] < _WORDINGS:
            found[each.question] = each
            wordings[each.query] += 1
            missed = 0
        if len(found) == count or missed == _PATIENCE:
            break
    return list(found.values())


def drawn(askable: Askable, rng: np.random.Generator) -> Iterator[Synthetic | None]:
    """One draw after the other without end; None for one that came to nothing."""
    shares = np.array([shape.share for shape in SHAPES])
    tables = list(askable.schema.tables)
    richness = np.array([_richness(askable, table) for table in tables])
    if not richness.sum():
        return
    while True:
        shape = SHAPES[int(rng.choice(len(SHAPES), p=shares / shares.sum()))]
        order = rng.choice(len(tables), len(tables), replace=False, p=richness / richness.sum())
        asked = next(filter(None, (_asked(askable, shape, tables[n], rng) for n in order[:_TABLES])), None)
        query = None if asked is None else canonical(asked.query, askable.schema)
        yield None if asked is None or query is None else Synthetic(asked.text, query)


def _asked(askable: Askable, shape: Shape, table: str, rng: np.random.Generator) -> Asked | None:
    try:
        return ask(Draw(askable, Wording(askable.schema, rng)), shape, table)
    except Unfit:
        return None


def _richness(askable: Askable, table: str) -> float:
    """How much there is to ask of a table: one that only connects others is hardly asked about."""
    told = len(askable.columns(table)) - len(askable.columns(table, Role.KEY))
    return min(told, 6) + 0.2


def canonical(query: Query, schema: Schema) -> Query | None:
    """The query as its own SQL is read; None where it cannot be written, is ambiguous, or comes back otherwise."""
    assert query.select
    realized = realize(query, schema, "sqlite")
    if realized is None or realized.is_tied:
        return None
    try:
        tree = sqlglot.parse_one(realized.sql, dialect="sqlite")
        again = from_sqlglot(tree, schema) if isinstance(tree, exp.Query) else None
    except (SqlglotError, ValueError):
        return None
    if again is None or any(each.joins for each in queries(again)):
        return None
    back = realize(again, schema, "sqlite")
    return again if back is not None and back.sql == realized.sql else None
