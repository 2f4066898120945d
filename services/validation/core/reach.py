"""Where a data source made by a user may lead: which hosts and which files."""

import ipaddress
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.kit.errors import PermissionDenied

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*\.?")
_SCOPE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
# A last label that resolvers read as a number: 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 are all 127.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
# Where clouds keep the credentials of their machines, by name and by address; the rest of it is link-local.
_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
    )
)
# Never a database: this network, protocol assignments; and what carries an IPv4 address to an unknown end
# (IPv4-compatible, NAT64 of a site's own, Teredo, 6to4).
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        ("0.0.0.0/8", "192.0.0.0/24", "::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOOPBACK_6 = ipaddress.ip_address("::1")
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,100}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}){0,3}")
GOOGLE = "googleapis.com"
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"


@dataclass(frozen=True, slots=True)
class Reach:
    """What the operator allows.

    Args:
        private_hosts: Whether hosts of private networks, this machine's own among them, may be reached.
        file_roots: The folders whose files may be opened.
        closed_folders: Folders that stay closed though they lie in one of those: the platform's own state.
        closed_addresses: Hosts and ports that stay closed though private hosts may be reached: the platform's own.
    """

    private_hosts: bool
    file_roots: tuple[Path, ...]
    closed_folders: tuple[Path, ...]
    closed_addresses: tuple[tuple[str, int], ...] = ()

    def require_host_name(self, host: str) -> None:
        """Refuses what is no plain host name or address: socket folders, lists of hosts, options, odd spellings.

        Raises:
            PermissionDenied: It is not, or its name alone says that it may not be reached.
        """
        if _is_address(host):
            return
        name = host.rstrip(".").lower()
        if not _HOST.fullmatch(host) or _NUMBER.fullmatch(name.rpartition(".")[2]):
            raise _denied(f"{host[:100]!r} is not a host name. Write a name or an IP address.")
        if name in _METADATA_NAMES:
            raise _denied(f"{host} leads to an address that no data source may use.")
        if (name == "localhost" or name.endswith(".localhost")) and not self.private_hosts:
            raise _private(host)

    def require_addresses(
        self, host: str, addresses: Sequence[str], port: int = 0, own: Collection[tuple[str, int]] = ()
    ) -> str:
        """The address to connect to, of those that a name was resolved to: the first, if all of them may be reached.

        Connecting to the address that was checked, not to the name again, closes the way to DNS rebinding.

        Args:
            host: The name, for the message.
            addresses: What it was resolved to, at least one.
            port: Where the connection goes.
            own: Addresses and ports of the platform's own servers.

        Raises:
            PermissionDenied: One of them may not be reached.
        """
        closed = {(_effective(address), closed_port) for address, closed_port in own}
        for text in addresses:
            address = _effective(text)
            if _is_never(address) or (address, port) in closed:
                raise _denied(f"{host} leads to an address that no data source may use.")
            if not address.is_global and not self.private_hosts:
                raise _private(host)
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


def _effective(text: str) -> Address:
    """The address that packets go to in the end: IPv4 where IPv6 only carries it."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_never(address: Address) -> bool:
    if address == _LOOPBACK_6:
        return False
    special = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    return special or address in _METADATA or any(address in network for network in _NEVER)


def snowflake_host(account: str) -> str:
    """The host of a Snowflake account, built from its identifier alone.

    Raises:
        PermissionDenied: It is no account's identifier.
    """
    if not _ACCOUNT.fullmatch(account):
        raise _denied(f"{account[:100]!r} is no Snowflake account. Write its identifier, such as 'myorg-myaccount'.")
    # Certificates know no underscores: https://docs.snowflake.com/en/user-guide/organizations-connect
    return f"{account.lower().replace('_', '-')}.snowflakecomputing.com"


def service_account_key(text: str) -> dict[str, str]:
    """The fields of a Google service account's key that signing in needs; the address to do so is Google's own.

    A key may name any address to send its signature to, another universe of services, or a command to run, depending
    on its type: all but the plain kind is refused, and of that nothing is taken that leads anywhere.

    Raises:
        PermissionDenied: It is no such key, or leads elsewhere.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or given.get("type") != "service_account":
        raise _denied("The credentials are no service account's key. Paste the JSON file that Google made for it.")
    if given.get("token_uri", GOOGLE_TOKENS) != GOOGLE_TOKENS or given.get("universe_domain", GOOGLE) != GOOGLE:
        raise _denied("The service account's key leads to a server other than Google's.")
    names = ("client_email", "private_key", "private_key_id")
    taken = {name: value for name in names if isinstance(value := given.get(name), str) and value}
    if len(taken) < len(names):
        raise _denied("The service account's key lacks its e-mail address, its private key or the key's id.")
    return {**taken, "type": "service_account", "token_uri": GOOGLE_TOKENS}


def _is_address(host: str) -> bool:
    address, percent, scope = host.partition("%")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return not percent or _SCOPE.fullmatch(scope) is not None


def _private(host: str) -> PermissionDenied:
    return _denied(f"{host} leads into a private network, which this installation does not allow.")


def _denied(message: str) -> PermissionDenied:
    return PermissionDenied("DATA_SOURCE_NOT_ALLOWED", message)
