"""The four ports: files (Blobs), JSON documents (Records), embeddings (Vectors), and a Cache that also fans out.

Common to all: the organization comes first and bounds everything; nothing of another organization is ever returned,
changed or counted. What does not exist is None or nothing, never an error. Each call is a step of its own and takes
no part in the transaction of the RPC. A server that does not answer raises `Unavailable`; an argument outside a
port's bounds raises `InvalidArgument`.
"""

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from services.kit.errors import InvalidArgument

# The bounds that every adapter keeps, so that a laptop refuses what a server would.
MAX_RECORD_BYTES = 12 * 1024 * 1024
MAX_DIMENSIONS = 4096
MAX_CACHE_VALUE_BYTES = 8 * 1024 * 1024
MAX_WAITING_MESSAGES = 1000

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_ORGANIZATION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file. `size` is in bytes; `digest` is the SHA-256 of its content in hexadecimal."""

    key: str
    size: int
    digest: str


class Blobs(Protocol):
    """Files, each under a key of one to eight segments such as `uploads/01j9/orders.csv`."""

    async def put(self, organization: str, key: str, content: AsyncIterable[bytes], *, limit: int) -> Blob:
        """Stores a file as it streams in. It appears whole or not at all, and replaces one under the same key.

        Raises:
            InvalidArgument: The content is longer than `limit` bytes (`TOO_LARGE`), or the key is malformed.
        """

    async def find(self, organization: str, key: str) -> Blob | None:
        """What is known of a file."""

    def read(self, organization: str, key: str) -> AsyncIterator[bytes]:
        """The content in pieces; none where there is no file. A file replaced meanwhile is read as it was."""

    async def delete(self, organization: str, key: str) -> None:
        """Deletes a file. Deleting what does not exist does nothing."""

    async def list(self, organization: str, folder: str = "") -> Sequence[Blob]:
        """The files below a folder, in the order of their keys; all where it is empty."""


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON document. `revision` is 1 when it is created and one more with each change."""

    id: str
    document: Mapping[str, Any]
    revision: int


class Records(Protocol):
    """JSON documents in collections.

    Integers fit 64 bits. The order of an object's keys is not kept, and a whole float may come back as an integer.
    """

    async def get(self, organization: str, collection: str, record_id: str) -> Record | None:
        """A document as it was last put: a read sees every put that ended before it."""

    async def put(
        self,
        organization: str,
        collection: str,
        record_id: str,
        document: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Record:
        """Stores a document whole.

        Args:
            organization: Whose it is.
            collection: Where it lies.
            record_id: Its id within the collection.
            document: What is stored, at most `MAX_RECORD_BYTES` as JSON, without the character U+0000.
            revision: The revision it must have now; 0 when it must not exist; None replaces whatever is there.

        Raises:
            Aborted: The document is at another revision (`REVISION_STALE`).
            InvalidArgument: The document is too large (`TOO_LARGE`) or is no JSON.
        """

    async def delete(self, organization: str, collection: str, record_id: str) -> None:
        """Deletes a document. Deleting what does not exist does nothing."""

    async def list(
        self,
        organization: str,
        collection: str,
        *,
        where: Mapping[str, str | int | bool] | None = None,
        after: str = "",
        limit: int = 100,
    ) -> Sequence[Record]:
        """Documents whose top-level fields equal those of `where`, by id in the order of code points, after an id."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """A vector under an id, which it keeps. Its length, in the mathematical sense, is not zero."""

    id: str
    vector: Sequence[float]


@dataclass(frozen=True, slots=True)
class Match:
    """A vector that was found. `score` is the cosine of the angle to the one asked for: 1 is the same direction."""

    id: str
    score: float


class Vectors(Protocol):
    """Embeddings in collections, each collection of one dimension. The embedded adapter searches without an index."""

    async def upsert(self, organization: str, collection: str, embeddings: Sequence[Embedding]) -> None:
        """Stores vectors, all or none, replacing those of the same ids.

        Raises:
            InvalidArgument: A vector is zero, not finite, or of another dimension than the collection.
        """

    async def search(
        self, organization: str, collection: str, vector: Sequence[float], *, limit: int
    ) -> Sequence[Match]:
        """The nearest by cosine, nearest first, equals by id. The organization bounds the search, not its result.

        Raises:
            InvalidArgument: The vector is zero, not finite, or of another dimension than the collection.
        """

    async def delete(self, organization: str, collection: str, ids: Iterable[str] | None = None) -> None:
        """Deletes the vectors of these ids, or the whole collection for None."""


class Cache(Protocol):
    """Values that may vanish at any time, and messages to those who listen now.

    Keys hold whatever else bounds a value: data source, schema version, policy version, model version.
    """

    async def get(self, organization: str, key: str) -> bytes | None:
        """The value, unless it expired or made room for another."""

    async def set(self, organization: str, key: str, value: bytes, *, ttl: timedelta) -> None:
        """Keeps a value of at most `MAX_CACHE_VALUE_BYTES` for at most `ttl`.

        Raises:
            InvalidArgument: The value is too large (`TOO_LARGE`).
        """

    async def delete(self, organization: str, key: str) -> None:
        """Forgets a value. Forgetting what is not there does nothing."""

    async def publish(self, organization: str, channel: str, message: bytes) -> None:
        """Sends a message to those who are subscribed now, at most once and in the order of publishing."""

    def subscribe(self, organization: str, channel: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The messages published from when the context is entered until it is left.

        A listener that falls behind by `MAX_WAITING_MESSAGES` loses the oldest: a message is a reason to look at the
        truth, which is elsewhere.
        """


def check_names(organization: str, *names: str) -> None:
    """Refuses what could not be a name in every adapter.

    Raises:
        InvalidArgument: A name is empty, longer than 128 characters, or holds others than letters, digits and `._-`.
    """
    if not _ORGANIZATION.fullmatch(organization):
        raise _malformed("organization", organization)
    for name in names:
        if not _SEGMENT.fullmatch(name):
            raise _malformed("name", name)


def check_key(organization: str, key: str) -> None:
    """Refuses a blob's key that is malformed, one that would leave its folder among them.

    Raises:
        InvalidArgument: The key is not one to eight names joined by `/`.
    """
    segments = key.split("/")
    if len(segments) > 8:
        raise _malformed("key", key)
    check_names(organization, *segments)


def too_large(what: str, limit: int) -> InvalidArgument:
    """The error for content above its limit in bytes."""
    return InvalidArgument(
        "TOO_LARGE", f"The {what} is larger than the {limit} bytes that are kept.", metadata={"limit": str(limit)}
    )


def _malformed(kind: str, value: str) -> InvalidArgument:
    return InvalidArgument(
        "INVALID_ARGUMENT",
        f"{value[:200]!r} is not a valid {kind}: use letters, digits and '._-'.",
        fields={kind: "is malformed"},
    )
