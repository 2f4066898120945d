"""The table of clients: how each one's conformance program is built and started."""

import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CLIENTS = ROOT / "clients"
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
# What Go builds, beside the programs of the other tests.
BUILT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "candor" / "clients"
BUILD_TIMEOUT_S = 600


@dataclass(frozen=True)
class Language:
    """One row: a client, and its program, which takes names of cases."""

    name: str
    command: tuple[str, ...]
    folder: Path
    build: tuple[str, ...] = ()
    """Run in the folder before the first use."""
    tools: tuple[str, ...] = ()
    """Programs without which the language is skipped."""
    agent: str = ""
    """What the user agent holds."""
    without: frozenset[str] = frozenset()
    """Cases that are no matter of this client."""
    example: tuple[str, ...] = ()
    """The client's example, which takes a question and a data source."""
    environment: dict[str, str] = field(default_factory=dict)

    def missing(self) -> str:
        """The tools that are not here, for people; empty where nothing is missing."""
        return ", ".join(tool for tool in self.tools if shutil.which(tool) is None)

    def make(self) -> None:
        """Builds the program; processes that do so at once wait for each other.

        Raises:
            RuntimeError: It does not build; what the tool said.
        """
        if not self.build:
            return
        BUILT.mkdir(parents=True, exist_ok=True)
        with (BUILT / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                self.build, cwd=self.folder, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False
            )
            if done.returncode:
                raise RuntimeError(f"{' '.join(self.build)}:\n{done.stdout}{done.stderr}")


_TYPESCRIPT = Language(
    "typescript",
    ("node", "conformance/node.mjs"),
    CLIENTS / "typescript",
    build=("make", "-s", "-C", str(ROOT), "clients/typescript/node_modules/.installed"),
    tools=("node", "npm", "make"),
    agent=f"candor-typescript/{VERSION}",
    example=("node", "example.mjs"),
)

_PYTHON = Language(
    "python",
    (sys.executable, "conformance_cases.py"),
    CLIENTS / "python",
    agent=f"candor-python/{VERSION}",
    example=(sys.executable, "example.py"),
)

LANGUAGES = {
    language.name: language
    for language in (
        _PYTHON,
        replace(_PYTHON, name="python-asyncio", example=(), environment={"CANDOR_API": "asyncio"}),
        _TYPESCRIPT,
        # The edge keeps x-user-agent, where gRPC-Web says it, to itself.
        replace(_TYPESCRIPT, name="grpc-web", agent="", example=(), environment={"CANDOR_PROTOCOL": "grpc-web"}),
        replace(
            _TYPESCRIPT,
            name="browser",
            command=(sys.executable, str(HERE / "in_browser.py")),
            build=(*_TYPESCRIPT.build, "web/node_modules/.installed"),
            tools=(*_TYPESCRIPT.tools, "chromium"),
            agent="Chrome/",
            example=(),
            environment={"PYTHONPATH": str(HERE.parent)},
        ),
        Language(
            "go",
            (str(BUILT / "go" / "conformance"),),
            CLIENTS / "go",
            build=("go", "build", "-p", "2", "-mod=readonly", "-o", f"{BUILT / 'go'}/", "./cmd/..."),
            tools=("go",),
            agent=f"candor-go/{VERSION}",
            example=(str(BUILT / "go" / "example"),),
        ),
        Language(
            "java",
            ("java", "-cp", "target/candor-client.jar:target/test-classes:target/lib/*", "candor.client.Conformance"),
            CLIENTS / "java",
            build=(sys.executable, str(ROOT / "tests" / "java_client.py")),
            tools=("java", "javac", "mvn"),
            agent=f"candor-java/{VERSION}",
            example=("java", "-cp", "target/candor-client.jar:target/lib/*", "Example.java"),
        ),
        Language(
            "curl",
            (sys.executable, str(HERE / "rest.py")),
            ROOT,
            tools=("curl",),
            agent="curl/",
            # Manners of a package, which curl has none of.
            without=frozenset({"resume", "default_deadline", "token_refresh"}),
        ),
    )
}
