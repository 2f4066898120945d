"""Credentials are sealed for one row of one organization, under one master key."""

import base64
import stat
from pathlib import Path

import pytest

from services.kit.errors import Internal
from services.validation.adapters.seal import Seal, master_key


def test_what_was_sealed_opens_again() -> None:
    seal = Seal(b"k" * 32)
    key = seal.new_key("local")
    sealed = seal.seal(key, b"password", "local", "shop")
    assert b"password" not in sealed
    assert seal.open(key, sealed, "local", "shop") == b"password"
    assert seal.seal(key, b"password", "local", "shop") != sealed


@pytest.mark.parametrize(
    ("master", "organization", "row"), [(b"k", "local", "other"), (b"k", "other", "shop"), (b"x", "local", "shop")]
)
def test_it_opens_nowhere_else(master: bytes, organization: str, row: str) -> None:
    seal = Seal(b"k" * 32)
    key = seal.new_key("local")
    sealed = seal.seal(key, b"password", "local", "shop")
    with pytest.raises(Internal, match="master key"):
        Seal(master * 32).open(key, sealed, organization, row)


def test_the_master_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "master.key"
    made = master_key("", path)
    assert len(made) == 32
    assert master_key("", path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_master_key_of_the_settings_is_taken_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    assert master_key(base64.b64encode(b"s" * 32).decode(), path) == b"s" * 32
    assert not path.exists()
    for wrong in ("too-short", base64.b64encode(b"short").decode()):
        with pytest.raises(ValueError, match="master key"):
            master_key(wrong, path)
