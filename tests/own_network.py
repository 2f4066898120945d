"""A network of a platform's own (man 7 network_namespaces), in which packets may vanish and nothing of this machine is
touched, and the one door into it: a Unix socket.

`python own_network.py DOOR PORT`, inside the network, is the door.
"""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from waiting import wait_for

# Runs what follows in a network of its own, as the same process.
ENTER = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")

_LOST = ("--jump", "DROP")
# The resets themselves pass.
_RESET = ("--tcp-flags", "RST", "NONE", "--jump", "REJECT", "--reject-with", "tcp-reset")


@cache
def missing() -> str:
    """Why there can be no network of one's own here; empty where there can."""
    for program in ("unshare", "nsenter", "ip", "iptables"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    tried = subprocess.run([*ENTER, "iptables", "-w", "-L"], capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"no network of its own is permitted: {tried.stderr.strip()[-200:]}"


@dataclass(frozen=True)
class OwnNetwork:
    """The network of a process, whose packets to and from a port of loopback may be lost or refused."""

    pid: int

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs in the network."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *arguments]

    def lose(self, port: int) -> None:
        """Has packets to and from a port vanish: nobody is told, neither of them."""
        self._rules("--append", port, _LOST)

    def find(self, port: int) -> None:
        """Lets them pass again."""
        self._rules("--delete", port, _LOST)

    def reset(self, port: int) -> None:
        """Answers every packet to and from a port with a reset of its connection (RST)."""
        self._rules("--append", port, _RESET)

    def accept(self, port: int) -> None:
        """Resets no more."""
        self._rules("--delete", port, _RESET)

    def _rules(self, verb: str, port: int, target: Sequence[str]) -> None:
        for way in ("--dport", "--sport"):
            rule = ("INPUT", "--protocol", "tcp", way, str(port), *target)
            subprocess.run(self.command("iptables", "--wait", verb, *rule), check=True)


@contextlib.contextmanager
def door(path: Path, port: int, network: OwnNetwork | None) -> Iterator[str]:
    """An address by which a port of a network's loopback, or of this one's, is reached: "unix:/path"."""
    command = [sys.executable, __file__, str(path), str(port)]
    process = subprocess.Popen(network.command(*command) if network else command)
    try:
        wait_for(path.exists, "the door is open")
        yield f"unix:{path}"
    finally:
        process.kill()
        process.wait(10)


async def _serve(path: str, port: int) -> None:
    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    async with await asyncio.start_unix_server(enter, path + ".new") as server:
        # So that it can be entered as soon as it is seen.
        await asyncio.to_thread(Path(path + ".new").rename, path)
        await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
