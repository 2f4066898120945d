"""The clients' examples, each run as its README says, against the running platform."""

import os
import re
import subprocess

import httpx
import pytest
from conformance.languages import LANGUAGES, Language
from system.conftest import RunningPlatform

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("platform")]

EXAMPLES = [language for language in LANGUAGES.values() if language.example]
QUESTION = "How many customers do we have?"
SAMPLE = "organizations/local/dataSources/sample"


def example(
    language: Language, platform: RunningPlatform, token: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    if missing := language.missing():
        pytest.skip(f"{language.name} needs {missing}")
    language.make()
    told = {"CANDOR_ADDRESS": platform.address, "CANDOR_TOKEN": token}
    return subprocess.run(
        [*language.example, *arguments],
        cwd=language.folder,
        env={**os.environ, **language.environment, **told},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("language", EXAMPLES, ids=lambda language: language.name)
def test_an_example_goes_on_after_a_cut_and_prints_the_answer(
    platform: RunningPlatform, session: httpx.Client, token: str, language: Language
) -> None:
    done = example(language, platform, token, QUESTION, SAMPLE)
    assert done.returncode == 0, done.stderr
    said = done.stdout.lower()
    assert "cut after event 1" in said
    assert "count(*)" in said
    listed = session.get("/v1/organizations/local/generations").json()["generations"][0]["name"]
    result = session.get(f"/v1/{listed}").json()["generation"]["result"]
    (count,) = result["rows"]["columns"][0]["integers"]["items"]
    assert said.splitlines()[-1] == count
    confidence = re.search(r"confidence:? ([\d.]+) ?(%?)", said)
    assert confidence
    told = float(confidence[1]) / (100 if confidence[2] else 1)
    assert told == pytest.approx(result["confidence"], abs=0.006)


@pytest.mark.parametrize("language", EXAMPLES, ids=lambda language: language.name)
def test_an_example_says_why_it_is_refused(platform: RunningPlatform, token: str, language: Language) -> None:
    done = example(language, platform, token, QUESTION, "organizations/local/dataSources/nothing")
    assert done.returncode != 0
    assert "DATA_SOURCE_NOT_FOUND" in done.stderr
    assert done.stdout == ""
