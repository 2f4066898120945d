"""The wire between the clients and the edge, which the stand can cut."""

import asyncio
import contextlib


class Wire:
    """Carries bytes to a target and back, connection by connection."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Breaks every connection at once, without a goodbye. Called on the wire's own loop."""
        for writer in self._open:
            writer.transport.abort()

    async def start(self) -> str:
        """Carries until `stop`; gives its address."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        self.cut()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self._target.rpartition(":")
        beyond, back = await asyncio.open_connection(host, int(port))
        both = {writer, back}
        self._open |= both
        try:
            await asyncio.gather(_pump(reader, back), _pump(beyond, writer))
        finally:
            self._open -= both


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carries one direction until either side ends it."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
