"""Prints what an evaluation found, and how far a long run has come."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.cli import evaluation
from services.cli.dataset import Dataset
from services.cli.evaluation import Scored


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
    answered = evaluation.answered(scored)
    countable = evaluation.countable(scored)
    median, tail = evaluation.milliseconds(scored)
    console.print(f"{dataset.file}: {len(dataset.items)} questions")
    console.print(f"execution accuracy: {evaluation.accuracy(scored)}", style="bold")
    console.print(f"  outcomes: {', '.join(f'{name} {count}' for name, count in evaluation.outcomes(scored))}")
    for level, accuracy in evaluation.accuracy_by_level(scored):
        console.print(f"  {level:12s} {accuracy}")
    share = len(answered) / len(countable) if countable else 0.0
    console.print(f"answered rather than withheld: {share:.1%}, and right in {evaluation.accuracy(answered)}")
    console.print(f"time per question: median {median:.1f} ms, 95th percentile {tail:.1f} ms")
    console.print(_coverage_and_risk(scored))


def _coverage_and_risk(scored: Sequence[Scored]) -> Table:
    table = Table(title="Coverage and risk", box=box.SIMPLE, title_justify="left", title_style="bold")
    for name in ("coverage", "accuracy", "risk", "from confidence"):
        table.add_column(name, justify="right", no_wrap=True)
    for coverage in evaluation.COVERAGES:
        threshold, accuracy = evaluation.accuracy_at_coverage(scored, coverage)
        table.add_row(f"{coverage:.1%}", f"{accuracy.rate:.1%}", f"{1 - accuracy.rate:.1%}", f"{threshold:.3f}")
    for precision in evaluation.PRECISIONS:
        covered, threshold = evaluation.coverage_at_precision(scored, precision)
        table.add_row(f"{covered:.1%}", f">= {precision:.0%}", f"<= {1 - precision:.0%}", f"{threshold:.3f}")
    return table
