"""Where users' data sources may lead: hosts, the addresses behind them, files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import PermissionDenied
from services.validation.core.reach import Reach

OPEN = Reach(private_hosts=True, file_roots=(), closed_folders=())
CLOSED = Reach(private_hosts=False, file_roots=(), closed_folders=())


# Hosts as a person or an attacker writes them, and whether the name alone passes where private hosts are open, or not.
# What passes is then resolved, and its addresses are judged by the table below.
NAMES = {
    "db.example.org": (True, True),
    "db_1.internal": (True, True),
    "example.org.": (True, True),
    "xn--bcher-kva.example": (True, True),
    "10-0-0-1.nip.io": (True, True),
    "10.0.0.1": (True, True),
    "::1": (True, True),
    "fe80::1%eth0": (True, True),
    "localhost": (True, False),
    "LOCALHOST.": (True, False),
    "db.localhost": (True, False),
    "metadata.google.internal": (False, False),
    "Metadata.Google.Internal.": (False, False),
    "metadata": (False, False),
    "instance-data.ec2.internal": (False, False),
    # 127.0.0.1 in the spellings of C's inet_aton.
    "2130706433": (False, False),
    "0x7f000001": (False, False),
    "0x7f.1": (False, False),
    "0177.0.0.1": (False, False),
    "127.1": (False, False),
    "127.0.0.1.": (False, False),
    "0300.0250.1.1": (False, False),
    "10.0.0.256": (False, False),
    "\uff11\uff12\uff17.0.0.1": (False, False),
    "ⓛocalhost": (False, False),
    "bücher.example": (False, False),
    "[::1]": (False, False),
    "::1%a,b": (False, False),
    "fe80::1%/tmp": (False, False),
    "user@db.example.org": (False, False),
    "db.example.org:5432": (False, False),
    "db.example.org#.trusted.example": (False, False),
    "a.example,b.example": (False, False),
    "127.0.0.1,db.example.org": (False, False),
    "a b": (False, False),
    " db.example.org": (False, False),
    "host=x": (False, False),
    "a\nb": (False, False),
    "a\0b": (False, False),
    "/tmp/socket": (False, False),  # noqa: S108  Judged, not opened.
    "/var/run/postgresql": (False, False),
    "@abstract": (False, False),
    "%2Ftmp%2Fsocket": (False, False),
    "http://a": (False, False),
    "a/b": (False, False),
    "-x.org": (False, False),
    "": (False, False),
    ".": (False, False),
    "a..b": (False, False),
    ".example.org": (False, False),
    "x" * 64 + ".org": (False, False),
    "x" * 300: (False, False),
    ".".join(["x" * 60] * 5): (False, False),
}
# Addresses, and whether a data source may be there where private hosts are open, or not.
ADDRESSES = {
    "93.184.216.34": (True, True),
    "2606:2800:220:1::1": (True, True),
    "::ffff:93.184.216.34": (True, True),
    "64:ff9b::5db8:d822": (True, True),
    "127.0.0.1": (True, False),
    "127.255.255.254": (True, False),
    "::1": (True, False),
    "10.1.2.3": (True, False),
    "172.16.0.1": (True, False),
    "192.168.1.1": (True, False),
    "100.64.0.1": (True, False),
    "198.18.0.1": (True, False),
    "192.0.2.1": (True, False),
    "fd00::1": (True, False),
    "fd00::1%eth0": (True, False),
    "::ffff:10.0.0.1": (True, False),
    "::ffff:7f00:1": (True, False),
    "64:ff9b::7f00:1": (True, False),
    "64:ff9b::10.0.0.1": (True, False),
    "0.0.0.0": (False, False),  # noqa: S104  Judged, not listened at.
    "0.1.2.3": (False, False),
    "::": (False, False),
    "::ffff:0.0.0.0": (False, False),
    "::7f00:1": (False, False),
    "169.254.169.254": (False, False),
    "169.254.170.2": (False, False),
    "::ffff:169.254.169.254": (False, False),
    "64:ff9b::a9fe:a9fe": (False, False),
    "64:ff9b:1::a00:1": (False, False),
    "2002:7f00:1::": (False, False),
    "2002:a9fe:a9fe::1": (False, False),
    "2001:0:53aa:64c::1": (False, False),
    "fd00:ec2::254": (False, False),
    "fd20:ce::254": (False, False),
    "100.100.100.200": (False, False),
    "168.63.129.16": (False, False),
    "192.0.0.192": (False, False),
    "192.0.0.1": (False, False),
    "fe80::1": (False, False),
    "fe80::1%eth0": (False, False),
    "224.0.0.1": (False, False),
    "ff02::1": (False, False),
    "240.0.0.1": (False, False),
    "255.255.255.255": (False, False),
}


def allowed(act: Callable[..., object], *arguments: object) -> bool:
    try:
        act(*arguments)
    except PermissionDenied:
        return False
    return True


@pytest.mark.parametrize("host", NAMES)
def test_a_host_is_judged_by_its_name(host: str) -> None:
    judged = tuple(allowed(reach.require_host_name, host) for reach in (OPEN, CLOSED))
    assert judged == NAMES[host]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_judged_by_where_it_leads(address: str) -> None:
    judged = tuple(allowed(reach.require_addresses, "host", [address]) for reach in (OPEN, CLOSED))
    assert judged == ADDRESSES[address]


def test_the_platforms_own_servers_are_closed_on_their_ports_alone() -> None:
    own = {("127.0.0.1", 8104), ("10.1.1.1", 5432)}
    for address in ("127.0.0.1", "::ffff:127.0.0.1"):
        assert not allowed(OPEN.require_addresses, "host", [address], 8104, own)
        assert allowed(OPEN.require_addresses, "host", [address], 5432, own)
    assert not allowed(OPEN.require_addresses, "host", ["10.1.1.2", "10.1.1.1"], 5432, own)


@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_host_that_libpq_or_a_resolver_reads_otherwise(text: str) -> None:
    if allowed(OPEN.require_host_name, text):
        assert text.isascii()
        assert not set(text) & set(",/@ =#?[]\\'\"\0\n\t")


@given(st.ip_addresses())
def test_every_address_gets_a_verdict_and_a_closed_network_opens_no_more(address: object) -> None:
    text = str(address)
    if allowed(CLOSED.require_addresses, "host", [text]):
        assert allowed(OPEN.require_addresses, "host", [text])


def test_one_address_that_may_not_be_reached_closes_the_name() -> None:
    with pytest.raises(PermissionDenied):
        CLOSED.require_addresses("host", ["93.184.216.34", "10.0.0.1"])


def test_files_are_opened_in_allowed_folders_only(tmp_path: Path) -> None:
    (tmp_path / "data" / "state").mkdir(parents=True)
    (tmp_path / "data" / "link").symlink_to(tmp_path)
    reach = Reach(private_hosts=True, file_roots=(tmp_path / "data",), closed_folders=(tmp_path / "data" / "state",))
    assert reach.require_file(f"{tmp_path}/data/x.db") == tmp_path / "data" / "x.db"
    for path in (
        "/etc/passwd",
        "x.db",
        f"{tmp_path}/data/../x.db",
        f"{tmp_path}/data/link/x.db",
        f"{tmp_path}/data/\0",
    ):
        with pytest.raises(PermissionDenied):
            reach.require_file(path)
    with pytest.raises(PermissionDenied):
        reach.require_file(f"{tmp_path}/data/state/x.db")
