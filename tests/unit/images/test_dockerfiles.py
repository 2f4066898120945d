"""The Dockerfiles: hadolint's rules and the house's own."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCKERFILES = sorted((ROOT / "docker").glob("*Dockerfile"))
IDS = [path.name for path in DOCKERFILES]


def instructions(path: Path) -> list[tuple[str, str]]:
    """Each instruction and what follows it, with continued lines joined and comments left out."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


def final_stages(path: Path) -> list[list[tuple[str, str]]]:
    """The stages on an empty base and those on them: what images are made of."""
    stages: list[list[tuple[str, str]]] = []
    for name, rest in instructions(path):
        if name == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((name, rest))
    return [stage for stage in stages if stage[0][1].split()[0] in {"scratch", "base"}]


@pytest.mark.parametrize("path", DOCKERFILES, ids=IDS)
def test_hadolint_finds_nothing(path: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--failure-threshold", "style", path], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("path", DOCKERFILES, ids=IDS)
def test_an_image_is_made_from_nothing_but_what_is_copied_into_it(path: Path) -> None:
    for stage in final_stages(path):
        assert not [rest for name, rest in stage if name == "RUN"]
        assert [rest for name, rest in stage if name == "COPY" and not rest.startswith("--from=")] == []


@pytest.mark.parametrize("path", DOCKERFILES, ids=IDS)
def test_an_image_runs_as_a_user_without_a_name(path: Path) -> None:
    users = [rest for stage in final_stages(path) for name, rest in stage if name == "USER"]
    assert users == ["10001:10001"]


@pytest.mark.parametrize("path", DOCKERFILES, ids=IDS)
def test_nothing_is_fetched_by_name_alone(path: Path) -> None:
    told = instructions(path)
    assert [rest for name, rest in told if name == "ADD"] == []
    assert "latest" not in path.read_text()
    assert all("--require-hashes" in rest for name, rest in told if name == "RUN" and "pip install" in rest)
    # A base is a name with a tag in an argument, so that whoever builds may pin it by its digest.
    assert [rest for name, rest in told if name == "ARG" and rest.startswith("BASE=")] == [
        "BASE=docker.io/library/debian:bookworm-slim"
    ]


@pytest.mark.parametrize("path", DOCKERFILES, ids=IDS)
def test_no_secret_stands_in_an_argument_or_a_variable(path: Path) -> None:
    words = re.compile(r"(?i)password|secret|token|key|credential|index")
    assert [rest for name, rest in instructions(path) if name in {"ARG", "ENV"} and words.search(rest)] == []


@pytest.mark.parametrize("path", DOCKERFILES, ids=IDS)
def test_an_image_is_labelled(path: Path) -> None:
    labels = " ".join(rest for stage in final_stages(path) for name, rest in stage if name == "LABEL")
    for each in ("title", "description", "version", "revision", "licenses"):
        assert f"org.opencontainers.image.{each}=" in labels


def test_both_dockerfiles_begin_with_the_same_steps() -> None:
    def beginning(path: Path) -> list[tuple[str, str]]:
        told = instructions(path)
        return told[: next(at for at, (_, rest) in enumerate(told) if rest.startswith("tools AS"))]

    first, *others = (beginning(path) for path in DOCKERFILES)
    assert len(first) > 8
    assert all(each == first for each in others)


def test_what_goes_to_the_build_leaves_out_secrets_and_what_only_this_machine_has() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    lets_in = {line[1:] for line in ignored if line.startswith("!")}
    assert lets_in.isdisjoint({".git", ".state", ".venv", "tests", "terraform", "k8s"})


@pytest.mark.parametrize("path", DOCKERFILES, ids=IDS)
def test_an_image_has_the_version_of_the_project(path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert ("ARG", f"VERSION={version}") in instructions(path)
