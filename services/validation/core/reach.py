"""Where a data source made by a user may lead: which hosts and which files."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.kit.errors import PermissionDenied

_HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the operator allows.

    Args:
        private_hosts: Whether hosts of private networks, this machine's own among them, may be reached.
        file_roots: The folders whose files may be opened.
        closed_folders: Folders that stay closed though they lie in one of those: the platform's own state.
    """

    private_hosts: bool
    file_roots: tuple[Path, ...]
    closed_folders: tuple[Path, ...]

    def require_host_name(self, host: str) -> None:
        """Refuses what is no plain host name or address: socket folders, lists of hosts, options.

        Raises:
            PermissionDenied: It is not.
        """
        if not _HOST.fullmatch(host) and not _is_address(host):
            raise _denied(f"{host[:100]!r} is not a host name. Write a name or an IP address.")

    def require_addresses(self, host: str, addresses: Sequence[str]) -> str:
        """The address to connect to, of those that a name was resolved to: the first, if all of them may be reached.

        Connecting to the address that was checked, not to the name again, closes the way to DNS rebinding.

        Raises:
            PermissionDenied: One of them may not be reached.
        """
        for text in addresses:
            address = ipaddress.ip_address(text.partition("%")[0])
            mapped = getattr(address, "ipv4_mapped", None) or address
            # Link-local addresses are where clouds keep the credentials of their machines.
            if mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified or mapped.is_reserved:
                raise _denied(f"{host} leads to an address that no data source may use.")
            if not mapped.is_global and not self.private_hosts:
                raise _denied(f"{host} leads into a private network, which this installation does not allow.")
        return addresses[0]

    def require_file(self, path: str) -> Path:
        """The real path of a file that may be opened.

        Raises:
            PermissionDenied: It is relative, or lies outside the allowed folders.
        """
        if "\0" in path or not Path(path).is_absolute():
            raise _denied("Write the whole path of the file, from the root.")
        real = Path(path).resolve()
        within = any(real.is_relative_to(root.resolve()) for root in self.file_roots)
        if not within or any(real.is_relative_to(folder.resolve()) for folder in self.closed_folders):
            roots = ", ".join(str(root) for root in self.file_roots) or "none"
            raise _denied(f"Files are opened only in these folders: {roots}. Copy the file there, or ask the operator.")
        return real


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _denied(message: str) -> PermissionDenied:
    return PermissionDenied("DATA_SOURCE_NOT_ALLOWED", message)
