"""From a dataset to examples: every question read, linked and encoded once, its gold SQL said as actions."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.cli.catalogs import context_for_modelhub
from services.cli.databases import open_engine
from services.cli.dataset import Dataset, Item
from services.cli.local import Source, read_source
from services.kit.errors import CandorError
from services.modelhub.adapters.built_in.from_sql import NotRepresentable, from_sqlglot
from services.modelhub.adapters.built_in.ir import Condition, Query, changed
from services.modelhub.adapters.built_in.parser.encode import Encoded, encode
from services.modelhub.adapters.built_in.parser.items import items_of
from services.modelhub.adapters.built_in.parser.saying import actions_of
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS, MAX_ACTIONS
from services.modelhub.adapters.built_in.schema import prepare as prepare_schema
from services.modelhub.adapters.built_in.tokens import tokenize
from services.validation.core.model import SqliteConnection


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its answer; `actions` count items as the network does: words, tables, columns, values."""

    database: str
    encoded: Encoded
    actions: np.ndarray


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples, and how many questions could not become one, by reason."""

    examples: tuple[Example, ...]
    left_out: Counter[str]


def prepare(datasets: list[Dataset], jobs: int, on_done: Callable[[int], None] = lambda _: None) -> Prepared:
    """Examples of all questions that have one gold query, database by database.

    Args:
        datasets: Question sets of one layout.
        jobs: How many processes.
        on_done: Told how many questions a finished database had.
    """
    groups: dict[Path, list[Item]] = defaultdict(list)
    for dataset in datasets:
        for item in dataset.items:
            groups[dataset.database(item.db_id)].append(item)
    examples: list[Example] = []
    left_out: Counter[str] = Counter()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for part in pool.map(_prepare_group, groups.items()):
            examples.extend(part.examples)
            left_out += part.left_out
            on_done(len(part.examples))
    return Prepared(tuple(examples), left_out)


def _prepare_group(group: tuple[Path, list[Item]]) -> Prepared:
    return asyncio.run(_examples_of(*group))


async def _examples_of(database: Path, items: list[Item]) -> Prepared:
    left_out: Counter[str] = Counter()
    try:
        with open_engine(SqliteConnection(str(database))) as engine:
            source = await read_source(engine, "sqlite")
            return Prepared(tuple(_examples(database.stem, source, items, left_out)), left_out)
    except CandorError as error:
        left_out[error.reason] += len(items)
        return Prepared((), left_out)


def _examples(database: str, source: Source, items: list[Item], left_out: Counter[str]) -> Iterator[Example]:
    for item in items:
        try:
            yield example_of(database, source, item)
        except (ValueError, SqlglotError) as error:
            left_out[f"{type(error).__name__}: {str(error)[:60]}"] += 1


def example_of(database: str, source: Source, item: Item) -> Example:
    """One question as the network learns it.

    Raises:
        ValueError: Its gold query has no representation, or none that actions can say.
        SqlglotError: Its gold query does not parse.
    """
    context = context_for_modelhub(source.retriever.retrieve(item.question))
    schema = prepare_schema(context.tables, context.foreign_keys)
    tokens = tokenize(item.question)
    read = items_of(tokens, schema, context.value_matches)
    tree = sqlglot.parse_one(item.golds[0], dialect="sqlite")
    if not isinstance(tree, exp.Query):
        raise NotRepresentable("no query")
    said = np.array(actions_of(_without_joins(from_sqlglot(tree, schema)), read), np.int64)
    if len(said) > MAX_ACTIONS:
        raise ValueError("too long")
    encoded = encode(read)
    said[said >= KEYWORDS] += encoded.counts[0]
    return Example(database, encoded, said)


def _without_joins(query: Query) -> Query:
    """The same question with its joins left to the key graph; copies of a table stay, and cannot be said."""

    def inside(test: Condition) -> Condition:
        return replace(test, right=tuple(_without_joins(s) if isinstance(s, Query) else s for s in test.right))

    free = replace(
        query,
        where=changed(query.where, inside),
        having=changed(query.having, inside),
        other=None if query.other is None else _without_joins(query.other),
    )
    return free if _has_copies(query) else replace(free, joins=())


def _has_copies(query: Query) -> bool:
    return any(ref.copy for join in query.joins for ref in (join.left, join.right))
