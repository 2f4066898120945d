"""compose.yaml: Compose itself reads it, every setting exists, and every container is closed as a pod is."""

import importlib
import json
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from go_programs import program

ROOT = Path(__file__).parents[3]
FILE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = ("accounts", "documents", "generation", "validation", "modelhub")
OWN = [name for name in FILE["services"] if name != "postgresql"]
CALLED = {"gateway": ("gateway.settings", "GatewaySettings"), "edge": ("mesh.edge.settings", "EdgeSettings")}


@cache
def resolved() -> dict[str, Any]:
    """The file as Compose understands it."""
    command = [str(program("compose")), "--project-directory", str(ROOT), "config", "--format", "json"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": "/"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_compose_reads_it_without_a_word() -> None:
    assert set(resolved()["services"]) == set(FILE["services"])


@pytest.mark.parametrize("name", OWN)
def test_every_setting_is_one_that_the_program_reads(name: str) -> None:
    room = name.removesuffix("-migrations")
    module, kind = CALLED.get(room, (f"services.{room}.settings", "Settings"))
    known = {
        f"CANDOR_{room.upper()}_{each.upper()}" for each in getattr(importlib.import_module(module), kind).model_fields
    }
    service = resolved()["services"][name]
    told = {*service["environment"], *(each["target"] for each in service.get("secrets", ()))}
    assert {each for each in told if each.startswith("CANDOR_")} - {"CANDOR_STATE"} <= known


@pytest.mark.parametrize("name", OWN)
def test_a_program_takes_the_settings_that_it_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room = name.removesuffix("-migrations")
    module, kind = CALLED.get(room, (f"services.{room}.settings", "Settings"))
    given = resolved()["services"][name]["environment"]
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    taken = getattr(importlib.import_module(module), kind)().model_fields_set
    assert {f"CANDOR_{room.upper()}_{each.upper()}" for each in taken} == set(given) - {
        "CANDOR_STATE",
        "HOME",
    }


@pytest.mark.parametrize("name", list(FILE["services"]))
def test_a_container_can_write_nowhere_and_gain_nothing(name: str) -> None:
    service = resolved()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert "cap_add" not in service
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= set(limits)


@pytest.mark.parametrize("name", [name for name in OWN if not name.endswith("-migrations")])
def test_a_container_says_whether_it_serves(name: str) -> None:
    assert resolved()["services"][name]["healthcheck"]["test"][:2] == ["CMD", "/opt/candor/bin/healthy.py"]


def test_only_loopback_reaches_the_platform_and_only_by_the_edge_and_for_signing_in() -> None:
    published = {
        (name, port["host_ip"], port["published"])
        for name, service in resolved()["services"].items()
        for port in service.get("ports", ())
    }
    assert published == {("edge", "127.0.0.1", "8080"), ("accounts", "127.0.0.1", "8101")}


def test_databases_are_reached_by_those_who_keep_something_there() -> None:
    services = resolved()["services"]
    assert resolved()["networks"]["stores"]["internal"] is True
    reach = {name for name, service in services.items() if "stores" in service["networks"]}
    stores = set(SERVICES) - {"modelhub"}
    assert reach == {"postgresql", *stores, *(f"{each}-migrations" for each in stores)}
    outside = {name for name, service in services.items() if "outside" in service["networks"]}
    assert outside == {"validation", "modelhub"}


def test_every_secret_is_made_by_the_script_and_by_nobody_else_once_it_is(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "docker" / "make_secrets.py"), str(tmp_path / "secrets")]
    subprocess.run(script, check=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    asked = {Path(each["file"]).name for each in FILE["secrets"].values()}
    assert asked | {"platform.key"} == set(made)
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    subprocess.run(script, check=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made


def test_an_image_is_built_as_make_images_builds_it() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name in (*SERVICES, "gateway", "edge"):
        build = FILE["services"][name]["build"]
        assert FILE["services"][name]["image"] == f"candor/{name}:{version}"
        assert (ROOT / build["dockerfile"]).exists()
        assert build.get("args", {}).get("SERVICE", build.get("target")) == name
