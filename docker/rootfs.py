"""The Debian half of an image: named packages unpacked into a folder, without a shell, a package manager or documents.

Run in a Debian of the wanted release, as root: `python3 rootfs.py packages.txt /rootfs`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UID = 10001
# What nobody reads in a container; licences stay.
_UNREAD = (
    *("usr/share/man", "usr/share/lintian", "usr/share/bug", "usr/share/locale", "usr/share/info", "usr/share/menu"),
    *("usr/share/binfmts", "usr/share/applications", "usr/share/pixmaps", "usr/share/gcc", "usr/share/gdb"),
    *("usr/sbin/update-ca-certificates", "usr/share/zoneinfo/right", "usr/share/zoneinfo/posix", "etc/ca-certificates"),
    *("usr/lib/python3.11/lib2to3", "usr/lib/python3.11/ensurepip", "usr/lib/python3.11/pydoc_data"),
    *("usr/lib/python3.11/idlelib", "usr/lib/python3.11/test", "usr/lib/python3.11/turtledemo"),
    *("usr/lib/python3.11/LICENSE.txt", "usr/lib/python3.11/turtle.py", "usr/lib/*/gconv", "usr/lib/valgrind"),
    # Places of a machine that is more than one program; some of them anybody may write to.
    *("boot", "srv", "run/lock", "var/backups", "var/local", "var/lock", "var/mail", "var/run", "var/spool", "var/tmp"),
)
_FOLDERS = (
    "tmp",
    "run",
    "proc",
    "sys",
    "dev",
    "home",
    "root",
    "var/lib/candor",
    "var/lib/dpkg/status.d",
    "etc/ssl/certs",
)


def unpack(names: list[str], root: Path) -> None:
    """Downloads packages in the version that the release has now, and unpacks them; no script of theirs runs.

    Raises:
        subprocess.CalledProcessError: The archive has no such package, or does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Root reads the archive here: the user that apt would become may not write to this folder.
        fetch = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names]
        subprocess.run(fetch, cwd=folder, check=True)
        for package in sorted(Path(folder).glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
            record(package, root)


def record(package: Path, root: Path) -> None:
    """Notes what was unpacked where scanners look for it in an image without dpkg."""
    fields = subprocess.run(["dpkg-deb", "--field", package], check=True, capture_output=True, text=True).stdout
    name = fields.partition("Package: ")[2].split("\n", 1)[0]
    status = root / "var/lib/dpkg/status.d" / name
    status.write_text(fields.rstrip() + "\nStatus: install ok installed\n")


def prune(root: Path) -> None:
    """Removes what nobody reads."""
    for pattern in _UNREAD:
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in sorted((root / "usr/share/doc").rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.name != "copyright":
            path.unlink()


def configure(root: Path) -> None:
    """Writes what the packages' scripts would have written: the one user, and the certificate authorities."""
    (root / "etc/passwd").write_text(
        f"root:x:0:0:root:/root:/usr/sbin/nologin\ncandor:x:{UID}:{UID}:candor:/var/lib/candor:/usr/sbin/nologin\n"
    )
    (root / "etc/group").write_text(f"root:x:0:\ncandor:x:{UID}:\n")
    (root / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    authorities = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.write_text("".join(each.read_text().rstrip() + "\n" for each in authorities))
    (root / "tmp").chmod(0o1777)
    state = root / "var/lib/candor"
    state.chmod(0o700)
    os.chown(state, UID, UID)


def compile_library(root: Path) -> None:
    """Compiles Python's library, as its package's script would; the bytecode names its source by a hash and no time."""
    where = ["-s", str(root), "-p", "/", str(root / "usr/lib/python3.11")]
    command = ["python3.11", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *where]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


def main(list_file: str, folder: str) -> None:
    """Makes the folder."""
    root = Path(folder)
    for each in _FOLDERS:
        (root / each).mkdir(parents=True, exist_ok=True)
    lines = Path(list_file).read_text().splitlines()
    unpack([line for line in lines if line and not line.startswith("#")], root)
    prune(root)
    configure(root)
    compile_library(root)


if __name__ == "__main__":
    main(*sys.argv[1:])
