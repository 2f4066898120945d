"""OpenTofu, with the AWS provider's schema, on a copy of `terraform/`: it writes beside what it reads."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aws_provider import aws_provider
from go_programs import program

ROOT = Path(__file__).parents[3]

Tofu = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("code") / "terraform"
    shutil.copytree(ROOT / "terraform", copy, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".terraform*"))
    return copy


@pytest.fixture(scope="session")
def tofu() -> Iterator[Tofu]:
    path = program("tofu")
    with aws_provider() as provider:
        environment = {
            **os.environ,
            **provider,
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }

        def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [path, f"-chdir={folder}", *arguments, "-no-color"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=240,
            )

        yield run
