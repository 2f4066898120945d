"""`python -m mesh.local WORKLOAD` shows how the Envoy beside a workload is told to behave, as JSON."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.local.settings import MeshSettings
from mesh.local.sidecar import sidecar_config

_FIRST_PORT = 8101


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one configuration."""
    callers = read_callers(read_contract(load_descriptors()))
    # The edge is an Envoy itself: `python -m mesh.edge --print` shows it.
    workloads = [name for name in callers.workloads if name != "edge"]
    parser = argparse.ArgumentParser(prog="python -m mesh.local", description=__doc__)
    parser.add_argument("workload", choices=workloads)
    parser.add_argument("--folder", type=Path, default=Path("/run/candor/mesh"), help="the mesh's folder")
    options = parser.parse_args(arguments)
    addresses = {name: (f"127.0.0.1:{_FIRST_PORT + index}",) for index, name in enumerate(workloads)}
    config = sidecar_config(options.workload, MeshSettings(options.folder, addresses), callers)
    sys.stdout.write(json.dumps(config, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
