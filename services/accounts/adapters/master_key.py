"""The master key, which seals the signing keys: from a setting, or from a file that only its owner reads."""

import base64
import binascii
import contextlib
import os
import secrets
from pathlib import Path

from services.kit.ids import new_id

_BYTES = 32


def load_master_key(setting: str, file: Path) -> bytes:
    """The master key, made on the first start where it is kept in a file.

    Args:
        setting: 32 bytes as base64, or empty to use the file.
        file: Where it is kept.

    Raises:
        ValueError: The key is no key, or others can read its file.
    """
    if setting:
        return _decoded(setting, "CANDOR_ACCOUNTS_MASTER_KEY")
    if not file.exists():
        _create(file)
    if file.stat().st_mode & 0o077:
        raise ValueError(f"others can read the master key: run chmod 600 {file}")
    return _decoded(file.read_text(), str(file))


def _decoded(text: str, place: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError(f"{place} does not hold base64") from error
    if len(key) != _BYTES:
        raise ValueError(f"{place} does not hold {_BYTES} bytes")
    return key


def _create(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f".{file.name}-{new_id()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writing:
        writing.write(base64.b64encode(secrets.token_bytes(_BYTES)).decode() + "\n")
        writing.flush()
        os.fsync(writing.fileno())
    # A link appears whole and never replaces the key of another copy that starts now.
    with contextlib.suppress(FileExistsError):
        os.link(part, file)
    part.unlink()
