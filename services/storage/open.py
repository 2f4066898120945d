"""From a URL to the adapter it names: one table per port, in which a new technology is one line."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from services.kit.settings import state_folder
from services.storage.ports import Blobs, Cache, Records, Vectors


def open_blobs(url: str, service: str) -> AbstractAsyncContextManager[Blobs]:
    """Blobs: "files:" is the state folder, "files:/path" another.

    Raises:
        ValueError: No adapter has the URL's scheme.
    """
    return _chosen(_BLOBS, url)(url, service)


def open_records(url: str, service: str, *, migrate_at_start: bool = True) -> AbstractAsyncContextManager[Records]:
    """Records: "embedded:" is the service's database on the laptop's own server, "postgresql://…" another.

    Raises:
        ValueError: No adapter has the URL's scheme.
        Unavailable: The server does not answer, or its tables are older and may not be migrated.
    """
    return _chosen(_RECORDS, url)(url, service, migrate_at_start=migrate_at_start)


def open_vectors(url: str, service: str) -> AbstractAsyncContextManager[Vectors]:
    """Vectors: "embedded:" is the service's database on the laptop's own server, "postgresql://…" another.

    Raises:
        ValueError: No adapter has the URL's scheme.
        Unavailable: The server does not answer.
    """
    return _chosen(_VECTORS, url)(url, service)


def open_cache(url: str, service: str) -> AbstractAsyncContextManager[Cache]:
    """A cache: "memory:" is this process's own.

    Raises:
        ValueError: No adapter has the URL's scheme.
    """
    return _chosen(_CACHES, url)(url, service)


# An adapter is imported when it is chosen, so that a service installs only the drivers it uses.
@asynccontextmanager
async def _files(url: str, service: str) -> AsyncIterator[Blobs]:
    from services.storage.adapters.files import FileBlobs  # noqa: PLC0415

    path = url.removeprefix("files:")
    yield FileBlobs(Path(path) if path else state_folder() / service / "blobs")


@asynccontextmanager
async def _jsonb(url: str, service: str, *, migrate_at_start: bool) -> AsyncIterator[Records]:
    from services.storage.adapters.jsonb import open_jsonb_records  # noqa: PLC0415

    async with open_jsonb_records(url, service, migrate_at_start=migrate_at_start) as records:
        yield records


@asynccontextmanager
async def _pgvector(url: str, service: str) -> AsyncIterator[Vectors]:
    from services.storage.adapters.pgvector import open_pgvectors  # noqa: PLC0415

    async with open_pgvectors(url, service) as vectors:
        yield vectors


@asynccontextmanager
async def _memory(_url: str, _service: str) -> AsyncIterator[Cache]:
    from services.storage.adapters.memory import MemoryCache  # noqa: PLC0415

    yield MemoryCache()


_Port = TypeVar("_Port")
_Openers = Mapping[str, Callable[..., AbstractAsyncContextManager[_Port]]]

_BLOBS: _Openers[Blobs] = {"files": _files}
_RECORDS: _Openers[Records] = {"embedded": _jsonb, "postgresql": _jsonb}
_VECTORS: _Openers[Vectors] = {"embedded": _pgvector, "postgresql": _pgvector}
_CACHES: _Openers[Cache] = {"memory": _memory}


def _chosen(openers: _Openers[_Port], url: str) -> Callable[..., AbstractAsyncContextManager[_Port]]:
    scheme = url.partition(":")[0]
    if scheme not in openers:
        raise ValueError(f"There is no storage for {scheme!r} URLs here. Use one of: {', '.join(sorted(openers))}.")
    return openers[scheme]
