"""Starting and stopping: one clear line when it cannot, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest
from system.conftest import ROOT, RunningPlatform, environment, open_folder, start_platform

from services.cli.demo import free_ports

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("platform")]


def start_badly(state: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services"],
        cwd=ROOT,
        env=environment(state, port),
        capture_output=True,
        text=True,
        timeout=60,
    )


def processes_of(state: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        try:
            if process.pid != os.getpid() and process.environ().get("CANDOR_STATE") == str(state):
                found.append(process.info["name"])
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        if str(state) in " ".join(process.info["cmdline"] or ()) and process.info["name"] == "postgres":
            found.append("postgres")
    return found


def test_a_second_start_on_the_same_state_is_refused_in_one_line(platform: RunningPlatform) -> None:
    second = start_badly(platform.state, free_ports(8))
    assert second.returncode == 1
    (line,) = second.stderr.strip().splitlines()
    assert "runs already" in line
    assert str(platform.process.pid) in line


def test_a_state_folder_too_deep_for_a_socket_is_refused_in_one_line(tmp_path: Path) -> None:
    refused = start_badly(tmp_path / ("deep" * 30), free_ports(8))
    assert refused.returncode == 1
    assert "too long" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_taken_port_is_named_in_one_line() -> None:
    port = free_ports(8)
    with socket.socket() as taken, open_folder() as folder:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = start_badly(folder / "state", port)
        assert processes_of(folder / "state") == []
    assert refused.returncode == 1
    (line,) = refused.stderr.strip().splitlines()
    assert f"Port {port} is taken" in line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_no_process_behind(number: signal.Signals) -> None:
    with open_folder() as folder:
        state = folder / "state"
        running = start_platform(state, free_ports(8))
        assert len(processes_of(state)) > 7
        running.process.send_signal(number)
        assert running.process.wait(60) == 0
        assert processes_of(state) == []


def test_the_sign_in_link_works_once(platform: RunningPlatform, session: httpx.Client) -> None:
    link = platform.new_link()
    with httpx.Client() as browser:
        assert browser.get(link).headers["location"] == "/"
    with httpx.Client() as thief:
        answer = thief.get(link)
        assert answer.headers["location"] == "/?signin=invalid"
        assert "candor_token" not in answer.cookies
