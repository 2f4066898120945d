"""What an engine asks of a product's driver, and how a driver is brought in where it is installed."""

import importlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from services.kit.errors import CandorError, FailedPrecondition
from services.validation.core.model import ResultColumn
from services.validation.core.plans.model import Index, Plan

# How long reaching a server may take.
CONNECT_TIMEOUT_S = 5
# What the servers that keep a list of their sessions show beside ours.
APPLICATION = "candor"


@dataclass(slots=True)
class Opened:
    """A driver's connection, where it leads, the cursor of what runs on it, and the driver's own marks."""

    connection: Any
    address: str = ""
    cursor: Any = None
    marks: dict[str, Any] = field(default_factory=dict)


class Driver(Protocol):
    """One product's driver, of the kind that Python's database interface describes (PEP 249).

    Every method waits, and is called in a thread. `stop` is called while another method waits in its own thread.
    Exceptions are the driver's own: `failure` says what they mean.
    """

    dialect: str
    # Whether reading a few rows of every table costs nothing worth speaking of.
    samples: bool
    # The database, catalogue or project, and the one schema to look at, empty for all.
    place: tuple[str, str]

    def connect(self, address: str, within: timedelta) -> Opened:
        """A session as read-only as the product can make it, in which a statement runs `within` a time.

        It goes to the address that the host's name was resolved to and that was allowed; empty for products that are
        always at the same place.
        """

    def version(self, opened: Opened) -> str:
        """The server's name and version."""

    def execute(self, opened: Opened, sql: str) -> tuple[ResultColumn, ...]:
        """Starts a statement as it is, no placeholders read; its rows come from `opened.cursor` as they are asked."""

    def explain(self, opened: Opened, sql: str, *, measure: bool) -> Plan:
        """The plan of a statement, which is run where it is to be measured and not else.

        Raises:
            Unimplemented: The product cannot measure.
        """

    def indexes(self, opened: Opened) -> tuple[Index, ...]:
        """The indexes of the database; none where the product has no such thing."""

    def stop(self, opened: Opened) -> None:
        """Stops what runs, in the server."""

    def close(self, opened: Opened) -> None:
        """Lets go of the connection at once, whatever is left unread."""

    def failure(self, error: Exception) -> CandorError | None:
        """What an exception means to a person; None where it is none of the driver's."""


def load(module: str) -> Any:
    """A driver's module, imported on first use: drivers are heavy, and most are extras.

    Raises:
        FailedPrecondition: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise FailedPrecondition(
            "DATA_SOURCE_DRIVER_MISSING",
            f"This installation lacks the driver {name!r}, which this data source needs. Ask the operator to run"
            ' pip install "candor[warehouses]".',
            metadata={"driver": name},
        ) from error


def without(secret: str, text: str) -> str:
    """A text of a driver's without the secret that it might repeat."""
    return text.replace(secret, "…") if secret else text
