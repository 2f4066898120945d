"""What an evaluation found, as a page for a person or a document for a program; and how far a long run has come."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from services.cli import evaluation
from services.cli.calibration import Bin, Calibration, calibration
from services.cli.dataset import Dataset
from services.cli.evaluation import COVERAGES, PRECISIONS, Accuracy, Scored
from services.cli.failures import MEANINGS

# How many characters a bar of 100 % has.
_BAR = 32
# The columns that hold no numbers.
_IN_WORDS = {"level", "kind", "what differs", "accuracy as a bar, confidence as a mark"}


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where that is a terminal; tell it how many more are done."""
    console = Console(stderr=True)
    columns = (TextColumn("answering"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)


def print_report(dataset: Dataset, scored: Sequence[Scored]) -> None:
    """The figures on stdout, the first line that matters being `execution accuracy: right/all = percent`."""
    console = Console(highlight=False, soft_wrap=True)
    median, tail = evaluation.milliseconds(scored)
    rate = evaluation.questions_per_second(scored)
    console.print(f"{dataset.file}: {len(dataset.items)} questions")
    console.print(f"execution accuracy: {evaluation.accuracy(scored)}", style="bold")
    console.print(f"  outcomes: {', '.join(f'{name} {count}' for name, count in evaluation.outcomes(scored))}")
    right = evaluation.accuracy(evaluation.answered(scored))
    console.print(f"answered rather than withheld: {evaluation.answered_share(scored):.1%}, and right in {right}")
    console.print(f"time per question: median {median:.1f} ms, 95th percentile {tail:.1f} ms")
    console.print(f"questions per second: {rate:.1f}, one after another")
    measured = calibration(evaluation.guesses(scored))
    for title, table in (
        ("Hardness", _hardness(scored)),
        ("Failures", _failures(scored)),
        ("Coverage and risk", _coverage_and_risk(scored)),
        (_calibration_title(measured), _reliability(measured.bins)),
    ):
        if table.row_count:
            console.print()
            console.print(title, style="bold")
            console.print(Padding(table, (0, 0, 0, 2), expand=False))


def document(dataset: Dataset, scored: Sequence[Scored]) -> dict[str, Any]:
    """The same as JSON: shares, confidences and errors from 0 to 1, times in milliseconds."""
    median, tail = evaluation.milliseconds(scored)
    at_coverage = [(share, evaluation.accuracy_at_coverage(scored, share)) for share in COVERAGES]
    at_precision = [(share, evaluation.coverage_at_precision(scored, share)) for share in PRECISIONS]
    return {
        "dataset": str(dataset.file),
        "questions": len(dataset.items),
        "accuracy": _accuracy(evaluation.accuracy(scored)),
        "outcomes": dict(evaluation.outcomes(scored)),
        "answered": _answered(scored),
        "levels": {
            level: {"accuracy": _accuracy(evaluation.accuracy(part)), "answered": _answered(part)}
            for level, part in evaluation.levels(scored)
        },
        "failures": {kind.value: count for kind, count in evaluation.failures(scored)},
        "accuracy_at_coverage": [
            {"coverage": share, "from_confidence": threshold, **_accuracy(found)}
            for share, (threshold, found) in at_coverage
        ],
        "coverage_at_precision": [
            {"precision": share, "from_confidence": threshold, "coverage": covered}
            for share, (covered, threshold) in at_precision
        ],
        "calibration": asdict(calibration(evaluation.guesses(scored))),
        "median_ms": median,
        "p95_ms": tail,
        "questions_per_second": evaluation.questions_per_second(scored),
    }


def _accuracy(found: Accuracy) -> dict[str, Any]:
    return {"correct": found.correct, "total": found.total, "rate": found.rate}


def _answered(scored: Sequence[Scored]) -> dict[str, Any]:
    found = evaluation.accuracy(evaluation.answered(scored))
    return {"coverage": evaluation.answered_share(scored), **_accuracy(found)}


def _hardness(scored: Sequence[Scored]) -> Table:
    table = _table("level", "questions", "accuracy", "answered", "right when answered")
    for level, part in evaluation.levels(scored):
        found, trusted = evaluation.accuracy(part), evaluation.accuracy(evaluation.answered(part))
        share = f"{evaluation.answered_share(part):.1%}"
        table.add_row(level, str(found.total), f"{found.rate:.1%}", share, f"{trusted.rate:.1%}")
    return table


def _failures(scored: Sequence[Scored]) -> Table:
    table = _table("kind", "questions", "share", "what differs")
    total = len(evaluation.countable(scored))
    for kind, count in evaluation.failures(scored):
        table.add_row(kind.value, str(count), f"{count / total:.1%}", MEANINGS[kind])
    return table


def _coverage_and_risk(scored: Sequence[Scored]) -> Table:
    table = _table("coverage", "accuracy", "risk", "from confidence")
    for share in COVERAGES:
        threshold, found = evaluation.accuracy_at_coverage(scored, share)
        table.add_row(f"{share:.1%}", f"{found.rate:.1%}", f"{1 - found.rate:.1%}", f"{threshold:.3f}")
    for precision in PRECISIONS:
        covered, threshold = evaluation.coverage_at_precision(scored, precision)
        table.add_row(f"{covered:.1%}", f">= {precision:.0%}", f"<= {1 - precision:.0%}", f"{threshold:.3f}")
    return table


def _calibration_title(measured: Calibration) -> str:
    return f"Calibration: ECE {measured.ece:.3f}, Brier {measured.brier:.3f}, AURC {measured.aurc:.3f}"


def _reliability(bins: Sequence[Bin]) -> Table:
    table = _table("confidence", "accuracy", "guesses", "accuracy as a bar, confidence as a mark")
    for each in bins:
        table.add_row(f"{each.confidence:.3f}", f"{each.accuracy:.3f}", str(each.count), _bar(each))
    return table


def _bar(each: Bin) -> Text:
    """The accuracy as a bar and the confidence as a mark on the same scale: they end together where it is honest."""
    filled, mark = round(each.accuracy * _BAR), min(round(each.confidence * _BAR), _BAR - 1)
    cells = ["█" if position < filled else "·" for position in range(_BAR)]
    return Text.assemble(("".join(cells[:mark]), "cyan"), ("┃", "bold yellow"), ("".join(cells[mark + 1 :]), "cyan"))


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bright_black", show_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name in _IN_WORDS else "right", no_wrap=True)
    return table
