"""OpenTofu reads all of `terraform/`, and runs its tests, with names and types of the provider that is pinned.

The provider itself is several hundred MiB and is not run: what AWS or the provider's own code refuses is not seen here.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Tofu = Callable[..., subprocess.CompletedProcess[str]]

CODE = Path(__file__).parents[3] / "terraform"


def _folders(*patterns: str) -> list[str]:
    return sorted({str(path.parent.relative_to(CODE)) for pattern in patterns for path in CODE.glob(pattern)})


# What has a provider of its own, so that somebody may apply it as it is.
ROOT_MODULES = _folders("bootstrap/main.tf", "envs/*/main.tf", "examples/*/main.tf")
TESTED = [folder.removesuffix("/tests") for folder in _folders("*/*/tests/*.tftest.hcl")]

pytestmark = pytest.mark.slow


def test_every_file_is_written_as_the_formatter_writes_it(code: Path, tofu: Tofu) -> None:
    seen = tofu(code, "fmt", "-check", "-recursive", "-diff")
    assert seen.returncode == 0, seen.stdout


@pytest.mark.parametrize("folder", ROOT_MODULES)
def test_what_is_applied_or_copied_is_valid(folder: str, code: Path, tofu: Tofu) -> None:
    started = tofu(code / folder, "init", "-backend=false")
    assert started.returncode == 0, started.stderr
    seen = tofu(code / folder, "validate")
    assert seen.returncode == 0, seen.stderr


@pytest.mark.parametrize("folder", TESTED)
def test_modules_and_environments_pass_their_own_tests(folder: str, code: Path, tofu: Tofu) -> None:
    started = tofu(code / folder, "init", "-backend=false")
    assert started.returncode == 0, started.stderr
    seen = tofu(code / folder, "test")
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert "0 failed" in seen.stdout
    assert " 0 passed" not in seen.stdout


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (("main.tf", "storage_encrypted ", "storage_encripted "), "Unsupported argument"),
        (("main.tf", 'engine             = "aurora-postgresql"\n', ""), "Missing required argument"),
        (("main.tf", "retention_period      = 35", 'retention_period = "long"'), "Incorrect attribute value type"),
        (
            ("outputs.tf", "aws_rds_cluster.this.reader_endpoint", "aws_rds_cluster.this.readers"),
            "Unsupported attribute",
        ),
        (("main.tf", "serverlessv2_scaling_configuration {", "serverless_scaling {"), "Unsupported block type"),
        (("main.tf", '"aws_db_subnet_group" "this"', '"aws_db_subnets" "this"'), "Invalid resource type"),
    ],
)
def test_a_mistake_is_found(mistake: tuple[str, str, str], said: str, code: Path, tofu: Tofu, tmp_path: Path) -> None:
    file, right, wrong = mistake
    module = shutil.copytree(code / "modules" / "database", tmp_path / "database")
    text = (module / file).read_text()
    assert right in text
    (module / file).write_text(text.replace(right, wrong))
    assert tofu(module, "init", "-backend=false").returncode == 0
    seen = tofu(module, "validate")
    assert seen.returncode == 1
    assert said in seen.stderr
