"""Trino's client, kept to one server: its own requests go nowhere but to the address that was checked.

Imported on first use. A Trino server answers with the address of the next page, and may hand out addresses of pages
kept elsewhere ("spooling"); a server that means ill would have us fetch any address in our network.
"""

import os
from typing import Any

import requests
import trino.client
import trino.constants
import trino.dbapi
import trino.exceptions
import trino.transaction
from requests.adapters import HTTPAdapter
from urllib3.util import parse_url

# The most bytes of one page; Trino's own default is 16 MiB.
_MAX_PAGE = 64 * 1024 * 1024
_PORTS = {"http": 80, "https": 443}


class OneServer(HTTPAdapter):
    """Sends what is meant for one host to one address, checks the certificate by the host's name, refuses the rest.

    Args:
        scheme, host, port: The only server that may be spoken to.
        address: Where it is.
    """

    def __init__(self, scheme: str, host: str, port: int, address: str) -> None:
        self._server = (scheme, host.lower(), port)
        self._address = address
        super().__init__()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Sends one request, and reads its answer as far as an answer may go."""
        url = parse_url(request.url or "")
        if (url.scheme, (url.host or "").strip("[]").lower(), url.port or _PORTS.get(url.scheme or "")) != self._server:
            raise requests.exceptions.InvalidURL("the server points to another one")
        host, port = self._server[1:]
        request.headers["Host"] = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        response = super().send(request, **{**kwargs, "stream": True, "proxies": None})
        content = b""
        for piece in response.iter_content(256 * 1024):
            content += piece
            if len(content) > _MAX_PAGE:
                response.close()
                raise requests.exceptions.ContentDecodingError("the server's answer is too large")
        response._content = content  # noqa: SLF001  Where requests keeps what was read.
        return response

    def get_connection_with_tls_context(
        self,
        request: Any,
        verify: Any,
        proxies: Any = None,  # noqa: ARG002  requests' own signature.
        cert: Any = None,
    ) -> Any:
        """The connection to the address, under the host's name."""
        _, options = self.build_connection_pool_key_attributes(request, verify, cert)
        scheme, host, port = self._server
        if scheme == "https":
            options = {**options, "server_hostname": host, "assert_hostname": host}
        return self.poolmanager.connection_from_host(self._address, port, scheme, pool_kwargs=options)


class _Request(trino.client.TrinoRequest):
    def unauthenticated(self) -> Any:
        raise trino.exceptions.NotSupportedError("pages that are kept elsewhere are not fetched")


class Connection(trino.dbapi.Connection):
    """A connection whose requests are those of `OneServer`, and whose statements run in a read-only transaction."""

    def _create_request(self) -> Any:
        return _Request(
            self.host,
            self.port,
            self._client_session,
            self._http_session,
            self.http_scheme,
            self.auth,
            self.max_attempts,
            self.request_timeout,
        )

    def begin_reading(self) -> None:
        """Starts the transaction that no write passes."""
        begun = _ReadOnly(self._create_request())
        begun.begin()
        self._transaction: Any = begun


class _ReadOnly(trino.transaction.Transaction):
    def begin(self) -> None:
        request, name = self._request, trino.constants.HEADER_STARTED_TRANSACTION
        response = request.post("START TRANSACTION READ ONLY")
        while True:
            status = request.process(response)
            self._id = response.headers.get(name, self._id)
            if not status.next_uri:
                break
            response = request.get(status.next_uri)
        request.transaction_id = self._id


def one_session(scheme: str, host: str, port: int, address: str) -> requests.Session:
    """An HTTP session that reaches one server, without proxies, passwords of files, or redirections."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    # Where the operator says whom to trust, as everything else of Python's reads it.
    session.verify = os.environ.get("SSL_CERT_FILE") or True
    session.adapters.clear()
    session.mount("", OneServer(scheme, host, port, address))
    return session
