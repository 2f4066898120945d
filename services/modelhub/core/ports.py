"""What the modelhub needs from outside: models that draft SQL."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from services.modelhub.core.model import Draft, DraftRequest


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be named; `is_local` says that it needs no network."""

    model_id: str
    display_name: str
    is_local: bool


class Drafter(Protocol):
    """One model, reached one way."""

    @property
    def model(self) -> Model:
        """Which model this is."""

    def draft(self, request: DraftRequest) -> AsyncGenerator[str | Draft, None]:
        """The model's text as it comes, where it has any, then one draft. Closing the iterator stops the model.

        Raises:
            Unavailable: The model does not answer (MODEL_UNAVAILABLE), or its reply holds no SQL that can be read
                (MODEL_REPLY_UNREADABLE).
            FailedPrecondition: The provider refuses the key (MODEL_LOGIN_FAILED).
        """
