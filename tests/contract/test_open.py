"""From a URL to an adapter."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.kit.ids import new_id
from services.storage.embedded import EmbeddedPostgres
from services.storage.open import open_blobs, open_cache, open_records, open_vectors
from services.storage.ports import Embedding, Record


async def test_files_lie_where_the_url_says_else_in_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANDOR_STATE", str(tmp_path / "state"))
    async with open_blobs("files:", "documents"), open_blobs(f"files:{tmp_path}/elsewhere", "documents"):
        assert (tmp_path / "state" / "documents" / "blobs").is_dir()
        assert (tmp_path / "elsewhere").is_dir()


async def test_records_and_vectors_may_share_a_database(postgres: EmbeddedPostgres) -> None:
    url = postgres.ensure_database(f"t{new_id()}").render_as_string(hide_password=False)
    url = url.replace("postgresql+psycopg:", "postgresql:")
    for _ in range(2):
        async with open_records(url, "documents") as records, open_vectors(url, "documents") as vectors:
            await records.put("local", "c", "a", {"v": 1})
            await vectors.upsert("local", "c", [Embedding("a", [1, 0])])
    async with open_records(url, "documents") as records:
        assert await records.get("local", "c", "a") == Record("a", {"v": 1}, 2)


async def test_a_cache_is_this_processs_own() -> None:
    async with open_cache("memory:", "generation") as one, open_cache("memory:", "generation") as two:
        await one.set("local", "k", b"1", ttl=timedelta(hours=1))
        assert await two.get("local", "k") is None


def test_a_scheme_that_nothing_serves_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="embedded, postgresql"):
        open_records("oracle://secret@host/db", "documents")
    with pytest.raises(ValueError, match="files") as raised:
        open_blobs("s4://key:secret@host", "documents")
    assert "secret" not in str(raised.value)
