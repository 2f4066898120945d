"""The clients are one: one version, one set of promises, and one copy of what they share."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from candor.client import VERSION as PYTHON_VERSION
from conformance.page import PAGE, written

ROOT = Path(__file__).parents[3]
CLIENTS = ROOT / "clients"


def project(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(path.read_text())["project"]
    return found


def found(path: str, pattern: str) -> str:
    match = re.search(pattern, (CLIENTS / path).read_text())
    assert match, f"clients/{path} has no {pattern}"
    return match[1]


VERSION = project(ROOT / "pyproject.toml")["version"]


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("python/pyproject.toml", r'\nversion = "(.+)"'),
        ("typescript/package.json", r'"version": "(.+)"'),
        ("typescript/package-lock.json", r'"version": "(.+)"'),
        ("typescript/src/client.js", r'VERSION = "(.+)"'),
        ("go/candor/connection.go", r'Version = "(.+)"'),
        ("java/pom.xml", r"<artifactId>candor-client</artifactId>\s*<version>(.+)</version>"),
    ],
)
def test_all_clients_have_the_platforms_version(path: str, pattern: str) -> None:
    assert found(path, pattern) == VERSION


def test_the_python_client_tells_its_version() -> None:
    assert PYTHON_VERSION == VERSION


def test_the_page_lists_every_promise_that_is_tried() -> None:
    assert written(PAGE.read_text()) == PAGE.read_text()


def test_every_client_has_a_page_that_the_overview_names() -> None:
    folders = {path.parent.name for path in CLIENTS.glob("*/README.md")}
    assert set(re.findall(r"\]\((\w+)/README.md\)", PAGE.read_text())) == folders


def test_the_web_app_and_the_client_read_messages_with_the_same_runtime() -> None:
    """Two versions of it are two sets of types: the web app compiles the client's stubs with its own."""
    web, client = (
        json.loads((ROOT / each / "package-lock.json").read_text()) for each in ("web", "clients/typescript")
    )
    runtime = "node_modules/@bufbuild/protobuf"
    assert web["packages"][runtime]["version"] == client["packages"][runtime]["version"]
