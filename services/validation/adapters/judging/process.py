"""The process that judges one task: reads it and then rows as lines of JSON, answers in lines of JSON.

Its arguments are the seconds that it may take and the MiB of memory.

Nothing leaves it but its answers: an audit hook refuses the network, other programs and files to write, and the
operating system ends it when its time is over, whatever a regular expression is doing.
"""

import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from importlib.abc import MetaPathFinder
from typing import Any

# Optional parts of Great Expectations that take seconds to import where they happen to be installed.
_NOT_WANTED = frozenset(
    {"pyspark", "snowflake", "sqlalchemy_bigquery", "trino", "google", "boto3", "botocore", "IPython"}
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROGRAMS = ("subprocess.", "os.exec", "os.system", "os.fork", "os.posix_spawn", "os.spawn", "pty.")


class _Without(MetaPathFinder):
    """Finds nothing of what is not wanted."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:  # noqa: ARG002  Python's own.
        if fullname.partition(".")[0] in _NOT_WANTED:
            raise ModuleNotFoundError(f"{fullname} is not wanted here", name=fullname)


class _Guard:
    """The audit hook (PEP 578). Files may be written while modules are imported, for Python keeps what it compiles."""

    imported = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event.startswith("socket.") and event != "socket.__new__":
            raise PermissionError("no network here")
        if event.startswith(_PROGRAMS):
            raise PermissionError("no other program here")
        if self.imported and event == "open" and isinstance(args[2], int) and args[2] & _WRITES:
            raise PermissionError("no file is written here")


def main() -> None:
    """Serves one task and ends."""
    seconds, memory_mib = float(sys.argv[1]), int(sys.argv[2])
    # Where nothing else helps, the operating system ends this process.
    signal.setitimer(signal.ITIMER_REAL, seconds + 2)
    limit = memory_mib * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    guard = _Guard()
    sys.addaudithook(guard)
    sys.meta_path.insert(0, _Without())
    rows = _Rows()
    try:
        # Rows come in while the library is imported.
        rows.start()
        from services.validation.adapters.judging import judge  # noqa: PLC0415  Takes seconds.

        guard.imported = True
        row_count = rows.wait()
        for reply in judge.answers(rows.task, rows.columns, row_count):
            _send(reply)
    except MemoryError:
        _send({"error": "memory"})
    else:
        _send({"end": True})


class _Rows(threading.Thread):
    """Reads the task and then the rows, column by column."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.task: dict[str, Any] = {}
        self.columns: list[list[Any]] = []
        self._row_count: int | None = None

    def run(self) -> None:
        try:
            for message in _messages():
                if not self.task:
                    self.task = message
                    self.columns = [[] for _ in message["columns"]]
                    continue
                if "judge" in message:
                    self._row_count = message["judge"]
                    return
                for column, cells in zip(self.columns, message["columns"], strict=True):
                    column.extend(cells)
        except MemoryError:
            _send({"error": "memory"})
            os._exit(1)

    def wait(self) -> int:
        """How many rows the target has, when all that come have come."""
        self.join()
        if self._row_count is None:
            # Whoever asked has gone.
            os._exit(1)
        return self._row_count


def _messages() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _send(reply: Any) -> None:
    body = reply if isinstance(reply, dict) else {"distribution": asdict(reply)}
    sys.stdout.write(json.dumps(body) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
