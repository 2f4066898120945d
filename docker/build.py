"""Builds Candor's images without a daemon: the Dockerfiles through buildah, on a Debian that mmdebstrap makes.

`python docker/build.py [NAME …]` builds all or those named, prints their sizes and digests, and leaves them in
buildah's storage as `localhost/candor/NAME:VERSION`. `--base IMAGE` takes a Debian from a registry instead; `--fresh`
takes nothing from an earlier build, so that the same commit gives the same digest. The machine's own pip, uv and npm
settings and certificates are lent to the build as secrets and do not stay in it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SERVICES = ("accounts", "documents", "generation", "validation", "modelhub")
IMAGES = (*SERVICES, "gateway", "edge")
RELEASE = "bookworm"
_BASE = f"localhost/candor/debian:{RELEASE}"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
_MIB = 1024 * 1024
# Where the machine keeps what a build must know to reach its registries.
_SECRETS = {
    "ca": ("/etc/ssl/certs/ca-certificates.crt",),
    "pip.conf": ("~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf"),
    "uv.toml": ("~/.config/uv/uv.toml", "/etc/uv/uv.toml"),
    "npmrc": ("~/.npmrc",),
}


def reference(name: str) -> str:
    """What an image is called in buildah's storage."""
    return f"localhost/candor/{name}:{VERSION}"


def build(name: str, base: str, *, fresh: bool = False) -> str:
    """Builds one image and gives its digest.

    Raises:
        subprocess.CalledProcessError: A step failed; what it said is on stderr.
    """
    where = ["--file", "docker/web.Dockerfile", "--target", name]
    if name in SERVICES:
        where = ["--file", "docker/Dockerfile", "--build-arg", f"SERVICE={name}"]
    fixed = ["--isolation", "chroot", "--format", "oci", "--layers", "--timestamp", str(commit_time())]
    told = {"BASE": base, "VERSION": VERSION, "REVISION": _git("rev-parse", "HEAD")}
    arguments = [word for key, value in told.items() for word in ("--build-arg", f"{key}={value}")]
    cache = ["--no-cache"] if fresh else []
    _buildah("build", "--quiet", *cache, *fixed, *arguments, *_secrets(), *where, "--tag", reference(name), ".")
    return digest(reference(name))


def digest(image: str) -> str:
    """The digest of an image's manifest, which names every byte of it."""
    facts: dict[str, Any] = json.loads(_buildah("inspect", "--type", "image", image))
    return str(facts["FromImageDigest"])


def debian() -> str:
    """A minimal Debian from the archive that this machine uses; made once."""
    if _buildah("images", "--quiet", "--filter", f"reference={_BASE}"):
        return _BASE
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "debian.tar"
        make = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", RELEASE, str(archive), "-"]
        subprocess.run(make, input="\n".join(_archive_lines()), text=True, check=True)
        container = _buildah("from", "scratch").strip()
        _buildah("add", "--quiet", container, str(archive), "/")
        _buildah("commit", "--quiet", "--rm", container, _BASE)
    return _BASE


def commit_time() -> int:
    """The time that every file of an image gets: the commit's, in seconds; `SOURCE_DATE_EPOCH` stands before it."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct"))


def size(image: str) -> int:
    """An image's size in bytes, unpacked."""
    container = _buildah("from", image).strip()
    try:
        mounted = _buildah("mount", container).strip()
        told = subprocess.run(["du", "-sb", mounted], check=True, capture_output=True, text=True).stdout
        return int(told.split()[0])
    finally:
        _buildah("rm", container)


def _archive_lines() -> Iterator[str]:
    """The sources of this machine's archive, for the release of the images."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"]
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    for uri in sorted(set(found)):
        suites = (f"{RELEASE}-security",) if "security" in uri else (RELEASE, f"{RELEASE}-updates")
        yield from (f"deb {uri} {suite} main" for suite in suites)


def _secrets() -> list[str]:
    found = []
    for name, places in _SECRETS.items():
        place = next((each for each in (Path(place).expanduser() for place in places) if each.exists()), None)
        if place:
            found += ["--secret", f"id={name},src={place}"]
    return found


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def _buildah(*arguments: str) -> str:
    run = subprocess.run(["buildah", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return run.stdout


def main() -> int:
    """Builds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(IMAGES)}; by default all")
    parser.add_argument("--base", help="the Debian to build on; by default one that mmdebstrap makes")
    parser.add_argument("--fresh", action="store_true", help="take nothing from an earlier build")
    options = parser.parse_args()
    if strange := set(options.names) - set(IMAGES):
        parser.error(f"there is no image {', '.join(sorted(strange))}")
    try:
        base = options.base or debian()
        for name in options.names or IMAGES:
            began = time.monotonic()
            made = build(name, base, fresh=options.fresh)
            took = time.monotonic() - began
            sys.stdout.write(f"{name:<12}{size(reference(name)) / _MIB:6.0f} MiB  {took:5.0f} s  {made}\n")
            sys.stdout.flush()
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error.cmd[0]} failed.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
