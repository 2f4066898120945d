"""The adapters that every contract suite runs: a new one is a line here."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from services.storage.adapters.files import FileBlobs
from services.storage.adapters.jsonb import open_jsonb_records
from services.storage.adapters.memory import MemoryCache
from services.storage.adapters.pgvector import open_pgvectors
from services.storage.embedded import EmbeddedPostgres
from services.storage.ports import Blobs, Cache, Records, Vectors


@asynccontextmanager
async def _files(_postgres: EmbeddedPostgres, folder: Path) -> AsyncIterator[Blobs]:
    yield FileBlobs(folder)


@asynccontextmanager
async def _jsonb(postgres: EmbeddedPostgres, _folder: Path) -> AsyncIterator[Records]:
    url = postgres.ensure_database("records").render_as_string(hide_password=False)
    async with open_jsonb_records(url, "records") as records:
        yield records


@asynccontextmanager
async def _pgvector(postgres: EmbeddedPostgres, _folder: Path) -> AsyncIterator[Vectors]:
    url = postgres.ensure_database("vectors").render_as_string(hide_password=False)
    async with open_pgvectors(url, "vectors") as vectors:
        yield vectors


@asynccontextmanager
async def _memory(_postgres: EmbeddedPostgres, _folder: Path) -> AsyncIterator[Cache]:
    yield MemoryCache()


BLOBS: dict[str, Callable[[EmbeddedPostgres, Path], AbstractAsyncContextManager[Blobs]]] = {"files": _files}
RECORDS: dict[str, Callable[[EmbeddedPostgres, Path], AbstractAsyncContextManager[Records]]] = {"jsonb": _jsonb}
VECTORS: dict[str, Callable[[EmbeddedPostgres, Path], AbstractAsyncContextManager[Vectors]]] = {"pgvector": _pgvector}
CACHES: dict[str, Callable[[EmbeddedPostgres, Path], AbstractAsyncContextManager[Cache]]] = {"memory": _memory}
