"""What every store of records promises."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_adapters import RECORDS

from services.kit.errors import Aborted, InvalidArgument
from services.kit.ids import new_id
from services.storage.embedded import EmbeddedPostgres
from services.storage.ports import MAX_RECORD_BYTES, Record, Records


@pytest.fixture(params=RECORDS)
async def records(request: pytest.FixtureRequest, postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Records]:
    async with RECORDS[request.param](postgres, tmp_path) as adapter:
        yield adapter


@pytest.fixture
def organization() -> str:
    return new_id()


# Text without surrogates, which are no Unicode text, and without U+0000, which the port refuses.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e15, 1e15) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(document=st.dictionaries(TEXT, JSON, max_size=5))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_document_comes_back_as_it_was_put(records: Records, document: dict[str, Any]) -> None:
    await records.put("local", "c", "id", document)
    found = await records.get("local", "c", "id")
    assert found is not None
    assert found.document == document


async def test_revisions_count_from_one(records: Records, organization: str) -> None:
    assert await records.get(organization, "schemas", "a") is None
    first = await records.put(organization, "schemas", "a", {"v": 1})
    second = await records.put(organization, "schemas", "a", {"v": 2})
    assert (first.revision, second.revision) == (1, 2)
    assert await records.get(organization, "schemas", "a") == Record("a", {"v": 2}, 2)


async def test_a_change_of_what_changed_meanwhile_is_refused(records: Records, organization: str) -> None:
    await records.put(organization, "schemas", "a", {"v": 1}, revision=0)
    await records.put(organization, "schemas", "a", {"v": 2}, revision=1)
    for stale in (0, 1, 3):
        with pytest.raises(Aborted) as raised:
            await records.put(organization, "schemas", "a", {"v": 3}, revision=stale)
        assert raised.value.reason == "REVISION_STALE"
    assert await records.get(organization, "schemas", "a") == Record("a", {"v": 2}, 2)


async def test_of_twenty_parallel_changes_of_one_revision_one_succeeds(records: Records, organization: str) -> None:
    for revision in (0, 1):
        puts = (records.put(organization, "c", "a", {"v": each}, revision=revision) for each in range(20))
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        winners = [each for each in outcomes if isinstance(each, Record)]
        assert len(winners) == 1
        assert sum(isinstance(each, Aborted) for each in outcomes) == 19
        assert await records.get(organization, "c", "a") == winners[0]


async def test_parallel_changes_of_any_revision_all_count(records: Records, organization: str) -> None:
    stored = await asyncio.gather(*(records.put(organization, "c", "a", {"v": each}) for each in range(20)))
    assert sorted(each.revision for each in stored) == list(range(1, 21))


async def test_a_deleted_document_is_gone_and_starts_again(records: Records, organization: str) -> None:
    await records.put(organization, "c", "a", {})
    await records.delete(organization, "c", "a")
    await records.delete(organization, "c", "a")
    assert await records.get(organization, "c", "a") is None
    assert (await records.put(organization, "c", "a", {}, revision=0)).revision == 1


async def test_documents_are_listed_by_id_in_pages(records: Records, organization: str) -> None:
    for key in ("b", "B", "a10", "a-1", "a2", "_x"):
        await records.put(organization, "c", key, {"key": key})
    await records.put(organization, "other", "z", {})
    ids: list[str] = []
    while page := await records.list(organization, "c", after=ids[-1] if ids else "", limit=2):
        ids += [each.id for each in page]
    assert ids == sorted(["b", "B", "a10", "a-1", "a2", "_x"])


async def test_documents_are_found_by_their_top_fields(records: Records, organization: str) -> None:
    documents: dict[str, dict[str, Any]] = {
        "a": {"source": "sales", "version": 1, "live": True},
        "b": {"source": "sales", "version": 2, "live": False},
        "c": {"source": ["sales"], "version": "1", "live": 1},
        "d": {"inner": {"source": "sales"}},
    }
    for key, document in documents.items():
        await records.put(organization, "c", key, document)

    async def found(**where: str | int | bool) -> list[str]:
        return [each.id for each in await records.list(organization, "c", where=where)]

    assert await found(source="sales") == ["a", "b"]
    assert await found(source="sales", version=2) == ["b"]
    assert await found(live=True) == ["a"]
    assert await found(version=1) == ["a"]


async def test_an_organization_sees_its_own_documents_alone(records: Records, organization: str) -> None:
    other = new_id()
    await records.put(other, "c", "a", {"theirs": True})
    assert await records.get(organization, "c", "a") is None
    assert list(await records.list(organization, "c")) == []
    assert (await records.put(organization, "c", "a", {"ours": True}, revision=0)).revision == 1
    await records.delete(organization, "c", "a")
    assert await records.get(other, "c", "a") == Record("a", {"theirs": True}, 1)


@pytest.mark.parametrize("document", [{"a": float("nan")}, {"a": object()}, {"a": "x\0y"}, {"a\0": 1}])
async def test_what_is_no_json_is_refused(records: Records, organization: str, document: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        await records.put(organization, "c", "a", document)


async def test_text_that_looks_like_an_escape_is_text(records: Records, organization: str) -> None:
    document = {"a": "\\u0000", "b": "\\\\u0000"}
    await records.put(organization, "c", "a", document)
    assert await records.get(organization, "c", "a") == Record("a", document, 1)


async def test_a_document_above_the_limit_is_refused(records: Records, organization: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await records.put(organization, "c", "a", {"a": "x" * MAX_RECORD_BYTES})
    assert raised.value.reason == "TOO_LARGE"


@pytest.mark.parametrize("name", ["", "a/b", "$where", "x" * 200, "a b"])
async def test_a_name_that_is_malformed_is_refused(records: Records, organization: str, name: str) -> None:
    with pytest.raises(InvalidArgument):
        await records.put(organization, "c", name, {})
    with pytest.raises(InvalidArgument):
        await records.list(organization, name)
    if name:
        with pytest.raises(InvalidArgument):
            await records.list(organization, "c", after=name)
    with pytest.raises(InvalidArgument):
        await records.list(organization, "c", where={"a": "\0"})
