"""The built-in engine: how often its answers are right, and how long it takes, as `candor eval` says."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.table import Measure

from services.cli.sample.load import write_dataset

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CANDOR_SHARED_DATA", ROOT.parent / "shared" / "data"))


def measure() -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="candor-sample-") as folder:
        write_dataset(Path(folder))
        found = _evaluated("the sample's 40 questions", Path(folder), None, "candor eval SAMPLE")
    spider = SHARED / "spider-train"
    if spider.is_dir():
        for split in ("valid.json", "valid_syn.json"):
            name = f"spider-train, {split}, 22 databases not tuned on"
            found += _evaluated(name, spider, split, f"candor eval spider-train --split {split}")
    return found


def _evaluated(what: str, dataset: Path, split: str | None, how: str) -> list[Measure]:
    command = [sys.executable, "-m", "services.cli", "eval", str(dataset), *(["--split", split] if split else [])]
    text = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    accuracy = _found(r"execution accuracy: (.+)", text)
    coverage = _found(r"answered rather than withheld: (.+)", text)
    speed = _found(r"time per question: (.+)", text)
    cited = f"`{how}`"
    return [
        Measure(f"execution accuracy, {what}", accuracy, cited),
        Measure(f"coverage, {what}", coverage, cited),
        Measure(f"milliseconds a question with check and run, {what}", speed, cited),
    ]


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match.group(1).strip()
