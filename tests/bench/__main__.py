"""`make bench [ONLY=name]`: runs the benchmarks, prints the table and keeps it in docs/benchmarks.md."""

import importlib
import json
import platform as machine
import sys
from datetime import UTC, datetime
from pathlib import Path

# Each module has `measure() -> list[Measure]`.
BENCHMARKS = (
    "platform",
    "edge",
    "check",
    "engine",
    "trial",
    "stream",
    "quality",
    "mesh",
    "capacity",
    "events",
    "telemetry",
)
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
KEPT = Path(__file__).parents[2] / "docs" / "benchmarks.json"
MARK = "<!-- The table below is written by `make bench`. -->"


def main(names: list[str]) -> int:
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        sys.stderr.write(f"No benchmark {', '.join(sorted(unknown))}. There are: {', '.join(BENCHMARKS)}.\n")
        return 2
    kept: dict[str, list[dict[str, str]]] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for name in names or BENCHMARKS:
        rows = importlib.import_module(f"bench.{name}").measure()
        kept[name] = [row.kept(datetime.now(UTC)) for row in rows]
        for row in rows:
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    _write(kept)
    return 0


def _write(kept: dict[str, list[dict[str, str]]]) -> None:
    head = PAGE.read_text().partition(MARK)[0].rstrip() if PAGE.exists() else "# Benchmarks"
    lines = [head, "", MARK, "", "| what | measured | limit | met | how |", "| --- | --- | --- | --- | --- |"]
    rows = [row for name in BENCHMARKS for row in kept.get(name, [])]
    lines += ["| {what} | {figure} | {limit} | {met} | {how} |".format_map(row) for row in rows]
    lines += ["", f"Machine: {machine.machine()}, Python {machine.python_version()}."]
    PAGE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main([each for each in sys.argv[1:] if each]))
