"""What every store of blobs promises."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from storage_adapters import BLOBS

from services.kit.errors import InvalidArgument
from services.kit.ids import new_id
from services.storage.adapters.files import FileBlobs
from services.storage.embedded import EmbeddedPostgres
from services.storage.ports import Blobs

LIMIT = 10_000_000


@pytest.fixture(params=BLOBS)
async def blobs(request: pytest.FixtureRequest, postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Blobs]:
    async with BLOBS[request.param](postgres, tmp_path / "blobs") as adapter:
        yield adapter


@pytest.fixture
def organization() -> str:
    return new_id()


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def content(blobs: Blobs, organization: str, key: str) -> bytes:
    return b"".join([piece async for piece in blobs.read(organization, key)])


async def test_what_was_put_is_read_with_its_size_and_digest(blobs: Blobs, organization: str) -> None:
    parts = [b"x" * 700_000, b"", b"y" * 300_001]
    stored = await blobs.put(organization, "uploads/1/orders.csv", pieces(*parts), limit=LIMIT)
    assert await content(blobs, organization, "uploads/1/orders.csv") == b"".join(parts)
    assert stored.size == 1_000_001
    assert stored.digest == hashlib.sha256(b"".join(parts)).hexdigest()
    assert await blobs.find(organization, "uploads/1/orders.csv") == stored


async def test_an_empty_file_is_a_file(blobs: Blobs, organization: str) -> None:
    await blobs.put(organization, "empty", pieces(), limit=0)
    found = await blobs.find(organization, "empty")
    assert found is not None
    assert found.size == 0
    assert await content(blobs, organization, "empty") == b""


async def test_what_does_not_exist_is_none_and_empty_and_can_be_deleted(blobs: Blobs, organization: str) -> None:
    assert await blobs.find(organization, "no/such") is None
    assert await content(blobs, organization, "no/such") == b""
    await blobs.delete(organization, "no/such")
    assert list(await blobs.list(organization)) == []


async def test_a_file_above_its_limit_is_refused_and_leaves_nothing(blobs: Blobs, organization: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await blobs.put(organization, "big", pieces(b"x" * 60, b"x" * 41), limit=100)
    assert (raised.value.reason, raised.value.metadata) == ("TOO_LARGE", {"limit": "100"})
    assert await blobs.find(organization, "big") is None
    assert list(await blobs.list(organization)) == []


async def test_a_stream_that_breaks_leaves_what_was_there(blobs: Blobs, organization: str) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    await blobs.put(organization, "report", pieces(b"old"), limit=LIMIT)
    with pytest.raises(ConnectionError):
        await blobs.put(organization, "report", broken(), limit=LIMIT)
    assert await content(blobs, organization, "report") == b"old"
    assert [blob.key for blob in await blobs.list(organization)] == ["report"]


async def test_a_file_that_is_replaced_is_read_as_it_was(blobs: Blobs, organization: str) -> None:
    await blobs.put(organization, "report", pieces(b"a" * 2_000_000), limit=LIMIT)
    reading = blobs.read(organization, "report").__aiter__()
    first = await reading.__anext__()
    await blobs.put(organization, "report", pieces(b"b"), limit=LIMIT)
    rest = b"".join([piece async for piece in reading])
    assert first + rest == b"a" * 2_000_000
    assert await content(blobs, organization, "report") == b"b"


async def test_of_parallel_writers_one_wins_whole(blobs: Blobs, organization: str) -> None:
    contents = [bytes([65 + each]) * 50_000 for each in range(10)]
    await asyncio.gather(*(blobs.put(organization, "k", pieces(c[:1], c[1:]), limit=LIMIT) for c in contents))
    assert await content(blobs, organization, "k") in contents


async def test_files_are_listed_below_a_folder_by_key(blobs: Blobs, organization: str) -> None:
    for key in ("b/2", "b", "a", "b/1/x", "bc/1", "b/10"):
        await blobs.put(organization, key, pieces(key.encode()), limit=LIMIT)
    assert [blob.key for blob in await blobs.list(organization)] == ["a", "b", "b/1/x", "b/10", "b/2", "bc/1"]
    assert [blob.key for blob in await blobs.list(organization, "b")] == ["b/1/x", "b/10", "b/2"]
    await blobs.delete(organization, "b")
    assert await content(blobs, organization, "b/2") == b"b/2"


async def test_an_organization_sees_its_own_files_alone(blobs: Blobs, organization: str) -> None:
    other = new_id()
    await blobs.put(other, "secret", pieces(b"theirs"), limit=LIMIT)
    assert await blobs.find(organization, "secret") is None
    assert await content(blobs, organization, "secret") == b""
    assert list(await blobs.list(organization)) == []
    await blobs.delete(organization, "secret")
    assert await content(blobs, other, "secret") == b"theirs"


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".hidden", "a\x00b", "a\\b", "x" * 200, "a/" * 9 + "a"],
)
async def test_a_key_that_could_leave_its_folder_is_refused(blobs: Blobs, organization: str, key: str) -> None:
    with pytest.raises(InvalidArgument):
        await blobs.put(organization, key, pieces(b"x"), limit=LIMIT)
    with pytest.raises(InvalidArgument):
        await blobs.find(organization, key)


@pytest.mark.parametrize("other", ["", "..", "a/b", "UPPER"])
async def test_an_organization_that_is_no_id_is_refused(blobs: Blobs, other: str) -> None:
    with pytest.raises(InvalidArgument):
        await blobs.list(other)


async def test_a_file_is_its_owners_alone(tmp_path: Path, organization: str) -> None:
    await FileBlobs(tmp_path / "blobs").put(organization, "a/b", pieces(b"x"), limit=LIMIT)
    folder = tmp_path / "blobs"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *files))
