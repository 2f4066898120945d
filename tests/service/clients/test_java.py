"""The Java client: its build, its own tests, and that nothing of the contracts is missing in it.

What it does on the wire is the conformance table's to say.
"""

import re
import subprocess
import zipfile
from pathlib import Path

import java_client
import pytest

from mesh.contract import load_descriptors, read_contract

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("conformance")]


@pytest.fixture(scope="module")
def classpath() -> str:
    return java_client.classpath()


@pytest.mark.usefixtures("classpath")
def test_it_builds_without_a_warning() -> None:
    assert java_client.build() == ""


@pytest.mark.usefixtures("classpath")
def test_its_own_tests_ran_and_passed() -> None:
    reports = [report.read_text() for report in java_client.TARGET.glob("surefire-reports/*Test.txt")]
    said = [re.findall(r"(?:run|Failures|Errors|Skipped): (\d+)", report) for report in reports]
    run, *bad = (sum(map(int, column)) for column in zip(*said, strict=True))
    written = sum(source.read_text().count("Test\n  void ") for source in java_client.FOLDER.glob("src/test/**/*.java"))
    assert run >= written > 10
    assert bad == [0, 0, 0]


@pytest.mark.usefixtures("classpath")
def test_it_has_a_stub_for_every_service() -> None:
    services = read_contract(load_descriptors()).services
    stubs = {f"{service.replace('.', '/')}Grpc.class" for service in services}
    with zipfile.ZipFile(java_client.TARGET / "candor-client.jar") as jar:
        assert stubs - set(jar.namelist()) == set()
    assert "candor/generation/v1/GenerationServiceGrpc.class" in stubs


def test_what_is_written_by_hand_compiles_without_any_lint(classpath: str, tmp_path: Path) -> None:
    page = (java_client.FOLDER / "README.md").read_text()
    (program,) = re.findall(r"```java\n(.+?)```", page, re.DOTALL)
    imports = "import candor.client.*; import candor.generation.v1.GenerationServiceOuterClass.*; import io.grpc.*;"
    readme = tmp_path / "Readme.java"
    readme.write_text(f"{imports} class Readme {{ void run(String token) {{ {program} }} }}")
    hand = [readme, java_client.FOLDER / "Example.java", *java_client.FOLDER.glob("src/main/java/**/*.java")]
    command = ["javac", "--release", "17", "-Xlint:all", "-Werror", "-proc:none", "-cp", classpath, "-d", str(tmp_path)]
    done = subprocess.run([*command, *map(str, hand)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_page_names_the_package_as_it_is() -> None:
    pattern = r"<groupId>candor</groupId>\s*<artifactId>[\w-]+</artifactId>\s*<version>[\d.]+</version>"
    pom, page = ((java_client.FOLDER / name).read_text() for name in ("pom.xml", "README.md"))
    built, told = (re.search(pattern, text) for text in (pom, page))
    assert built
    assert told
    assert built[0].split() == told[0].split()
