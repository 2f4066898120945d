"""Where users' data sources may lead: hosts, the addresses behind them, files."""

from pathlib import Path

import pytest

from services.kit.errors import PermissionDenied
from services.validation.core.reach import Reach

OPEN = Reach(private_hosts=True, file_roots=(), closed_folders=())
CLOSED = Reach(private_hosts=False, file_roots=(), closed_folders=())


@pytest.mark.parametrize("host", ["db.example.org", "localhost", "10.0.0.1", "::1", "db_1.internal", "example.org."])
def test_host_names_and_addresses_are_taken(host: str) -> None:
    OPEN.require_host_name(host)


@pytest.mark.parametrize(
    "host",
    ["/var/run", "@abstract", "a,b", "a b", "host=x", "a\nb", "-x.org", "", "x" * 300, "a..b", "http://a", "a/b"],
)
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(PermissionDenied):
        OPEN.require_host_name(host)


@pytest.mark.parametrize(
    ("address", "private_allowed", "private_refused"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", True, False),
        ("10.1.2.3", True, False),
        ("192.168.1.1", True, False),
        ("172.16.0.1", True, False),
        ("100.64.0.1", True, False),
        ("::1", False, False),
        ("fd00::1", True, False),
        ("::ffff:10.0.0.1", True, False),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),  # noqa: S104  Judged, not listened at.
        ("224.0.0.1", False, False),
    ],
)
def test_addresses_are_judged_by_where_they_lead(
    address: str,
    private_allowed: bool,  # noqa: FBT001
    private_refused: bool,  # noqa: FBT001
) -> None:
    for reach, allowed in ((OPEN, private_allowed), (CLOSED, private_refused)):
        if allowed:
            assert reach.require_addresses("host", [address]) == address
        else:
            with pytest.raises(PermissionDenied):
                reach.require_addresses("host", [address])


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
