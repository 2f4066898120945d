"""The Go client: its form, its own tests, and that its stubs hold every call of the contracts.

What it does on the wire is the conformance table's to say.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mesh.contract import load_descriptors, read_contract

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "clients" / "go"
TIMEOUT_S = 600

needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")


def run(*command: str, folder: Path = FOLDER) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_call_of_the_contracts_has_a_stub() -> None:
    stubs = "".join(path.read_text() for path in FOLDER.rglob("*_grpc.pb.go"))
    made = set(re.findall(r'_FullMethodName += "(.+)"', stubs))
    assert made == {method.path for method in read_contract(load_descriptors()).methods}


@needs_go
def test_its_code_is_in_gos_form() -> None:
    assert run("gofmt", "-l", ".") == ""


@needs_go
@pytest.mark.slow
@pytest.mark.xdist_group("conformance")
def test_vet_finds_nothing_and_its_own_tests_pass() -> None:
    run("go", "vet", "-mod=readonly", "./...")
    said = run("go", "test", "-p", "2", "-mod=readonly", "-count=1", "-v", "./candor")
    written = "".join(path.read_text() for path in FOLDER.glob("candor/*_test.go"))
    passed = re.findall(r"^--- PASS: (\w+)", said, re.MULTILINE)
    assert sorted(passed) == sorted(re.findall(r"^func (Test\w+)", written, re.MULTILINE))


@needs_go
@pytest.mark.slow
def test_the_page_shows_code_that_compiles(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```go\n(.+?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    imports, body = shown.split(")\n", 1)
    imports = imports.replace("import (", 'import (\n\t"context"\n\t"fmt"')
    program = f"package main\n\n{imports})\n\nvar _ generationv1.GenerationEvent\n\n"
    program += f"func show(ctx context.Context, token string) error {{\n{body}\nreturn nil\n}}\n\nfunc main() {{}}\n"
    (tmp_path / "main.go").write_text(program)
    run("go", "vet", "-mod=readonly", str(tmp_path / "main.go"))
