"""Drafts SQL with the model that is asked for, or with the default one and those that stand in for it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from services.kit.errors import InvalidArgument, NotFound, Unavailable
from services.modelhub.core.model import Draft, DraftRequest
from services.modelhub.core.ports import Drafter, Model

DEFAULT_CANDIDATES = 5
MAX_CANDIDATES = 50
MAX_QUESTION_CHARACTERS = 10_000


class DraftSql:
    """The models of this platform. One is the default; the others stand in for it while it is unavailable.

    Args:
        drafters: At least one.
        on_fallback: Told of each model that another had to stand in for, and why.
        default: The default model by its id or provider; the first one when empty.

    Raises:
        NotFound: The default model is not among the drafters.
    """

    def __init__(
        self,
        drafters: Sequence[Drafter],
        on_fallback: Callable[[Model, Unavailable], None],
        default: str = "",
    ) -> None:
        assert drafters, "the built-in engine is always there"
        self._drafters = tuple(drafters)
        self._on_fallback = on_fallback
        first = self._named(default) if default else ()
        self._drafters = (*first, *(each for each in self._drafters if each not in first))

    def models(self) -> tuple[Model, ...]:
        """The models that can be named, the default one first."""
        return tuple(drafter.model for drafter in self._drafters)

    async def draft(self, request: DraftRequest, model: str = "") -> AsyncGenerator[str | Draft, None]:
        """Text of the model as it comes, then one draft; each candidate's `source` says which model drafted it.

        Another model stands in only where none was named: who names one wants that one or an error.

        Raises:
            InvalidArgument: The question is empty or too long.
            NotFound: No such model is configured.
            Unavailable: No model that may be used answers.
            FailedPrecondition: The provider refuses the key.
        """
        request = _bounded(request)
        chosen = self._named(model) if model else self._drafters
        for position, drafter in enumerate(chosen):
            try:
                async with aclosing(_one_draft(drafter, request)) as parts:
                    async for part in parts:
                        yield part
            except Unavailable as error:
                if position == len(chosen) - 1:
                    raise
                self._on_fallback(drafter.model, error)
            else:
                return

    def _named(self, name: str) -> tuple[Drafter, ...]:
        """The drafter of this id; a provider's name alone ("openai") names its one model."""
        found = [d for d in self._drafters if name in {d.model.model_id, d.model.model_id.partition(":")[0]}]
        if not found:
            known = ", ".join(each.model_id for each in self.models())
            raise NotFound(
                "MODEL_NOT_FOUND",
                f"The model {name[:200]!r} is not configured. Name one of these, or none for the default: {known}.",
                metadata={"model": name[:200]},
            )
        return tuple(found[:1])


async def _one_draft(drafter: Drafter, request: DraftRequest) -> AsyncGenerator[str | Draft, None]:
    drafted = False
    async with aclosing(drafter.draft(request)) as parts:
        async for part in parts:
            assert not drafted, f"{drafter.model.model_id} went on after its draft"
            drafted = isinstance(part, Draft)
            yield part
    assert drafted, f"{drafter.model.model_id} ended without a draft"


def _bounded(request: DraftRequest) -> DraftRequest:
    if not request.question.strip() or len(request.question) > MAX_QUESTION_CHARACTERS:
        raise InvalidArgument(
            "INVALID_ARGUMENT",
            f"Ask a question of 1 to {MAX_QUESTION_CHARACTERS} characters.",
            metadata={"field": "question"},
            fields={"question": "is empty or too long"},
        )
    return replace(request, max_candidates=min(request.max_candidates or DEFAULT_CANDIDATES, MAX_CANDIDATES))
