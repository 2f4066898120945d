"""The built-in engine as a drafter: pure Python work, done beside the event loop and never on it."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

from services.modelhub.adapters.built_in.engine import SOURCE, BuiltInEngine
from services.modelhub.adapters.built_in.parser.weights import loader
from services.modelhub.core.model import Draft, DraftRequest
from services.modelhub.core.ports import Model


class BuiltInDrafter:
    """Drafts with the built-in engine, at most `workers` questions at a time; the others wait in line.

    Args:
        workers: How many questions are worked on at once.
        weights: A folder of trained weights; the installed ones when empty, none at all for "none".
    """

    def __init__(self, workers: int = 2, weights: str = "") -> None:
        self.model = Model(SOURCE, "Built-in engine", is_local=True)
        load = loader(weights)
        self._engine = BuiltInEngine(load)
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="built-in")
        # Weights take a fraction of a second to load: begun now, no question waits for it.
        self._executor.submit(load)

    async def draft(self, request: DraftRequest) -> AsyncGenerator[str | Draft, None]:
        """One draft; the engine has no text to stream."""
        loop = asyncio.get_running_loop()
        yield await loop.run_in_executor(self._executor, self._engine.draft, request)

    def close(self) -> None:
        """Drops the questions that wait. One that is being drafted ends by itself within milliseconds."""
        self._executor.shutdown(wait=False, cancel_futures=True)
