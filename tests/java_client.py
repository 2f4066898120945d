"""The Java client, built by Maven: by one process at a time, and again only where a source is newer than the build.

`python tests/java_client.py` builds it; a test asks for what to run by `classpath()`, which skips where there is no
JDK or no Maven.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
FOLDER = _ROOT / "clients" / "java"
TARGET = FOLDER / "target"
TOOLS = ("java", "javac", "mvn")
_SOURCES = (FOLDER / "pom.xml", FOLDER / "src", _ROOT / "protos", _ROOT / "third_party" / "protovalidate")
# Holds what Maven printed.
_BUILT = TARGET / "built"
_TIMEOUT_S = 600
# Maven resets the terminal's style also where there is no terminal.
_STYLE = re.compile(r"\x1b\[\d*m")


def classpath() -> str:
    """The built client and its libraries, for `java -cp`; the test that asks is skipped without the tools."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"the Java client needs {', '.join(missing)}")
    build()
    return f"{TARGET / 'candor-client.jar'}:{TARGET / 'lib'}/*"


def build() -> str:
    """Builds and tests the client where anything changed; gives what Maven printed.

    Raises:
        RuntimeError: It does not build or a test of it fails; what Maven printed.
    """
    TARGET.mkdir(exist_ok=True)
    with (TARGET / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = _newest()
        if not _BUILT.exists() or newest > _BUILT.stat().st_mtime_ns:
            command = ["mvn", "-q", "-B", "package"]
            done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
            said = _STYLE.sub("", done.stdout + done.stderr)
            if done.returncode:
                raise RuntimeError(f"{' '.join(command)}:\n{said}")
            _BUILT.write_text(said)
            # Not the time of now: what was changed during the build is not in it.
            os.utime(_BUILT, ns=(newest, newest))
    return _BUILT.read_text()


def _newest() -> int:
    files = [each for source in _SOURCES for each in (source, *source.rglob("*"))]
    return max(each.stat().st_mtime_ns for each in files)


if __name__ == "__main__":
    sys.stdout.write(build())
