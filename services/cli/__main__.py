"""The `candor` command: asks, measures, trains, checks, scans. Each command imports what it needs when it runs."""

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from services.kit.errors import CandorError

if TYPE_CHECKING:
    from services.cli.dataset import Dataset, Prediction

# What a script may rely on.
EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_WITHHELD = 3

app = typer.Typer(
    help="Questions in plain language, answered with SQL that has been checked.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

DatasetFolder = Annotated[Path, typer.Argument(help="A folder with a JSON list of questions and database/.")]
Split = Annotated[str | None, typer.Option(help="The file in that folder; dev.json when not named.")]
Model = Annotated[str, typer.Option(help='Which model drafts, such as "built-in"; the default one when not named.')]
Jobs = Annotated[int, typer.Option(min=0, help="How many processes; one per core when 0.")]


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In plain language.")],
    database: Annotated[str, typer.Option(help="Where the data is: sqlite:///file.db, duckdb:///file, postgresql://…")],
    model: Model = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of a page.")] = False,
) -> None:
    """Answers one question. Exit code 0 when answered, 3 when the answer is withheld, 1 when something failed."""
    from services.cli.ask import ask_json, ask_page  # noqa: PLC0415  Seconds of imports, for this command alone.

    try:
        answered = asyncio.run((ask_json if as_json else ask_page)(question, database, model))
    except ValueError as error:
        _fail(str(error), EXIT_USAGE)
    except CandorError as error:
        if as_json:
            typer.echo(json.dumps({"error": {"reason": error.reason, "message": error.message}}))
        _fail(error.message, EXIT_ERROR)
    raise typer.Exit(0 if answered else EXIT_WITHHELD)


@app.command()
def predict(
    dataset: DatasetFolder,
    *,
    out: Annotated[Path, typer.Option(help="Where the predictions go, one JSON object a line.")],
    split: Split = None,
    model: Model = "built-in",
    jobs: Jobs = 1,
) -> None:
    """Answers every question of a set and writes the SQL: {"id", "sql", "confidence", "abstained", "ms"}.

    Where the answer is withheld, "abstained" is true and "sql" is still the best guess, so that accuracy can be
    measured at any coverage; "sql" is null where there is no guess at all.
    """
    from services.cli.dataset import write_predictions  # noqa: PLC0415  As above.

    predictions = _predict(_load(dataset, split), model, jobs)
    try:
        write_predictions(out, predictions)
    except OSError as error:
        _fail(f"{out} cannot be written: {error.strerror}.", EXIT_USAGE)
    typer.echo(f"{out}: {len(predictions)} predictions, {sum(each.abstained for each in predictions)} withheld")


@app.command("eval")
def evaluate(
    dataset: DatasetFolder,
    *,
    split: Split = None,
    model: Model = "built-in",
    jobs: Jobs = 1,
    predictions: Annotated[
        Path | None, typer.Option(help="Score this file of predictions in place of making new ones.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Keep the predictions here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of a page.")] = False,
) -> None:
    """Answers every question of a set and says how often the rows are right, and how honest the confidences are."""
    from services.cli.dataset import read_predictions, write_predictions  # noqa: PLC0415  As above.
    from services.cli.evaluation import score_predictions  # noqa: PLC0415
    from services.cli.report import document, print_report  # noqa: PLC0415

    questions = _load(dataset, split)
    try:
        made = read_predictions(predictions) if predictions else _predict(questions, model, jobs)
        if out is not None:
            write_predictions(out, made)
    except (OSError, ValueError) as error:
        _fail(str(error), EXIT_USAGE)
    scored = list(score_predictions(questions, {str(each.id): each for each in made}, jobs))
    if as_json:
        typer.echo(json.dumps(document(questions, scored), ensure_ascii=False))
    else:
        print_report(questions, scored)


