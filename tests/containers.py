"""Images as containers without an engine: built by buildah, started in namespaces as a restricted pod starts them.

A container's root is the image's, mounted so that nothing can be written but `/tmp`; its process is the image's user,
without capabilities and unable to gain any. It shares this machine's network, and nothing else.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

# $1 is the root, $2 a folder of secrets, $3 the socket's folder of a PostgreSQL; then what unshare is told to run.
_START = """
set -eu
root=$1 secrets=$2 postgres=$3
shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir "$root/run/secrets" "$root/run/postgres"
mount --bind -o ro "$secrets" "$root/run/secrets"
mount --bind "$postgres" "$root/run/postgres"
mount -o remount,ro "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero urandom random; do
  touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs unshare --root "$root" "$@"
"""


def missing() -> str:
    """What this machine lacks to build and start images; empty when nothing."""
    lacking = [each for each in ("buildah", "mmdebstrap", "unshare", "setpriv") if shutil.which(each) is None]
    if lacking:
        return f"images are not built here without {', '.join(lacking)}"
    return "" if os.geteuid() == 0 else "images are built and started by root alone"


def build(*arguments: str) -> dict[str, str]:
    """Builds images as `make images` does, and gives their digests; what did not change comes from buildah's cache."""
    done = subprocess.run([sys.executable, "docker/build.py", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines()}


@dataclass(frozen=True)
class Image:
    """A built image: what it says of itself, and its files."""

    name: str
    description: dict[str, Any]
    root: Path

    @property
    def config(self) -> dict[str, Any]:
        found: dict[str, Any] = self.description["OCIv1"]["config"]
        return found

    @property
    def site(self) -> Path:
        return self.root / "opt/candor/lib/python3.11/site-packages"

    @contextmanager
    def container(
        self, settings: Mapping[str, str], folder: Path, arguments: Sequence[str] = (), *, secrets: Path, postgres: Path
    ) -> Iterator["Container"]:
        """The image's program with settings, from its start until the block ends."""
        log = (folder / f"{self.name}.log").open("w+")
        user, _, group = self.config["User"].partition(":")
        # As every pod of Kubernetes has it.
        places = {"HOME": "/tmp", "CANDOR_STATE": "/tmp/candor"}  # noqa: S108
        environment = {**dict(each.split("=", 1) for each in self.config["Env"]), **places, **settings}
        apart = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        prepared = ["sh", "-c", _START, "start", str(self.root), str(secrets), str(postgres)]
        as_user = ["--wd", self.config["WorkingDir"], "--setuid", user, "--setgid", group]
        process = subprocess.Popen(
            [*apart, *prepared, *as_user, *self.config["Entrypoint"], *arguments],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        container = Container(process, Path(log.name))
        try:
            yield container
        finally:
            container.kill()
            log.close()


@dataclass(frozen=True)
class Container:
    """A running container."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def output(self) -> str:
        """What it wrote until now."""
        return self.log.read_text()

    @property
    def program(self) -> int:
        """This machine's number of the container's process number one."""
        (child,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(child)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Runs another program in it, as an engine's health check does."""
        enter = [
            "nsenter",
            "--target",
            str(self.program),
            "--mount",
            "--root",
            "--setuid",
            "10001",
            "--setgid",
            "10001",
        ]
        return subprocess.run([*enter, *command], capture_output=True, text=True)

    def kill(self) -> None:
        """Ends it with all that runs in it, unless it has ended."""
        # The kernel forgets to end a child that took another user, so `unshare --kill-child` alone leaves it running.
        with suppress(ValueError, FileNotFoundError, ProcessLookupError):
            os.kill(self.program, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def stop(self, patience_s: float = 20) -> int:
        """Asks its program to stop, as an engine does, and gives the exit status."""
        os.kill(self.program, signal.SIGTERM)
        return self.process.wait(patience_s)


@contextmanager
def mounted(name: str) -> Iterator[Image]:
    """A built image with its files in reach."""
    if reason := missing():
        pytest.skip(reason)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    reference = f"localhost/candor/{name}:{version}"
    container = _buildah("from", reference).strip()
    try:
        root = Path(_buildah("mount", container).strip())
        yield Image(name, json.loads(_buildah("inspect", "--type", "image", reference)), root)
    finally:
        _buildah("rm", container)


def _buildah(*arguments: str) -> str:
    return subprocess.run(["buildah", *arguments], check=True, capture_output=True, text=True).stdout
