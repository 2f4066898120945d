"""Stand-ins for warehouses that cannot be had: their HTTP interfaces, as far as their own drivers ask for them."""

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text or "{}")


@dataclass(frozen=True)
class Answer:
    """What goes back: a JSON value, or an error's text."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Served:
    """A server, and all that it was asked."""

    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def texts(self, path: str) -> list[str]:
        return [each.text for each in self.asked if each.path == path and each.method == "POST"]


@contextmanager
def served(answer: Callable[[Served, Asked], Answer], tls: tuple[Path, Path] | None = None) -> Iterator[Served]:
    """A server on this machine that answers so, by a certificate and its key where there are some."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            path = urlsplit(self.path).path
            data = self.rfile.read(length)
            text = gzip.decompress(data) if self.headers.get("Content-Encoding") == "gzip" else data
            asked = Asked(self.command, path, dict(self.headers.items()), text.decode())
            here.asked.append(asked)
            answered = answer(here, asked)
            data = b"" if answered.value is None else json.dumps(answered.value).encode()
            self.send_response(answered.status)
            for name, value in {"Content-Type": "application/json", **answered.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815  http.server's names.

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that leaves is none."""

    with Server(("127.0.0.1", 0), Handler) as server:
        here = Served(server.server_address[1])
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()


class Trino:
    """https://trino.io/docs/current/develop/client-protocol.html: a statement, then a page after another.

    Args:
        pages: By statement, the pages of its result; a statement that has none runs until it is stopped.
        columns: The columns of every result: name and type.
    """

    def __init__(self, pages: dict[str, list[Any]], columns: list[tuple[str, str]]) -> None:
        self._pages = pages
        self._columns = [
            {
                "name": name,
                "type": kind,
                "typeSignature": {"rawType": kind.partition("(")[0], "arguments": _sizes(kind)},
            }
            for name, kind in columns
        ]
        self.statements: list[str] = []
        self.stopped: list[str] = []

    def __call__(self, server: Served, asked: Asked) -> Answer:
        if asked.method == "DELETE":
            self.stopped.append(asked.path)
            return Answer(status=204)
        if asked.method == "POST":
            self.statements.append(asked.text)
            number, page = len(self.statements) - 1, 0
        else:
            number, page = map(int, asked.path.split("/")[-2:])
        sql = self.statements[number]
        if sql.startswith("START TRANSACTION"):
            return Answer(self._status(number, None), headers={"X-Trino-Started-Transaction-Id": "tx-1"})
        if sql == "ROLLBACK":
            return Answer(self._status(number, None))
        pages = self._pages.get(sql)
        if pages is None:
            return Answer(self._status(number, f"{server.url}/v1/statement/{number}/{page + 1}"))
        if isinstance(pages[page], Answer):
            return pages[page]  # type: ignore[no-any-return]
        following = f"{server.url}/v1/statement/{number}/{page + 1}" if page + 1 < len(pages) else None
        described = {"columns": self._columns, "data": pages[page]} if pages[page] is not None else {}
        return Answer({**self._status(number, following), **described})

    def _status(self, number: int, following: str | None) -> dict[str, Any]:
        status = {"id": f"q{number}", "infoUri": "http://x/", "stats": {"state": "RUNNING"}}
        return {**status, "nextUri": following} if following else status


def _sizes(kind: str) -> list[dict[str, Any]]:
    sizes = kind.partition("(")[2].rstrip(")")
    return [{"kind": "LONG", "value": int(each)} for each in sizes.split(",") if each]


class Bigquery:
    """https://cloud.google.com/bigquery/docs/reference/rest: jobs, and the pages of their results.

    Args:
        kind: What Google takes statements for.
        rows: Of every result.
        fields: Their names and types.
        endless: Whether jobs run until they are stopped.
    """

    def __init__(
        self, kind: str, rows: list[list[Any]], fields: list[tuple[str, str]], *, endless: bool = False
    ) -> None:
        self._kind = kind
        self._rows = rows
        self._schema = {"fields": [{"name": name, "type": type_, "mode": "NULLABLE"} for name, type_ in fields]}
        self._endless = endless
        self.jobs: list[dict[str, Any]] = []
        self.stopped: list[str] = []

    def __call__(self, server: Served, asked: Asked) -> Answer:
        if asked.method == "POST" and asked.path.endswith("/jobs"):
            self.jobs.append(asked.body)
            return Answer(self._job(asked.body))
        if asked.path.endswith("/cancel"):
            self.stopped.append(asked.path.split("/")[-2])
            return Answer({"job": self._job(self.jobs[-1])})
        if "/queries/" in asked.path:
            done = not self._endless or bool(self.stopped)
            reference = self.jobs[-1]["jobReference"]
            result = {"jobReference": reference, "jobComplete": done, "schema": self._schema}
            rows = [{"f": [{"v": value} for value in row]} for row in self._rows]
            return Answer({**result, "totalRows": str(len(rows)), "rows": rows} if done else result)
        if "/jobs/" in asked.path:
            return Answer(self._job(self.jobs[-1]))
        return Answer(
            {"error": {"code": 404, "message": "Not found: Dataset", "errors": [{"reason": "notFound"}]}}, 404
        )

    def _job(self, job: dict[str, Any]) -> dict[str, Any]:
        stopped = (
            {"errorResult": {"reason": "stopped", "message": "Job execution was cancelled"}} if self.stopped else {}
        )
        running = self._endless and not self.stopped and not job["configuration"].get("dryRun")
        statistics = {
            "query": {"statementType": self._kind, "totalBytesProcessed": "4100"},
            "totalBytesProcessed": "4100",
        }
        return {
            "jobReference": job["jobReference"],
            "configuration": job["configuration"],
            "status": {"state": "RUNNING" if running else "DONE", **stopped},
            "statistics": statistics,
        }


class Snowflake:
    """What Snowflake's connector asks of an account: a login, statements without waiting, their state and result.

    Args:
        rows: Of every result, each value as a text.
        columns: Their descriptions.
        endless: Whether statements run until they are stopped.
        refusal: What every statement is refused with: its number and text.
    """

    QUERY = "01b2c3d4-0000-0000-0000-000000000001"

    def __init__(
        self,
        rows: list[list[Any]],
        columns: list[dict[str, Any]],
        *,
        endless: bool = False,
        refusal: tuple[str, str] | None = None,
        login: bool = True,
    ) -> None:
        self._rows = rows
        self._columns = columns
        self._endless = endless
        self._refusal = refusal
        self._login = login
        self.statements: list[str] = []
        self.session: dict[str, Any] = {}
        self.stopped: list[str] = []

    def __call__(self, server: Served, asked: Asked) -> Answer:
        if "login-request" in asked.path:
            self.session = asked.body["data"].get("SESSION_PARAMETERS", {})
            if not self._login:
                text = "Incorrect username or password was specified."
                return Answer({"success": False, "code": "390100", "message": text, "data": {}})
            data = {"token": "t", "masterToken": "m", "sessionId": 1, "parameters": [], "sessionInfo": {}}
            return Answer({"success": True, "data": data})
        if "query-request" in asked.path:
            self.statements.append(asked.body["sqlText"])
            if self._refusal:
                number, text = self._refusal
                return Answer({"success": False, "code": number, "message": text, "data": {"sqlState": "42000"}})
            return Answer({"success": True, "code": "333334", "data": {"queryId": self.QUERY}})
        if "abort-request" in asked.path:
            self.stopped.append(asked.path.split("/")[-2])
            return Answer({"success": True, "data": {}})
        if "/monitoring/queries/" in asked.path:
            state = "RUNNING" if self._endless else "SUCCESS"
            return Answer({"success": True, "data": {"queries": [{"id": self.QUERY, "status": state}]}})
        if asked.path.endswith("/result"):
            data = {"queryId": self.QUERY, "rowtype": self._columns, "rowset": self._rows, "parameters": []}
            data |= {"total": len(self._rows), "returned": len(self._rows), "queryResultFormat": "json"}
            return Answer({"success": True, "data": data})
        return Answer({"success": True, "data": {}})
