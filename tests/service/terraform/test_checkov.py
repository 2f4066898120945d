"""checkov finds nothing insecure but what says in its place why it is right."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from checkov_program import checkov

CODE = Path(__file__).parents[3] / "terraform"


def _failed(folder: Path) -> list[str]:
    seen = subprocess.run(
        [checkov(), "-d", folder, "--framework", "terraform", "--skip-download", "--output", "json"],
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    report = json.loads(seen.stdout)
    assert report["summary"]["passed"] > 10
    return [
        f"{each['check_id']} {each['resource']}: {each['check_name']}" for each in report["results"]["failed_checks"]
    ]


@pytest.mark.slow
def test_nothing_is_insecure() -> None:
    assert _failed(CODE) == []


@pytest.mark.slow
def test_a_bucket_without_a_wall_is_found(tmp_path: Path) -> None:
    text = (CODE / "modules" / "blobs" / "main.tf").read_text()
    (tmp_path / "main.tf").write_text(text.replace("block_public_policy     = true", "block_public_policy     = false"))
    assert any(each.startswith("CKV_AWS_54 ") for each in _failed(tmp_path))


def test_every_exception_says_why_and_they_are_few() -> None:
    exceptions = [each for path in CODE.rglob("*.tf") for each in re.findall(r"#checkov:skip=(.*)", path.read_text())]
    assert 0 < len(exceptions) <= 25
    assert all(re.fullmatch(r"CKV2?_AWS_\d+: .{20,}\.", each) for each in exceptions), exceptions
