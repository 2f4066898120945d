"""The secrets that compose.yaml asks for: `python3 docker/make_secrets.py` writes them once, below `.state/secrets`.

One that exists stays, for it has sealed something. The folder is closed to others; the files in it are not, since a
container's user, who is nobody here, reads them through a mount.
"""

import base64
import hashlib
import secrets
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

STORES = ("accounts", "documents", "generation", "validation")
FOLDER = Path(__file__).parents[1] / ".state" / "secrets"


def make(folder: Path) -> None:
    """Writes every secret that is not there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)

    def keep(name: str, fresh: Callable[[], str]) -> str:
        path = folder / name
        if not path.exists():
            path.write_text(fresh())
            path.chmod(0o644)
        return path.read_text()

    keep("superuser", _word)
    for service in STORES:
        # The role that serves, and the one that owns the tables: k8s/components/trial-postgresql/database.sql.
        for role, url in (
            (service, f"CANDOR_{service.upper()}_DATABASE_URL"),
            (f"{service}_migrations", f"{service}_migrations_url"),
        ):
            password = keep(role, _word)
            keep(url, partial(_url, role, password, service))
    for name in ("CANDOR_ACCOUNTS_MASTER_KEY", "CANDOR_VALIDATION_MASTER_KEY"):
        keep(name, lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    holders = {"platform": keep("platform.key", _word), "generation": keep("CANDOR_GENERATION_SERVICE_KEY", _word)}
    digests = (f"{name}:{hashlib.sha256(key.encode()).hexdigest()}" for name, key in holders.items())
    keep("CANDOR_ACCOUNTS_SERVICE_KEYS", lambda: ",".join(digests))


def _word() -> str:
    return secrets.token_hex(24)


def _url(role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@postgresql:5432/{database}"


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
