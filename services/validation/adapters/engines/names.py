"""Names into addresses: resolved for each new connection, and judged before anything is sent there."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

from services.validation.adapters.engines import failures
from services.validation.core.reach import Reach

# A host and a port to its addresses; raises OSError where there are none.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The operating system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


async def allowed_address(reach: Reach, resolver: Resolver, host: str, port: int) -> str:
    """The one address that a connection to this host may be made to now.

    Raises:
        PermissionDenied: The name, or one of its addresses, may not be reached.
        Unavailable: The name has no address.
    """
    reach.require_host_name(host)
    try:
        addresses = await resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise failures.unreachable(f"{host}:{port}") from error
    if not addresses:
        raise failures.unreachable(f"{host}:{port}")
    return reach.require_addresses(host, addresses, port, await _own(reach, resolver, port, addresses))


async def _own(reach: Reach, resolver: Resolver, port: int, addresses: Sequence[str]) -> frozenset[tuple[str, int]]:
    """The addresses of the platform's own servers on a port. One on this machine is on each of its addresses."""
    found: set[str] = set()
    for host, closed_port in reach.closed_addresses:
        if closed_port == port:
            try:
                found.update(await resolver(host, port))
            except OSError:
                # It has no address now, so nothing leads there.
                continue
    if any(map(is_here, found)):
        found.update(filter(is_here, addresses))
    return frozenset((each, port) for each in found)


def is_here(address: str) -> bool:
    """Whether an address is one of this machine's own: only those can be bound to. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except (OSError, OverflowError):
            return False
    return True
