"""The whole platform, started once as a person starts it: `python -m services`."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue

import httpx
import pytest

from services.cli.demo import free_ports

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 120


@dataclass
class RunningPlatform:
    """`python -m services` in a process of its own."""

    process: subprocess.Popen[str]
    state: Path
    port: int
    sign_in_link: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def new_link(self) -> str:
        """A fresh one-time link, as `candor sign-in` prints it."""
        command = [sys.executable, "-m", "services.cli", "sign-in"]
        output = subprocess.run(command, env=environment(self.state, self.port), capture_output=True, text=True)
        assert output.returncode == 0, output.stderr
        found = re.search(r"http\S+/signin\?code=\S+", output.stdout.replace("\n", ""))
        assert found, output.stdout
        return found.group()


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder for a platform's state. Pytest closes its own to the user that the embedded server runs as."""
    with tempfile.TemporaryDirectory(prefix="candor-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def environment(state: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "CANDOR_STATE": str(state),
        "CANDOR_ADDRESS": f"127.0.0.1:{port}",
        "CANDOR_FIRST_PORT": str(port + 1),
        "CANDOR_VALIDATION_FILE_ROOTS": f'["{state.parent}"]',
    }


def start_platform(state: Path, port: int) -> RunningPlatform:
    process = subprocess.Popen(
        [sys.executable, "-m", "services"],
        cwd=ROOT,
        env=environment(state, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: Queue[str] = Queue()
    threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
    seen: list[str] = []
    while True:
        try:
            line = lines.get(timeout=START_TIMEOUT_S)
        except Empty:
            process.kill()
            pytest.fail("the platform did not start:\n" + "".join(seen[-40:]))
        seen.append(line)
        if not line:
            process.wait()
            pytest.fail("the platform ended:\n" + "".join(seen[-40:]))
        if found := re.search(r"Sign in, once: (\S+)", line):
            return RunningPlatform(process, state, port, found.group(1))


def _pump(process: subprocess.Popen[str], lines: "Queue[str]") -> None:
    # Its pipe must be read to the end, or the platform would wait for us.
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line)
    lines.put("")


@pytest.fixture(scope="session")
def platform() -> Iterator[RunningPlatform]:
    with open_folder() as folder:
        running = start_platform(folder / "state", free_ports(8))
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="session")
def session(platform: RunningPlatform) -> Iterator[httpx.Client]:
    """A browser's session: signed in with the printed link, which works once."""
    with httpx.Client(base_url=platform.url, timeout=60) as client:
        signed_in = client.get(platform.sign_in_link.removeprefix(platform.url))
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
        yield client


@pytest.fixture(scope="session")
def token(session: httpx.Client) -> str:
    return session.cookies["candor_token"]
