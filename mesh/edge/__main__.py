"""`python -m mesh.edge` runs the edge in the foreground; `--print` shows Envoy's configuration instead."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mesh.contract import load_descriptors, read_contract
from mesh.edge.config import edge_config
from mesh.edge.draining import run_until_drained
from mesh.edge.settings import EdgeSettings
from mesh.envoy import envoy_command


def write_config(settings: EdgeSettings, path: Path) -> Path:
    """Writes Envoy's configuration as JSON, readable by its owner alone, and returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps(edge_config(settings, read_contract(load_descriptors())), indent=1)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def command(settings: EdgeSettings, config: Path) -> list[str]:
    """The command line that runs Envoy with a configuration."""
    grace_s = settings.grace.total_seconds()
    return envoy_command(
        config, workers=settings.workers, log_level=settings.log_level, drain_s=grace_s, program="edge"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints, writes or runs, as the arguments say; Envoy's exit status."""
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
        if not settings.admin_address:
            settings = settings.model_copy(update={"admin_address": f"unix:{path.parent / 'admin.sock'}"})
        config = write_config(settings, path)
        running = run_until_drained(command(settings, config), settings.admin_address, settings.grace)
        return asyncio.run(running)
    return 0


if __name__ == "__main__":
    sys.exit(main())
