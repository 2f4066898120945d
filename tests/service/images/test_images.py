"""The images, built by the Dockerfiles' own steps without an engine: what is in them, and that they serve."""

import json
import re
import stat
import subprocess

import containers
import pytest
from containers import Image
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("images")]

OWN = {
    "accounts": {"services/accounts", "services/kit", "services/storage"},
    "generation": {"services/generation", "services/kit", "services/storage"},
    "gateway": {"gateway", "services/kit"},
    "edge": {"mesh", "services/kit"},
}
NAMES = sorted(OWN)
MIB = 1024 * 1024
# What an image may weigh, unpacked; docs/images.md tells what it does.
LIMITS_MIB = {"accounts": 200, "generation": 280, "gateway": 170, "edge": 190}


@pytest.fixture(params=NAMES)
def image(request: pytest.FixtureRequest, images: dict[str, Image]) -> Image:
    return images[request.param]


def test_an_image_holds_the_code_of_its_program_and_no_other(image: Image) -> None:
    rooms = {each.name for each in image.site.iterdir() if each.name in {"gateway", "mesh", "tests", "web"}}
    services = image.site / "services"
    if services.exists():
        rooms |= {
            f"services/{each.name}" for each in services.iterdir() if each.is_dir() and each.name != "__pycache__"
        }
    assert rooms == OWN[image.name]


def test_an_image_has_no_shell_and_nothing_that_installs(image: Image) -> None:
    programs = {each.name for place in ("bin", "sbin", "usr/bin", "usr/sbin", "opt/candor/bin")
                for each in (image.root / place).glob("*")}  # fmt: skip
    assert {"serve.py", "healthy.py", "python", "python3.11"} <= programs
    assert programs - {"serve.py", "healthy.py", "python", "python3.11", "envoy"} == set()
    assert [each for each in ("pip", "uv", "setuptools") if (image.site / each).exists()] == []


def test_nothing_in_an_image_runs_as_another_user_or_can_be_written_but_its_places(image: Image) -> None:
    writable = []
    for path in image.root.rglob("*"):
        mode = path.lstat()
        assert not mode.st_mode & (stat.S_ISUID | stat.S_ISGID), path
        if not path.is_symlink() and (mode.st_uid == 10001 or mode.st_mode & stat.S_IWOTH):
            writable.append(str(path.relative_to(image.root)))
    assert sorted(writable) == ["tmp", "var/lib/candor"]


def test_an_image_says_who_runs_it_and_what_it_is(image: Image) -> None:
    assert image.config["User"] == "10001:10001"
    assert image.config["Labels"]["org.opencontainers.image.title"] == f"candor/{image.name}"
    assert len(image.config["Labels"]["org.opencontainers.image.revision"]) == 40


def test_an_image_stays_small(image: Image) -> None:
    told = subprocess.run(["du", "-sb", str(image.root)], check=True, capture_output=True, text=True).stdout
    assert int(told.split()[0]) / MIB < LIMITS_MIB[image.name]


def test_bytecode_is_there_for_every_module_and_names_no_time(image: Image) -> None:
    sources = [each for each in image.site.rglob("*.py") if "/alembic/templates/" not in str(each)]
    compiled = [each.parent / "__pycache__" / f"{each.stem}.cpython-311.pyc" for each in sources]
    # The flags of a pyc that names its source by a hash and is never checked are 1.
    flags = {int.from_bytes(each.read_bytes()[4:8], "little") for each in compiled if each.exists()}
    assert flags == {1}
    assert sum(not each.exists() for each in compiled) < 5


def test_the_bill_of_materials_follows_its_schema(image: Image) -> None:
    text = (image.root / image.config["Labels"]["org.cyclonedx.bom"].lstrip("/")).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_bill_of_materials_names_everything_in_the_image(image: Image) -> None:
    listed = materials(image)
    debian = {each.name for each in (image.root / "var/lib/dpkg/status.d").iterdir()}
    assert {name for kind, name, _ in listed if kind == "deb"} == debian
    installed = {each.name.removesuffix(".dist-info").rpartition("-")[::2] for each in image.site.glob("*.dist-info")}
    python = {(re.sub("[_.]", "-", name.lower()), version) for name, version in installed}
    assert {(name, version) for kind, name, version in listed if kind == "pypi"} == python
    assert "candor" in {name for name, _ in python}


def test_the_gateways_bill_of_materials_names_what_the_web_app_ships(images: dict[str, Image]) -> None:
    shipped = json.loads((containers.ROOT / "web" / "package.json").read_text())
    npm = {(name, version) for kind, name, version in materials(images["gateway"]) if kind == "npm"}
    assert {each for each in shipped["dependencies"].items() if each[1][0].isdigit()} - npm == set()
    assert npm.isdisjoint(shipped["devDependencies"].items())


def test_the_same_sources_give_the_same_image_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := containers.missing():
        pytest.skip(reason)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert containers.build("--fresh", "accounts") == containers.build("--fresh", "accounts")


def materials(image: Image) -> set[tuple[str, str, str]]:
    """The kind, full name and version of each component."""
    components = json.loads((image.root / "usr/share/sbom/image.cdx.json").read_text())["components"]
    urls = [PackageURL.from_string(each["purl"]) for each in components]
    return {
        (
            url.type,
            f"{url.namespace}/{url.name}" if url.type == "npm" and url.namespace else url.name,
            url.version or "",
        )
        for url in urls
    }
