"""Pools of candidates with what became of each when it ran: what the ranker and the calibration learn from."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from services.cli.catalogs import context_for_modelhub
from services.cli.databases import open_engine
from services.cli.dataset import Dataset, Item
from services.cli.local import Source, read_source
from services.cli.scoring import QueryFailed, Row, equal_results, run_query
from services.generation.core.same_result import is_ordered
from services.kit.errors import CandorError
from services.modelhub.adapters.built_in.evidence import evidence
from services.modelhub.adapters.built_in.narrowing import narrow
from services.modelhub.adapters.built_in.parser.weights import Network, network, open_network
from services.modelhub.adapters.built_in.pool import pool
from services.modelhub.adapters.built_in.schema import prepare
from services.modelhub.adapters.built_in.tokens import tokenize
from services.validation.core.model import SqliteConnection

_TIMEOUT_S = 1.0
_MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Tried:
    """One candidate: its features, whether its rows are right, and which candidates of the pool give the same rows.

    `result` numbers the distinct results of a pool; -1 where the statement failed.
    """

    sql: str
    features: dict[str, float]
    is_right: bool
    result: int
    rows: int


@dataclass(frozen=True, slots=True)
class TriedPool:
    """All candidates of one question; the pool of a database belongs to one fold."""

    database: str
    question: str
    gold: str
    candidates: tuple[Tried, ...]


def tried_pools(
    dataset: Dataset, weights: Path | None, jobs: int, on_done: Callable[[int], None] = lambda _: None
) -> list[TriedPool]:
    """The pool of every question that has a gold query which runs.

    Args:
        dataset: Questions over SQLite files.
        weights: The network's folder; the shipped one when None.
        jobs: How many processes.
        on_done: Told how many questions a finished database had.
    """
    groups: dict[Path, list[Item]] = defaultdict(list)
    for item in dataset.items:
        groups[dataset.database(item.db_id)].append(item)
    found: list[TriedPool] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as executor:
        for part in executor.map(_try_group, [(path, items, weights) for path, items in groups.items()]):
            found.extend(part)
            on_done(len(part))
    return found


def _try_group(work: tuple[Path, list[Item], Path | None]) -> list[TriedPool]:
    database, items, weights = work
    return asyncio.run(_try_all(database, items, network() if weights is None else open_network(weights)))


async def _try_all(database: Path, items: list[Item], reader: Network | None) -> list[TriedPool]:
    try:
        with open_engine(SqliteConnection(str(database))) as engine:
            source = await read_source(engine, "sqlite")
    except CandorError:
        return []
    found = []
    for item in items:
        try:
            gold = run_query(database, item.golds[0])
        except QueryFailed:
            continue
        found.append(_try(database, source, item, gold, reader))
    return found


def _try(database: Path, source: Source, item: Item, gold: list[Row], reader: Network | None) -> TriedPool:
    context = context_for_modelhub(source.retriever.retrieve(item.question))
    tokens = tokenize(item.question)
    schema = prepare(*narrow(context, tokens))
    candidates = pool(tokens, schema, context.value_matches, context.dialect, reader)
    results: list[tuple[bool, list[Row]]] = []
    tried = []
    for each, features in zip(candidates.candidates, evidence(candidates), strict=True):
        sql = each.realized.sql
        try:
            rows = run_query(database, sql, _TIMEOUT_S)
        except QueryFailed:
            tried.append(Tried(sql, features, is_right=False, result=-1, rows=-1))
            continue
        right = equal_results(gold, rows, ordered=is_ordered(item.golds[0], "sqlite"))
        tried.append(
            Tried(
                sql,
                features,
                right,
                _number_of(rows[:_MAX_ROWS], ordered=is_ordered(sql, "sqlite"), results=results),
                len(rows),
            )
        )
    return TriedPool(database.stem, item.question, item.golds[0], tuple(tried))


def _number_of(rows: list[Row], *, ordered: bool, results: list[tuple[bool, list[Row]]]) -> int:
    for number, (known_ordered, known) in enumerate(results):
        if known_ordered == ordered and equal_results(known, rows, ordered=ordered):
            return number
    results.append((ordered, rows))
    return len(results) - 1
