"""A real MariaDB server for tests, of the system's own package, in a folder of its own."""

import os
import shutil
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pymysql
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from waiting import wait_for

_START_S = 60
BINARIES = ("mariadbd", "mariadb-install-db")


def missing() -> str:
    """Why there can be no server here; empty where there can."""
    lacking = [each for each in BINARIES if _found(each) is None]
    return f"MariaDB is not installed: {', '.join(lacking)}" if lacking else ""


class MariadbServer:
    """A server that listens on this machine alone and forgets what it holds with its folder.

    Args:
        folder: Empty, and short: the path of a socket may have 107 bytes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        # Signs itself: whoever trusts it finds the server to be "localhost".
        self.certificate = folder / "certificate.pem"
        self.port = _free_port()

    def start(self) -> "MariadbServer":
        """Starts it and waits until it answers."""
        as_user = ["--user=root"] if os.geteuid() == 0 else []
        data = self._folder / "data"
        subprocess.run(
            [
                str(_found("mariadb-install-db")),
                "--no-defaults",
                *as_user,
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
        )
        certify(self.certificate, self._folder / "key.pem")
        with (self._folder / "log").open("wb") as log_file:
            self._process = self._launch(as_user, data, log_file)
        wait_for(self._answers, "MariaDB", _START_S)
        return self

    def _launch(self, as_user: list[str], data: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                str(_found("mariadbd")),
                "--no-defaults",
                *as_user,
                f"--datadir={data}",
                f"--socket={self._folder / 'socket'}",
                f"--pid-file={self._folder / 'pid'}",
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                f"--ssl-cert={self.certificate}",
                f"--ssl-key={self._folder / 'key.pem'}",
                "--innodb-buffer-pool-size=16M",
                "--innodb-log-file-size=8M",
                # What a test wrote need not survive the machine.
                "--innodb-flush-log-at-trx-commit=0",
                "--skip-log-bin",
                # An attack that gets through should be seen to.
                "--secure-file-priv=",
                "--event-scheduler=OFF",
            ],
            stdout=subprocess.DEVNULL,
            stderr=log,
        )

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text(errors="replace")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._folder / "socket")) == 0

    def connect(self, database: str | None = None) -> Any:
        """A connection as the server's owner."""
        return pymysql.connect(
            unix_socket=str(self._folder / "socket"), user="root", database=database, autocommit=True
        )

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/usr/bin")


def certify(certificate: Path, key_file: Path) -> None:
    """A certificate of "localhost" that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    certificate.write_bytes(signed.public_bytes(pem))
    key_file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
