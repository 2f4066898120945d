"""Asks a running Envoy by its admin interface, which listens on a Unix socket or on loopback."""

import http.client
import json
import socket
from collections.abc import Mapping

from mesh.envoy import split_address

_TIMEOUT_S = 5.0


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("envoy", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connects to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(self._path)


def ask(address: str, path: str, verb: str = "GET") -> str:
    """What Envoy answers.

    Args:
        address: Its admin interface: host:port, or unix:/path.
        path: What is asked: "/stats?filter=…".
        verb: POST for what changes something.

    Raises:
        OSError: It cannot be reached, or refuses.
    """
    if address.startswith("unix:"):
        connection: http.client.HTTPConnection = _UnixConnection(address.removeprefix("unix:"))
    else:
        connection = http.client.HTTPConnection(*split_address(address), timeout=_TIMEOUT_S)
    try:
        connection.request(verb, path)
        response = connection.getresponse()
        text = response.read().decode()
    except http.client.HTTPException as error:
        raise ConnectionError(f"{address} broke off while it answered {path}.") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise ConnectionRefusedError(f"{address} answers {path} with {response.status}: {text.strip()}")
    return text


def counts(address: str, pattern: str) -> Mapping[str, int]:
    """Envoy's counters and gauges whose names match a regular expression (RE2), by name.

    Raises:
        OSError: It cannot be reached, or refuses.
    """
    stats = json.loads(ask(address, f"/stats?format=json&filter={pattern}"))["stats"]
    return {each["name"]: each["value"] for each in stats if isinstance(each.get("value"), int)}
