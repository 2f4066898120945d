"""`python -m mesh.kubernetes --write k8s/components` writes the network policies; without it they are printed."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import yaml

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.kubernetes.policies import Json, linkerd_policies, network_policies, read_outside

_HEAD = "# Made by `make generate` from mesh/callers.toml and mesh/kubernetes/outside.toml.\n"


def documents() -> dict[str, str]:
    """The text of each file, by its path below the folder of components."""
    callers = read_callers(read_contract(load_descriptors()))
    found = {
        "network-policies/policies.yaml": network_policies(callers, read_outside(callers)),
        "network-policies-linkerd/policies.yaml": linkerd_policies(callers),
    }
    return {path: _text(policies) for path, policies in found.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints or writes, as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m mesh.kubernetes", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="the folder of components to write into")
    options = parser.parse_args(arguments)
    for path, text in documents().items():
        if options.write:
            (options.write / path).write_text(text, encoding="utf-8")
        else:
            print(text, end="")  # noqa: T201


def _text(policies: list[Json]) -> str:
    return _HEAD + yaml.safe_dump_all(policies, sort_keys=False, width=120)


if __name__ == "__main__":
    main()
