"""`python -m monitoring --write .` writes everything that is made from the tables here; without it, it is printed."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from monitoring import kubernetes
from monitoring.boards import BOARDS
from monitoring.collector import Places, collector_config
from monitoring.dashboards import dashboard
from monitoring.prometheus import alertmanager_config, local_targets, prometheus_config
from monitoring.rules import rule_files
from monitoring.slos import documentation

_GENERATED, _COMPONENT = "monitoring/generated", "k8s/components/monitoring"
_HEAD = "# Made by `make generate` from monitoring/.\n"
_PAGE = "docs/observability.md"
_BEGIN, _END = "<!-- made from monitoring/slos.toml -->\n", "<!-- end -->"


def documents() -> dict[str, str]:
    """The text of each file, by its path in the repository."""
    local = {
        "prometheus.yaml": prometheus_config(local_targets(), rules="rules/*.yaml"),
        "alertmanager.yaml": alertmanager_config(),
        "collector.yaml": collector_config(_local_places()),
    }
    found = {f"{_GENERATED}/{name}": as_yaml(body) for name, body in local.items()}
    found |= {f"{_GENERATED}/rules/{name}.yaml": as_yaml(body) for name, body in rule_files().items()}
    found |= {f"{_GENERATED}/dashboards/{board.name}.json": _as_json(dashboard(board)) for board in BOARDS}
    return found | {f"{_COMPONENT}/{name}": as_yaml(*each) for name, each in kubernetes.documents().items()}


def as_yaml(*bodies: Any) -> str:
    """Documents as YAML, each value written where it stands."""
    return _HEAD + yaml.dump_all(bodies, Dumper=_Plain, sort_keys=False, width=120)


def with_objectives(page: str) -> str:
    """A page with the table of objectives between its marks as it is now."""
    before, _, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    assert end, f"{_PAGE} has no place for the objectives"
    return f"{before}{_BEGIN}{documentation()}\n{end}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints or writes, as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m monitoring", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="the repository to write into")
    options = parser.parse_args(arguments)
    for path, text in documents().items():
        if options.write:
            (options.write / path).parent.mkdir(parents=True, exist_ok=True)
            (options.write / path).write_text(text, encoding="utf-8")
        else:
            print(f"# {path}\n{text}")  # noqa: T201
    if options.write:
        page = options.write / _PAGE
        page.write_text(with_objectives(page.read_text(encoding="utf-8")), encoding="utf-8")


def _local_places() -> Places:
    return Places(
        listen="127.0.0.1:4317",
        metrics=local_targets()["collector"],
        health="127.0.0.1:13133",
        traces="127.0.0.1:14317",
        logs="http://127.0.0.1:3100/otlp",
        files=["candor.log"],
    )


def _as_json(body: Any) -> str:
    return json.dumps(body, indent=1) + "\n"


class _Plain(yaml.SafeDumper):
    """YAML without anchors, which not every reader of Kubernetes' takes."""

    def ignore_aliases(self, data: Any) -> bool:
        """See `yaml.SafeDumper`."""
        del data
        return True


if __name__ == "__main__":
    main()
