"""What operators see of models: drafts by how they ended, tokens, and what they cost."""

from collections.abc import Mapping

import pytest
from chat_server import chat_server, reply
from service.modelhub.test_openai import COUNT, REQUEST

from services.kit import metrics
from services.kit.errors import CandorError
from services.modelhub.adapters.observed_drafter import ObservedDrafter
from services.modelhub.adapters.openai import OpenAIDrafter
from services.modelhub.core.model import Draft

MODEL = "openai:observed"


def value(name: str, labels: Mapping[str, str]) -> float:
    return metrics.REGISTRY.get_sample_value(name, {"model": MODEL, **labels}) or 0


async def draft(url: str, prices: Mapping[str, float]) -> None:
    provider = OpenAIDrafter("key", url, "observed", prices=prices)
    try:
        async for part in ObservedDrafter(provider).draft(REQUEST):
            assert isinstance(part, str | Draft)
    finally:
        await provider.close()


async def test_tokens_are_counted_with_what_they_cost() -> None:
    names = [("candor_model_tokens_total", {"direction": each}) for each in ("input", "output")]
    before = [value(*each) for each in [*names, ("candor_model_cost_dollars_total", {})]]
    async with chat_server(texts=[reply((COUNT, 0.9))], usage=(1200, 300)) as chat:
        await draft(chat.url, {"input": 2.0, "output": 10.0})
    after = [value(*each) for each in [*names, ("candor_model_cost_dollars_total", {})]]
    grown = [new - old for new, old in zip(after, before, strict=True)]
    assert grown == pytest.approx([1200, 300, 0.0024 + 0.003])


async def test_a_server_that_counts_nothing_costs_nothing() -> None:
    before = value("candor_model_tokens_total", {"direction": "input"})
    async with chat_server(texts=[reply((COUNT, 0.9))]) as chat:
        await draft(chat.url, {"input": 2.0, "output": 10.0})
    assert value("candor_model_tokens_total", {"direction": "input"}) == before


@pytest.mark.parametrize(
    ("status", "texts", "outcome"),
    [
        (200, [reply((COUNT, 0.9))], "drafted"),
        (200, ["no SQL here"], "unavailable"),
        (500, [], "unavailable"),
        (401, [], "refused"),
    ],
)
async def test_a_draft_is_counted_by_how_it_ended(status: int, texts: list[str], outcome: str) -> None:
    before = value("candor_model_drafts_total", {"outcome": outcome})
    async with chat_server(status=status, texts=texts) as chat:
        try:
            await draft(chat.url, {"input": 0.0, "output": 0.0})
        except CandorError:
            assert outcome != "drafted"
    assert value("candor_model_drafts_total", {"outcome": outcome}) == before + 1
