"""Programs that tests run for real and that come as Go modules: built once, into a cache outside the repository.

Each folder of `tests/programs/` is a Go module whose `go.mod` names one program by a `tool` line, or which is a program
itself, and whose `go.sum` pins all of it. `make programs` builds them; a test asks for one by `program("jaeger")`,
which skips where it is not.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_MODULES = Path(__file__).with_name("programs")


def program(name: str) -> Path:
    """A built program; the test that asks is skipped where it could not be built."""
    path = _path(name)
    if not path.exists():
        pytest.skip(f"{name} is not built: `make programs` builds it where Go is installed")
    return path


def build(name: str) -> Path:
    """Builds a program unless it is there.

    Raises:
        subprocess.CalledProcessError: Go refused; what it said is on stderr.
    """
    path = _path(name)
    if not path.exists():
        sys.stdout.write(f"Building {name} …\n")
        sys.stdout.flush()
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        command = ["go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", str(fresh), _package(name)]
        subprocess.run(command, cwd=_MODULES / name, check=True, env={**os.environ, "CGO_ENABLED": "0"})
        fresh.rename(path)
    return path


def _path(name: str) -> Path:
    """Where a program lies: its name, and what it was built from."""
    module = _MODULES / name
    made_from = b"".join(each.read_bytes() for each in (module / "go.mod", module / "go.sum", *module.glob("*.go")))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "candor" / "programs" / f"{name}-{hashlib.sha256(made_from).hexdigest()[:12]}"


def _package(name: str) -> str:
    lines = (_MODULES / name / "go.mod").read_text().splitlines()
    return next((line.split()[1] for line in lines if line.startswith("tool ")), ".")


def main() -> int:
    """Builds every program, or those named."""
    if shutil.which("go") is None:
        sys.stdout.write("No Go: the tests of the mesh's and the monitoring's programs will be skipped.\n")
        return 0
    for name in sys.argv[1:] or sorted(each.parent.name for each in _MODULES.glob("*/go.mod")):
        build(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
