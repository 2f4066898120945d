"""What is seen of models: a span and figures for each draft, with no word of the question or the reply in them."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.kit import metrics, telemetry
from services.modelhub.core.model import Draft, DraftRequest
from services.modelhub.core.ports import Drafter

_OUTCOMES = {"UNAVAILABLE": "unavailable", "FAILED_PRECONDITION": "refused"}


class ObservedDrafter:
    """`core.ports.Drafter`, whose drafts are traced and counted."""

    def __init__(self, drafter: Drafter) -> None:
        self.model = drafter.model
        self._drafter = drafter
        metrics.allow_models(self.model.model_id)

    async def draft(self, request: DraftRequest) -> AsyncGenerator[str | Draft, None]:
        """See `core.ports.Drafter`."""
        model = self.model.model_id
        attributes = {"gen_ai.operation.name": "text_completion", "gen_ai.request.model": model}
        started = time.perf_counter()
        try:
            with telemetry.streamed(f"draft {model}", attributes, _OUTCOMES) as seen:
                async with aclosing(self._drafter.draft(request)) as parts:
                    async for part in parts:
                        if isinstance(part, Draft):
                            seen.outcome = "drafted" if part.candidates else "empty"
                            seen.span.set_attribute("candor.candidates", len(part.candidates))
                        yield part
        finally:
            metrics.DRAFTS.of(model, seen.outcome).inc()
            metrics.DRAFT_SECONDS.of(model).observe(time.perf_counter() - started, telemetry.exemplar(seen.span))
