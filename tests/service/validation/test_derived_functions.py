"""The list of MySQL's functions against a MariaDB server that is started for it; skipped where none is installed."""

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from getpass import getuser

import pytest

from services.validation.adapters.derive_functions import MYSQL_REVIEWED, mysql_named, reviewed_kinds
from services.validation.core.dialects import FUNCTIONS

PATIENCE = 60  # seconds for a server to answer
LISTED = FUNCTIONS / "mysql.toml"


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, reached by its socket alone."""
    install, serve = shutil.which("mariadb-install-db"), shutil.which("mariadbd")
    if install is None or serve is None:
        pytest.skip("MariaDB is not installed")
    folder = tmp_path_factory.mktemp("mariadb")
    where = ("--no-defaults", f"--datadir={folder / 'data'}", f"--user={getuser()}")
    subprocess.run([install, *where, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
    socket = folder / "socket"
    quiet = ("--skip-networking", "--innodb-buffer-pool-size=8M", "--performance-schema=OFF")
    command = [serve, *where, *quiet, f"--socket={socket}", f"--pid-file={folder / 'pid'}"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ping = ["mariadb-admin", "--no-defaults", "--user=root", f"--socket={socket}", f"--wait={PATIENCE}", "ping"]
        subprocess.run(ping, check=True, capture_output=True)
        yield f"root@{socket}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def test_the_list_of_mysql_is_what_the_server_names_and_the_review_adds(mariadb: str) -> None:
    version, named = mysql_named(mariadb)
    if f"Derived from {version} by" not in LISTED.read_text():
        pytest.skip(f"the list was derived from another version than {version}")
    written = tomllib.loads(LISTED.read_text())
    derived = reviewed_kinds(named, tomllib.loads(MYSQL_REVIEWED.read_text()))
    assert {kind: written[kind].split() for kind in derived} == derived
