"""checkov, which looks for insecure infrastructure: in an environment of its own, since it holds back many packages.

Built from a lock with hashes into the cache in which `go_programs` keeps its programs; a test that asks for it is
skipped where it could not be built.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

_LOCK = Path(__file__).with_name("programs") / "checkov" / "requirements.lock"
_UV = Path(sys.executable).with_name("uv")


def checkov() -> Path:
    """The program; the test that asks is skipped where it is not built."""
    path = _folder() / "bin" / "checkov"
    if not path.exists():
        pytest.skip("checkov is not built: `make programs` builds it")
    return path


def build() -> None:
    """Builds it unless it is there.

    Raises:
        subprocess.CalledProcessError: A package is not to be had; what uv said is on stderr.
    """
    folder = _folder()
    if folder.exists():
        return
    sys.stdout.write("Building checkov …\n")
    sys.stdout.flush()
    # Scripts name the environment they are in, so that it is made where it stays; half of it is not left there.
    fresh = folder.with_suffix(".building")
    subprocess.run([_UV, "venv", "-q", "--clear", "--relocatable", "-p", sys.executable, fresh], check=True)
    install = ["pip", "install", "-q", "--require-hashes", "--no-deps", "-p", fresh / "bin" / "python", "-r", _LOCK]
    subprocess.run([_UV, *install], check=True)
    fresh.rename(folder)


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "candor" / "programs" / f"checkov-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]}"


if __name__ == "__main__":
    build()
