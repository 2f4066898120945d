"""Blobs as files in a folder, each led by a header with its size and digest."""

import asyncio
import contextlib
import hashlib
import json
import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from services.kit.ids import new_id
from services.storage.ports import Blob, check_key, check_names, too_large

_PIECE_BYTES = 256 * 1024
# Neither can be in a key: a part is in nobody's way, and "a" and "a/b" may both be keys.
_PART, _END = ".part-", "@"
# What is known of a file leads its content in one file, so that both are replaced by one rename.
_HEADER_BYTES = 256
_ABANDONED_S = 24 * 3600


class FileBlobs:
    """Blobs under `folder/{organization}/{key}`, for a file system that tells upper case from lower.

    A file is written beside its place, made durable, and renamed: a crash leaves the old content, and a part that is
    removed by a start a day later.

    Args:
        folder: Where they lie; made when it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in folder.rglob(f"{_PART}*"):
            with contextlib.suppress(FileNotFoundError):
                if part.stat().st_mtime < time.time() - _ABANDONED_S:
                    part.unlink()

    async def put(self, organization: str, key: str, content: AsyncIterable[bytes], *, limit: int) -> Blob:
        """Stores a file as it streams in (`Blobs.put`)."""
        path = self._path(organization, key)
        part = path.with_name(f"{_PART}{new_id()}")
        file = await asyncio.to_thread(_create, part)
        try:
            blob = await _write(file, key, content, limit)
            await asyncio.to_thread(_finish, file, blob, part, path)
        except BaseException:
            file.close()
            part.unlink(missing_ok=True)
            raise
        return blob

    async def find(self, organization: str, key: str) -> Blob | None:
        """What is known of a file (`Blobs.find`)."""
        return await asyncio.to_thread(_find, self._path(organization, key), key)

    async def read(self, organization: str, key: str) -> AsyncIterator[bytes]:
        """The content in pieces (`Blobs.read`)."""
        file = await asyncio.to_thread(_open, self._path(organization, key))
        if file is None:
            return
        with file:
            file.seek(_HEADER_BYTES)
            while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                yield piece

    async def delete(self, organization: str, key: str) -> None:
        """Deletes a file (`Blobs.delete`)."""
        path = self._path(organization, key)
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def list(self, organization: str, folder: str = "") -> Sequence[Blob]:
        """The files below a folder by key (`Blobs.list`)."""
        check_names(organization)
        if folder:
            check_key(organization, folder)
        top = self._folder / organization
        return await asyncio.to_thread(lambda: sorted(_walk(top, top / folder), key=lambda blob: blob.key))

    def _path(self, organization: str, key: str) -> Path:
        check_key(organization, key)
        return self._folder / organization / f"{key}{_END}"


def _create(part: Path) -> BinaryIO:
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    file.write(b" " * _HEADER_BYTES)
    return file


async def _write(file: BinaryIO, key: str, content: AsyncIterable[bytes], limit: int) -> Blob:
    digest, size = hashlib.sha256(), 0
    async for piece in content:
        size += len(piece)
        if size > limit:
            raise too_large("file", limit)
        digest.update(piece)
        await asyncio.to_thread(file.write, piece)
    return Blob(key, size, digest.hexdigest())


def _finish(file: BinaryIO, blob: Blob, part: Path, path: Path) -> None:
    header = json.dumps({"size": blob.size, "digest": blob.digest}).encode()
    file.seek(0)
    file.write(header.ljust(_HEADER_BYTES))
    file.flush()
    os.fsync(file.fileno())
    file.close()
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _find(path: Path, key: str) -> Blob | None:
    file = _open(path)
    if file is None:
        return None
    with file:
        known = json.loads(file.read(_HEADER_BYTES))
    return Blob(key, known["size"], known["digest"])


def _walk(top: Path, folder: Path) -> Iterator[Blob]:
    for path in folder.rglob(f"*{_END}"):
        blob = _find(path, path.relative_to(top).as_posix().removesuffix(_END))
        if blob is not None:
            yield blob
