"""The built-in engine: how often it is right, how far it can be believed, what each part gives, how long it takes.

Accuracy, confidence and time are what `candor eval` says. What each part gives is taken from the pools of candidates:
the same questions once more, with every candidate run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.table import Measure, median, quantile

from services.cli.dataset import load_dataset
from services.cli.sample.load import write_dataset
from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.engine import BuiltInEngine
from services.modelhub.adapters.built_in.parser.weights import network
from services.modelhub.adapters.built_in.trained import TRAINED
from services.modelhub.core.model import Context, DraftRequest
from services.training.pools import TriedPool, tried_pools
from services.training.votes import vote

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CANDOR_SHARED_DATA", ROOT.parent / "shared" / "data"))
# What is aimed at: execution accuracy in percent, on each set.
GOALS = {"valid.json": 75, "valid_syn.json": 65}
RULES_GOALS = {"valid.json": 45, "valid_syn.json": 32}
NO_WEIGHTS = {"CANDOR_MODELHUB_BUILT_IN_WEIGHTS": "none"}


def measure() -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="candor-sample-") as folder:
        write_dataset(Path(folder))
        found = _evaluated("the sample's 40 questions", Path(folder), None, goal=90)
    megabytes = sum(path.stat().st_size for path in TRAINED.iterdir()) / 1e6
    found.append(_limited("all that was trained, on disk", megabytes, "MB", 40, "the files of `built_in/trained`"))
    found += _cross_fitted()
    spider = SHARED / "spider-train"
    if spider.is_dir():
        for split, goal in GOALS.items():
            found += _evaluated(f"spider-train, {split}", spider, split, goal=goal)
            found += _rules_alone(spider, split)
            found += _parts(spider, split)
    return [*found, *_wide()]


def _eval(dataset: Path, split: str | None, **environment: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "services.cli", "eval", str(dataset), "--json"]
    command += ["--split", split] if split else []
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, **environment}
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _evaluated(what: str, dataset: Path, split: str | None, goal: int) -> list[Measure]:
    how = f"`candor eval {dataset.name if split else 'SAMPLE'}{f' --split {split}' if split else ''}`"
    report = _eval(dataset, split)
    answered, honest = report["answered"], report["calibration"]
    covered = {each["precision"]: each["coverage"] for each in report["coverage_at_precision"]}
    rate = 100 * report["accuracy"]["rate"]
    levels = ", ".join(f"{name} {100 * each['accuracy']['rate']:.1f}" for name, each in report["levels"].items())
    bins = ", ".join(f"{each['confidence']:.2f}: {each['accuracy']:.2f}" for each in honest["bins"])
    kinds = ", ".join(f"{kind} {count}" for kind, count in report["failures"].items())
    return [
        Measure(f"execution accuracy, {what}", _accuracy(report["accuracy"]), how, f"{goal} %", rate >= goal),
        *([Measure(f"by hardness in percent, {what}", levels, how)] if levels else []),
        Measure(f"failures by kind, {what}", kinds or "none", how),
        Measure(f"answered, {what}", f"{answered['coverage']:.1%}, and right in {_accuracy(answered)}", how),
        Measure(f"coverage at 90 and 95 % precision, {what}", f"{covered[0.9]:.1%} and {covered[0.95]:.1%}", how),
        Measure(
            f"calibration, {what}",
            f"ECE {honest['ece']:.3f}, Brier {honest['brier']:.3f}, AURC {honest['aurc']:.3f}",
            how,
        ),
        Measure(f"reliability (confidence: accuracy, ten equal bins), {what}", bins, how),
        _limited(f"95th percentile of a question with check and runs, {what}", report["p95_ms"], "ms", 100, how),
        _limited(f"median of the same, {what}", report["median_ms"], "ms", 60, how),
        Measure(f"questions per second, one after another, {what}", f"{report['questions_per_second']:.1f}", how),
    ]


def _cross_fitted() -> list[Measure]:
    """What training noted: the same sets with the ranker and the calibration fitted on other databases."""
    lines = [json.loads(line) for line in (TRAINED / "log.jsonl").read_text("utf-8").splitlines()]
    return [
        Measure(
            f"the same, ranker fitted on other databases only, {each['cross_fitted']}",
            f"{each['voted']:.2%} of {each['questions']}, any candidate {each['any']:.2%}",
            "`candor train`, `trained/log.jsonl`",
        )
        for each in lines
        if "cross_fitted" in each
    ]


def _rules_alone(spider: Path, split: str) -> list[Measure]:
    how = f"`CANDOR_MODELHUB_BUILT_IN_WEIGHTS=none candor eval spider-train --split {split}`"
    report, goal = _eval(spider, split, **NO_WEIGHTS), RULES_GOALS[split]
    rate = 100 * report["accuracy"]["rate"]
    return [
        Measure(f"rules alone, {split}", _accuracy(report["accuracy"]), how, f"{goal} %", rate >= goal),
        _limited(f"95th percentile, rules alone, {split}", report["p95_ms"], "ms", 60, how),
    ]


def _parts(spider: Path, split: str) -> list[Measure]:
    """What each part gives, by leaving out what comes after it."""
    pools = tried_pools(load_dataset(spider, split), None, jobs=1)
    drafted = [(pool, _chances(pool)) for pool in pools]
    shares = {
        "the rules' first reading": [_is_right(pool, "proposal_first") for pool in pools],
        "the network's first reading": [_is_right(pool, "parse_first") for pool in pools],
        "the ranker's first of both": [vote(pool, chances).first_is_right for pool, chances in drafted],
        "the vote over five": [vote(pool, chances).is_right for pool, chances in drafted],
        "any candidate": [any(each.is_right for each in pool.candidates) for pool in pools],
    }
    text = ", ".join(f"{name} {sum(right) / len(right):.1%}" for name, right in shares.items())
    return [Measure(f"right by part, {split}", text, "`make bench ONLY=engine`, every candidate run")]


def _chances(pool: TriedPool) -> list[float]:
    trained = network()
    assert trained is not None
    assert trained.ranker is not None
    return trained.ranker.probabilities([each.features for each in pool.candidates])


def _is_right(pool: TriedPool, feature: str) -> bool:
    return any(each.is_right and each.features.get(feature) == 1.0 for each in pool.candidates)


def _wide() -> list[Measure]:
    """A schema of 1,000 tables, in a draft of modelhub alone; retrieval would have cut it down before."""
    kinds = (ColumnType.INTEGER, ColumnType.TEXT, ColumnType.NUMBER, ColumnType.DATE)
    tables = tuple(
        Table(
            "",
            f"{word}_{n}",
            columns=(
                Column(f"{word}_id", ColumnType.INTEGER, is_primary_key=True),
                *(
                    Column(f"{word}_{part}", kinds[at % 4])
                    for at, part in enumerate(("name", "date", "amount", "city"))
                ),
            ),
        )
        for n in range(100)
        for word in ("order", "customer", "invoice", "product", "ship", "staff", "plan", "claim", "visit", "stock")
    )
    keys = tuple(ForeignKey(f"order_{n}", ("order_id",), f"customer_{n}", ("customer_id",)) for n in range(100))
    context = Context("sqlite", tables, keys)
    engine = BuiltInEngine()
    questions = ("How many customers are there in each city?", "What is the total amount of invoices after 2020?")
    times = []
    for turn in range(20):
        started = time.perf_counter()
        engine.draft(DraftRequest(questions[turn % 2], context))
        times.append((time.perf_counter() - started) * 1000)
    how = "`make bench ONLY=engine`, 20 drafts"
    return [
        _limited("a draft over 1,000 tables, median", median(times), "ms", 300, how),
        Measure("the same, slowest but one", f"{quantile(times, 0.9):.1f} ms", how),
    ]


def _limited(what: str, value: float, unit: str, limit: float, how: str) -> Measure:
    return Measure(what, f"{value:.1f} {unit}", how, f"{limit:g} {unit}", value <= limit)


def _accuracy(found: dict[str, Any]) -> str:
    return f"{found['correct']}/{found['total']} = {found['rate']:.2%}"
