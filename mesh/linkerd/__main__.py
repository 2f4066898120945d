"""`python -m mesh.linkerd` writes the kustomize component, judges a rendered cluster, or says who may call what."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.linkerd.lint import findings
from mesh.linkerd.manifests import component, manifests, read, write
from mesh.linkerd.resources import GRPC_PORT, NAMESPACE
from mesh.linkerd.verdict import Call, verdict


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the arguments say; 1 where the answer is no."""
    parser = argparse.ArgumentParser(prog="python -m mesh.linkerd", description=__doc__)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--write", type=Path, metavar="DIRECTORY", help="make it hold the component")
    task.add_argument("--lint", action="store_true", help="judge what stdin holds, as `kubectl kustomize` prints it")
    task.add_argument("--may", nargs=2, metavar=("CALLER", "METHOD"), help="for example: documents IssueToken")
    options = parser.parse_args(arguments)
    contract = read_contract(load_descriptors())
    callers = read_callers(contract)
    if options.write:
        write(component(contract, callers), options.write)
        return 0
    if options.lint:
        faults = findings(read([sys.stdin.read()]), contract, callers)
        sys.stdout.writelines(f"{fault}\n" for fault in faults)
        return int(bool(faults))
    caller, name = options.may
    asked = [method for method in contract.methods if method.name == name]
    if not asked:
        parser.error(f"no RPC is called {name}")
    everything = [each for found in manifests(contract, callers).values() for each in found]
    said = [verdict(everything, Call((NAMESPACE, caller), m.room, GRPC_PORT, "POST", m.path)) for m in asked]
    sys.stdout.writelines(
        f"{method.path}: {'yes' if each.allowed else 'no'}, {each.why}\n"
        for method, each in zip(asked, said, strict=True)
    )
    return int(not all(each.allowed for each in said))


if __name__ == "__main__":
    sys.exit(main())
