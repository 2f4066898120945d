"""The Python half of an image: the locked packages of one extra and Candor's own code, in an environment of its own.

Run in the image's build, at the root of the sources: `python3 install.py accounts /opt/candor services/kit …`.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

PYTHON = "python3.11"
# Installers' notes (they hold times and places of the build), and what only tests, compilers and editors read.
_UNREAD = (
    *("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/direct_url.json"),
    *("*.dist-info/uv_cache.json", "**/tests", "**/test", "**/*.pyi", "**/*.pyx", "**/*.pxd", "**/*.h", "**/*.hpp"),
    *("**/*.c", "**/*.cpp", "**/*.a", "**/__pycache__"),
)


def lock(extra: str, out: Path) -> None:
    """Writes which packages one extra needs, in the versions and with the hashes of requirements.lock.

    Raises:
        subprocess.CalledProcessError: The extra asks for what the lock does not have.
    """
    fixed = ["--python-version", "3.11", "--constraint", "requirements.lock", "--generate-hashes", "--no-header"]
    _uv("pip", "compile", *fixed, "--extra", extra, "pyproject.toml", "--output-file", str(out))
    strange = _pins(out) - _pins(Path("requirements.lock"))
    if strange:
        raise SystemExit(f"requirements.lock is behind pyproject.toml: {sorted(strange)}. Run make lock.")


def _pins(path: Path) -> set[str]:
    return {
        line.split()[0] for line in path.read_text().splitlines() if "==" in line and not line.startswith(("#", " "))
    }


def install(requirements: Path, environment: Path) -> Path:
    """Makes the environment, without pip, and gives the folder of its packages."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(environment)], check=True)
    (environment / "bin" / "python").unlink()
    shutil.rmtree(environment / "include")
    python = environment / "bin" / PYTHON
    _uv("pip", "install", "--python", str(python), "--require-hashes", "--no-deps", "--link-mode=copy", "--no-build",
        "--requirements", str(requirements))  # fmt: skip
    return environment / "lib" / PYTHON / "site-packages"


def copy_own(sources: list[str], site: Path) -> None:
    """Copies Candor's packages, and says under which version."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    for source in sources:
        name = source.removeprefix("clients/python/")
        if Path(source).is_dir():
            shutil.copytree(source, site / name, dirs_exist_ok=True)
        else:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, site / name)
    facts = site / f"candor-{project['version']}.dist-info"
    facts.mkdir()
    fields = {"Metadata-Version": "2.1", "Name": "candor", "Version": project["version"]}
    fields |= {"Summary": project["description"], "License": project["license"]}
    (facts / "METADATA").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))


def prune(environment: Path, site: Path) -> None:
    """Removes what a running service never reads, and programs other than Python and Envoy."""
    for pattern in _UNREAD:
        for path in list(site.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (environment / "bin").iterdir():
        if path.name not in {PYTHON, "envoy"}:
            path.unlink()
    (environment / "bin" / "python").symlink_to(PYTHON)
    (environment / ".lock").unlink(missing_ok=True)


def compile_all(*folders: Path) -> None:
    """Compiles once and for all: the bytecode names its source by a hash and no time, and is never checked again."""
    for folder in folders:
        # One process in a fixed order and with fixed hashes: the same bytes each time.
        command = [PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-j", "1", str(folder)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


def _uv(*arguments: str) -> None:
    subprocess.run(["uv", "--quiet", "--no-cache", *arguments], check=True)


def main(extra: str, folder: str, *sources: str) -> None:
    """Installs."""
    environment = Path(folder)
    requirements = Path("/tmp/requirements.txt")  # noqa: S108  The build's own.
    lock(extra, requirements)
    site = install(requirements, environment)
    copy_own(list(sources), site)
    prune(environment, site)
    compile_all(site)


if __name__ == "__main__":
    main(*sys.argv[1:])
