"""PostgreSQL: one transaction per RPC, the organization set for row-level security, answers kept by request id."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.kit import metrics
from services.kit.errors import Unavailable
from services.kit.identity import find_principal
from services.kit.rpc.call import Call
from services.storage.embedded import EmbeddedPostgres, embedded_folder
from services.storage.migrate import migrate, require_migrated
from services.storage.observe import observe

# The setting that row-level security policies read, for the length of a transaction.
ORGANIZATION_SETTING = "candor.organization"
_LOCK_NOT_AVAILABLE = "55P03"

_METADATA = sa.MetaData()
_ANSWERS = sa.Table(
    "request_answers",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.LargeBinary, nullable=False),
    sa.Column("create_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)


@dataclass(slots=True)
class _Unit:
    """The work of one RPC: its organization, and its transaction once it has one."""

    organization: str
    connection: AsyncConnection | None = field(default=None)


class Database:
    """A service's PostgreSQL database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._unit: ContextVar[_Unit | None] = ContextVar("unit", default=None)

    @asynccontextmanager
    async def transaction(self, organization: str) -> AsyncIterator[AsyncConnection]:
        """A transaction of its own that sees one organization, committed when the block ends well.

        Raises:
            Unavailable: The database does not answer.
        """
        connection = await self._connect()
        try:
            with _loss_told():
                async with connection.begin():
                    await _see(connection, organization)
                    yield connection
        finally:
            await connection.close()

    async def connection(self) -> AsyncConnection:
        """The transaction of the RPC in progress, begun on first use and committed when the RPC ends well."""
        unit = self._unit.get()
        assert unit is not None, "only an RPC has a transaction; use transaction() elsewhere"
        if unit.connection is None:
            unit.connection = await self._connect()
            await unit.connection.begin()
            await _see(unit.connection, unit.organization)
        return unit.connection

    @asynccontextmanager
    async def per_rpc(self, _call: Call) -> AsyncIterator[None]:
        """A layer for the server builder: gives each RPC its transaction.

        A stream must not hold one while it waits: streams use `transaction` for each read.
        """
        principal = find_principal()
        unit = _Unit(principal.organization or "" if principal else "")
        self._unit.set(unit)
        try:
            with _loss_told():
                yield
                if unit.connection is not None:
                    await unit.connection.commit()
        finally:
            if unit.connection is not None:
                await unit.connection.close()
            self._unit.set(None)

    async def recall(self, organization: str, key: str, digest: bytes) -> tuple[bytes, bytes] | None:
        """Claims a request's key, or returns what was answered to it (`services.kit.rpc.interceptor.Replays`).

        Raises:
            Unavailable: The same request is still being answered.
        """
        connection = await self.connection()
        claim = sa.dialects.postgresql.insert(_ANSWERS).values(
            organization=organization, key=key, digest=digest, answer=b""
        )
        try:
            claimed = await connection.execute(claim.on_conflict_do_nothing().returning(_ANSWERS.c.key))
        except OperationalError as error:
            if sqlstate(error) != _LOCK_NOT_AVAILABLE:
                raise
            raise Unavailable(
                "SERVICE_UNAVAILABLE",
                "The same request is still being answered. Repeat it, with its request_id, in a moment.",
                retry_after_s=1.0,
            ) from error
        if claimed.first() is not None:
            return None
        kept = await connection.execute(
            sa.select(_ANSWERS.c.digest, _ANSWERS.c.answer).where(
                _ANSWERS.c.organization == organization, _ANSWERS.c.key == key
            )
        )
        row = kept.one()
        return row.digest, row.answer

    async def remember(self, organization: str, key: str, answer: bytes) -> None:
        """Keeps the answer to a claimed request."""
        connection = await self.connection()
        await connection.execute(
            sa.update(_ANSWERS)
            .where(_ANSWERS.c.organization == organization, _ANSWERS.c.key == key)
            .values(answer=answer)
        )

    async def _connect(self) -> AsyncConnection:
        started = time.perf_counter()
        try:
            connection = await self.engine.connect()
        except (OperationalError, TimeoutError) as error:
            raise _unavailable() from error
        metrics.DATABASE_WAIT_SECONDS.of().observe(time.perf_counter() - started)
        return connection


@asynccontextmanager
async def open_database(
    url: str,
    service: str,
    migrations: Path,
    *,
    version_table: str = "alembic_version",
    migrate_at_start: bool = True,
) -> AsyncIterator[Database]:
    """A service's database, at the newest version; "embedded:" is the laptop's own server.

    Args:
        url: A SQLAlchemy URL of PostgreSQL, or "embedded:".
        service: The service's name, which its embedded database and role have too.
        migrations: The folder of the service's Alembic versions.
        version_table: Where Alembic keeps the version, one for each folder of migrations that share a database.
        migrate_at_start: Whether to bring it to that version, rather than to refuse it where it is older.

    Raises:
        Unavailable: The database does not answer, or is older and may not be migrated.
    """
    server = EmbeddedPostgres(embedded_folder()).start() if url == "embedded:" else None
    engine: AsyncEngine | None = None
    try:
        target = server.ensure_database(service) if server else make_url(url).set(drivername="postgresql+psycopg")
        try:
            (migrate if migrate_at_start else require_migrated)(target, migrations, version_table=version_table)
        except OperationalError as error:
            raise _unavailable() from error
        engine = create_async_engine(
            target,
            pool_size=10,
            max_overflow=10,
            pool_timeout=timedelta(seconds=10).total_seconds(),
            # Connections of before a restart are noticed and replaced, at the cost of a round trip.
            pool_pre_ping=True,
            # An error is logged with its statement, never with what people wrote.
            hide_parameters=True,
            connect_args={"connect_timeout": 5, "options": "-c statement_timeout=15000 -c lock_timeout=10000"},
        )
        observe(engine)
        yield Database(engine)
    finally:
        if engine is not None:
            await engine.dispose()
        if server is not None:
            server.stop()


def isolate(table: str) -> list[str]:
    """The statements that make a table show each organization its own rows alone, even to the table's owner."""
    own = f"organization = current_setting('{ORGANIZATION_SETTING}', true)"
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY organization_isolation ON {table} USING ({own}) WITH CHECK ({own})",
    ]


def request_answers_table() -> sa.Table:
    """The table of answers by request id, for a service's first migration."""
    return _ANSWERS


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of an error, such as "23505"; empty where it has none."""
    return error.orig.sqlstate or "" if isinstance(error.orig, psycopg.Error) else ""


@contextmanager
def _loss_told() -> Iterator[None]:
    """Raises Unavailable where the connection is lost in the middle of its work, as when the server ends."""
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise _unavailable() from error


async def _see(connection: AsyncConnection, organization: str) -> None:
    await connection.execute(
        sa.text("SELECT set_config(:name, :value, true)"), {"name": ORGANIZATION_SETTING, "value": organization}
    )


def _unavailable() -> Unavailable:
    return Unavailable(
        "SERVICE_UNAVAILABLE",
        "The platform's database does not answer. Try again in a moment.",
        metadata={"service": "postgres"},
        retry_after_s=1.0,
    )
