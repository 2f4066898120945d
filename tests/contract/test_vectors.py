"""What every store of vectors promises."""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from storage_adapters import VECTORS

from services.kit.errors import InvalidArgument
from services.kit.ids import new_id
from services.storage.embedded import EmbeddedPostgres
from services.storage.ports import Embedding, Vectors


@pytest.fixture(params=VECTORS)
async def vectors(request: pytest.FixtureRequest, postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Vectors]:
    async with VECTORS[request.param](postgres, tmp_path) as adapter:
        yield adapter


@pytest.fixture
def organization() -> str:
    return new_id()


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


async def test_the_nearest_are_those_of_the_greatest_cosine(vectors: Vectors, organization: str) -> None:
    chance = random.Random(7)  # noqa: S311  Nothing is kept secret with it.
    stored = {f"v{each}": [chance.uniform(-1, 1) for _ in range(16)] for each in range(2500)}
    await vectors.upsert(organization, "columns", [Embedding(key, vector) for key, vector in stored.items()])
    asked = [chance.uniform(-1, 1) for _ in range(16)]
    expected = sorted(stored, key=lambda key: -cosine(stored[key], asked))[:10]
    found = await vectors.search(organization, "columns", asked, limit=10)
    assert [match.id for match in found] == expected
    for match in found:
        assert match.score == pytest.approx(cosine(stored[match.id], asked), abs=1e-5)


async def test_length_does_not_matter_and_equals_come_by_id(vectors: Vectors, organization: str) -> None:
    await vectors.upsert(
        organization,
        "c",
        [Embedding("b", [2, 0]), Embedding("a", [1, 0]), Embedding("x", [0, 1]), Embedding("o", [-1, 0])],
    )
    found = await vectors.search(organization, "c", [5, 0], limit=4)
    assert [match.id for match in found] == ["a", "b", "x", "o"]
    assert [match.score for match in found] == pytest.approx([1, 1, 0, -1])


async def test_a_vector_is_replaced_under_its_id_and_the_last_of_a_batch_counts(
    vectors: Vectors, organization: str
) -> None:
    await vectors.upsert(organization, "c", [Embedding("a", [1, 0])])
    await vectors.upsert(organization, "c", [Embedding("a", [1, 1]), Embedding("a", [0, 1])])
    found = await vectors.search(organization, "c", [0, 1], limit=10)
    assert [match.id for match in found] == ["a"]
    assert found[0].score == pytest.approx(1)


async def test_parallel_writers_do_not_lock_each_other_out(vectors: Vectors, organization: str) -> None:
    ids = [f"v{each}" for each in range(50)]
    batches = [[Embedding(key, [1, each]) for key in (ids if each % 2 else reversed(ids))] for each in range(8)]
    await asyncio.gather(*(vectors.upsert(organization, "c", batch) for batch in batches))
    assert len(await vectors.search(organization, "c", [1, 0], limit=100)) == 50


async def test_vectors_are_deleted_by_id_or_with_their_collection(vectors: Vectors, organization: str) -> None:
    await vectors.upsert(organization, "c", [Embedding(key, [1, 2]) for key in ("a", "b", "c")])
    await vectors.upsert(organization, "kept", [Embedding("a", [1, 2])])
    await vectors.delete(organization, "c", ["a", "unknown"])
    assert [match.id for match in await vectors.search(organization, "c", [1, 2], limit=10)] == ["b", "c"]
    await vectors.delete(organization, "c")
    assert list(await vectors.search(organization, "c", [1, 2], limit=10)) == []
    assert len(await vectors.search(organization, "kept", [1, 2], limit=10)) == 1
    await vectors.upsert(organization, "c", [Embedding("a", [1, 2, 3])])


async def test_an_unknown_collection_holds_nothing(vectors: Vectors, organization: str) -> None:
    assert list(await vectors.search(organization, "nowhere", [1, 2], limit=10)) == []
    await vectors.delete(organization, "nowhere")
    await vectors.upsert(organization, "nowhere", [])


async def test_a_vector_of_another_dimension_is_refused_and_nothing_of_its_batch_kept(
    vectors: Vectors, organization: str
) -> None:
    await vectors.upsert(organization, "c", [Embedding("a", [1, 2])])
    with pytest.raises(InvalidArgument):
        await vectors.upsert(organization, "c", [Embedding("b", [1, 2]), Embedding("d", [1, 2, 3])])
    with pytest.raises(InvalidArgument):
        await vectors.upsert(organization, "c", [Embedding("b", [1, 2, 3])])
    with pytest.raises(InvalidArgument):
        await vectors.search(organization, "c", [1, 2, 3], limit=1)
    assert [match.id for match in await vectors.search(organization, "c", [1, 2], limit=10)] == ["a"]


@pytest.mark.parametrize("vector", [[], [0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0], [1e30, 1e30], [1e-30, 0.0]])
async def test_a_vector_without_a_direction_is_refused(
    vectors: Vectors, organization: str, vector: list[float]
) -> None:
    with pytest.raises(InvalidArgument):
        await vectors.upsert(organization, "c", [Embedding("a", vector)])
    with pytest.raises(InvalidArgument):
        await vectors.search(organization, "c", vector, limit=1)


async def test_an_organization_finds_its_own_vectors_alone(vectors: Vectors, organization: str) -> None:
    other = new_id()
    await vectors.upsert(other, "c", [Embedding(f"theirs{each}", [1, 0]) for each in range(20)])
    await vectors.upsert(organization, "c", [Embedding("ours", [0, 1])])
    found = await vectors.search(organization, "c", [1, 0], limit=5)
    assert [match.id for match in found] == ["ours"]
    await vectors.delete(organization, "c")
    assert len(await vectors.search(other, "c", [1, 0], limit=50)) == 20