@app.command()
def train(
    dataset: DatasetFolder,
    *,
    out: Annotated[Path, typer.Option(help="Where the checkpoint, the log and the weights go; a run there resumes.")],
    learn: Annotated[str, typer.Option(help="Files to learn from, in that folder, parted by commas.")] = "train.json",
    measure: Annotated[
        str, typer.Option(help="Files over other databases, to measure on and to fit the ranker; parted by commas.")
    ] = "valid.json",
    epochs: Annotated[int, typer.Option(min=1, help="How often every question is seen.")] = 9,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights on the same machine.")] = 7,
    jobs: Jobs = 0,
) -> None:
    """Trains the built-in engine's parser and ranker, on a GPU where there is one. Needs pip install 'candor[train]'.

    Set CANDOR_MODELHUB_BUILT_IN_WEIGHTS to the folder to use what was trained.
    """
    try:
        from services.training.loop import Plan  # noqa: PLC0415  Torch is wanted by this command alone.
        from services.training.run import Run, run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is missing. Training needs: pip install 'candor[train]'", EXIT_USAGE)
    sets = [[_load(dataset, split) for split in names.split(",") if split] for names in (learn, measure)]
    work = Run(sets[0], sets[1], out, Plan(epochs=epochs, seed=seed), jobs or os.cpu_count() or 1)
    try:
        run(work, lambda line: typer.echo(json.dumps(line)))
    except (OSError, ValueError) as error:
        _fail(str(error), EXIT_USAGE)
    typer.echo(f"{out}: trained")


@app.command()
def check(
    cases: Annotated[Path, typer.Option(help='Statements, one JSON object a line: {"dialect", "sql"}.')],
    out: Annotated[Path, typer.Option(help='Verdicts, one a line: {"verdict", "reason", "message"}.')],
) -> None:
    """Passes statements through the SQL guard: "allow" or "refuse", and why."""
    from services.cli.check import check_cases  # noqa: PLC0415  As above.

    try:
        allowed, refused = check_cases(cases, out)
    except (OSError, ValueError) as error:
        _fail(str(error), EXIT_USAGE)
    typer.echo(f"{out}: {allowed} allowed, {refused} refused")


@app.command()
def scan(
    file: Annotated[Path, typer.Argument(help="A file of SQL, of one statement or of many.")],
    dialect: Annotated[str, typer.Option(help="Which SQL it is: postgres, mysql, tsql, snowflake, …")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Looks for danger in a file of SQL, which is never run. Exit code 1 where an error was found."""
    from services.cli.scan import scan_file  # noqa: PLC0415  As above.

    try:
        lines, dangerous = scan_file(file, dialect, as_json=as_json)
    except (OSError, ValueError) as error:
        _fail(str(error), EXIT_USAGE)
    except CandorError as error:
        _fail(error.message, EXIT_USAGE)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(EXIT_ERROR if dangerous else 0)


def _load(folder: Path, split: str | None) -> "Dataset":
    from services.cli.dataset import load_dataset  # noqa: PLC0415  As above.

    try:
        return load_dataset(folder, split)
    except (OSError, ValueError) as error:
        _fail(str(error), EXIT_USAGE)


def _predict(questions: "Dataset", model: str, jobs: int) -> "list[Prediction]":
    from services.cli.predict import predict as answer_all  # noqa: PLC0415  As above.
    from services.cli.report import progress  # noqa: PLC0415

    with progress(len(questions.items)) as on_done:
        predictions, failures = answer_all(questions, model, jobs, on_done)
    for failure in failures:
        typer.echo(f"candor: {failure}", err=True)
    return predictions


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"candor: {message}", err=True)
    raise typer.Exit(code)


@app.command(name="sign-in")
def sign_in() -> None:
    """Prints a new link that signs you in to the Candor that runs on this machine, once."""
    from services.laptop import LaptopSettings, create_sign_in_link  # noqa: PLC0415  As above.

    try:
        typer.echo(asyncio.run(create_sign_in_link(LaptopSettings())))
    except CandorError as error:
        _fail(f"{error.message} Is Candor running here? `make run` starts it.", EXIT_ERROR)


def main() -> None:
    """The command line."""
    app(prog_name="candor")


if __name__ == "__main__":
    main()
