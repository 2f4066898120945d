"""What a question's work tells is written in its order, together where it comes together, and never after a failure."""

import asyncio

import pytest

from services.generation import wire
from services.generation.adapters.answering import JobListener
from services.generation.core.model import Event, Explained
from services.kit.jobs import LeaseLost


def sentences(count: int) -> list[Event]:
    return [Explained(f"sentence {each}", "SELECT 1") for each in range(count)]


async def test_what_is_told_while_events_are_written_is_written_together() -> None:
    batches, free = [], asyncio.Event()

    async def append(contents: list[bytes]) -> None:
        await free.wait()
        batches.append(contents)

    listener, told = JobListener(append), sentences(5)
    for each in told[:1]:
        await listener.tell(each)
    # The first is being written.
    await asyncio.sleep(0)
    for each in told[1:]:
        await listener.tell(each)
    free.set()
    await listener.written()
    assert [len(each) for each in batches] == [1, 4]
    assert [content for batch in batches for content in batch] == [
        wire.event_to_proto(each).SerializeToString() for each in told
    ]


async def test_work_learns_that_its_events_can_no_longer_be_written() -> None:
    async def append(_contents: list[bytes]) -> None:
        raise LeaseLost

    listener, (first, second) = JobListener(append), sentences(2)
    await listener.tell(first)
    with pytest.raises(LeaseLost):
        await listener.written()
    with pytest.raises(LeaseLost):
        await listener.tell(second)


async def test_nothing_is_written_where_nothing_was_told() -> None:
    batches = []

    async def append(contents: list[bytes]) -> None:
        batches.append(contents)

    await JobListener(append).written()
    assert batches == []
