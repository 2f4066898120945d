"""Which model drafts, who stands in, and how the built-in engine keeps out of the event loop's way."""

import asyncio
import threading
from collections.abc import AsyncGenerator

import pytest

from services.kit.errors import FailedPrecondition, InvalidArgument, NotFound, Unavailable
from services.modelhub.adapters.built_in_drafter import BuiltInDrafter
from services.modelhub.core.draft_sql import DEFAULT_CANDIDATES, MAX_CANDIDATES, DraftSql
from services.modelhub.core.model import Candidate, Context, Draft, DraftRequest
from services.modelhub.core.ports import Model

REQUEST = DraftRequest("How many?", Context("sqlite"))
DOWN = Unavailable("MODEL_UNAVAILABLE", "It does not answer.")


class Scripted:
    """A drafter that says what it is told to."""

    def __init__(self, model_id: str, *parts: str | Exception) -> None:
        self.model = Model(model_id, model_id, is_local=False)
        self.parts = parts
        self.asked: list[DraftRequest] = []
        self.closed = False

    async def draft(self, request: DraftRequest) -> AsyncGenerator[str | Draft, None]:
        self.asked.append(request)
        try:
            for part in self.parts:
                if isinstance(part, Exception):
                    raise part
                yield part
            yield Draft((Candidate("SELECT 1", 0.5, self.model.model_id),))
        finally:
            self.closed = True


def ignored(_model: Model, _error: Unavailable) -> None:
    """Nobody needs to know."""


async def read(use_case: DraftSql, request: DraftRequest = REQUEST, model: str = "") -> tuple[list[str], str]:
    parts = [part async for part in use_case.draft(request, model)]
    draft = parts.pop()
    assert isinstance(draft, Draft)
    return [part for part in parts if isinstance(part, str)], draft.candidates[0].source


async def test_the_first_model_is_the_default() -> None:
    assert await read(DraftSql([Scripted("openai:a", "te", "xt"), Scripted("built-in")], ignored)) == (
        ["te", "xt"],
        "openai:a",
    )


async def test_the_default_can_be_named_by_id_or_provider() -> None:
    drafters = [Scripted("openai:a"), Scripted("built-in")]
    for name, first in (("built-in", "built-in"), ("openai", "openai:a"), ("openai:a", "openai:a")):
        use_case = DraftSql(drafters, ignored, name)
        assert use_case.models()[0].model_id == first
        assert len(use_case.models()) == 2


def test_a_default_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFound, match="built-in"):
        DraftSql([Scripted("built-in")], ignored, "openai")


async def test_another_model_stands_in_and_that_is_told() -> None:
    told: list[tuple[str, str]] = []
    use_case = DraftSql(
        [Scripted("openai:a", "half a wo", DOWN), Scripted("built-in")],
        lambda model, error: told.append((model.model_id, error.reason)),
    )
    assert await read(use_case) == (["half a wo"], "built-in")
    assert told == [("openai:a", "MODEL_UNAVAILABLE")]


async def test_the_last_models_error_is_raised() -> None:
    with pytest.raises(Unavailable):
        await read(DraftSql([Scripted("a", DOWN), Scripted("b", DOWN)], ignored))


async def test_only_an_unavailable_model_is_stood_in_for() -> None:
    refused = FailedPrecondition("MODEL_LOGIN_FAILED", "The key is wrong.")
    spare = Scripted("built-in")
    with pytest.raises(FailedPrecondition):
        await read(DraftSql([Scripted("openai:a", refused), spare], ignored))
    assert spare.asked == []


async def test_a_named_model_answers_or_nobody_does() -> None:
    use_case = DraftSql([Scripted("built-in"), Scripted("openai:a", DOWN)], ignored)
    with pytest.raises(Unavailable):
        await read(use_case, model="openai")


@pytest.mark.parametrize(("asked", "given"), [(0, DEFAULT_CANDIDATES), (7, 7), (10_000, MAX_CANDIDATES)])
async def test_the_number_of_candidates_is_bounded(asked: int, given: int) -> None:
    drafter = Scripted("built-in")
    await read(DraftSql([drafter], ignored), DraftRequest("How many?", Context("sqlite"), asked))
    assert drafter.asked[0].max_candidates == given


@pytest.mark.parametrize("question", ["", " \n", "x" * 10_001])
async def test_a_question_that_is_empty_or_too_long_reaches_no_model(question: str) -> None:
    drafter = Scripted("built-in")
    with pytest.raises(InvalidArgument):
        await read(DraftSql([drafter], ignored), DraftRequest(question, Context("sqlite")))
    assert drafter.asked == []


async def test_a_reader_that_stops_stops_the_model() -> None:
    drafter = Scripted("openai:a", "te", "xt")
    parts = DraftSql([drafter], ignored).draft(REQUEST)
    assert await anext(parts) == "te"
    await parts.aclose()
    assert drafter.closed


async def test_the_event_loop_goes_on_while_the_engine_works(monkeypatch: pytest.MonkeyPatch) -> None:
    loop_went_on = threading.Event()

    class Engine:
        def draft(self, request: DraftRequest) -> Draft:
            assert loop_went_on.wait(10), "the engine held the event loop"
            return Draft()

    drafter = BuiltInDrafter(workers=1)
    monkeypatch.setattr(drafter, "_engine", Engine())

    async def drafted() -> list[str | Draft]:
        return [part async for part in drafter.draft(REQUEST)]

    task = asyncio.create_task(drafted())
    await asyncio.sleep(0)
    loop_went_on.set()
    assert await task == [Draft()]
    drafter.close()
