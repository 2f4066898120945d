"""The guard of the contracts: what a client relies on cannot go away unseen. The real buf compares two real trees."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUF = ROOT / ".venv" / "bin" / "buf"
GENERATION = "protos/candor/generation/v1/generation_service.proto"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A copy of the contracts, to change."""
    for folder in ("protos", "third_party/googleapis", "third_party/protovalidate"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    return tmp_path


def _breaking(changed: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BUF, "breaking", "--against", ROOT], cwd=changed, capture_output=True, text=True, timeout=60)


def _replace(changed: Path, old: str, new: str) -> None:
    path = changed / GENERATION
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  int64 sequence = 1;\n", "", 'field "1"'),
        ("  int64 sequence = 1;\n", "  string sequence = 1;\n", "changed type"),
        ("  int64 sequence = 1;\n", "  int64 place = 1;\n", "changed name"),
        ("rpc GetGeneration(", "rpc FetchGeneration(", 'RPC "GetGeneration"'),
    ],
)
def test_a_change_that_breaks_a_client_is_refused(changed: Path, old: str, new: str, complaint: str) -> None:
    _replace(changed, old, new)
    said = _breaking(changed)
    assert said.returncode != 0
    assert complaint in said.stdout


def test_a_new_field_breaks_nobody(changed: Path) -> None:
    _replace(changed, "  int64 sequence = 1;\n", "  int64 sequence = 1;\n  string note = 100;\n")
    said = _breaking(changed)
    assert (said.returncode, said.stdout) == (0, "")
