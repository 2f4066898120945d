"""Requests of our own over three small schemas: states, missing values, flags, multiples, rare in public sets.

The ranker is fitted on them too; they are never measured on.
"""

import json
import sqlite3
from importlib import resources
from pathlib import Path

from services.cli.dataset import Dataset, load_dataset


def write_requests(folder: Path) -> Dataset:
    """Writes the requests and their databases as a question set, and reads it."""
    kept = json.loads(resources.files(__package__).joinpath("requests.json").read_text("utf-8"))
    for name, lines in kept["schemas"].items():
        path = folder / "database" / name / f"{name}.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        database = sqlite3.connect(path)
        database.executescript("\n".join(lines))
        database.commit()
        database.close()
    (folder / "dev.json").write_text(json.dumps(kept["questions"]), encoding="utf-8")
    return load_dataset(folder)
