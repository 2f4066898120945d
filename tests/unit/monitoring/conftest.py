"""The programs of Prometheus, where they are installed."""

import shutil
from pathlib import Path

import pytest
import yaml

from monitoring.rules import rule_files


@pytest.fixture(scope="session")
def promtool() -> str:
    """Prometheus' own tool."""
    return _installed("promtool")


@pytest.fixture(scope="session")
def amtool() -> str:
    """Alertmanager's own tool."""
    return _installed("amtool")


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the rule files, as they would be written now."""
    folder = tmp_path_factory.mktemp("rules")
    for name, body in rule_files().items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(body))
    return folder


def _installed(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found
