"""Writes the sample: `python -m services.cli.sample FILE` a SQLite file, `… --dataset FOLDER` with its questions."""

import argparse
import sys
from pathlib import Path

from services.cli.sample.load import write_dataset, write_sqlite


def main(arguments: list[str]) -> int:
    """Write what is asked for and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m services.cli.sample", description=__doc__)
    parser.add_argument("path", type=Path, help="the SQLite file to write, or the dataset's folder")
    parser.add_argument("--dataset", action="store_true", help="write a folder that `candor eval` reads")
    asked = parser.parse_args(arguments)
    (write_dataset if asked.dataset else write_sqlite)(asked.path)
    sys.stdout.write(f"{asked.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
