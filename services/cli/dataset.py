"""Question sets on disk: a folder with a JSON list of questions and one SQLite file for each database.

The layout is Spider's: `dev.json` and `database/<db_id>/<db_id>.sqlite`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

DEFAULT_SPLITS = ("dev.json", "dataset.json", "test.json")


class DatasetError(ValueError):
    """A question set or a file of predictions that cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `id` is the item's own, else its position; `golds` are the queries any of which is right."""

    id: str | int
    db_id: str
    question: str
    golds: tuple[str, ...] = ()
    parsed: Mapping[str, Any] | None = None
    difficulty: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The questions of one file, and where their databases are."""

    folder: Path
    file: Path
    items: tuple[Item, ...]

    def database(self, db_id: str) -> Path:
        """The SQLite file of a database, which may not exist."""
        return self.folder / "database" / db_id / f"{db_id}.sqlite"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One line of a predictions file. `sql` is the best guess even when `abstained` says not to trust it.

    So accuracy can be measured at any coverage; it is None when there was not even a guess. `ms` is wall-clock time.
    """

    id: str | int
    sql: str | None
    confidence: float
    abstained: bool
    ms: float


def load_dataset(folder: Path, split: str | None = None) -> Dataset:
    """The questions in a folder, from the file `split` or the first of the usual names that exists.

    Raises:
        DatasetError: There is no such file, or it is not a list of questions.
    """
    names = (split,) if split else DEFAULT_SPLITS
    file = next((folder / name for name in names if (folder / name).is_file()), None)
    if file is None:
        raise DatasetError(f"There is no {' or '.join(names)} in {folder}. Name the file with --split.")
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
        items = tuple(_item(position, each) for position, each in enumerate(listed))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{file} is not a JSON list of objects with db_id and question.") from error
    return Dataset(folder, file, items)


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Writes predictions as JSON lines, whole or not at all."""
    written = path.with_name(f"{path.name}.partial")
    with written.open("w", encoding="utf-8") as lines:
        for each in predictions:
            lines.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")
    written.replace(path)


def read_predictions(path: Path) -> list[Prediction]:
    """The predictions in a file. All but `id` and `sql` may be missing: such a guess counts as sure.

    Raises:
        DatasetError: The file cannot be read, or a line has no id.
    """
    lines = read_lines(path)
    try:
        return [
            Prediction(
                id=each["id"],
                sql=each.get("sql"),
                confidence=float(each.get("confidence", 1.0)),
                abstained=bool(each.get("abstained", each.get("sql") is None)),
                ms=float(each.get("ms", 0.0)),
            )
            for each in lines
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f'{path} has a line without "id", or with a number that is none.') from error


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file; blank lines are passed over.

    Raises:
        DatasetError: The file cannot be read, or a line is not a JSON object.
    """
    found = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip():
                continue
            each = json.loads(line)
            if not isinstance(each, dict):
                raise DatasetError(f"Line {number} of {path} is not a JSON object.")
            found.append(each)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as JSON lines: {error}.") from error
    return found


def _item(position: int, each: Mapping[str, Any]) -> Item:
    query = each.get("query") or each.get("SQL")
    return Item(
        id=each.get("id", position),
        db_id=str(each["db_id"]),
        question=str(each["question"]),
        golds=tuple(each.get("golds") or ([query] if query else [])),
        parsed=each["sql"] if isinstance(each.get("sql"), dict) else None,
        difficulty=str(each.get("difficulty") or each.get("hardness") or ""),
    )
