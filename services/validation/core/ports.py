"""What the use cases ask of the outside: engines that reach databases, and where data sources are kept."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Protocol

from services.kit.catalog import ForeignKey, Table
from services.validation.core.model import ColumnRef, ColumnValues, Connection, DataSource, Limits, Part
from services.validation.core.plans.model import Index, Plan
from services.validation.core.policy import Policy


class Engine(Protocol):
    """One database, read and never written.

    Every method raises `Unavailable` where the database does not answer and `FailedPrecondition` where what is there
    is no database, or the login fails.
    """

    async def test(self) -> str:
        """Connects once; the server's name and version."""

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """Tables and views with columns, keys, comments and row estimates; a few samples of what is not sensitive."""

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """At most `limit` distinct values of each column; columns that cannot be read `within` a time are left out."""

    async def explain(self, sql: str, analyze: timedelta | None = None) -> Plan:
        """The plan of a checked statement, which is not run; with `analyze` it is, within that time, and measured.

        Raises:
            Unimplemented: The engine cannot measure.
        """

    async def indexes(self) -> tuple[Index, ...]:
        """The indexes of the tables that may be read; none where the engine has no such thing."""

    def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """Runs a checked statement: columns, batches of rows, a summary.

        Closing the generator, or cancelling who reads it, stops the statement in the database.

        Raises:
            DeadlineExceeded: The statement took longer than its limit.
            FailedPrecondition: The database refuses the statement.
        """


class Engines(Protocol):
    """Opens engines."""

    def open(self, connection: Connection) -> Engine:
        """The engine for a connection that is no data source yet.

        Raises:
            PermissionDenied: The connection is to somewhere that users may not reach.
        """

    def of(self, source: DataSource) -> Engine:
        """The engine for a data source: a few operations at once, none while it is known not to answer.

        Its methods raise `ResourceExhausted` and `Unavailable` for these.

        Raises:
            PermissionDenied: The connection is to somewhere that users may not reach.
        """

    async def forget(self, organization: str, source: str) -> None:
        """Lets go of what is kept of a data source that is no more."""


class DataSources(Protocol):
    """Where data sources are kept, each organization's apart, with their policies; their connections are sealed."""

    async def create(self, source: DataSource) -> DataSource:
        """Keeps a new data source.

        Raises:
            AlreadyExists: The organization has one of that id.
        """

    async def get(self, organization: str, source: str) -> DataSource:
        """A data source, with its credentials.

        Raises:
            NotFound: There is no such data source.
        """

    async def list(self, organization: str, *, after: str, limit: int) -> Sequence[DataSource]:
        """Data sources by id, from the first after `after`."""

    async def put_policy(self, source: DataSource, policy: Policy) -> Policy:
        """Keeps a policy in the place of a data source's; its etag is that of the one it was made from, or empty.

        Raises:
            NotFound: There is no such data source.
            Aborted: The policy was changed meanwhile.
        """

    async def delete(self, organization: str, source: str) -> None:
        """Removes a data source and its policy.

        Raises:
            NotFound: There is no such data source.
        """
