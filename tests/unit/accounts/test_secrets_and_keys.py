"""Secrets that name their organization, service keys as they are written, and the master key's file."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.adapters.master_key import load_master_key
from services.accounts.core.secrets import new_secret, organization_in
from services.accounts.core.serve_services import read_service_keys

ORGANIZATIONS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(organization=ORGANIZATIONS)
def test_a_secret_names_its_organization_and_is_new_each_time(organization: str) -> None:
    one, two = new_secret(organization), new_secret(organization)
    assert organization_in(one) == organization
    assert one != two
    assert len(one) <= 256


@given(text=st.text(max_size=120))
def test_what_is_no_secret_names_nothing(text: str) -> None:
    assert organization_in(text) is None


def test_service_keys_are_read_and_a_service_may_have_two_while_one_is_replaced() -> None:
    one, two = (hashlib.sha256(text).hexdigest() for text in (b"one", b"two"))
    keys = read_service_keys(f"generation:{one}, generation:{two},gateway:{one},")
    assert keys == {
        "generation": {bytes.fromhex(one), bytes.fromhex(two)},
        "gateway": {bytes.fromhex(one)},
    }
    assert read_service_keys("") == {}


@pytest.mark.parametrize("text", ["generation", "generation:abc", "Generation:" + "0" * 64, "a:b:" + "0" * 64])
def test_a_malformed_service_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="service:sha256") as raised:
        read_service_keys(text)
    assert text not in str(raised.value)


def test_the_master_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "accounts" / "master.key"
    key = load_master_key("", file)
    assert len(key) == 32
    assert load_master_key("", file) == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["master.key"]


def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    load_master_key("", file)
    file.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        load_master_key("", file)


def test_the_setting_goes_before_the_file(tmp_path: Path) -> None:
    setting = base64.b64encode(bytes(range(32))).decode()
    assert load_master_key(setting, tmp_path / "none") == bytes(range(32))
    for malformed in ("x", base64.b64encode(b"short").decode()):
        with pytest.raises(ValueError, match="CANDOR_ACCOUNTS_MASTER_KEY"):
            load_master_key(malformed, tmp_path / "none")
